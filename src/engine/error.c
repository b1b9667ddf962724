// Turns DuckDB's error texts into pond_err. The class of the error decides the code, the
// message gets the style of our messages, and the other lines become details.
#include "engine/engine_internal.h"

#include <ctype.h>
#include <stdlib.h>

// The class of an error is the part of the text before the first ": ". All classes that are not
// listed are about the query.
static const struct {
    const char *class;
    pond_code code;
} classes[] = {
    {"IO Error", POND_ERR_IO},
    {"Out of Memory Error", POND_ERR_LIMIT},
    {"INTERRUPT Error", POND_ERR_CANCELLED},
    {"Permission Error", POND_ERR_UNSUPPORTED},
    {"Not implemented Error", POND_ERR_UNSUPPORTED},
    {"INTERNAL Error", POND_ERR_INTERNAL},
    {"FATAL Error", POND_ERR_INTERNAL},
};

static pond_code class_code(pond_sv class) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (pond_sv_is(class, classes[i].class))
            return classes[i].code;
    return POND_ERR_QUERY;
}

static pond_sv next_line(pond_sv *text) {
    pond_sv line = {"", 0};
    pond_sv_split(text, '\n', &line);
    return line;
}

// Our messages start in lower case and have no full stop; names and abbreviations stay as they are.
static void restyle(pond_sv line, char *out, size_t size) {
    line = pond_sv_trim(line);
    while (line.n > 0 && strchr(".!:", line.p[line.n - 1]) != NULL)
        line.n--;
    size_t n = line.n < size ? line.n : size - 1;
    memcpy(out, line.p, n);
    out[n] = '\0';
    if (n > 1 && islower((unsigned char)out[1]))
        out[0] = (char)tolower((unsigned char)out[0]);
}

// The length of "LINE 2: " at the start of a line, or 0.
static size_t excerpt_label(pond_sv line) {
    const pond_sv label = POND_SV("LINE ");
    size_t n = label.n;
    if (!pond_sv_starts(line, label))
        return 0;
    while (n < line.n && isdigit((unsigned char)line.p[n]))
        n++;
    return pond_sv_starts(pond_sv_sub(line, n, line.n), POND_SV(": ")) ? n + 2 : 0;
}

// DuckDB may suggest one of its internal tables, which does not help the user.
static bool suggests_internal(pond_sv line) {
    static const char *const internal[] = {"Did you mean \"pg_", "Did you mean \"duckdb_",
                                           "Did you mean \"sqlite_", "Did you mean \"pragma_"};
    for (size_t i = 0; i < sizeof internal / sizeof *internal; i++)
        if (pond_sv_starts(line, pond_sv_of(internal[i])))
            return true;
    return false;
}

// Whether an excerpt shows the call that reads stored files. It says nothing to the user, whose
// query has no such call, but where the pond keeps its objects.
static bool names_files(pond_sv line) {
    return pond_sv_find(line, POND_SV("read_parquet([")) >= 0 ||
           pond_sv_find(line, POND_SV("pond_rows_")) >= 0;
}

// Adds the lines below the first one. An excerpt of the query is shown as our own excerpts are,
// without its line number, which counts lines that we put around the user's query:
//     Candidate bindings: "t"
//     LINE 2: SELECT foo FROM source
//                    ^
static void add_details(pond_err *err, pond_sv text) {
    size_t label = 0;
    bool is_ours = false;
    for (pond_sv line; pond_sv_split(&text, '\n', &line);) {
        bool is_caret = label > 0 && pond_sv_is(pond_sv_trim(line), "^");
        if (!is_caret) {
            label = excerpt_label(line);
            is_ours = label > 0 && names_files(line);
        }
        if (is_ours)
            continue;
        if (label > 0)
            pond_err_detail(err, "    %.*s", POND_SV_ARG(pond_sv_sub(line, label, line.n)));
        else if (pond_sv_trim(line).n > 0 && !suggests_internal(line))
            pond_err_detail(err, "%.*s", POND_SV_ARG(line));
    }
}

// The other lines are the engine's own stack.
static pond_code fail_internal(pond_err *err, const char *msg) {
    pond_fail(err, POND_ERR_INTERNAL, "the query engine failed: %s", msg);
    pond_err_detail(
        err,
        "this is a fault of the query engine (DuckDB %s), which this query or a damaged "
        "file has met",
        pond_engine_version());
    return POND_ERR_INTERNAL;
}

static pond_code fail_memory(pond_err *err, const char *msg) {
    pond_fail(err, POND_ERR_LIMIT, "the query needs more memory than its limit: %s", msg);
    pond_err_detail(err, "raise the limit (--memory), or change the query so that it keeps fewer "
                         "rows in memory");
    return POND_ERR_LIMIT;
}

// The error of a source of rows, which failed the statement.
static pond_code take_source_error(pond_engine *e, pond_err *err) {
    pond_err *why = atomic_exchange(&e->base->source_err, NULL);
    if (why == NULL)
        return POND_OK;
    pond_code rc = why->code;
    if (err != NULL)
        *err = *why;
    free(why);
    return rc;
}

pond_code engine_fail(pond_engine *e, pond_err *err, const char *duckdb_text) {
    pond_code source = take_source_error(e, err);
    if (source != POND_OK)
        return source;
    pond_sv text = pond_sv_of(duckdb_text == NULL ? "the query engine failed" : duckdb_text);
    pond_sv first = next_line(&text);
    pond_code code = POND_ERR_QUERY;
    ptrdiff_t colon = pond_sv_find(first, POND_SV("Error: "));
    if (colon >= 0) {
        code = class_code(pond_sv_sub(first, 0, (size_t)colon + strlen("Error")));
        first = pond_sv_sub(first, (size_t)colon + strlen("Error: "), first.n);
    }
    // An interrupted COPY wraps the error of the statement that it reads.
    if (code == POND_ERR_CANCELLED || atomic_load(&e->base->is_interrupted))
        return engine_fail_interrupted(e, err);
    char msg[POND_ERR_MSG];
    restyle(first, msg, sizeof msg);
    if (pond_sv_starts(first, POND_SV("Max expression depth limit")))
        return pond_fail(err, POND_ERR_LIMIT, "the query is nested too deeply");
    if (code == POND_ERR_INTERNAL)
        return fail_internal(err, msg);
    if (code == POND_ERR_LIMIT)
        return fail_memory(err, msg);
    pond_fail(err, code, "%s", msg);
    add_details(err, text);
    // 2024-01-31 without quotes is a difference of numbers.
    if (pond_sv_find(first, POND_SV("TIMESTAMP")) >= 0 &&
        (pond_sv_find(first, POND_SV("INTEGER")) >= 0 ||
         pond_sv_find(first, POND_SV("BIGINT")) >= 0))
        pond_err_detail(err,
                        "  a time is written in quotes: '2024-01-31' or '2024-01-31 12:00:00'");
    return code;
}
