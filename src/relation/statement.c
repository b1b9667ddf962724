// Statements. The engine plans an expression anew for each place that reads it, and passes filters
// twice through every GROUP BY: both double the time of planning from level to level. So copies are
// counted, and an expression with too many of them is MATERIALIZED, a border for the planner: its
// rows are computed once and kept while the statement runs, on disk if there are many. The others
// are NOT MATERIALIZED: one that is read twice would be kept although computing it again is cheap.
#include "relation/statement.h"

#include "relation/internal.h"

typedef struct expression {
    size_t number;
    uint64_t copies; // of expressions that are planned for each reader
} expression;

struct relation_statement {
    pond_arena arena;
    pond_buf text;   // of the expressions, in an order in which each reads earlier ones only
    pond_map known;  // relation and range -> expression
    uint64_t copies; // planned for what is being written
};

// Few copies are cheaper than keeping rows; and many different ones are no copies.
static bool are_too_many(const relation_statement *st, uint64_t copies) {
    return copies > 4 + (uint64_t)st->known.n;
}

// Writes the expression of a relation that is not there yet.
static pond_code add_expression(pond_session *s, relation_statement *st, pond_relation *r,
                                pond_range range, expression *e, pond_err *err) {
    uint64_t outer = st->copies;
    pond_buf text = POND_BUF_EMPTY;
    st->copies = 0;
    pond_code rc = r->ops->sql(s, r, range, &text, err);
    e->copies = (st->copies == 0 ? 1 : st->copies) << (r->n_groupings < 8 ? r->n_groupings : 8);
    st->copies = outer;
    if (rc == POND_OK) {
        bool is_kept = are_too_many(st, e->copies);
        e->copies = is_kept ? 1 : e->copies;
        pond_buf_printf(&st->text, "%s\"" RELATION_EXPRESSION "%zu\" AS %sMATERIALIZED (",
                        st->text.n == 0 ? "" : ", ", e->number, is_kept ? "" : "NOT ");
        pond_buf_sv(&st->text, pond_buf_view(&text));
        pond_buf_char(&st->text, ')');
    }
    pond_buf_free(&text);
    return rc;
}

static pond_code write_reference(pond_session *s, relation_statement *st, pond_relation *r,
                                 pond_range range, pond_buf *sql, pond_err *err) {
    pond_sv key = pond_svf(&st->arena, "%p %lld %lld %d", (void *)r, (long long)range.lo_us,
                           (long long)range.hi_us, (int)range.beyond);
    expression *e = pond_map_get(&st->known, key);
    if (e == NULL) {
        e = POND_NEW(&st->arena, expression);
        e->number = st->known.n + 1;
        *pond_map_at(&st->known, key, NULL) = e;
        POND_TRY(add_expression(s, st, r, range, e, err));
    }
    st->copies += e->copies;
    pond_buf_printf(sql, "SELECT * FROM \"" RELATION_EXPRESSION "%zu\"", e->number);
    return POND_OK;
}

static pond_code write_whole(pond_session *s, relation_statement *st, pond_relation *r,
                             pond_range range, pond_buf *sql, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = r->ops->sql(s, r, range, &text, err);
    if (st->text.n > 0)
        pond_buf_printf(sql, "WITH %s SELECT * FROM (", st->text.p);
    pond_buf_sv(sql, pond_buf_view(&text));
    pond_buf_str(sql, st->text.n > 0 ? ")" : "");
    pond_buf_free(&text);
    return rc;
}

pond_code relation_statement_write(pond_session *s, pond_relation *r, pond_range range,
                                   pond_buf *sql, pond_err *err) {
    relation_statement **open = relation_open_statement(s);
    if (*open != NULL)
        return r->is_computed ? write_reference(s, *open, r, range, sql, err)
                              : r->ops->sql(s, r, range, sql, err);
    relation_statement st = {0};
    pond_arena_init(&st.arena);
    pond_map_init(&st.known, &st.arena);
    *open = &st;
    pond_code rc = write_whole(s, &st, r, range, sql, err);
    *open = NULL;
    pond_buf_free(&st.text);
    pond_arena_deinit(&st.arena);
    return rc;
}

uint64_t relation_statement_copies(pond_session *s) {
    relation_statement *st = *relation_open_statement(s);
    return st == NULL ? 0 : st->copies;
}

void relation_statement_repeat(pond_session *s, uint64_t copies_before, size_t times) {
    relation_statement *st = *relation_open_statement(s);
    if (st != NULL && times > 1)
        st->copies += (st->copies - copies_before) * (times - 1);
}
