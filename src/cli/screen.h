// screen: where standard output goes: a pipe, a file, or a terminal of some size and perhaps with
// colours, whose long outputs go through a pager.
//
// Commands print by output.h, which shows the control characters of strangers as escapes. What is
// written here reaches the terminal as it is.
#ifndef POND_CLI_SCREEN_H
#define POND_CLI_SCREEN_H

#include "base/err.h"
#include "base/str.h"

#include <stdio.h>
#include <sys/types.h>

typedef struct cli_screen {
    FILE *to;
    bool is_terminal, has_colour;
    size_t columns, lines; // of a terminal; 0: unknown, so nothing is cut and nothing is paged
    int error;             // errno of the first write that failed; 0: none has
    // What a terminal would get, until it is more than a screen or all there is.
    bool is_held, is_ended;
    pond_buf held;
    size_t n_held;     // lines of the screen that it takes
    pid_t pager;       // 0: none runs
    char program[256]; // of the pager, for messages
} cli_screen;

// What `to` is. Sizes are those of COLUMNS and LINES, else those that the terminal says. Colours are
// for terminals without NO_COLOR whose TERM is not "dumb".
void cli_screen_init(cli_screen *s, FILE *to);
// From here on, what is longer than a terminal goes through the pager: POND_PAGER, else PAGER, else
// less. Without a terminal or a pager nothing changes.
void cli_screen_page(cli_screen *s);
void cli_screen_write(cli_screen *s, pond_sv text);
// Whether nothing more has to be written: nobody reads it, or it failed.
bool cli_screen_is_closed(const cli_screen *s);
// Prints what is held and waits for the pager. IO if a write has failed; a reader that went away,
// such as `head` or a pager that was quit, is no failure. Nothing may be written after it; a second
// call does nothing.
pond_code cli_screen_end(cli_screen *s, pond_err *err) POND_MUST;

// Around text in a colour, as parameters of SGR: "1;34". Empty without colours.
const char *cli_screen_colour(const cli_screen *s, const char *sgr);

#endif
