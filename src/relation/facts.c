// Reads and writes facts as JSON, the form in which the catalog stores them.
#include "relation/facts.h"

#include "value/value.h"

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

static bool parse_days(pond_value v, pond_fact_days *out) {
    if (v.kind != POND_ARRAY || v.n != 2 || v.items[0].kind != POND_INT ||
        v.items[1].kind != POND_INT)
        return false;
    *out = (pond_fact_days){v.items[0].i, v.items[1].i};
    return true;
}

static const char *const order_names[] = {
    [POND_UNORDERED] = NULL, [POND_ASCENDING] = "ascending", [POND_ORDERED] = "strict"};

static pond_order parse_order(pond_value facts) {
    for (int i = POND_ASCENDING; i <= POND_ORDERED; i++)
        if (pond_has_string(facts, "order", pond_sv_of(order_names[i])))
            return (pond_order)i;
    return POND_UNORDERED;
}

pond_code pond_facts_parse(pond_arena *a, pond_sv json, pond_facts *out, pond_err *err) {
    pond_value v;
    POND_TRY(pond_json_parse(a, json, "facts of a version", &v, err));
    const pond_value *columns = pond_get_array(v, "columns"), *days = pond_get_array(v, "days");
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
    if (days == NULL)
        return POND_OK;
    out->has_days = true;
    out->n_days = days->n;
    out->days = POND_NEW_ARRAY(a, pond_fact_days, days->n);
    for (size_t i = 0; i < days->n; i++)
        if (!parse_days(days->items[i], &out->days[i]))
            return incomplete(err);
    return POND_OK;
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
        pond_buf_str(&json, ",\"days\":[");
    for (size_t i = 0; i < facts->n_days; i++)
        pond_buf_printf(&json, "%s[%" PRId64 ",%" PRId64 "]", i == 0 ? "" : ",",
                        facts->days[i].first, facts->days[i].last);
    pond_buf_str(&json, facts->has_days ? "]}" : "}");
    return pond_buf_keep(a, &json);
}
