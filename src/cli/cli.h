// cli: `pond`, one file a command.
//
// A command is a row: what it is called, what it takes, its options as typed rows, what it does.
// Parsing, usage errors, `pond help`, the reference in docs/commands.md and completion are all made
// from the rows.
#ifndef POND_CLI_CLI_H
#define POND_CLI_CLI_H

#include "factory/factory.h"
#include "format/format.h"
#include "value/option.h"

typedef enum cli_pond {
    CLI_NO_POND, // never opened by the dispatcher: the command opens it, if it needs one
    CLI_READS,
    CLI_WRITES,
} cli_pond;

typedef struct cli_command cli_command;

// What a command works with.
typedef struct cli {
    pond_arena *arena;
    pond_session *session; // has a pond when the command's row says so, or after cli_open_pond
    bool is_open;
    const cli_command *command;
    void *options; // the command's struct, filled
    const pond_sv *args;
    size_t n_args;
    pond_sv command_line; // as the log keeps it
    const char *pond_dir; // --pond or POND, else NULL
    const char *host_dir; // root of host paths, absolute, without a '/' at the end ("" for /)
    pond_texts vars;       // -v KEY=VALUE
    int exit_status;      // when the command ends well and still has something to say
} cli;

struct cli_command {
    const char *name, *args; // "cat", "PATH_OR_URL"
    int min_args, max_args;  // -1: any number
    cli_pond pond;
    pond_options options;
    size_t options_size; // of the struct that they fill
    const char *summary, *details, *example;
    pond_code (*run)(cli *c, pond_err *err);
};

#define CLI_OPTIONS(table, type)                                                                    \
    .options = {.rows = (table), .n = sizeof(table) / sizeof *(table)}, .options_size = sizeof(type)

size_t cli_n_commands(void);
const cli_command *cli_command_at(size_t i); // in order of use
const cli_command *cli_find_command(pond_sv name);

// options.c
// ------------------------------------------------------------------------------------------------------------
// Splits the words behind the program's name into command, options and arguments. USAGE.
pond_code cli_parse(cli *c, int argc, char **argv, pond_err *err) POND_MUST;
extern const pond_options cli_global_options;

// help.c -----------------------------------------------------------------------------------------
// All print to `out`, from the rows of the tables.
void cli_help(FILE *out);
void cli_help_command(const cli_command *c, FILE *out);
void cli_help_factory(const pond_factory *f, FILE *out);
void cli_help_format(const pond_format *f, FILE *out);
void cli_help_markdown(FILE *out); // docs/commands.md

// common.c
// -------------------------------------------------------------------------------------------------------------
pond_code cli_open_pond(cli *c, pond_txn_mode mode, pond_err *err) POND_MUST;
// The absolute host path of a host URL's path, below -d. Lives in the arena.
char *cli_host_path(cli *c, pond_sv url_path);
// A host path typed without URL: relative to the current directory.
pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) POND_MUST;
// Files of the host that match a pattern below -d, sorted.
pond_code cli_host_glob(cli *c, pond_sv pattern, bool with_dirs, pond_texts *paths,
                        pond_err *err) POND_MUST;
// -v pairs as an object. USAGE for one without '='.
pond_code cli_vars(cli *c, pond_value *out, pond_err *err) POND_MUST;
// How lists show the type of a node: "[SER]", "TablePhysicalSeries".
const char *cli_type_icon(pond_type t);
const char *cli_type_word(pond_type t);
// "123B", "1.5KB". out has room for 16.
void cli_size(uint64_t bytes, char out[16]);
// "2024-01-31 10:00:00". out has room for 32.
void cli_time(int64_t t_us, char out[32]);
// Standard output took it all. A closed pipe is success: the reader has seen enough.
pond_code cli_flush(pond_err *err) POND_MUST;
// Bytes of a host file to standard output.
pond_code cli_print_file(const char *path, pond_err *err) POND_MUST;

extern const cli_command cli_init, cli_mkdir, cli_copy, cli_list, cli_cat, cli_describe, cli_mknod,
    cli_list_factories, cli_export, cli_render, cli_log, cli_help_cmd;

#endif
