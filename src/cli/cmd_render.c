// render: renders a template of the host, for people who write templates.
#include "cli/cli.h"

#include "base/file.h"
#include "cli/host.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/page.h"
#include "factory/ask.h"
#include "factory/template_extras.h"
#include "tera/tera.h"

typedef struct render_options {
    pond_sv context;
    bool lint;
    cli_limits limits;
} render_options;

static const pond_option rows[] = {
    POND_OPTION("context", POND_OPT_TEXT, render_options, context, .value = "FILE.json",
                .help = "the variables of the template"),
    POND_OPTION("lint", POND_OPT_BOOL, render_options, lint,
                .help = "only warn about code that means something other than it seems to"),
    CLI_LIMIT_OPTIONS(render_options, limits),
};

// Names in include, extends and import are relative to the directory of the template, or absolute.
typedef struct loader {
    cli *cli;
    const char *dir;
} loader;

static pond_code load(void *user, pond_sv name, pond_sv *source, pond_err *err) {
    loader *l = user;
    char *path = pond_cstr(l->cli->arena, name);
    if (path[0] != '/')
        path = pond_path_join(l->cli->arena, l->dir, path);
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = pond_file_read(path, &text, err);
    if (rc == POND_OK)
        *source = pond_sv_dup(l->cli->arena, pond_buf_view(&text));
    pond_buf_free(&text);
    return rc;
}

// The template that the user names: it may come through a pipe.
static pond_code read_template(cli *c, pond_sv name, pond_sv *source, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = pond_file_read_input(cli_input_name(name), &text, err);
    if (rc == POND_OK)
        *source = pond_sv_dup(c->arena, pond_buf_view(&text));
    pond_buf_free(&text);
    return rc;
}

static pond_code read_context(cli *c, pond_value *out, pond_err *err) {
    const render_options *o = c->options;
    pond_value vars = cli_vars(c), file = pond_object(NULL, 0);
    if (o->context.n > 0) {
        pond_buf text = POND_BUF_EMPTY;
        pond_code rc = pond_file_read_input(cli_input_name(o->context), &text, err);
        if (rc == POND_OK)
            rc = pond_json_parse(c->arena, pond_buf_view(&text), o->context.p, &file, err);
        pond_buf_free(&text);
        POND_TRY(rc);
        if (file.kind != POND_OBJECT)
            return pond_fail(err, POND_ERR_INVALID, "'%s' must contain a JSON object, not %s",
                             o->context.p, pond_kind_name(file));
    }
    pond_entry *e = POND_NEW_ARRAY(c->arena, pond_entry, file.n + vars.n);
    for (size_t i = 0; i < file.n; i++)
        e[i] = file.entries[i];
    for (size_t i = 0; i < vars.n; i++)
        e[file.n + i] = vars.entries[i];
    *out = pond_object_sorted(e, file.n + vars.n);
    return POND_OK;
}

typedef struct traps {
    const cli *cli;
    size_t n;
} traps;

static void warn(void *user, const pond_loc *where, const char *message, const char *line) {
    traps *t = user;
    t->n++;
    cli_eprintf(t->cli, "%s:%u:%u: warning: %s\n    %s\n", where->file, where->line, where->column,
                message, line);
}

static pond_code open_pond(void *user, pond_err *err) {
    return cli_open_pond(user, POND_TXN_READ, err);
}

// Only a template that asks for rows needs a pond.
static pond_code print(cli *c, const pond_tera *t, pond_sv name, pond_value context,
                       pond_err *err) {
    pond_asks asks = {.asker = pond_asker_new(c->session)};
    pond_tera_run run = {.escape = pond_tera_is_markup(name) ? POND_TERA_ESCAPE_ON
                                                             : POND_TERA_ESCAPE_OFF};
    pond_asker_open_late(asks.asker, open_pond, c);
    pond_ask_begin(&run, &asks);
    pond_buf out = POND_BUF_EMPTY;
    pond_code rc = pond_tera_render(t, name, context, &run, &out, err);
    rc = pond_ask_end(&asks, rc, err);
    if (rc == POND_OK)
        cli_print_text(c, pond_buf_view(&out));
    pond_buf_free(&out);
    return rc;
}

static pond_code render(cli *c, pond_tera *t, pond_sv name, pond_err *err) {
    const render_options *o = c->options;
    pond_sv source;
    POND_TRY(read_template(c, name, &source, err));
    POND_TRY(pond_tera_add(t, name, source, err));
    POND_TRY(pond_tera_check(t, err));
    traps found = {.cli = c};
    pond_tera_lint(t, name, warn, &found);
    if (o->lint) {
        c->exit_status = found.n > 0 ? 1 : 0;
        return POND_OK;
    }
    pond_value context;
    POND_TRY(read_context(c, &context, err));
    return print(c, t, name, context, err);
}

static pond_code run_render(cli *c, pond_err *err) {
    const render_options *o = c->options;
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    loader l = {c, pond_path_parent(c->arena, c->args[0].p)};
    pond_tera_options options = {.loader = load, .loader_user = &l, .has_objects = true};
    pond_tera *t = pond_tera_new(&options);
    pond_template_add_extras(t);
    pond_ask_add(t);
    pond_code rc = render(c, t, c->args[0], err);
    if (rc == POND_ERR_TEMPLATE)
        cli_explain_undefined("--context FILE.json gives a template what an export would", err);
    pond_tera_free(t);
    return rc;
}

const cli_command cli_render = {
    .name = "render",
    .args = "TEMPLATE_FILE",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, render_options),
    .summary = "Render a template of the host with a JSON context",
    .details = "The functions `rows` and `query` of a template read the pond that --pond or POND "
               "names. There is no\n"
               "`schema` but that of the context. `-` is standard input.",
    .example = "pond render page.html --context page.json -v title=Harbour",
    .run = run_render,
};
