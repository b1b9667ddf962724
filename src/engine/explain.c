// Says of an error of the engine what the person who wrote the query most likely meant. The engine
// proposes names by rules of its own, which do not know that columns are called Lake.TEMP.C.
#include "engine/engine_internal.h"

#include <stdlib.h>
#include <strings.h>

// What is between quotes after `before` in the message; empty: it says something else.
static pond_sv quoted_after(const pond_err *err, pond_sv before, pond_sv after) {
    pond_sv msg = pond_sv_of(err->msg);
    if (!pond_sv_starts(msg, before))
        return POND_SV("");
    pond_sv rest = pond_sv_sub(msg, before.n, msg.n);
    ptrdiff_t end = pond_sv_find(rest, after);
    return end <= 0 ? POND_SV("") : pond_sv_sub(rest, 0, (size_t)end);
}

// Removes the engine's own proposal, the first line of the detail.
static void drop_proposal(pond_err *err) {
    char *end = strchr(err->detail, '\n');
    if (strncmp(err->detail, "Candidate ", strlen("Candidate ")) == 0 && end != NULL)
        memmove(err->detail, end + 1, strlen(end + 1) + 1);
}

static size_t count_columns(const pond_select *q) {
    size_t n = 0;
    for (size_t i = 0; i < q->n_tables; i++)
        n += q->inputs[i].schema.n;
    return n;
}

static pond_sv nearest_column(const pond_select *q, pond_sv name) {
    size_t n = 0;
    pond_sv *names = pond_xmalloc((count_columns(q) + 1) * sizeof *names);
    for (size_t i = 0; i < q->n_tables; i++)
        for (size_t c = 0; c < q->inputs[i].schema.n; c++)
            names[n++] = q->inputs[i].schema.items[c].name;
    pond_sv near = pond_nearest(name, names, n);
    free(names);
    return near;
}

// What separates the parts of the name of an only column; NUL: nothing does.
static char find_delimiter(pond_schema schema) {
    static const char delimiters[] = ";\t|";
    if (schema.n != 1)
        return '\0';
    for (const char *d = delimiters; *d != '\0'; d++)
        if (pond_sv_find_char(schema.items[0].name, *d) > 0)
            return *d;
    return '\0';
}

void pond_explain_delimiter(pond_schema schema, pond_err *err) {
    char delimiter = find_delimiter(schema);
    char text[] = {delimiter, '\0', '\0'};
    if (delimiter == '\0')
        return;
    if (delimiter == '\t')
        memcpy(text, "\\t", sizeof "\\t");
    pond_err_detail(err,
                    "  the only column has '%s' in its name: if that is the delimiter of a CSV "
                    "file, add ?delimiter=%s to its URL",
                    text, text);
}

static void explain_column(const pond_select *q, pond_sv name, pond_err *err) {
    pond_sv near = nearest_column(q, name);
    if (near.n > 0 && !pond_sv_eq(near, name)) {
        drop_proposal(err);
        pond_err_detail(err, "  did you mean \"%.*s\"?", POND_SV_ARG(near));
        return;
    }
    for (size_t i = 0; i < q->n_tables; i++)
        pond_explain_delimiter(q->inputs[i].schema, err);
}

// A table Lake that is not there may be the beginning of a column Lake.TEMP.C.
static void explain_table(const pond_select *q, pond_sv name, pond_err *err) {
    for (size_t i = 0; i < q->n_tables; i++)
        for (size_t c = 0; c < q->inputs[i].schema.n; c++) {
            pond_sv column = q->inputs[i].schema.items[c].name;
            if (column.n <= name.n || column.p[name.n] != '.' ||
                strncasecmp(column.p, name.p, name.n) != 0)
                continue;
            drop_proposal(err);
            pond_err_detail(err,
                            "  a name with special characters needs double quotes, as in "
                            "\"%.*s\"",
                            POND_SV_ARG(column));
            return;
        }
}

void pond_engine_select_explain(const pond_select *select, pond_err *err) {
    if (err == NULL || err->code != POND_ERR_QUERY || select->inputs == NULL)
        return;
    pond_sv column = quoted_after(err, POND_SV("referenced column \""), POND_SV("\" not found"));
    pond_sv table = quoted_after(err, POND_SV("referenced table \""), POND_SV("\" not found"));
    if (column.n > 0)
        explain_column(select, column, err);
    if (table.n > 0)
        explain_table(select, table, err);
}
