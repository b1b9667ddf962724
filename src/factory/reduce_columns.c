// What temporal-reduce computes, as SQL.
#include "factory/reduce_columns.h"

#include "relation/times.h"

typedef enum piece_kind {
    PIECE_SUM,
    PIECE_COUNT,
    PIECE_MIN,
    PIECE_MAX,
    PIECE_ROWS,
    PIECE_FIRST,
    PIECE_LAST,
    PIECE_PERCENTILE,
    PIECE_STDDEV,
    PIECE_TWA,
} piece_kind;

struct reduce_piece {
    piece_kind kind;
    pond_column source; // without a name for PIECE_ROWS
    pond_sv name;       // in the table of slices: "sum(flow)"
    pond_sv fraction;   // of a percentile
    pond_sv weight;     // of PIECE_TWA: the column that says how long the value of a row holds
};

// One output column, made of one piece, or of a sum and a count.
struct reduce_column {
    reduce_fn fn;
    size_t piece, count; // indexes of pieces; count only for avg
    pond_column out;
};

// The piece of each function, the name of the piece, and the SQL function that merges it.
static const struct {
    const char *name, *merge;
} piece_kinds[] = {
    [PIECE_SUM] = {"sum", "sum"},      [PIECE_COUNT] = {"count", "sum"},
    [PIECE_MIN] = {"min", "min"},      [PIECE_MAX] = {"max", "max"},
    [PIECE_ROWS] = {"count", "sum"},   [PIECE_FIRST] = {"first", "min"},
    [PIECE_LAST] = {"last", "max"},    [PIECE_PERCENTILE] = {NULL, NULL},
    [PIECE_STDDEV] = {"stddev", NULL}, [PIECE_TWA] = {"twa", NULL},
};
static const piece_kind kinds_of[N_FNS] = {
    [FN_AVG] = PIECE_SUM,
    [FN_MIN] = PIECE_MIN,
    [FN_MAX] = PIECE_MAX,
    [FN_SUM] = PIECE_SUM,
    [FN_COUNT] = PIECE_COUNT,
    [FN_FIRST] = PIECE_FIRST,
    [FN_LAST] = PIECE_LAST,
    [FN_STDDEV] = PIECE_STDDEV,
    [FN_TWA] = PIECE_TWA,
    [FN_MEDIAN] = PIECE_PERCENTILE,
    [FN_PERCENTILE] = PIECE_PERCENTILE,
};

static bool is_float(pond_sv type) {
    return pond_sv_is(type, "DOUBLE") || pond_sv_is(type, "FLOAT");
}

// Columns -----------------------------------------------------------------------------------------

// The engine's sums of integers have 128 bits, a type that Parquet does not have. They are cast to
// 64 bits; a sum that does not fit is an error.
static pond_sv result_type(reduce_fn fn, pond_sv type) {
    switch (fn) {
    case FN_COUNT:
        return POND_SV("BIGINT");
    case FN_SUM:
        return is_float(type) || pond_sv_starts(type, POND_SV("DECIMAL")) ? POND_SV("DOUBLE")
                                                                          : POND_SV("BIGINT");
    case FN_MIN:
    case FN_MAX:
    case FN_FIRST:
    case FN_LAST:
        return type;
    default:
        return POND_SV("DOUBLE");
    }
}

// A name that no column of the source has, in any case.
static pond_sv free_name(pond_arena *a, pond_schema source, pond_sv name) {
    bool is_taken = true;
    while (is_taken) {
        is_taken = false;
        for (size_t i = 0; i < source.n && !is_taken; i++)
            is_taken = pond_sv_eq(pond_sv_lower(a, source.items[i].name), pond_sv_lower(a, name));
        if (is_taken)
            name = pond_svf(a, "%.*s_", POND_SV_ARG(name));
    }
    return name;
}

static size_t add_piece(pond_arena *a, reduce_columns *c, piece_kind kind, const aggregation *g,
                        pond_column source) {
    pond_sv function = kind == PIECE_PERCENTILE ? g->name : pond_sv_of(piece_kinds[kind].name);
    pond_sv name = pond_svf(a, "%.*s(%.*s)", POND_SV_ARG(function), POND_SV_ARG(source.name));
    for (size_t i = 0; i < c->pieces.n; i++)
        if (pond_sv_eq(c->pieces.items[i].name, name))
            return i;
    reduce_piece p = {kind, source, name, g->fraction, {NULL, 0}};
    if (kind == PIECE_TWA)
        p.weight = free_name(a, c->source, pond_svf(a, "weight(%.*s)", POND_SV_ARG(source.name)));
    *pond_vec_push(a, &c->pieces) = p;
    return c->pieces.n - 1;
}

// Adds an output column and its pieces, unless there is a column of that name. `source` has no name
// for a count of rows.
static void add_column(pond_arena *a, reduce_columns *all, const aggregation *g, pond_column source,
                       pond_column out) {
    for (size_t i = 0; i < all->columns.n; i++)
        if (pond_sv_eq(all->columns.items[i].out.name, out.name))
            return;
    reduce_column c = {.fn = g->fn, .out = out};
    c.piece = add_piece(a, all, source.name.n == 0 ? PIECE_ROWS : kinds_of[g->fn], g, source);
    if (g->fn == FN_AVG)
        c.count = add_piece(a, all, PIECE_COUNT, g, source);
    *pond_vec_push(a, &all->columns) = c;
}

static pond_code add_matching(pond_arena *a, reduce_columns *all, const aggregation *g,
                              pond_sv pattern, pond_err *err) {
    for (size_t i = 0; i < all->source.n; i++) {
        const pond_column *c = &all->source.items[i];
        if (pond_sv_eq(c->name, all->time.name) || !pond_column_matches(pattern, c->name, a))
            continue;
        bool is_fit =
            pond_type_is_numeric(c->type) || (!reduce_needs_number(g->fn) && !g->takes_all);
        pond_sv name = pond_svf(a, "%.*s.%.*s", POND_SV_ARG(c->name), POND_SV_ARG(g->name));
        if (is_fit)
            add_column(a, all, g, *c, (pond_column){name, result_type(g->fn, c->type)});
        else if (!pond_column_is_pattern(pattern))
            return pond_fail(err, POND_ERR_INVALID,
                             "cannot compute %.*s of column '%.*s', whose type is %.*s",
                             POND_SV_ARG(g->name), POND_SV_ARG(c->name), POND_SV_ARG(c->type));
    }
    return POND_OK;
}

static pond_code add_aggregation(pond_arena *a, reduce_columns *all, const aggregation *g,
                                 pond_err *err) {
    const pond_column no_column = {POND_SV(""), POND_SV("")};
    bool takes_any = g->takes_all || (g->columns.n == 1 && pond_sv_is(g->columns.items[0], "*"));
    if (g->fn == FN_COUNT && takes_any)
        add_column(a, all, g, no_column,
                   (pond_column){POND_SV("timestamp.count"), POND_SV("BIGINT")});
    else if (g->takes_all)
        return add_matching(a, all, g, POND_SV("*"), err);
    else
        for (size_t i = 0; i < g->columns.n; i++)
            POND_TRY(add_matching(a, all, g, g->columns.items[i], err));
    return POND_OK;
}

pond_code reduce_columns_of(pond_session *s, const reduce_state *st, pond_schema source,
                            reduce_columns *out, pond_err *err) {
    *out = (reduce_columns){.time = *pond_schema_find(source, st->time_column), .source = source};
    for (size_t i = 0; i < st->n_aggregations; i++)
        POND_TRY(add_aggregation(pond_session_arena(s), out, &st->aggregations[i], err));
    return POND_OK;
}

bool reduce_needs_order(const reduce_columns *c) {
    for (size_t i = 0; i < c->pieces.n; i++)
        switch (c->pieces.items[i].kind) {
        case PIECE_SUM:
        case PIECE_STDDEV:
        case PIECE_TWA:
            return true;
        default:
            break;
        }
    return false;
}

pond_schema reduce_columns_schema(pond_arena *a, const reduce_columns *c) {
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, c->columns.n + 1);
    columns[0] = (pond_column){c->time.name, POND_SV("TIMESTAMP")};
    for (size_t i = 0; i < c->columns.n; i++)
        columns[i + 1] = c->columns.items[i].out;
    return (pond_schema){columns, c->columns.n + 1};
}

// Pieces ------------------------------------------------------------------------------------------

// What a piece is made from. NaN is a missing value: the engine would take it for the greatest
// number, and a sum or an average of it for NaN.
static void sql_value(pond_buf *sql, const reduce_piece *p) {
    pond_buf_str(sql, is_float(p->source.type) ? "nullif(" : "");
    pond_buf_sql_name(sql, p->source.name);
    if (is_float(p->source.type))
        pond_buf_printf(sql, ", 'NaN'::%.*s)", POND_SV_ARG(p->source.type));
}

// The earliest or latest row that has a value, as its time and its value. Where several rows have
// that time, the value decides: the smallest is first, the greatest is last.
static void sql_outermost(pond_buf *sql, const reduce_piece *p, const pond_column *time) {
    pond_buf_printf(sql, "%s(struct_pack(t := ", piece_kinds[p->kind].merge);
    pond_buf_sql_name(sql, time->name);
    pond_buf_str(sql, ", v := ");
    sql_value(sql, p);
    pond_buf_str(sql, ")) FILTER (WHERE ");
    sql_value(sql, p);
    pond_buf_str(sql, " IS NOT NULL)");
}

static void sql_twa(pond_buf *sql, const reduce_piece *p) {
    pond_buf_str(sql, "sum(");
    pond_buf_sql_name(sql, p->weight);
    pond_buf_str(sql, " * CAST(");
    sql_value(sql, p);
    pond_buf_str(sql, " AS DOUBLE)) / sum(");
    pond_buf_sql_name(sql, p->weight);
    pond_buf_char(sql, ')');
}

// Of values of which one is infinite there is none; the engine would fail.
static void sql_stddev(pond_buf *sql, const reduce_piece *p) {
    if (!is_float(p->source.type)) {
        pond_buf_str(sql, "stddev_samp(CAST(");
        sql_value(sql, p);
        pond_buf_str(sql, " AS DOUBLE))");
        return;
    }
    pond_buf_str(sql, "CASE WHEN bool_or(isinf(");
    sql_value(sql, p);
    pond_buf_str(sql, ")) THEN NULL ELSE stddev_samp(");
    sql_value(sql, p);
    pond_buf_str(sql, ") FILTER (WHERE NOT isinf(");
    sql_value(sql, p);
    pond_buf_str(sql, ")) END");
}

static void sql_piece(pond_buf *sql, const reduce_piece *p, const pond_column *time) {
    switch (p->kind) {
    case PIECE_ROWS:
        pond_buf_str(sql, "count(*)");
        return;
    case PIECE_FIRST:
    case PIECE_LAST:
        sql_outermost(sql, p, time);
        return;
    case PIECE_PERCENTILE:
        pond_buf_str(sql, "quantile_cont(CAST(");
        sql_value(sql, p);
        pond_buf_printf(sql, " AS DOUBLE), %.*s)", POND_SV_ARG(p->fraction));
        return;
    case PIECE_STDDEV:
        sql_stddev(sql, p);
        return;
    case PIECE_TWA:
        sql_twa(sql, p);
        return;
    default:
        pond_buf_printf(sql, "%s(", piece_kinds[p->kind].name);
        sql_value(sql, p);
        pond_buf_char(sql, ')');
    }
}

// The microseconds for which the value of a row holds: to the next row of the bucket that has a
// value, or to the end of the bucket. Of several rows at one time only the last one holds; equal
// rows aside their order is total, so that sums are added up in one order.
static void sql_weight(pond_buf *sql, const reduce_columns *c, const reduce_piece *p,
                       const bucket_sql *buckets) {
    pond_buf_str(sql, ", CASE WHEN ");
    sql_value(sql, p);
    pond_buf_str(sql, " IS NOT NULL THEN CAST(epoch_us(coalesce(lead(CASE WHEN ");
    sql_value(sql, p);
    pond_buf_str(sql, " IS NOT NULL THEN ");
    pond_sql_timestamp(sql, &c->time);
    pond_buf_str(sql, " END IGNORE NULLS) OVER (PARTITION BY ");
    bucket_sql_start(sql, buckets, &c->time);
    pond_buf_str(sql, " ORDER BY ");
    pond_buf_sql_name(sql, c->time.name);
    pond_buf_str(sql, ", ");
    sql_value(sql, p);
    for (size_t i = 0; i < c->source.n; i++) {
        pond_buf_str(sql, ", ");
        pond_buf_sql_name(sql, c->source.items[i].name);
    }
    pond_buf_str(sql, "), ");
    bucket_sql_end(sql, buckets, &c->time);
    pond_buf_str(sql, ")) - epoch_us(");
    pond_sql_timestamp(sql, &c->time);
    pond_buf_str(sql, ") AS DOUBLE) END AS ");
    pond_buf_sql_name(sql, p->weight);
}

static bool has_weights(const reduce_columns *c) {
    for (size_t i = 0; i < c->pieces.n; i++)
        if (c->pieces.items[i].kind == PIECE_TWA)
            return true;
    return false;
}

void reduce_sql_select_pieces(pond_buf *sql, const reduce_columns *c, const bucket_sql *buckets) {
    pond_buf_str(sql, "SELECT ");
    bucket_sql_start(sql, buckets, &c->time);
    pond_buf_str(sql, " AS ");
    pond_buf_sql_name(sql, c->time.name);
    for (size_t i = 0; i < c->pieces.n; i++) {
        pond_buf_str(sql, ", ");
        sql_piece(sql, &c->pieces.items[i], &c->time);
        pond_buf_str(sql, " AS ");
        pond_buf_sql_name(sql, c->pieces.items[i].name);
    }
    pond_buf_str(sql, " FROM ");
    if (!has_weights(c))
        return;
    pond_buf_str(sql, "(SELECT *");
    for (size_t i = 0; i < c->pieces.n; i++)
        if (c->pieces.items[i].kind == PIECE_TWA)
            sql_weight(sql, c, &c->pieces.items[i], buckets);
    pond_buf_str(sql, " FROM ");
}

void reduce_sql_end_pieces(pond_buf *sql, const reduce_columns *c) {
    pond_buf_str(sql, has_weights(c) ? ") GROUP BY 1" : " GROUP BY 1");
}

// Columns of pieces -------------------------------------------------------------------------------

// A piece as it is in the table, or merged over the finest buckets of a coarser one.
static void sql_merged(pond_buf *sql, const reduce_piece *p, bool is_merged) {
    if (is_merged)
        pond_buf_printf(sql, "%s(", piece_kinds[p->kind].merge);
    pond_buf_sql_name(sql, p->name);
    if (is_merged)
        pond_buf_char(sql, ')');
}

// The cast fails if a sum does not fit its column's type.
static void sql_column(pond_buf *sql, const reduce_columns *all, const reduce_column *c,
                       bool is_merged) {
    const reduce_piece *p = &all->pieces.items[c->piece];
    pond_buf_str(sql, ", ");
    switch (c->fn) {
    case FN_AVG:
        pond_buf_str(sql, "CAST(");
        sql_merged(sql, p, is_merged);
        pond_buf_str(sql, " AS DOUBLE) / ");
        sql_merged(sql, &all->pieces.items[c->count], is_merged);
        break;
    case FN_SUM:
    case FN_COUNT:
        pond_buf_str(sql, "CAST(");
        sql_merged(sql, p, is_merged);
        pond_buf_printf(sql, " AS %.*s)", POND_SV_ARG(c->out.type));
        break;
    case FN_FIRST:
    case FN_LAST:
        pond_buf_str(sql, "struct_extract(");
        sql_merged(sql, p, is_merged);
        pond_buf_str(sql, ", 'v')");
        break;
    default:
        sql_merged(sql, p, is_merged);
    }
    pond_buf_str(sql, " AS ");
    pond_buf_sql_name(sql, c->out.name);
}

void reduce_sql_select_columns(pond_buf *sql, const reduce_columns *c, const bucket_sql *coarser) {
    const pond_column time = {c->time.name, POND_SV("TIMESTAMP")};
    pond_buf_str(sql, "SELECT ");
    if (coarser != NULL) {
        bucket_sql_start(sql, coarser, &time);
        pond_buf_str(sql, " AS ");
    }
    pond_buf_sql_name(sql, time.name);
    for (size_t i = 0; i < c->columns.n; i++)
        sql_column(sql, c, &c->columns.items[i], coarser != NULL);
    pond_buf_str(sql, " FROM ");
}
