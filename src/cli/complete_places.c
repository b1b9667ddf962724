// Candidates for each kind of value: nodes, files of the host, URLs and names from tables.
#include "cli/complete.h"

#include "base/file.h"
#include "base/time.h"
#include "cli/find.h"
#include "cli/host.h"
#include "factory/factory.h"
#include "format/format.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

static bool has_control(pond_sv text) {
    for (size_t i = 0; i < text.n; i++)
        if (iscntrl((unsigned char)text.p[i]))
            return true;
    return false;
}

// Two kinds of values may have the same candidates. A name with a control character is left out: a line holds one candidate.
void cli_offer(cli_typing *t, pond_sv text, const char *help) {
    if (!pond_sv_starts(text, t->word) || has_control(text))
        return;
    pond_sv whole = pond_svf(t->cli->arena, "%.*s%.*s", POND_SV_ARG(t->lead), POND_SV_ARG(text));
    bool is_new;
    pond_map_at(t->seen, whole, &is_new);
    if (is_new)
        *pond_vec_push(t->cli->arena, &t->found) = (cli_candidate){whole, pond_sv_of(help)};
}

static void complete_nothing(cli_typing *t) {
    (void)t;
}

// Names from tables -------------------------------------------------------------------------------

static void complete_commands(cli_typing *t) {
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        cli_offer(t, pond_sv_of(c->name), c->summary);
        if (c->alias != NULL)
            cli_offer(t, pond_sv_of(c->alias), c->summary);
    }
}

static void complete_factories(cli_typing *t) {
    for (size_t i = 0; i < pond_factory_count(); i++)
        cli_offer(t, pond_sv_of(pond_factory_at(i)->name), pond_factory_at(i)->summary);
}

static void complete_formats(cli_typing *t) {
    for (size_t i = 0; i < pond_format_count(); i++)
        cli_offer(t, pond_sv_of(pond_format_at(i)->name), pond_format_at(i)->summary);
}

// "year", "year,month", …
static void complete_units(cli_typing *t) {
    pond_buf units = POND_BUF_EMPTY;
    for (int p = POND_YEAR; p <= POND_SECOND; p++) {
        pond_buf_printf(&units, "%s%s", p == POND_YEAR ? "" : ",",
                        pond_period_name((pond_period)p));
        cli_offer(t, pond_buf_view(&units), NULL);
    }
    pond_buf_free(&units);
}

static void complete_environment(cli_typing *t) {
    for (char **e = environ; *e != NULL; e++) {
        pond_sv name = pond_sv_of(*e);
        ptrdiff_t equals = pond_sv_find_char(name, '=');
        if (equals > 0)
            cli_offer(t, pond_sv_sub(name, 0, (size_t)equals), NULL);
    }
}

// Nodes -------------------------------------------------------------------------------------------

// The directory in which the name is that is being typed, with its '/', or empty.
static pond_sv typed_dir(pond_sv path) {
    return pond_sv_sub(path, 0, (size_t)(pond_sv_rfind_char(path, '/') + 1));
}

static bool open_pond(cli_typing *t) {
    cli *c = t->cli;
    pond_err why;
    if (t->session != NULL || t->has_no_pond)
        return t->session != NULL;
    t->has_no_pond = cli_find_pond(c, &why) != POND_OK || c->pond_dir == NULL;
    if (t->has_no_pond)
        return false;
    t->session = pond_session_new(c->arena, pond_factory_open_stored);
    if (pond_session_open_pond(t->session, c->pond_dir, POND_TXN_READ, c->command_line, &why) ==
        POND_OK)
        return true;
    cli_typing_close(t);
    t->has_no_pond = true;
    return false;
}

void cli_typing_close(cli_typing *t) {
    if (t->session != NULL)
        pond_session_close(t->session, NULL);
    t->session = NULL;
}

static bool leads_to_dir(pond_fs *fs, const pond_node *n) {
    const pond_node *target = n;
    if (n->type == POND_T_SYMLINK && pond_fs_resolve(fs, n->path, true, &target, NULL) != POND_OK)
        return false;
    return pond_type_is_dir(target->type);
}

// `path` is where the typed directory is, as a path of the pond.
static void offer_nodes_in(cli_typing *t, pond_sv path, pond_sv typed, bool is_url) {
    pond_fs *fs = pond_session_fs(t->session);
    const pond_node *dir;
    pond_node_vec nodes = {0};
    if (pond_fs_resolve(fs, path.n == 0 ? POND_SV("/") : path, true, &dir, NULL) != POND_OK ||
        !pond_type_is_dir(dir->type) || pond_fs_list(fs, dir, &nodes, NULL) != POND_OK)
        return;
    for (size_t i = 0; i < nodes.n; i++) {
        const pond_node *n = nodes.items[i];
        pond_buf text = POND_BUF_EMPTY;
        pond_buf_sv(&text, typed);
        if (is_url)
            cli_append_url_path(&text, n->name);
        else
            pond_buf_sv(&text, n->name);
        if (leads_to_dir(fs, n))
            pond_buf_char(&text, '/');
        cli_offer(t, pond_buf_keep(t->cli->arena, &text), pond_type_name(n->type));
    }
}

static void complete_nodes(cli_typing *t) {
    pond_sv typed = typed_dir(t->word);
    if (pond_sv_find_char(typed, '*') < 0 && open_pond(t))
        offer_nodes_in(t, typed, typed, false);
}

// Files of the host -------------------------------------------------------------------------------

typedef struct host_place {
    const char *dir; // that is listed
    pond_sv typed;   // how the candidates name it
    bool is_url, only_dirs;
} host_place;

static void offer_files_in(cli_typing *t, const host_place *p) {
    pond_dirent_vec entries = {0};
    if (pond_dir_list(t->cli->arena, p->dir, &entries, NULL) != POND_OK)
        return;
    // As shells do, names that begin with a dot are shown once the dot is typed.
    bool wants_hidden = t->word.n > p->typed.n && t->word.p[p->typed.n] == '.';
    for (size_t i = 0; i < entries.n; i++) {
        const pond_dirent *e = &entries.items[i];
        bool is_dir =
            e->is_dir ||
            (e->is_symlink &&
             pond_path_is_dir(pond_printf(t->cli->arena, "%s/%.*s", p->dir, POND_SV_ARG(e->name))));
        if ((!is_dir && p->only_dirs) || (e->name.p[0] == '.' && !wants_hidden))
            continue;
        pond_buf text = POND_BUF_EMPTY;
        pond_buf_sv(&text, p->typed);
        if (p->is_url)
            cli_append_url_path(&text, e->name);
        else
            pond_buf_sv(&text, e->name);
        if (is_dir)
            pond_buf_char(&text, '/');
        cli_offer(t, pond_buf_keep(t->cli->arena, &text), NULL);
    }
}

// Shells leave "~/" to us: it is not the beginning of a word for them where it follows '='.
static const char *expand_home(pond_arena *a, pond_sv dir) {
    const char *home = getenv("HOME");
    if (!pond_sv_starts(dir, POND_SV("~/")) || home == NULL)
        return dir.n == 0 ? "." : pond_cstr(a, dir);
    return pond_printf(a, "%s%.*s", home, (int)(dir.n - 1), dir.p + 1);
}

static void offer_host(cli_typing *t, bool only_dirs) {
    pond_sv typed = typed_dir(t->word);
    offer_files_in(t, &(host_place){.dir = expand_home(t->cli->arena, typed),
                                    .typed = typed,
                                    .only_dirs = only_dirs});
}

static void complete_host_files(cli_typing *t) {
    offer_host(t, false);
}

static void complete_host_dirs(cli_typing *t) {
    offer_host(t, true);
}

// Moves what is typed up to the offset behind the candidates' lead.
static void take_lead(cli_typing *t, size_t to) {
    t->lead = pond_svf(t->cli->arena, "%.*s%.*s", POND_SV_ARG(t->lead), (int)to, t->word.p);
    t->word = pond_sv_sub(t->word, to, t->word.n);
}

// URLs --------------------------------------------------------------------------------------------

static void offer_choices(cli_typing *t, const char *choices) {
    pond_sv rest = pond_sv_of(choices), word;
    while (pond_sv_split(&rest, '|', &word))
        cli_offer(t, word, NULL);
}

// The options of a format, and their values.
static void offer_url_options(cli_typing *t, pond_sv scheme) {
    if (pond_sv_starts(scheme, POND_SV("host+")))
        scheme = pond_sv_sub(scheme, strlen("host+"), scheme.n);
    ptrdiff_t plus = pond_sv_find_char(scheme, '+');
    const pond_format *f =
        pond_format_find(plus < 0 ? scheme : pond_sv_sub(scheme, 0, (size_t)plus));
    if (f == NULL || f->options == NULL)
        return;
    size_t from = (size_t)(pond_sv_rfind_char(t->word, '?') + 1);
    ptrdiff_t ampersand = pond_sv_rfind_char(t->word, '&');
    take_lead(t, ampersand >= (ptrdiff_t)from ? (size_t)ampersand + 1 : from);
    ptrdiff_t equals = pond_sv_find_char(t->word, '=');
    if (equals < 0) {
        for (size_t i = 0; i < f->options->n; i++)
            cli_offer(t, pond_svf(t->cli->arena, "%s=", f->options->rows[i].name),
                      f->options->rows[i].help);
        return;
    }
    const pond_option *o = pond_option_find(f->options, pond_sv_sub(t->word, 0, (size_t)equals));
    take_lead(t, (size_t)equals + 1);
    if (o != NULL && o->kind == POND_OPT_BOOL)
        offer_choices(t, "true|false");
    else if (o != NULL && o->kind == POND_OPT_CHOICE)
        offer_choices(t, o->value);
}

// FORMAT:///PATH?OPTION=VALUE, of which `at` is the offset of the ':'.
static void complete_url(cli_typing *t, size_t at) {
    pond_sv scheme = pond_sv_sub(t->word, 0, at);
    bool is_host = pond_sv_starts(scheme, POND_SV("host"));
    if (pond_sv_find_char(t->word, '?') >= 0) {
        offer_url_options(t, scheme);
        return;
    }
    take_lead(t, at + strlen("://"));
    pond_sv typed = typed_dir(t->word);
    pond_url url;
    if (typed.n == 0 || pond_sv_find_char(typed, '*') >= 0 ||
        pond_url_parse(t->cli->arena, pond_svf(t->cli->arena, "file://%.*s", POND_SV_ARG(typed)),
                       &url, NULL) != POND_OK)
        return;
    if (is_host)
        offer_files_in(
            t,
            &(host_place){.dir = cli_host_path(t->cli, url.path), .typed = typed, .is_url = true});
    else if (open_pond(t))
        offer_nodes_in(t, url.path, typed, true);
}

// The beginnings of URLs: with an entry type where rows are brought in.
static void offer_schemes(cli_typing *t, bool is_source) {
    pond_arena *a = t->cli->arena;
    cli_offer(t, POND_SV("host:///"), "a file of the host");
    for (int as = 0; is_source && as < 2; as++)
        cli_offer(t, as == 0 ? POND_SV("host+series:///") : POND_SV("host+table:///"),
                  "a Parquet file of the host");
    for (size_t i = 0; i < pond_format_count(); i++) {
        const pond_format *f = pond_format_at(i);
        cli_offer(t, pond_svf(a, "%s:///", f->name), f->summary);
        cli_offer(t, pond_svf(a, "host+%s:///", f->name), f->summary);
        if (is_source && strcmp(f->name, POND_FORMAT_FILE) != 0) {
            cli_offer(t, pond_svf(a, "host+%s+series:///", f->name), f->summary);
            cli_offer(t, pond_svf(a, "host+%s+table:///", f->name), f->summary);
        }
    }
}

// Schemes only once something of them is typed: there are many, and paths are what is mostly meant.
static void complete_urls(cli_typing *t, bool is_source) {
    ptrdiff_t at = pond_sv_find(t->word, POND_SV("://"));
    if (at >= 0)
        complete_url(t, (size_t)at);
    else if (t->word.n > 0)
        offer_schemes(t, is_source);
}

static void complete_nodes_and_urls(cli_typing *t) {
    if (pond_sv_find(t->word, POND_SV("://")) < 0)
        complete_nodes(t);
    complete_urls(t, false);
}

// What is copied: files of the host or nodes. A path that begins with '/' may be either.
static void complete_sources(cli_typing *t) {
    if (pond_sv_find(t->word, POND_SV("://")) < 0) {
        complete_host_files(t);
        if (t->word.n > 0)
            complete_nodes(t);
    }
    complete_urls(t, true);
}

// MOUNT=DIR, MOUNT=host+FACTORY:///CONFIG
static void complete_mount(cli_typing *t) {
    ptrdiff_t equals = pond_sv_find_char(t->word, '=');
    if (equals < 0)
        return;
    take_lead(t, (size_t)equals + 1);
    ptrdiff_t at = pond_sv_find(t->word, POND_SV("://"));
    if (at >= 0) {
        complete_url(t, (size_t)at);
        return;
    }
    offer_host(t, true);
    for (size_t i = 0; i < pond_factory_count() && t->word.n > 0; i++)
        cli_offer(t, pond_svf(t->cli->arena, "host+%s:///", pond_factory_at(i)->name),
                  pond_factory_at(i)->summary);
}

// The table ---------------------------------------------------------------------------------------

static const struct {
    const char *word;
    void (*complete)(cli_typing *t);
} places[] = {
#define PLACE(word, complete) {word, complete},
#include "cli/places.def"
#undef PLACE
};

static bool complete_word(cli_typing *t, pond_sv name) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (pond_sv_is(name, places[i].word)) {
            cli_typing one = *t; // a place may take a part of the word as the candidates' lead
            places[i].complete(&one);
            t->session = one.session;
            t->has_no_pond = one.has_no_pond;
            t->found = one.found;
            return true;
        }
    if (name.n == 0 || !islower((unsigned char)name.p[0]))
        return false;
    cli_offer(t, name, NULL);
    return true;
}

bool cli_complete_place(cli_typing *t, const char *names) {
    pond_sv rest = pond_sv_of(names), name;
    bool is_known = true;
    while (pond_sv_split(&rest, '|', &name))
        is_known &= complete_word(t, name);
    return is_known;
}
