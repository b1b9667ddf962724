// The template engine as a library: render DIRECTORY TEMPLATE [CONTEXT.json]
//
// Every file below DIRECTORY is a template, named by its path from there. Warnings and errors go to
// standard error, each with its place; the page goes to standard output.
#include "base/file.h"
#include "tera/call.h"

#include <fts.h>
#include <stdlib.h>

// A directory of templates ------------------------------------------------------------------------

static pond_code add_file(pond_tera *t, const char *path, pond_sv name, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_code code = pond_file_read(path, &text, err);
    if (code == POND_OK)
        code = pond_tera_add(t, name, pond_buf_view(&text), err); // it copies both texts
    pond_buf_free(&text);
    return code;
}

static pond_code add_directory(pond_tera *t, char *dir, pond_err *err) {
    char *roots[] = {dir, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return pond_fail_errno(err, "cannot read '%s'", dir);
    pond_code code = POND_OK;
    for (FTSENT *e; code == POND_OK && (e = fts_read(walk)) != NULL;) {
        if (e->fts_info == FTS_F)
            code = add_file(t, e->fts_path, pond_sv_of(e->fts_path + strlen(dir) + 1), err);
        else if (e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
            code = pond_fail(err, POND_ERR_NOT_FOUND, "cannot read '%s': %s", e->fts_path,
                             strerror(e->fts_errno));
    }
    fts_close(walk);
    return code;
}

// A filter of the host ----------------------------------------------------------------------------

// {{ price | money(sign="$") }}: a sign and two decimals. The result lives in the arena of the
// render. On an error it says what is wrong, and the engine adds the place.
static pond_code money(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                       pond_value *out) {
    pond_sv sign = POND_SV("€");
    POND_TRY(pond_tera_want_number(c, in));
    POND_TRY(pond_tera_arg_string(c, args, "sign", &sign));
    *out = pond_string(pond_svf(c->arena, "%.*s%.2f", POND_SV_ARG(sign), pond_number(in)));
    return POND_OK;
}

// A page ------------------------------------------------------------------------------------------

static void print_warning(void *user, const pond_loc *where, const char *message,
                          const char *line) {
    (void)user;
    fprintf(stderr, "%s:%u:%u: warning: %s\n    %s\n", where->file, where->line, where->column,
            message, line);
}

static pond_code read_context(pond_arena *a, const char *path, pond_value *out, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    *out = pond_object(NULL, 0);
    if (path == NULL)
        return POND_OK;
    pond_code code = pond_file_read(path, &text, err);
    if (code == POND_OK)
        code = pond_json_parse(a, pond_buf_view(&text), path, out, err);
    pond_buf_free(&text);
    return code;
}

static pond_code render(pond_tera *t, pond_arena *a, char **args, pond_buf *page, pond_err *err) {
    pond_sv name = pond_sv_of(args[1]);
    pond_value context;
    POND_TRY(add_directory(t, args[0], err));
    POND_TRY(pond_tera_check(t, err));
    pond_tera_lint(t, name, print_warning, NULL);
    POND_TRY(read_context(a, args[2], &context, err));
    return pond_tera_render(t, name, context, NULL, page, err);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: render DIRECTORY TEMPLATE [CONTEXT.json]\n");
        return 64;
    }
    static pond_err err;
    pond_arena a;
    pond_buf page = POND_BUF_EMPTY;
    pond_arena_init(&a);
    pond_tera *t = pond_tera_new(NULL);
    pond_tera_add_filter(
        t, &(pond_tera_filter_def){.name = "money", .arguments = "[sign]", .fn = money});
    pond_code code = render(t, &a, argv + 1, &page, &err);
    if (code == POND_OK)
        fwrite(page.p, 1, page.n, stdout);
    else
        pond_err_print(&err, "render", stderr);
    pond_buf_free(&page);
    pond_tera_free(t);
    pond_arena_deinit(&a);
    return pond_code_exit_status(code);
}
