// diff: what is different between two states of the pond.
#include "base/time.h"
#include "cli/at.h"
#include "cli/difference.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>

// The words of --format, in their order.
enum { AS_TEXT, AS_JSON };

typedef struct diff_options {
    int format;
} diff_options;

static const pond_option rows[] = {
    POND_OPTION("format", POND_OPT_CHOICE, diff_options, format, .value = "text|json",
                .help = "text for people, or JSON with an object for each node (default: text)"),
};

static const char green[] = "32", red[] = "31", cyan[] = "36", bold[] = "1";

// Text --------------------------------------------------------------------------------------------

static void print(const cli *c, const char *sgr, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

// A line whose arguments may hold anything.
static void print(const cli *c, const char *sgr, const char *fmt, ...) {
    pond_buf line = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    if (c->is_terminal)
        pond_buf_vprintf_visible(&line, POND_KEEP_NOTHING, fmt, args);
    else
        pond_buf_vprintf(&line, fmt, args);
    va_end(args);
    cli_print_line(c, sgr, pond_buf_view(&line));
    pond_buf_free(&line);
}

// "1 row, 800B, 2024-01-01 00:00:00 to 2024-01-02 00:00:00 UTC".
static const char *measures(cli *c, const pond_version *v) {
    char size[16], lo[32], hi[32];
    cli_size(v->size_bytes, size);
    const char *text = size;
    if (v->rows >= 0)
        text =
            pond_printf(c->arena, "%" PRId64 " row%s, %s", v->rows, v->rows == 1 ? "" : "s", size);
    if (v->rows < 0 || v->time_column.n == 0 || v->t_min_us > v->t_max_us)
        return pond_printf(c->arena, "%s", text);
    cli_time(v->t_min_us, lo);
    cli_time(v->t_max_us, hi);
    return pond_printf(c->arena, "%s, %s to %s UTC", text, lo, hi);
}

static void print_versions(cli *c, char sign, const pond_version_vec *all) {
    enum { SHOWN = 10 };
    const char *sgr = sign == '+' ? green : red;
    for (size_t i = 0; i < all->n && i < SHOWN; i++)
        print(c, sgr, "  %c version %" PRId64 ": %s", sign, all->items[i].number,
              measures(c, &all->items[i]));
    if (all->n <= SHOWN)
        return;
    pond_version sum = {.rows = -1};
    for (size_t i = SHOWN; i < all->n; i++) {
        const pond_version *v = &all->items[i];
        sum.size_bytes += v->size_bytes;
        if (v->rows >= 0)
            sum.rows = (sum.rows < 0 ? 0 : sum.rows) + v->rows;
    }
    print(c, sgr, "  %c and %zu more versions: %s", sign, all->n - SHOWN, measures(c, &sum));
}

static void print_name(cli *c, const char *mark, pond_sv path, int64_t version) {
    if (version == 0)
        print(c, bold, "%s /dev/null", mark);
    else
        print(c, bold, "%s %.*s (version %" PRId64 ")", mark, POND_SV_ARG(path), version);
}

static void print_hunks(cli *c, const cli_node_difference *d) {
    pond_sv rest = d->hunks, line;
    if (rest.n == 0)
        return;
    print_name(c, "---", d->path_before, d->number_before);
    print_name(c, "+++", d->path_after, d->number_after);
    rest.n--; // the last newline
    while (pond_sv_split(&rest, '\n', &line)) {
        char sign = line.n == 0 ? ' ' : line.p[0];
        cli_print_line(c,
                       sign == '+'   ? green
                       : sign == '-' ? red
                       : sign == '@' ? cyan
                                     : NULL,
                       line);
    }
}

static void print_content(cli *c, const cli_node_difference *d) {
    char before[16], after[16];
    cli_size(d->bytes_before, before);
    cli_size(d->bytes_after, after);
    if (d->content == CLI_CONTENT_TEXT)
        print_hunks(c, d);
    else if (d->content == CLI_CONTENT_LONG)
        print(c, NULL, "  binary or long content differs, %s -> %s", before, after);
    else if (d->number_before != 0 && d->number_after != 0 && d->added.n + d->gone.n > 0)
        print(c, NULL, "  the content is the same, %s", after);
}

static const char *kind_of(cli *c, const pond_node_row *row) {
    if (row->factory.n > 0)
        return pond_printf(c->arena, "%s, %.*s", pond_type_name(row->type),
                           POND_SV_ARG(row->factory));
    if (row->type == POND_T_SYMLINK)
        return pond_printf(c->arena, "link to %.*s", POND_SV_ARG(row->link));
    return pond_type_name(row->type);
}

// What a node that stays has become.
static void print_change(cli *c, const cli_node_difference *d) {
    const char *before = kind_of(c, d->before), *after = kind_of(c, d->after);
    if (!pond_sv_eq(d->path_before, d->path_after))
        print(c, cyan, "moved    %.*s -> %.*s", POND_SV_ARG(d->path_before),
              POND_SV_ARG(d->path_after));
    if (strcmp(before, after) != 0)
        print(c, cyan, "changed  %.*s (%s -> %s)", POND_SV_ARG(d->path_after), before, after);
    else if (d->added.n + d->gone.n > 0)
        print(c, cyan, "changed  %.*s (%s)", POND_SV_ARG(d->path_after), after);
}

static void print_difference(cli *c, const cli_node_difference *d) {
    if (d->before == NULL)
        print(c, green, "added    %.*s (%s)", POND_SV_ARG(d->path_after), kind_of(c, d->after));
    else if (d->after == NULL)
        print(c, red, "removed  %.*s (%s)", POND_SV_ARG(d->path_before), kind_of(c, d->before));
    else
        print_change(c, d);
    if (!d->is_config) {
        print_versions(c, '-', &d->gone);
        print_versions(c, '+', &d->added);
    }
    print_content(c, d);
}

// JSON --------------------------------------------------------------------------------------------

static pond_value text_or_null(pond_sv text) {
    return text.n == 0 ? pond_null() : pond_string(text);
}

static pond_value time_or_null(cli *c, const pond_version *v, int64_t t_us) {
    char text[40];
    if (v->rows < 0 || v->time_column.n == 0 || v->t_min_us > v->t_max_us)
        return pond_null();
    return pond_string(pond_sv_dup(c->arena, (pond_sv){text, pond_time_format(t_us, text)}));
}

static pond_value versions_value(cli *c, const pond_version_vec *all) {
    pond_value *items = POND_NEW_ARRAY(c->arena, pond_value, all->n);
    for (size_t i = 0; i < all->n; i++) {
        const pond_version *v = &all->items[i];
        pond_object_builder o = {.arena = c->arena};
        pond_object_put(&o, "version", pond_int(v->number));
        pond_object_put(&o, "bytes", pond_uint(v->size_bytes));
        pond_object_put(&o, "rows", v->rows < 0 ? pond_null() : pond_int(v->rows));
        pond_object_put(&o, "time_start", time_or_null(c, v, v->t_min_us));
        pond_object_put(&o, "time_end", time_or_null(c, v, v->t_max_us));
        items[i] = pond_object_build(&o);
    }
    return pond_array(items, all->n);
}

static pond_value state_value(cli *c, const pond_node_row *row, pond_sv path, int64_t version,
                              uint64_t bytes) {
    pond_object_builder o = {.arena = c->arena};
    if (row == NULL)
        return pond_null();
    pond_object_put(&o, "path", pond_string(path));
    pond_object_put(&o, "type", pond_string_lit(pond_type_name(row->type)));
    pond_object_put(&o, "factory", text_or_null(row->factory));
    pond_object_put(&o, "link", text_or_null(row->link));
    if (version != 0) {
        pond_object_put(&o, "version", pond_int(version));
        pond_object_put(&o, "bytes", pond_uint(bytes));
    }
    return pond_object_build(&o);
}

static pond_value difference_value(cli *c, const cli_node_difference *d) {
    pond_object_builder o = {.arena = c->arena};
    const char *change = d->before == NULL                            ? "added"
                         : d->after == NULL                           ? "removed"
                         : !pond_sv_eq(d->path_before, d->path_after) ? "moved"
                                                                      : "changed";
    pond_object_put(&o, "change", pond_string_lit(change));
    pond_object_put(&o, "path", pond_string(d->after != NULL ? d->path_after : d->path_before));
    pond_object_put(&o, "before",
                    state_value(c, d->before, d->path_before, d->number_before, d->bytes_before));
    pond_object_put(&o, "after",
                    state_value(c, d->after, d->path_after, d->number_after, d->bytes_after));
    pond_object_put(&o, "versions_added", versions_value(c, &d->added));
    pond_object_put(&o, "versions_gone", versions_value(c, &d->gone));
    pond_object_put(&o, "text_diff", text_or_null(d->hunks));
    return pond_object_build(&o);
}

static void print_json(cli *c, int64_t from, int64_t to, const cli_difference *all) {
    pond_object_builder o = {.arena = c->arena};
    pond_value *items = POND_NEW_ARRAY(c->arena, pond_value, all->n);
    pond_buf json = POND_BUF_EMPTY;
    for (size_t i = 0; i < all->n; i++)
        items[i] = difference_value(c, &all->items[i]);
    pond_object_put(&o, "from", pond_int(from));
    pond_object_put(&o, "to", pond_int(to));
    pond_object_put(&o, "changes", pond_array(items, all->n));
    pond_json_write(&json, pond_object_build(&o), 2);
    pond_buf_char(&json, '\n');
    cli_print_text(c, pond_buf_view(&json));
    pond_buf_free(&json);
}

// States ------------------------------------------------------------------------------------------

static bool is_path(pond_sv word) {
    return word.n > 0 && word.p[0] == '/';
}

// The transactions that the words before the paths name.
static pond_code find_states(cli *c, size_t n_words, int64_t *from, int64_t *to, pond_err *err) {
    pond_txn *t = pond_session_txn(c->session);
    cli_moment m[2] = {{0}, {0}};
    pond_commit last;
    for (size_t i = 0; i < n_words; i++)
        POND_TRY(cli_moment_parse(c->args[i], "diff", &m[i], err));
    if (n_words == 0) {
        POND_TRY(pond_store_last_change(t, to, err));
    } else if (n_words == 1 && !m[0].is_time) {
        *to = m[0].seq;
    } else {
        POND_TRY(cli_moment_find(t, &m[0], from, err));
        POND_TRY(pond_store_last_commit(t, &last, err));
        *to = last.seq;
        return n_words == 1 ? POND_OK : cli_moment_find(t, &m[1], to, err);
    }
    *from = *to > 0 ? *to - 1 : 0;
    return POND_OK;
}

static pond_code run_diff(cli *c, pond_err *err) {
    const diff_options *o = c->options;
    size_t n_words = 0;
    int64_t from = 0, to = 0;
    cli_difference all;
    while (n_words < c->n_args && !is_path(c->args[n_words]))
        n_words++;
    if (n_words > 2)
        return pond_fail(
            err, POND_ERR_USAGE,
            "diff takes at most two transactions or times, and then paths, which begin "
            "with '/'; '%.*s' is neither",
            POND_SV_ARG(c->args[2]));
    POND_TRY(find_states(c, n_words, &from, &to, err));
    POND_TRY(cli_difference_find(c, from, to, c->args + n_words, c->n_args - n_words, &all, err));
    if (o->format == AS_JSON)
        print_json(c, from, to, &all);
    else
        for (size_t i = 0; i < all.n; i++)
            print_difference(c, &all.items[i]);
    return POND_OK;
}

const cli_command cli_diff = {
    .name = "diff",
    .args = "[TXN|TIME [TXN|TIME]] [PATH_OR_PATTERN...]",
    .max_args = -1,
    .pond = CLI_READS,
    CLI_OPTIONS(rows, diff_options),
    .summary = "Show what is different between two states of the pond",
    .details =
        "Without an argument: what the last change did. With one transaction: what that one did; "
        "with a time:\n"
        "what has changed since. With two: from the first to the second. Paths, which begin with "
        "'/', and patterns\n"
        "leave out what they and the directories that they name do not hold. Configs and texts of "
        "up to 256 KB are\n"
        "shown line by line; versions of series with their rows and times.",
    .example = "pond diff 5 7 '/sensors/**'",
    .run = run_diff,
};
