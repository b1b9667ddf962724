// One template, many threads: parallel [PAGES [THREADS]]
//
// After pond_tera_check, threads render from a pond_tera without locks. Each has its own context,
// output and error; values that the contexts have in common can be shared. Prints the number of
// pages, and the first and the last page.
#include "tera/tera.h"

#include <pthread.h>
#include <stdlib.h>

static const char source[] =
    "{% macro line(n) %}{{ n }}{% if n is divisibleby(3) %} fizz{% endif %}"
    "{% endmacro %}"
    "{{ site.name }}, page {{ number }}:"
    "{% for n in range(start=number, end=number + 3) %} "
    "{{ self::line(n=n) }}{% if not loop.last %},{% endif %}{% endfor %}";

enum { MAX_THREADS = 64 };

typedef struct job {
    const pond_tera *tera;
    pond_value site; // shared by all pages
    pond_buf *pages;
    size_t first, n_pages, n_threads;
    pond_code code;
    pond_err err;
} job;

static pond_code render_page(job *j, size_t number) {
    pond_entry entries[] = {{POND_SV("number"), pond_int((int64_t)number)},
                            {POND_SV("site"), j->site}};
    pond_value context = pond_object(entries, 2); // the keys are already sorted
    return pond_tera_render(j->tera, POND_SV("page"), context, NULL, &j->pages[number], &j->err);
}

// Every n_threads-th page.
static void *work(void *arg) {
    job *j = arg;
    for (size_t i = j->first; j->code == POND_OK && i < j->n_pages; i += j->n_threads)
        j->code = render_page(j, i);
    return NULL;
}

// Runs all jobs, the first one in this thread. Returns their first error, if any.
static pond_code run_jobs(job *jobs, size_t n, pond_err *err) {
    pthread_t threads[MAX_THREADS];
    size_t n_started = 1;
    while (n_started < n && pthread_create(&threads[n_started], NULL, work, &jobs[n_started]) == 0)
        n_started++;
    work(&jobs[0]);
    for (size_t i = n_started; i < n; i++)
        work(&jobs[i]); // those for which no thread could be created
    for (size_t i = 1; i < n_started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < n; i++)
        if (jobs[i].code != POND_OK) {
            *err = jobs[i].err;
            return jobs[i].code;
        }
    return POND_OK;
}

static pond_code render_all(pond_tera *t, pond_buf *pages, size_t n_pages, size_t n_threads,
                            pond_err *err) {
    static job jobs[MAX_THREADS];
    pond_entry site[] = {{POND_SV("name"), pond_string_lit("Harbour & Bay")}};
    POND_TRY(pond_tera_add(t, POND_SV("page"), pond_sv_of(source), err));
    POND_TRY(pond_tera_check(t, err));
    for (size_t i = 0; i < n_threads; i++)
        jobs[i] = (job){.tera = t,
                        .site = pond_object(site, 1),
                        .pages = pages,
                        .first = i,
                        .n_pages = n_pages,
                        .n_threads = n_threads};
    return run_jobs(jobs, n_threads, err);
}

static size_t number_or(const char *text, size_t most) {
    int64_t n;
    bool is_good = pond_sv_to_int(pond_sv_of(text), &n) && n > 0;
    return !is_good ? 1 : (size_t)n > most ? most : (size_t)n;
}

int main(int argc, char **argv) {
    static pond_err err;
    size_t n_pages = argc > 1 ? number_or(argv[1], 1000000) : 1000;
    size_t n_threads = argc > 2 ? number_or(argv[2], MAX_THREADS) : 4;
    pond_buf *pages = calloc(n_pages, sizeof *pages);
    if (pages == NULL)
        return 1;
    pond_tera *t = pond_tera_new(NULL);
    pond_code code = render_all(t, pages, n_pages, n_threads, &err);
    if (code == POND_OK)
        printf("%zu pages\n%s\n%s\n", n_pages, pages[0].p, pages[n_pages - 1].p);
    else
        pond_err_print(&err, "parallel", stderr);
    for (size_t i = 0; i < n_pages; i++)
        pond_buf_free(&pages[i]);
    free(pages);
    pond_tera_free(t);
    return pond_code_exit_status(code);
}
