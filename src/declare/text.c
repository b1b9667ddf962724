// The text of one document of a file: what of it is expanded, and what of it is stored.
//
// A part of a file is parsed with all lines of the file before it left empty. So every place in it is
// one of the file, and errors point there.
#include "declare/internal.h"

#include "factory/config.h"

// Lines -------------------------------------------------------------------------------------------

static bool is_marker(pond_sv line, const char *marker) {
    return pond_sv_starts(line, pond_sv_of(marker)) &&
           (line.n == 3 || strchr(" \t\r", line.p[3]) != NULL);
}

// The next line, without its newline; *number becomes its own.
static bool next_line(pond_sv *rest, uint32_t *number, pond_sv *line) {
    *number += 1;
    return pond_sv_split(rest, '\n', line);
}

declare_text declare_text_of(pond_arena *a, const pond_conf *root) {
    declare_text t = {.a = a, .file = root->file, .text = root->source, .root = root, .from = 1};
    pond_sv rest = t.text, line;
    for (uint32_t n = 0; next_line(&rest, &n, &line);) {
        t.n_lines = n;
        if (n <= root->line && (is_marker(line, "---") || is_marker(line, "...")))
            t.from = is_marker(line, "---") ? n : n + 1;
        else if (t.to == 0 && n > root->line && (is_marker(line, "---") || is_marker(line, "...")))
            t.to = n;
    }
    if (t.to == 0)
        t.to = t.n_lines + 1;
    return t;
}

// The lines from `from` up to `to`, with their newlines.
static pond_sv lines_of(const declare_text *t, uint32_t from, uint32_t to) {
    pond_sv rest = t->text, line;
    size_t begin = t->text.n, end = t->text.n;
    for (uint32_t n = 0; next_line(&rest, &n, &line);) {
        size_t at = (size_t)(line.p - t->text.p);
        begin = n == from ? at : begin;
        end = n == to ? at : end;
    }
    return pond_sv_sub(t->text, begin < end ? begin : end, end);
}

// Expanding ---------------------------------------------------------------------------------------

// The line where a member of the document ends: that of the next one, or the end.
static uint32_t end_of(const declare_text *t, const pond_conf *member) {
    uint32_t end = t->to;
    for (size_t i = 0; i < t->root->n; i++) {
        uint32_t line = t->root->items[i].key_line;
        if (line > member->key_line && line < end)
            end = line;
    }
    return end;
}

pond_code declare_expand(const declare_text *t, const pond_conf *spec, pond_secret_vec *secrets,
                         const pond_conf **out, pond_err *err) {
    uint32_t end = end_of(t, spec);
    pond_sv written = lines_of(t, spec->key_line, end), expanded;
    const pond_conf *root;
    *out = spec;
    if (pond_sv_find_char(written, '$') < 0)
        return POND_OK;
    POND_TRY_CTX(pond_config_expand_env(t->a, written, secrets, &expanded, err), err,
                 "env expansion failed");
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_fill(&b, '\n', t->from - 1);
    pond_buf_sv(&b, lines_of(t, t->from, spec->key_line));
    pond_buf_sv(&b, expanded);
    pond_buf_sv(&b, lines_of(t, end, t->to));
    pond_code rc = pond_conf_parse(t->a, pond_buf_view(&b), t->file, &root, err);
    pond_buf_free(&b);
    if (rc != POND_OK)
        return rc;
    *out = pond_conf_get(root, "spec");
    return *out != NULL ? POND_OK
                        : pond_conf_fail(spec, err,
                                         "the document has no 'spec' once its environment "
                                         "references are expanded");
}

// Storing -----------------------------------------------------------------------------------------

static size_t indent_of(pond_sv line) {
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

// Whether a line is blank or a comment that is less indented than what it is in: it may be between
// two lines of a config, and does not end it.
static bool is_between(pond_sv line) {
    pond_sv text = pond_sv_trim(line);
    return text.n == 0 || text.p[0] == '#';
}

// The lines of a block, without the blanks before all of them.
static pond_sv block_text(const declare_text *t, const pond_conf *config) {
    size_t indent = config->column - 1;
    pond_sv rest = lines_of(t, config->key_line + 1, t->to), line;
    pond_buf b = POND_BUF_EMPTY;
    size_t n_kept = 0;
    for (uint32_t n = config->key_line; next_line(&rest, &n, &line);) {
        bool is_inside = indent_of(line) >= indent && pond_sv_trim(line).n > 0;
        if (!is_inside && !is_between(line))
            break;
        size_t cut = indent_of(line) < indent ? indent_of(line) : indent;
        pond_buf_sv(&b, pond_sv_sub(line, cut, line.n));
        pond_buf_char(&b, '\n');
        n_kept = is_inside ? b.n : n_kept;
    }
    pond_sv text = pond_sv_dup(t->a, pond_sv_sub(pond_buf_view(&b), 0, n_kept));
    pond_buf_free(&b);
    return text;
}

pond_sv declare_config_text(const declare_text *t, const pond_conf *config) {
    const pond_conf *again;
    if (config->line > config->key_line) {
        pond_sv text = block_text(t, config);
        // What refers to an anchor outside of the config means something else by itself.
        if (pond_conf_parse(t->a, text, t->file, &again, NULL) == POND_OK &&
            declare_same(config, again))
            return text;
    }
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, pond_conf_value(t->a, config), 2);
    pond_buf_char(&json, '\n');
    return pond_buf_keep(t->a, &json);
}

// The trees are at most POND_CONF_MAX_DEPTH deep.
bool declare_same(const pond_conf *x, const pond_conf *y) {
    if (x->value.kind != y->value.kind || x->n != y->n)
        return false;
    bool is_scalar = x->value.kind != POND_ARRAY && x->value.kind != POND_OBJECT;
    if (is_scalar && x->value.kind != POND_NULL && !pond_sv_eq(x->text, y->text))
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!pond_sv_eq(x->items[i].key, y->items[i].key) ||
            !declare_same(&x->items[i], &y->items[i]))
            return false;
    return true;
}
