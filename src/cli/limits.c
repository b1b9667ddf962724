// Turns --timeout and --memory into the limits of a session.
#include "cli/limits.h"

#include "cli/output.h"

#include <inttypes.h>
#include <unistd.h>

#define MB (UINT64_C(1) << 20)
#define DEFAULT_BYTES (3072 * MB)
// What the process has besides the rows of queries: its own data, and what the engine does not
// count.
#define BASE_BYTES (16 * MB)

static uint64_t query_bytes(uint64_t memory_bytes) {
    return (memory_bytes - BASE_BYTES) / 3 * 2;
}

static uint64_t least_bytes(int n_engines) {
    return BASE_BYTES + (uint64_t)n_engines * POND_MIN_ENGINE_BYTES / 2 * 3;
}

static void size_text(uint64_t bytes, char *out, size_t size) {
    if (bytes % (1024 * MB) == 0)
        snprintf(out, size, "%" PRIu64 "GB", bytes / (1024 * MB));
    else if (bytes % MB == 0)
        snprintf(out, size, "%" PRIu64 "MB", bytes / MB);
    else
        snprintf(out, size, "%" PRIu64, bytes);
}

// The engine cannot be interrupted while it parses or plans. Nothing is lost when the process ends:
// what was not committed or published leaves no trace, and the next run clears its files.
static void give_up(void *user, const pond_err *err) {
    const cli *c = user;
    // What was printed comes before the error, and a pager must not be left with the terminal.
    pond_code printed = cli_screen_end(c->screen, NULL);
    (void)printed; // the error that ends the command is the one to report
    cli_print_error(c, err);
    _exit(pond_code_exit_status(err->code));
}

pond_code cli_limit(cli *c, const cli_limits *l, int n_engines, pond_err *err) {
    char given[32], least[32];
    pond_limits limits = {.timeout_us = l->timeout_us, .give_up = give_up, .user = c};
    limits.memory_bytes = l->memory_bytes == 0 ? DEFAULT_BYTES : l->memory_bytes;
    size_text(limits.memory_bytes, given, sizeof given);
    size_text(least_bytes(n_engines), least, sizeof least);
    if (limits.memory_bytes < least_bytes(n_engines))
        return pond_fail(err, POND_ERR_USAGE,
                         "--memory %s is not enough: %d quer%s at a time need "
                         "at least %s",
                         given, n_engines, n_engines == 1 ? "y" : "ies", least);
    snprintf(limits.memory_name, sizeof limits.memory_name,
             l->memory_bytes == 0 ? "the default (--memory %s)" : "--memory %s", given);
    uint64_t bytes = l->memory_bytes == 0 ? 0 : query_bytes(l->memory_bytes);
    pond_session_limit(c->session, &limits, bytes);
    if (c->host != NULL)
        pond_session_limit(c->host, &limits, bytes);
    return POND_OK;
}
