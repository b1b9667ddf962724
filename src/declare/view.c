// Differences as people read them.
#include "declare/internal.h"

#include "base/diff.h"

static pond_sv changes(pond_arena *a, pond_sv before, pond_sv after) {
    pond_buf hunks = POND_BUF_EMPTY;
    pond_diff(before, after, &hunks);
    return pond_buf_keep(a, &hunks);
}

// Configs -----------------------------------------------------------------------------------------

static void put_indent(pond_buf *b, int depth) {
    pond_buf_fill(b, ' ', (size_t)depth * 2);
}

// A text of several lines is a block, so that each of its lines can be compared.
static void put_scalar(pond_buf *b, const pond_conf *c, int depth) {
    pond_sv rest = c->text, line;
    if (c->value.kind != POND_STRING || pond_sv_find_char(c->text, '\n') < 0) {
        pond_buf_char(b, ' ');
        pond_json_write(b, c->value, 0);
        pond_buf_char(b, '\n');
        return;
    }
    pond_buf_str(b, pond_sv_ends(c->text, POND_SV("\n")) ? " |\n" : " |-\n");
    while (pond_sv_split(&rest, '\n', &line)) {
        if (rest.p == NULL && line.n == 0)
            break;
        put_indent(b, depth);
        pond_buf_sv(b, line);
        pond_buf_char(b, '\n');
    }
}

// The tree is at most POND_CONF_MAX_DEPTH deep.
static void put_members(pond_buf *b, const pond_conf *c, int depth) {
    for (size_t i = 0; i < c->n; i++) {
        const pond_conf *m = &c->items[i];
        bool is_list = c->value.kind == POND_ARRAY;
        put_indent(b, depth);
        pond_buf_printf(b, "%.*s%s", is_list ? 1 : (int)m->key.n, is_list ? "-" : m->key.p,
                        is_list ? "" : ":");
        if (m->value.kind != POND_ARRAY && m->value.kind != POND_OBJECT) {
            put_scalar(b, m, depth + 1);
            continue;
        }
        pond_buf_char(b, '\n');
        put_members(b, m, depth + 1);
    }
}

static pond_sv readable(pond_arena *a, pond_sv config) {
    const pond_conf *c;
    if (!pond_sv_starts(config, POND_SV("{")) ||
        pond_conf_parse(a, config, "config", &c, NULL) != POND_OK)
        return config;
    pond_buf b = POND_BUF_EMPTY;
    put_members(&b, c, 0);
    return pond_buf_keep(a, &b);
}

pond_sv declare_config_changes(pond_arena *a, pond_sv before, pond_sv after) {
    return changes(a, readable(a, before), readable(a, after));
}

// Files -------------------------------------------------------------------------------------------

static bool is_text(pond_sv s) {
    return pond_utf8_find_bad(s) < 0 && pond_sv_find_char(s, '\0') < 0;
}

pond_sv declare_file_changes(pond_arena *a, pond_sv before, pond_sv after) {
    return is_text(before) && is_text(after) ? changes(a, before, after) : POND_SV("");
}
