// Reads and writes facts as JSON, the form in which the catalog stores them.
#include "relation/facts.h"

#include <inttypes.h>

static pond_code incomplete(pond_err *err) {
    return pond_fail(err, POND_ERR_CORRUPT,
                     "the catalog's facts about the rows of a version are incomplete");
}

static bool parse_column(pond_value v, pond_fact_column *out) {
    out->n_nulls = pond_get_int(v, "nulls", -1);
    return pond_get_string(v, "name", &out->name) && pond_get_string(v, "type", &out->type) &&
           out->n_nulls >= 0;
}

static bool parse_run(pond_value v, pond_fact_days *out) {
    if (v.kind != POND_ARRAY || v.n != 2 || v.items[0].kind != POND_INT ||
        v.items[1].kind != POND_INT)
        return false;
    *out = (pond_fact_days){v.items[0].i, v.items[1].i};
    return true;
}

static bool parse_days(pond_arena *a, pond_value facts, bool *has_days, pond_fact_days **out,
                       size_t *n) {
    const pond_value *days = pond_get_array(facts, "days");
    if (days == NULL)
        return true;
    *has_days = true;
    *n = days->n;
    *out = POND_NEW_ARRAY(a, pond_fact_days, days->n);
    for (size_t i = 0; i < days->n; i++)
        if (!parse_run(days->items[i], &(*out)[i]))
            return false;
    return true;
}

static bool parse_hidden(pond_arena *a, pond_value v, pond_fact_hidden *out) {
    *out = (pond_fact_hidden){.version = pond_get_int(v, "version", -1),
                              .rows = pond_get_int(v, "rows", -1)};
    return out->version > 0 && out->rows > 0 &&
           parse_days(a, v, &out->has_days, &out->days, &out->n_days);
}

static bool parse_key(pond_arena *a, pond_value facts, pond_facts *out) {
    const pond_value *key = pond_get_array(facts, "key"), *hides = pond_get_array(facts, "hides");
    if (key == NULL)
        return hides == NULL;
    out->n_key = key->n;
    out->key = POND_NEW_ARRAY(a, pond_sv, key->n);
    for (size_t i = 0; i < key->n; i++) {
        if (key->items[i].kind != POND_STRING)
            return false;
        out->key[i] = pond_value_sv(key->items[i]);
    }
    if (hides == NULL)
        return key->n > 0;
    out->n_hides = hides->n;
    out->hides = POND_NEW_ARRAY(a, pond_fact_hidden, hides->n);
    for (size_t i = 0; i < hides->n; i++)
        if (!parse_hidden(a, hides->items[i], &out->hides[i]))
            return false;
    return key->n > 0;
}

static const char *const order_names[] = {
    [POND_UNORDERED] = NULL, [POND_ASCENDING] = "ascending", [POND_ORDERED] = "strict"};

static pond_order parse_order(pond_value facts) {
    for (int i = POND_ASCENDING; i <= POND_ORDERED; i++)
        if (pond_has_string(facts, "order", pond_sv_of(order_names[i])))
            return (pond_order)i;
    return POND_UNORDERED;
}

pond_code pond_facts_of(pond_arena *a, pond_value v, pond_facts *out, pond_err *err) {
    const pond_value *columns = pond_get_array(v, "columns");
    if (columns == NULL)
        return incomplete(err);
    *out = (pond_facts){.n_columns = columns->n,
                        .order = parse_order(v),
                        .is_finite = pond_has_string(v, "times", POND_SV("finite"))};
    out->columns = POND_NEW_ARRAY(a, pond_fact_column, columns->n);
    pond_column *schema = POND_NEW_ARRAY(a, pond_column, columns->n);
    for (size_t i = 0; i < columns->n; i++) {
        if (!parse_column(columns->items[i], &out->columns[i]))
            return incomplete(err);
        schema[i] = (pond_column){out->columns[i].name, out->columns[i].type};
    }
    out->schema = (pond_schema){schema, columns->n};
    if (!parse_days(a, v, &out->has_days, &out->days, &out->n_days) || !parse_key(a, v, out))
        return incomplete(err);
    return POND_OK;
}

pond_code pond_facts_parse(pond_arena *a, pond_sv json, pond_facts *out, pond_err *err) {
    pond_value v;
    POND_TRY(pond_json_parse(a, json, "facts of a version", &v, err));
    return pond_facts_of(a, v, out, err);
}

bool pond_key_eq(const pond_facts *x, const pond_facts *y) {
    for (size_t i = 0; i < x->n_key && x->n_key == y->n_key; i++)
        if (!pond_sv_eq(x->key[i], y->key[i]))
            return false;
    return x->n_key == y->n_key;
}

static void write_days(pond_buf *json, const pond_fact_days *days, size_t n) {
    pond_buf_str(json, ",\"days\":[");
    for (size_t i = 0; i < n; i++)
        pond_buf_printf(json, "%s[%" PRId64 ",%" PRId64 "]", i == 0 ? "" : ",", days[i].first,
                        days[i].last);
    pond_buf_char(json, ']');
}

static void write_key(pond_buf *json, const pond_facts *facts) {
    pond_buf_str(json, ",\"key\":[");
    for (size_t i = 0; i < facts->n_key; i++) {
        pond_buf_str(json, i == 0 ? "" : ",");
        pond_json_string(json, facts->key[i]);
    }
    pond_buf_str(json, "],\"hides\":[");
    for (size_t i = 0; i < facts->n_hides; i++) {
        const pond_fact_hidden *h = &facts->hides[i];
        pond_buf_printf(json, "%s{\"version\":%" PRId64 ",\"rows\":%" PRId64, i == 0 ? "" : ",",
                        h->version, h->rows);
        if (h->has_days)
            write_days(json, h->days, h->n_days);
        pond_buf_char(json, '}');
    }
    pond_buf_char(json, ']');
}

pond_sv pond_facts_write(pond_arena *a, const pond_facts *facts) {
    pond_buf json = POND_BUF_EMPTY;
    pond_buf_str(&json, "{\"columns\":[");
    for (size_t i = 0; i < facts->n_columns; i++) {
        const pond_fact_column *c = &facts->columns[i];
        pond_buf_str(&json, i == 0 ? "{\"name\":" : ",{\"name\":");
        pond_json_string(&json, c->name);
        pond_buf_str(&json, ",\"type\":");
        pond_json_string(&json, c->type);
        pond_buf_printf(&json, ",\"nulls\":%" PRId64 "}", c->n_nulls);
    }
    pond_buf_char(&json, ']');
    if (facts->order != POND_UNORDERED)
        pond_buf_printf(&json, ",\"order\":\"%s\"", order_names[facts->order]);
    if (facts->is_finite)
        pond_buf_str(&json, ",\"times\":\"finite\"");
    if (facts->has_days)
        write_days(&json, facts->days, facts->n_days);
    if (facts->n_key > 0)
        write_key(&json, facts);
    pond_buf_char(&json, '}');
    return pond_buf_keep(a, &json);
}
