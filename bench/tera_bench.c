// Measures the template engine on cases in JSON, which bench/cases.mjs makes:
//
//     tera-bench [--seconds S | --runs N] CASE.json…
//
// A case has a name, a kind ("render": load once, then time rendering alone; "parse": time
// loading), templates, the one to render, and a context. The minimum of all runs and the median of
// the last ones are printed, in nanoseconds; a rendering is valid only if the output has the case's
// size and SHA-256. With --runs there are exactly N runs, for counters of instructions.
#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include "factory/template_extras.h"
#include "tera/tera.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_KEPT = 20000 };
static double budget_ns = 1.5e9; // a case
static size_t exact_runs;        // 0: as many as the budget allows

typedef struct timing {
    double kept[MAX_KEPT]; // the latest
    double least;
    size_t n;
} timing;

static void add_time(timing *t, double ns) {
    t->least = t->n == 0 || ns < t->least ? ns : t->least;
    t->kept[t->n++ % MAX_KEPT] = ns;
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct bench_case {
    pond_sv name, render;
    pond_value templates, context, all;
    bool is_parse;
} bench_case;

static pond_code load(const bench_case *c, pond_tera **out, pond_err *err) {
    pond_tera *t = *out = pond_tera_new(NULL);
    pond_template_add_extras(t);
    for (uint32_t i = 0; i < c->templates.n; i++)
        POND_TRY(pond_tera_add(t, c->templates.entries[i].key,
                               pond_value_sv(c->templates.entries[i].value), err));
    return pond_tera_check(t, err);
}

static pond_code verify(const bench_case *c, const pond_buf *out, pond_err *err) {
    const pond_value *bytes = pond_get_lit(c->all, "output_bytes");
    const pond_value *want = pond_get_lit(c->all, "output_sha256");
    char hex[65];
    if (bytes != NULL && (int64_t)out->n != bytes->i)
        return pond_fail(err, POND_ERR_INVALID, "%zu bytes instead of %lld", out->n,
                         (long long)bytes->i);
    if (want == NULL)
        return POND_OK;
    pond_sha256 sum = pond_sha256_of(pond_buf_view(out));
    pond_sha256_hex(&sum, hex);
    return pond_sv_is(pond_value_sv(*want), hex)
               ? POND_OK
               : pond_fail(err, POND_ERR_INVALID, "the output has checksum %s", hex);
}

static pond_code time_case(const bench_case *c, timing *times, pond_err *err) {
    pond_tera *t;
    pond_buf out = POND_BUF_EMPTY;
    pond_code code = load(c, &t, err);
    if (code == POND_OK && !c->is_parse)
        code = pond_tera_render(t, c->render, c->context, NULL, &out, err);
    if (code == POND_OK && !c->is_parse)
        code = verify(c, &out, err);
    double end = now_ns() + budget_ns;
    for (times->n = 0; code == POND_OK;) {
        double start = now_ns();
        if (exact_runs > 0 ? times->n == exact_runs : start > end)
            break;
        if (c->is_parse) {
            pond_tera *again;
            code = load(c, &again, err);
            add_time(times, now_ns() - start);
            pond_tera_free(again);
        } else {
            pond_buf_clear(&out);
            code = pond_tera_render(t, c->render, c->context, NULL, &out, err);
            add_time(times, now_ns() - start);
        }
    }
    pond_buf_free(&out);
    pond_tera_free(t);
    return code;
}

static pond_code run_file(const char *path, pond_err *err) {
    static timing times;
    pond_arena a;
    pond_buf text = POND_BUF_EMPTY;
    bench_case c = {0};
    pond_arena_init(&a);
    pond_code code = pond_file_read(path, &text, err);
    if (code == POND_OK)
        code = pond_json_parse(&a, pond_buf_view(&text), path, &c.all, err);
    if (code == POND_OK) {
        c.name = pond_value_sv(*pond_get_lit(c.all, "name"));
        c.render = pond_value_sv(*pond_get_lit(c.all, "render"));
        c.templates = *pond_get_lit(c.all, "templates");
        const pond_value *context = pond_get_lit(c.all, "context");
        c.context = context == NULL ? pond_object(NULL, 0) : *context;
        c.is_parse = pond_sv_is(pond_value_sv(*pond_get_lit(c.all, "kind")), "parse");
        code = time_case(&c, &times, err);
    }
    if (code == POND_OK) {
        size_t n = times.n < MAX_KEPT ? times.n : MAX_KEPT;
        qsort(times.kept, n, sizeof *times.kept, by_value);
        printf("%-16.*s %-7s min %10.0f ns  median %10.0f ns  %6zu runs\n", POND_SV_ARG(c.name),
               c.is_parse ? "parse" : "render", times.least, times.kept[n / 2], times.n);
    }
    pond_buf_free(&text);
    pond_arena_deinit(&a);
    return pond_wrap(err, code, "%s", path);
}

static int run_files(size_t n, char *const *paths) {
    pond_err err;
    for (size_t i = 0; i < n; i++) {
        pond_code code = run_file(paths[i], &err);
        if (code != POND_OK) {
            pond_err_print(&err, "tera-bench", stderr);
            return pond_code_exit_status(code);
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--runs") == 0) {
        exact_runs = strtoul(argv[2], NULL, 10);
        first = 3;
    } else if (argc > 2 && strcmp(argv[1], "--seconds") == 0) {
        budget_ns = strtod(argv[2], NULL) * 1e9;
        first = 3;
    }
    return run_files((size_t)(argc - first), argv + first);
}
