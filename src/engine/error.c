#include "engine/engine_internal.h"

#include <ctype.h>

// What stands before the first ": " of DuckDB's text. Anything else is about the query.
static const struct {
    pond_sv class;
    pond_code code;
} classes[] = {
    {{"IO Error", 8}, POND_ERR_IO},
    {{"Out of Memory Error", 19}, POND_ERR_LIMIT},
    {{"INTERRUPT Error", 15}, POND_ERR_CANCELLED},
    {{"Permission Error", 16}, POND_ERR_UNSUPPORTED},
    {{"Not implemented Error", 21}, POND_ERR_UNSUPPORTED},
    {{"INTERNAL Error", 14}, POND_ERR_INTERNAL},
    {{"FATAL Error", 11}, POND_ERR_INTERNAL},
};

static pond_code class_code(pond_sv class) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (pond_sv_eq(classes[i].class, class))
            return classes[i].code;
    return POND_ERR_QUERY;
}

static pond_sv next_line(pond_sv *text) {
    pond_sv line = {"", 0};
    pond_sv_split(text, '\n', &line);
    return line;
}

// The rest of the first line in `text` that begins with `start`, empty if there is none.
static pond_sv line_after(pond_sv text, pond_sv start) {
    pond_sv line;
    while (pond_sv_split(&text, '\n', &line))
        if (pond_sv_starts(line, start))
            return pond_sv_sub(line, start.n, line.n);
    return (pond_sv){"", 0};
}

// Our messages begin in lower case and end without a stop; names and abbreviations stay.
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

// A line of a CSV that does not fit:
//     CSV Error on Line: 30002
//     Original Line: x,1
//     Error when converting column "a". Could not convert string "x" to 'BIGINT'
//     …
//       file = /data/x.csv
static pond_code fail_csv_line(pond_err *err, pond_sv first, pond_sv text) {
    char why[POND_ERR_MSG], file[192];
    uint64_t line = 0;
    pond_sv original = next_line(&text);
    pond_sv_to_uint(first, &line);
    restyle(next_line(&text), why, sizeof why);
    pond_sv path = line_after(text, POND_SV("  file = "));
    snprintf(file, sizeof file, "%.*s", POND_SV_ARG(path));
    pond_fail_at(err, POND_ERR_QUERY, file, (uint32_t)line, 1, "%s", why);
    pond_err_detail(err, "    %.*s", POND_SV_ARG(line_after(original, POND_SV("Original Line: "))));
    return POND_ERR_QUERY;
}

// The engine's own advice is about options that nobody can give here, and it knows no line.
//     Error when sniffing file "/data/x.csv".
static pond_code fail_csv_shape(pond_err *err, pond_sv first) {
    pond_sv path;
    pond_sv_split(&first, '"', &path); // what stands before the quotes
    pond_sv_split(&first, '"', &path);
    if (path.n > 0)
        pond_fail(err, POND_ERR_QUERY, "'%.*s' is not a CSV file of this form", POND_SV_ARG(path));
    else
        pond_fail(err, POND_ERR_QUERY, "one of the files is not a CSV file of this form");
    pond_err_detail(err, "its lines do not all have the same number of fields; are the delimiter, "
                         "the quote and the header as given?");
    return POND_ERR_QUERY;
}

// Of "LINE 2: " the length, else 0.
static size_t excerpt_label(pond_sv line) {
    const pond_sv label = POND_SV("LINE ");
    size_t n = label.n;
    if (!pond_sv_starts(line, label))
        return 0;
    while (n < line.n && isdigit((unsigned char)line.p[n]))
        n++;
    return pond_sv_starts(pond_sv_sub(line, n, line.n), POND_SV(": ")) ? n + 2 : 0;
}

// What the engine guesses at may be a table of its own, which is no help.
static bool is_own_name(pond_sv line) {
    static const char *const own[] = {"Did you mean \"pg_", "Did you mean \"duckdb_",
                                      "Did you mean \"sqlite_", "Did you mean \"pragma_"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (pond_sv_starts(line, pond_sv_of(own[i])))
            return true;
    return false;
}

// What stands below the first line. An excerpt of the query is shown as ours are; the number of its
// line would count those that were put around it:
//     Candidate bindings: "t"
//     LINE 2: SELECT foo FROM source
//                    ^
static void add_details(pond_err *err, pond_sv text) {
    size_t label = 0;
    for (pond_sv line; pond_sv_split(&text, '\n', &line);) {
        bool is_caret = label > 0 && pond_sv_is(pond_sv_trim(line), "^");
        if (!is_caret)
            label = excerpt_label(line);
        if (label > 0)
            pond_err_detail(err, "    %.*s", POND_SV_ARG(pond_sv_sub(line, label, line.n)));
        else if (pond_sv_trim(line).n > 0 && !is_own_name(line))
            pond_err_detail(err, "%.*s", POND_SV_ARG(line));
    }
}

pond_code engine_fail(pond_err *err, const char *duckdb_text) {
    pond_sv text = pond_sv_of(duckdb_text == NULL ? "the query engine failed" : duckdb_text);
    pond_sv first = next_line(&text);
    pond_code code = POND_ERR_QUERY;
    ptrdiff_t colon = pond_sv_find(first, POND_SV("Error: "));
    if (colon >= 0) {
        code = class_code(pond_sv_sub(first, 0, (size_t)colon + strlen("Error")));
        first = pond_sv_sub(first, (size_t)colon + strlen("Error: "), first.n);
    }
    if (pond_sv_starts(first, POND_SV("CSV Error on Line: ")))
        return fail_csv_line(err, pond_sv_sub(first, strlen("CSV Error on Line: "), first.n), text);
    if (pond_sv_starts(first, POND_SV("Error when sniffing file")))
        return fail_csv_shape(err, first);
    char msg[POND_ERR_MSG];
    restyle(first, msg, sizeof msg);
    if (code == POND_ERR_CANCELLED)
        return pond_fail(err, code, "interrupted");
    if (code == POND_ERR_LIMIT) {
        pond_fail(err, code, "the query needs more memory than it may use: %s", msg);
        pond_err_detail(err, "allow more with --memory, or have the query keep fewer rows");
        return code;
    }
    pond_fail(err, code, "%s", msg);
    add_details(err, text);
    return code;
}
