// main: opens the session, runs the command, prints its errors and chooses the exit status.
#include "cli/cli.h"

#include "base/file.h"
#include "cli/output.h"
#include "factory/factory.h"

#include <signal.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// The command line as the log records it.
static pond_sv command_line(pond_arena *a, int argc, char **argv) {
    pond_buf b = POND_BUF_EMPTY;
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            pond_buf_char(&b, ' ');
        cli_shell_word(&b, pond_sv_of(argv[i]));
    }
    pond_sv text = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    return text;
}

// The query engine allocates and frees the same few megabytes for every file that it writes. By
// default glibc gives them back each time, and the system clears them again: a tenth of the time of
// small files.
static void keep_freed_memory(void) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

static pond_code set_host_dir(cli *c, pond_err *err) {
    char *absolute;
    POND_TRY(pond_path_absolute(c->arena, c->host_dir, &absolute, err));
    c->host_dir = strcmp(absolute, "/") == 0 ? "" : absolute;
    return POND_OK;
}

static pond_code run(cli *c, pond_err *err) {
    POND_TRY(set_host_dir(c, err));
    if (c->command->is_paged && !c->has_no_pager)
        cli_screen_page(c->screen);
    if (c->command->pond != CLI_NO_POND)
        POND_TRY(
            cli_open_pond(c, c->command->pond == CLI_WRITES ? POND_TXN_WRITE : POND_TXN_READ, err));
    POND_TRY(c->command->run(c, err));
    if (c->is_undone)
        return POND_OK;
    cli_trace(c, "committing");
    return pond_session_commit(c->session, err);
}

// What was printed comes before warnings and errors, and a failure of the command before one of
// printing it.
static pond_code end_output(cli *c, pond_code rc, pond_err *err) {
    pond_code printed = cli_screen_end(c->screen, rc == POND_OK ? err : NULL);
    return rc == POND_OK ? printed : rc;
}

// Whatever failed, and however long after a config was read.
static void hide_secrets(const cli *c, pond_err *err) {
    pond_secrets_hide_in_error(pond_session_secrets(c->session), err);
    if (c->host != NULL)
        pond_secrets_hide_in_error(pond_session_secrets(c->host), err);
}

int main(int argc, char **argv) {
    // A reader may close the pipe early. Writing then fails, which screen.h handles; the signal
    // would kill the process in the middle of a command.
    signal(SIGPIPE, SIG_IGN);
    // Beyond `ulimit -f` a write fails, as on a full disk.
    signal(SIGXFSZ, SIG_IGN);
    keep_freed_memory();
    pond_arena arena;
    pond_arena_init(&arena);
    pond_err *err = pond_xmalloc(sizeof *err);
    pond_err_clear(err);
    cli c = {.arena = &arena, .pond_dir = getenv("POND"), .host_dir = "/"};
    if (c.pond_dir != NULL && c.pond_dir[0] == '\0')
        c.pond_dir = NULL;
    cli_output_init(&c);
    c.command_line = command_line(&arena, argc - 1, argv + 1);
    c.session = pond_session_new(&arena, pond_factory_open_stored);
    pond_code rc = cli_parse(&c, argc - 1, argv + 1, err);
    if (rc == POND_OK)
        rc = run(&c, err);
    rc = end_output(&c, rc, err);
    if (rc != POND_OK)
        hide_secrets(&c, err);
    cli_print_warnings(&c);
    pond_session_close(c.session, rc == POND_OK ? NULL : err);
    if (c.host != NULL)
        pond_session_close(c.host, NULL);
    if (rc != POND_OK)
        cli_print_error(&c, err);
    cli_trace(&c, "done");
    int status = rc != POND_OK ? pond_code_exit_status(rc) : c.exit_status;
    free(err);
    pond_arena_deinit(&arena);
    return status;
}
