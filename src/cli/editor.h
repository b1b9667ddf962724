// editor: lets the user change a text with an editor.
#ifndef POND_CLI_EDITOR_H
#define POND_CLI_EDITOR_H

#include "cli/cli.h"

// A text in a private temporary directory of its own. Strings live in the arena of the command.
typedef struct cli_edited {
    const char *dir, *path; // NULL: there is none
    pond_sv before;         // as it was written there
} cli_edited;

// Writes the text to a file with a name like `name`, so that editors know what it is.
pond_code cli_edit_begin(cli *c, pond_sv name, pond_sv text, cli_edited *out,
                         pond_err *err) POND_MUST;
// Runs the user's editor (VISUAL, EDITOR, else vi; with arguments, as a shell reads it) on the file,
// waits for it, and reads the file, which may be another one of that name. INVALID when the editor
// cannot be run or fails, NOT_FOUND when it leaves no file.
pond_code cli_edit_run(cli *c, const cli_edited *e, pond_sv *out, pond_err *err) POND_MUST;
// Whether the user, who is at a terminal, wants to go on.
bool cli_edit_ask(const cli *c, const char *question);
// Removes the file.
void cli_edit_end(const cli *c, cli_edited *e);
// Leaves the file to the user, if it is there and differs from what it was, and says so below an
// error; else removes it.
void cli_edit_keep(cli *c, cli_edited *e, pond_err *err);

#endif
