// output: standard output and standard error. Only these functions write there.
//
// Names, values and messages may come from a pond that somebody else made. On a terminal their
// control characters are shown as escapes (base/str.h, "Text for people"), so that they can neither
// command the terminal nor look like other lines; the newlines of a format are ours and stay. Pipes
// and files get every byte as it is.
//
// A failed write is left for cli_screen_end to report, which main calls after each command.
#ifndef POND_CLI_OUTPUT_H
#define POND_CLI_OUTPUT_H

#include "base/sink.h"
#include "cli/cli.h"
#include "cli/screen.h"

// Sets what the cli knows of standard output and standard error.
void cli_output_init(cli *c);

// printf to standard output and to standard error.
void cli_printf(const cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_eprintf(const cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// The same for a report, such as what came in, which --quiet leaves out; and for a line about what is
// done and when, which only --verbose prints.
void cli_report(const cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_trace(const cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// A line on a terminal that the next output, or cli_progress_end, replaces; nothing elsewhere.
void cli_progress(const cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_progress_end(const cli *c);
// A text of lines, to standard output: its newlines and tabs stay on a terminal, too.
void cli_print_text(const cli *c, pond_sv text);
// A line of such a text and a newline; on a terminal in a colour, "32" of SGR, unless that is NULL or
// the user wants none (NO_COLOR, TERM=dumb).
void cli_print_line(const cli *c, const char *sgr, pond_sv line);
// The same as cli_print_text for what is made piece by piece. cli_stdout_done prints what a terminal has not got yet,
// and returns what `rc` is after writing, but OK where the writing itself has failed.
pond_sink cli_stdout(cli *c);
pond_code cli_stdout_done(cli *c, pond_code rc, pond_err *err) POND_MUST;
// The same for a file of the host.
pond_code cli_print_file(cli *c, const char *path, pond_err *err) POND_MUST;
// The warnings of the session, and "pond: " and an error, to standard error. Both stay with --quiet: a
// warning tells of lines that were skipped, or of nodes that could not be looked into.
void cli_print_warnings_of(const pond_session *s);
void cli_print_warnings(const cli *c);
void cli_print_error(const cli *c, const pond_err *err);

// Appends a word of a command line. One that a shell would split or expand is quoted.
void cli_shell_word(pond_buf *b, pond_sv word);

#endif
