// CSV: the SQL that reads files, and a check of a file's lines. DuckDB rejects a ragged file too,
// but cannot name the line if it is in the sample from which the types are inferred.
#include "engine/engine_internal.h"

// SQL ---------------------------------------------------------------------------------------------

// The options with their defaults filled in. Without an escape, a quote inside quotes is doubled.
typedef struct csv_form {
    char delimiter, quote, escape;
} csv_form;

static csv_form form_of(const pond_csv_options *o) {
    csv_form f;
    f.delimiter = o->delimiter != '\0' ? o->delimiter : ',';
    f.quote = o->quote != '\0' ? o->quote : '"';
    f.escape = o->escape != '\0' ? o->escape : f.quote;
    return f;
}

static void append_char_option(pond_buf *sql, const char *name, char c) {
    pond_buf_printf(sql, ", %s=", name);
    pond_buf_sql_string(sql, (pond_sv){&c, 1});
}

void pond_engine_sql_read_csv(pond_buf *sql, const pond_sv *paths, size_t n,
                              const pond_csv_options *o) {
    csv_form form = form_of(o);
    pond_buf_str(sql, "read_csv(");
    engine_sql_paths(sql, paths, n);
    append_char_option(sql, "delim", form.delimiter);
    append_char_option(sql, "quote", form.quote);
    append_char_option(sql, "escape", form.escape);
    pond_buf_printf(sql, ", compression='none', header=%s, nullstr=[''",
                    o->has_header ? "true" : "false");
    if (o->null_text.n > 0) {
        pond_buf_str(sql, ", ");
        pond_buf_sql_string(sql, o->null_text);
    }
    pond_buf_char(sql, ']');
    // By default DuckDB takes ragged lines at the top for a preamble and lines with '#' for
    // comments, and drops them silently.
    pond_buf_str(sql, ", skip=0, comment='', strict_mode=true, auto_type_candidates=['BOOLEAN', "
                      "'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR']");
    pond_buf_str(sql, ", hive_partitioning=false");
    if (o->sample_rows != 0)
        pond_buf_printf(sql, ", sample_size=%lld", (long long)o->sample_rows);
    if (o->buffer_bytes > 0)
        pond_buf_printf(sql, ", buffer_size=%llu, max_line_size=%llu",
                        (unsigned long long)o->buffer_bytes, (unsigned long long)o->buffer_bytes);
    if (n > 1)
        pond_buf_str(sql, ", union_by_name=true");
    pond_buf_char(sql, ')');
}

// Checking ----------------------------------------------------------------------------------------

// The state of a scan. It is carried from one block of input to the next, so nothing looks ahead.
typedef struct csv_scan {
    csv_form form;
    enum { FIELD_START, IN_FIELD, IN_QUOTES, QUOTE_IN_QUOTES, ESCAPED } state;
    uint32_t line, record_line; // of the next character, of the first character of the record
    size_t n_fields;            // of this record so far
    size_t n_expected;          // of the first record; 0: not known yet
    bool is_blank;              // the record has no character yet
} csv_scan;

static pond_code end_record(csv_scan *s, const char *path, pond_err *err) {
    if (!s->is_blank && s->n_expected == 0)
        s->n_expected = s->n_fields;
    if (!s->is_blank && s->n_fields != s->n_expected)
        return pond_fail_at(err, POND_ERR_INVALID, path, s->record_line, 1,
                            "%zu field%s, but the first line has %zu", s->n_fields,
                            s->n_fields == 1 ? "" : "s", s->n_expected);
    s->n_fields = 1;
    s->is_blank = true;
    s->state = FIELD_START;
    s->record_line = s->line;
    return POND_OK;
}

static void scan_quoted(csv_scan *s, char c) {
    if (s->state == ESCAPED)
        s->state = IN_QUOTES;
    else if (c == s->form.escape && s->form.escape != s->form.quote)
        s->state = ESCAPED;
    else if (c == s->form.quote)
        s->state = QUOTE_IN_QUOTES;
}

static pond_code scan_char(csv_scan *s, char c, const char *path, pond_err *err) {
    s->line += c == '\n';
    if (s->state == IN_QUOTES || s->state == ESCAPED) {
        scan_quoted(s, c);
    } else if (c == '\n') {
        return end_record(s, path, err);
    } else if (c == s->form.delimiter) {
        s->n_fields++;
        s->is_blank = false;
        s->state = FIELD_START;
    } else if (c == s->form.quote && s->state != IN_FIELD) {
        s->is_blank = false; // opens a field, or is the second of two quotes inside one
        s->state = IN_QUOTES;
    } else if (c != '\r') {
        s->is_blank = false;
        s->state = IN_FIELD;
    }
    return POND_OK;
}

static pond_code scan_file(csv_scan *s, FILE *in, const char *path, pond_err *err) {
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        for (size_t i = 0; i < n; i++)
            POND_TRY(scan_char(s, block[i], path, err));
    if (ferror(in))
        return pond_fail_errno(err, "reading '%s'", path);
    if (s->state == IN_QUOTES || s->state == ESCAPED)
        return pond_fail_at(err, POND_ERR_INVALID, path, s->record_line, 1,
                            "a quote opened in this record is never closed");
    return end_record(s, path, err);
}

pond_code pond_engine_csv_check(const char *path, const pond_csv_options *o, pond_err *err) {
    FILE *in = fopen(path, "rbe");
    if (in == NULL)
        return pond_fail_errno(err, "'%s'", path);
    csv_scan s = {.form = form_of(o),
                  .state = FIELD_START,
                  .line = 1,
                  .record_line = 1,
                  .n_fields = 1,
                  .is_blank = true};
    pond_code rc = scan_file(&s, in, path, err);
    fclose(in); // opened for reading only, so no write can fail here
    return rc;
}
