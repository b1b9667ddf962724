// cli: the program `pond`, one file a command.
//
// A command is a row: its name, its arguments, its options as typed rows, its help, and the
// function that runs it. commands.def lists them. Parsing, usage errors, `pond help` and
// docs/commands.md come from the rows.
//
//     main        opens the session, runs the command, prints errors       main.c
//     parsing     words -> command, options, arguments                     options.c
//     help        the tables of commands, factories and formats            help.h
//     commands    one file each                                            cmd_*.c
//     helpers     what commands find, copy and print                       subject.h, host.h,
//                                                                          copy.h, show.h, print.h
//     output      standard output and error, for pipes and terminals       output.h, screen.h
//     tables      records and rows in the formats of --format              table.h, format.h
//
// Owns      command lines, the text of help, standard output, exit statuses.
// Includes  all other rooms.
// Promises  results go to standard output, everything else to standard error. Options are checked
//           before anything is opened.
// Leaves    the work to the rooms below: a command parses its words and calls them.
#ifndef POND_CLI_CLI_H
#define POND_CLI_CLI_H

#include "format/url.h"
#include "relation/session.h"
#include "value/option.h"
#include "value/value.h"

typedef enum cli_pond {
    CLI_NO_POND, // the command calls cli_open_pond itself, if it needs a pond
    CLI_READS,   // main opens the pond for reading
    CLI_WRITES,  // main opens it for writing
} cli_pond;

typedef struct cli_command cli_command;

// A transaction, or a time, that a user named (at.h).
typedef struct cli_moment {
    bool is_given, is_time;
    int64_t seq, time_us;
} cli_moment;

// What a command works with.
typedef struct cli {
    pond_arena *arena;
    pond_session *session; // its pond is open if the row says so, or after cli_open_pond
    bool is_open;
    // With the tree of the host, where a command has both; NULL until cli_open_host opens it.
    pond_session *host;
    const cli_command *command;
    void *options;       // the command's struct, filled
    const pond_sv *args; // NUL-terminated
    size_t n_args;
    pond_sv command_line; // as the log records it
    cli_moment at;        // --at, as cli_look_at has read it
    const char *pond_dir; // --pond or POND; else NULL until cli_find_pond finds one
    const char *host_dir; // root of host paths: absolute, without a '/' at the end ("" for /)
    pond_texts mounts;    // --hostmount, as written
    pond_texts vars;      // -v KEY=VALUE
    int exit_status;      // of a command that returns POND_OK
    bool is_undone;       // what it wrote to the pond is not committed: it was a dry run
    // For output.h.
    bool is_quiet, is_verbose, has_no_pager; // --quiet, --verbose, --no-pager
    bool is_terminal, errors_to_terminal;    // standard output and standard error
    struct cli_screen *screen;               // standard output
    int64_t began_us;
    pond_buf held; // text for a terminal, up to the next newline
} cli;

struct cli_command {
    const char *name, *args; // "cat", "PATH_OR_URL"; places.def says what the words of `args` mean
    const char *alias;       // a second name, for fingers that are used to it; NULL: none
    int min_args, max_args;  // max_args -1: any number
    cli_pond pond;
    bool is_paged; // what it prints on a terminal goes through the pager if it is long
    pond_options options;
    size_t options_size; // of the struct that the options fill
    const char *summary, *details, *example;
    pond_code (*run)(cli *c, pond_err *err);
};

#define CLI_OPTIONS(table, type)                                                                   \
    .options = {.rows = (table), .n = sizeof(table) / sizeof *(table)}, .options_size = sizeof(type)

// commands.c --------------------------------------------------------------------------------------
size_t cli_n_commands(void);
const cli_command *cli_command_at(size_t i);       // in the order of commands.def
const cli_command *cli_find_command(pond_sv name); // by its name or its alias; NULL: unknown
// Commands that are not in the table: what --version runs, and what completion scripts run.
extern const cli_command cli_version, cli_complete_words;

// options.c ---------------------------------------------------------------------------------------
// Splits the words after the program's name into command, options and arguments, and checks them
// against the command's row. Without a command it is `help`. USAGE.
pond_code cli_parse(cli *c, int argc, char **argv, pond_err *err) POND_MUST;
extern const pond_options cli_global_options;
// The option that a command (NULL: none) or all commands have under a name, or, where `letter` is
// not 0, under that letter; NULL: there is none.
const pond_option *cli_find_option(const cli_command *c, pond_sv name, char letter);
// Whether a word holds options; "-" is an argument, and "--" ends options.
bool cli_is_option(const char *word);

// cli.c -------------------------------------------------------------------------------------------
// Opens the pond that --pond or POND names, or that the working directory is in (find.h); does
// nothing if it is open. USAGE if there is none.
pond_code cli_open_pond(cli *c, pond_txn_mode mode, pond_err *err) POND_MUST;
// Closes it without a commit, so that it can be opened again. Its warnings are printed.
void cli_close_pond(cli *c);
// Opens the tree that a URL names: of the pond, for reading, or of the host, with what --hostmount
// shows in it. Does nothing if a tree is open.
pond_code cli_open_tree(cli *c, bool is_host, pond_err *err) POND_MUST;
// Whether an argument is a URL, and not a path or a pattern of the pond.
bool cli_is_url(pond_sv text);
// On the host, the directory before the first wildcard must be there: else it was mistyped.
// NOT_FOUND.
pond_code cli_check_prefix(cli *c, const pond_url *url, const pond_glob *glob,
                           pond_err *err) POND_MUST;
// The nodes that a pattern matches; opens its tree. What cannot be looked into is left out, printed
// like an error at the end, and gives the command its exit status: a listing shows all that it can.
pond_code cli_find_nodes(cli *c, const pond_url *pattern, pond_match_vec *out,
                         pond_err *err) POND_MUST;
// The -v pairs as an object.
pond_value cli_vars(const cli *c);

#endif
