// Runs conformance cases. Reads one JSON object per line from standard input and writes one result
// per line to standard output; tera_corpus.py compares them.
//
//     in   {"id": ..., "templates": {name: source}, "render": name, "context": {...},
//           "autoescape": ...}
//     out  {"id": ..., "ok": true, "output": ...}
//          {"id": ..., "ok": false, "error": ..., "line": N, "column": N}
#include "factory/template_extras.h"
#include "tera/tera.h"

#include <stdlib.h>

// The suffixes of a case: a list, true for every name, false for none, absent for the default.
static void read_autoescape(pond_arena *a, const pond_value *v, pond_tera_options *out) {
    static const char *const every[] = {""};
    if (v == NULL || v->kind == POND_NULL)
        return;
    out->autoescape = every;
    out->n_autoescape = v->kind == POND_BOOL && v->b ? 1 : 0;
    if (v->kind != POND_ARRAY)
        return;
    const char **suffixes = pond_alloc(a, (v->n + 1) * sizeof *suffixes);
    for (uint32_t i = 0; i < v->n; i++)
        suffixes[i] = pond_cstr(a, pond_value_sv(v->items[i]));
    out->autoescape = suffixes;
    out->n_autoescape = v->n;
}

static pond_code run_case(pond_tera *t, pond_value c, pond_buf *out, pond_err *err) {
    const pond_value *templates = pond_get_lit(c, "templates");
    const pond_value *context = pond_get_lit(c, "context");
    for (uint32_t i = 0; i < templates->n; i++)
        POND_TRY(pond_tera_add(t, templates->entries[i].key,
                               pond_value_sv(templates->entries[i].value), err));
    POND_TRY(pond_tera_check(t, err));
    return pond_tera_render(t, pond_value_sv(*pond_get_lit(c, "render")), *context, NULL, out, err);
}

static void report(pond_arena *a, pond_value c, pond_code code, const pond_buf *out,
                   const pond_err *err) {
    pond_entry entries[5];
    size_t n = 0;
    entries[n++] = (pond_entry){POND_SV("id"), *pond_get_lit(c, "id")};
    entries[n++] = (pond_entry){POND_SV("ok"), pond_bool(code == POND_OK)};
    if (code == POND_OK) {
        entries[n++] = (pond_entry){POND_SV("output"), pond_string(pond_buf_view(out))};
    } else {
        const char *text = pond_printf(a, "%s\n%s", err->msg, err->detail);
        entries[n++] = (pond_entry){POND_SV("error"), pond_string_lit(text)};
        entries[n++] = (pond_entry){POND_SV("line"), pond_int(err->where.line)};
        entries[n++] = (pond_entry){POND_SV("column"), pond_int(err->where.column)};
    }
    pond_buf line = POND_BUF_EMPTY;
    pond_json_write(&line, pond_object_sorted(entries, n), 0);
    printf("%s\n", line.p);
    pond_buf_free(&line);
}

static pond_code one_line(pond_sv line, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_value c;
    pond_tera_options options = {0};
    pond_buf out = POND_BUF_EMPTY;
    pond_code code = pond_json_parse(&a, line, "case", &c, err);
    if (code == POND_OK) {
        read_autoescape(&a, pond_get_lit(c, "autoescape"), &options);
        pond_tera *t = pond_tera_new(&options);
        pond_template_add_extras(t);
        report(&a, c, run_case(t, c, &out, err), &out, err);
        pond_tera_free(t);
    }
    pond_buf_free(&out);
    pond_arena_deinit(&a);
    return code;
}

int main(void) {
    static pond_err err;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int status = 0;
    while (status == 0 && (n = getline(&line, &room, stdin)) > 0)
        if (one_line((pond_sv){line, (size_t)n}, &err) != POND_OK) {
            pond_err_print(&err, "tera-cases", stderr);
            status = 1;
        }
    free(line);
    return status;
}
