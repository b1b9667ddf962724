// Makes allocations fail: alloc CASE..., templates in the form described in fuzz.h.
//
// Each case is loaded and rendered many times, each time in its own process: the first allocation
// fails, then the second, and so on up to the last; first only this one fails, then also all after
// it. Allocations of libraries count too. A process may end in three ways: with the output of a run
// without failures, with an error, or with an abort that reports that memory is exhausted. Anything
// else is a defect.
#include "fuzz.h"

#include "base/file.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// An allocator that can fail ----------------------------------------------------------------------
// These replace libc's functions in the whole program, including its libraries.

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static struct {
    long countdown; // to the allocation that fails; 0: none fails
    bool is_lasting;
    bool has_failed;
} plan;

static bool fails(void) {
    if (plan.countdown == 0)
        return false;
    if (plan.countdown > 1) {
        plan.countdown--;
        return false;
    }
    plan.has_failed = true;
    if (!plan.is_lasting)
        plan.countdown = 0;
    return true;
}

void *malloc(size_t n) {
    return fails() ? NULL : __libc_malloc(n);
}
void *calloc(size_t n, size_t size) {
    return fails() ? NULL : __libc_calloc(n, size);
}
void *realloc(void *p, size_t n) {
    return fails() ? NULL : __libc_realloc(p, n);
}

// One run -----------------------------------------------------------------------------------------

enum { RAN_OUT = 0, RAN_THROUGH = 1, RAN_WRONG = 2, MAX_OUTPUT = 1 << 16 };

typedef struct outcome {
    pond_code code;
    size_t n;
    char text[MAX_OUTPUT + POND_ERR_MSG];
} outcome;

// The output, or the message of an error.
static void render(const fuzz_parts *parts, outcome *got) {
    static pond_err err;
    pond_arena a;
    pond_tera *t;
    pond_buf out = POND_BUF_EMPTY;
    pond_arena_init(&a);
    got->code = fuzz_load(parts, &t, &err);
    if (got->code == POND_OK)
        got->code =
            pond_tera_render(t, parts->items[0].name, fuzz_context(&a, parts), NULL, &out, &err);
    pond_sv text = got->code == POND_OK ? pond_buf_view(&out) : pond_sv_of(err.msg);
    POND_ASSERT(text.n <= sizeof got->text);
    memcpy(got->text, text.p, text.n);
    got->n = text.n;
    pond_buf_free(&out);
    pond_tera_free(t);
    pond_arena_deinit(&a);
}

static bool is_same(const outcome *a, const outcome *b) {
    return a->code == b->code && a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

// Runs in a child. If the case is an error anyway, the message may be shorter; if not, the error
// must report that memory is exhausted.
static _Noreturn void run(const fuzz_parts *parts, const outcome *want, long nth, bool is_lasting) {
    static outcome got;
    alarm(60);
    plan.is_lasting = is_lasting;
    plan.countdown = nth;
    render(parts, &got);
    plan.countdown = 0;
    if (!plan.has_failed)
        _exit(is_same(want, &got) ? RAN_THROUGH : RAN_WRONG);
    bool lacks_memory = got.code == POND_ERR_LIMIT ||
                        pond_sv_find((pond_sv){got.text, got.n}, POND_SV("memory")) >= 0;
    bool is_error = got.code != POND_OK && (got.code == want->code || lacks_memory);
    if (is_error || is_same(want, &got))
        _exit(RAN_OUT);
    fprintf(stderr, "gave %s: %.*s\n", pond_code_name(got.code), (int)got.n, got.text);
    _exit(RAN_WRONG);
}

// All runs ----------------------------------------------------------------------------------------

// What a child wrote to standard error.
static void read_all(int fd, pond_buf *out) {
    char bytes[4096];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        pond_buf_append(out, bytes, (size_t)n);
    close(fd);
}

static bool is_one_line(pond_sv said) {
    return said.n > 0 && pond_sv_find_char(said, '\n') == (ptrdiff_t)said.n - 1 &&
           pond_sv_find(said, POND_SV("out of memory")) >= 0;
}

static int run_child(const fuzz_parts *parts, const outcome *want, long nth, bool is_lasting,
                     pond_buf *said) {
    int fds[2], status = -1;
    if (pipe(fds) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        run(parts, want, nth, is_lasting);
    }
    close(fds[1]);
    read_all(fds[0], said);
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static bool check_case(const char *path, const fuzz_parts *parts, bool is_lasting, long *n_runs) {
    static outcome want;
    pond_buf said = POND_BUF_EMPTY;
    bool is_good = true, is_through = false;
    render(parts, &want);
    for (long nth = 1; is_good && !is_through; nth++) {
        pond_buf_clear(&said);
        int status = run_child(parts, &want, nth, is_lasting, &said);
        bool is_exit = WIFEXITED(status);
        is_through = is_exit && WEXITSTATUS(status) == RAN_THROUGH;
        bool has_aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        is_good = is_through || (is_exit && WEXITSTATUS(status) == RAN_OUT) ||
                  (has_aborted && is_one_line(pond_buf_view(&said)));
        if (!is_good)
            printf("%s: allocation %ld%s failing: status %d: %.*s\n", path, nth,
                   is_lasting ? " and on" : "", status, POND_SV_ARG(pond_buf_view(&said)));
        ++*n_runs;
    }
    pond_buf_free(&said);
    return is_good;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    long n_runs = 0;
    for (int i = 1; i < argc; i++) {
        pond_err err;
        pond_buf text = POND_BUF_EMPTY;
        fuzz_parts parts;
        if (pond_file_read(argv[i], &text, &err) != POND_OK) {
            pond_err_print(&err, "alloc", stderr);
            return pond_code_exit_status(err.code);
        }
        fuzz_split(pond_buf_view(&text), &parts);
        for (int lasting = 0; lasting < 2; lasting++)
            ++*(check_case(argv[i], &parts, lasting == 1, &n_runs) ? &passed : &failed);
        pond_buf_free(&text);
    }
    printf("%ld runs\n%d passed, %d failed\n", n_runs, passed, failed);
    return failed > 0;
}
