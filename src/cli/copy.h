// copy: the two directions of `pond copy`.
#ifndef POND_CLI_COPY_H
#define POND_CLI_COPY_H

#include "cli/limits.h"
#include "format/url.h"
#include "relation/ingest.h"

typedef struct cli_copy_options {
    pond_sv sql, strip_prefix;
    pond_texts keys; // as written: each may have several columns
    bool parents, is_dry_run, is_repeated, is_guess;
    cli_limits limits;
} cli_copy_options;

// Each opens the pond and copies as c->args and c->options say. `is_url`: the sources are host
// URLs, else plain paths of the host.
pond_code cli_copy_in(cli *c, bool is_url, pond_err *err) POND_MUST;
pond_code cli_copy_out(cli *c, pond_err *err) POND_MUST;
// Adds what can be done about a line of CSV that is no row like the others, unless the error says more.
void cli_copy_advise_lines(pond_err *err);
// Prints the URL by which c->args[0] could be copied in, its columns and its first rows.
pond_code cli_copy_guess(cli *c, pond_err *err) POND_MUST;

// One file to copy into the pond.
typedef struct cli_incoming {
    const char *host_path;
    pond_sv path;   // in the pond
    pond_type type; // that it gets, or has
    pond_url url;   // how its bytes are read
    bool is_named;  // the user named it, and did not only name its directory or a pattern
} cli_incoming;
typedef POND_VEC(cli_incoming) cli_incoming_vec;

// What the path of a host URL names.
typedef struct cli_source {
    pond_sv path;          // in the tree of the host
    const char *host_path; // of the file, or of a file with what was computed
    pond_url url;          // how its bytes are read
    bool is_named;         // the URL has its path, and not a pattern
} cli_source;
typedef POND_VEC(cli_source) cli_source_vec;

// A file or directory itself, else what the pattern matches, without directories. NOT_FOUND, with
// the nearest directory, if that is nothing.
pond_code cli_copy_sources(cli *c, const pond_url *url, cli_source_vec *out,
                           pond_err *err) POND_MUST;
// Writes the rows of a queryable node to a new Parquet file, where the engine of its session may
// write: in their total order.
pond_code cli_copy_write_rows(pond_session *s, const pond_node *node, const char *path,
                              pond_err *err) POND_MUST;

// The files of all sources, those in directories included. Makes the directories of the pond that
// they go to.
pond_code cli_copy_find(cli *c, bool is_url, cli_incoming_vec *all, pond_err *err) POND_MUST;

// The progress of a copy on a terminal, when it takes more than a second (copy_meter.c).
typedef struct cli_copy_meter {
    pond_meter meter; // of the session
    const cli *cli;
    size_t file, n_files; // from 0
    int64_t began_us;
    bool is_shown;
    atomic_bool is_drawn;
} cli_copy_meter;
// Lives as long as the session. Nothing is drawn unless `is_shown`.
cli_copy_meter *cli_copy_watch(cli *c, size_t n_files, bool is_shown);
// Bytes that are copied as they are, which nothing counts.
void cli_copy_watch_bytes(cli_copy_meter *m, const char *host_path);
void cli_copy_watch_end(cli_copy_meter *m); // removes the line

// What came in with it, on standard error.
void cli_copy_report(const cli *c, const cli_incoming *in, const pond_ingested *what);

#endif
