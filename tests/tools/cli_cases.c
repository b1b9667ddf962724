// cli-cases: runs the commands of tests/cli/*.test as a person would type them.
//
//     cli-cases BUILD [--only TEXT] FILE.test…
//
// A file holds cases; only the markers at the start of a line are syntax, everything else is kept
// as it stands:
//
//     === name of the case
//     --- file NAME        a file (NAME may have directories) of the case's own fresh directory
//     --- run              lines for `bash -eu -o pipefail`, in that directory, BUILD first in
//     PATH,
//                          POND set to its ./pond, which does not exist yet
//     --- exit N           the status of the last command run; 0 when not said
//     --- stdout           what it has to be, blank lines at the end aside; no section: anything
//     --- stderr           likewise
//     --- match stdout     extended regular expressions, a line each: each has to match a line of
//                          the output, in this order, other lines may stand between
//     --- match stderr     likewise
//
// A heading of output, `=== LIKE THIS ===`, begins no case.
//
// The name of the case's directory reads `$TMP` in what is compared. Cases run side by side, one a
// processor.
#include "base/file.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASE_SECONDS = 120, OUT = 0, ERR = 1 };

typedef struct text_file {
    pond_sv name, body;
} text_file;
typedef POND_VEC(text_file) text_file_vec;

typedef struct cli_case {
    const char *file;
    size_t line;
    pond_sv name, run;
    int status;
    pond_sv exit_body; // nothing, but a place for it: every section has a text
    text_file_vec files;
    pond_sv expected[2], matches[2]; // of stdout and stderr; p is NULL: not looked at
} cli_case;
typedef POND_VEC(cli_case) cli_case_vec;

static const char *const stream_names[2] = {"stdout", "stderr"};

static _Noreturn void die(const char *file, size_t line, const char *what) {
    fprintf(stderr, "%s:%zu: %s\n", file, line, what);
    exit(2);
}

// A failure of the machine, not of a case.
static void must(pond_code rc, const pond_err *err) {
    if (rc == POND_OK)
        return;
    pond_err_print(err, "cli-cases", stderr);
    exit(2);
}

// Reading cases
// ----------------------------------------------------------------------------------------------

// The text that a section of the current case goes to, NULL when the line is no marker.
static pond_sv *section(pond_arena *a, cli_case *c, pond_sv line, size_t line_no) {
    if (!pond_sv_starts(line, POND_SV("--- ")))
        return NULL;
    pond_sv words = pond_sv_trim(pond_sv_sub(line, 4, line.n));
    if (pond_sv_is(words, "run"))
        return &c->run;
    for (int s = OUT; s <= ERR; s++) {
        if (pond_sv_is(words, stream_names[s]))
            return &c->expected[s];
        if (pond_sv_starts(words, POND_SV("match ")) &&
            pond_sv_is(pond_sv_sub(words, 6, words.n), stream_names[s]))
            return &c->matches[s];
    }
    if (pond_sv_starts(words, POND_SV("file "))) {
        text_file *f = pond_vec_push(a, &c->files);
        *f = (text_file){.name = pond_sv_trim(pond_sv_sub(words, 5, words.n))};
        return &f->body;
    }
    if (pond_sv_starts(words, POND_SV("exit "))) {
        int64_t status;
        if (!pond_sv_to_int(pond_sv_sub(words, 5, words.n), &status))
            die(c->file, line_no, "`exit` wants a number");
        c->status = (int)status;
        return &c->exit_body;
    }
    return NULL;
}

static bool begins_case(pond_sv line) {
    return pond_sv_starts(line, POND_SV("=== ")) && !pond_sv_ends(line, POND_SV(" ==="));
}

static void read_cases(pond_arena *a, const char *path, cli_case_vec *out) {
    pond_err err;
    pond_buf bytes = POND_BUF_EMPTY;
    must(pond_file_read(path, &bytes, &err), &err);
    size_t first = out->n;
    pond_sv rest = pond_sv_dup(a, pond_buf_view(&bytes)), line;
    pond_buf_free(&bytes);

    cli_case *c = NULL;
    pond_sv *body = NULL;
    for (size_t line_no = 1; pond_sv_split(&rest, '\n', &line); line_no++) {
        pond_sv *next = c == NULL ? NULL : section(a, c, line, line_no);
        if (begins_case(line)) {
            c = pond_vec_push(a, out);
            *c = (cli_case){.file = path, .line = line_no, .name = pond_sv_sub(line, 4, line.n)};
            body = NULL;
        } else if (next != NULL) {
            body = next;
            // Starts empty at the next line; what is read grows the view, since the text is whole.
            *body = (pond_sv){line.p + line.n + (rest.p != NULL), 0};
        } else if (body != NULL) {
            body->n = (size_t)(line.p + line.n - body->p) + (rest.p != NULL);
        } else if (pond_sv_trim(line).n > 0 && !pond_sv_starts(line, POND_SV("#"))) {
            die(path, line_no, "text outside of a section");
        }
    }
    for (size_t i = first; i < out->n; i++)
        if (out->items[i].run.p == NULL)
            die(path, out->items[i].line, "a case without `--- run`");
}

// Without the empty lines at its end.
static pond_sv chomp(pond_sv s) {
    while (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    return s;
}

// Running one
// ----------------------------------------------------------------------------------------------

typedef struct scratch {
    char *dir;     // where the commands run
    char *out[2];  // files with what they wrote
    char *reports; // what is wrong; empty when all is well
} scratch;

static void write_files(pond_arena *a, const cli_case *c, const char *dir) {
    pond_err err;
    for (size_t i = 0; i < c->files.n; i++) {
        const char *path = pond_path_join(a, dir, pond_cstr(a, c->files.items[i].name));
        must(pond_mkdir_all(pond_path_parent(a, path), &err), &err);
        pond_sv body = chomp(c->files.items[i].body);
        must(pond_file_replace(path, pond_svf(a, "%.*s\n", POND_SV_ARG(body)), &err), &err);
    }
}

static void redirect(const char *path, int flags, int fd) {
    int opened = open(path, flags, 0666);
    if (opened < 0 || dup2(opened, fd) < 0)
        _exit(125);
    close(opened);
}

static _Noreturn void exec_commands(pond_arena *a, const cli_case *c, const scratch *s,
                                    const char *build) {
    setpgid(0, 0);
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(s->out[OUT], O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(s->out[ERR], O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    const char *path = getenv("PATH");
    setenv("PATH", pond_printf(a, "%s:%s", build, path == NULL ? "/usr/bin:/bin" : path), 1);
    setenv("POND", pond_path_join(a, s->dir, "pond"), 1);
    setenv("TMP", s->dir, 1);
    setenv("HOME", s->dir, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    alarm(CASE_SECONDS); // survives exec
    if (chdir(s->dir) == 0)
        execlp("bash", "bash", "-eu", "-o", "pipefail", "-c", pond_cstr(a, c->run), (char *)NULL);
    _exit(125);
}

// The exit status as a shell gives it.
static int run_commands(pond_arena *a, const cli_case *c, const scratch *s, const char *build) {
    pid_t pid = fork();
    if (pid == 0)
        exec_commands(a, c, s, build);
    int status = 0;
    while (pid < 0 || waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die(c->file, c->line, "cannot run bash");
    kill(-pid, SIGKILL); // whatever it left running
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// What a stream held, with the scratch directory under its stable name.
static pond_sv read_stream(pond_arena *a, const char *path, const char *dir) {
    pond_err err;
    pond_buf raw = POND_BUF_EMPTY, text = POND_BUF_EMPTY;
    must(pond_file_read(path, &raw, &err), &err);
    pond_sv rest = pond_buf_view(&raw), name = pond_sv_of(dir);
    for (ptrdiff_t at; (at = pond_sv_find(rest, name)) >= 0;) {
        pond_buf_append(&text, rest.p, (size_t)at);
        pond_buf_str(&text, "$TMP");
        rest = pond_sv_sub(rest, (size_t)at + name.n, rest.n);
    }
    pond_buf_sv(&text, rest);
    pond_sv out = pond_sv_dup(a, pond_buf_view(&text));
    pond_buf_free(&raw);
    pond_buf_free(&text);
    return out;
}

// Judging
// ----------------------------------------------------------------------------------------------

static void print_indented(FILE *report, pond_sv text) {
    pond_sv line;
    for (pond_sv rest = chomp(text); rest.n > 0 && pond_sv_split(&rest, '\n', &line);)
        fprintf(report, "    | %.*s\n", POND_SV_ARG(line));
}

static void compare(FILE *report, const char *stream, pond_sv expected, pond_sv got) {
    expected = chomp(expected);
    got = chomp(got);
    if (pond_sv_eq(expected, got))
        return;
    size_t line_no = 0;
    pond_sv e = expected, g = got, expected_line, got_line;
    bool more_e, more_g;
    do {
        more_e = pond_sv_split(&e, '\n', &expected_line);
        more_g = pond_sv_split(&g, '\n', &got_line);
        line_no++;
    } while (more_e && more_g && pond_sv_eq(expected_line, got_line));
    fprintf(report, "  %s, line %zu: expected ", stream, line_no);
    fprintf(report, more_e ? "`%.*s`" : "the end", POND_SV_ARG(expected_line));
    fprintf(report, more_g ? ", got `%.*s`; all of it:\n" : ", got the end; all of it:\n",
            POND_SV_ARG(got_line));
    print_indented(report, got);
}

// The rest of `text` behind the first line that matches; p is NULL when none does.
static pond_sv after_match(const regex_t *re, pond_arena *a, pond_sv text) {
    pond_sv line;
    while (pond_sv_split(&text, '\n', &line))
        if (regexec(re, pond_cstr(a, line), 0, NULL, 0) == 0)
            return text.p == NULL ? (pond_sv){"", 0} : text;
    return (pond_sv){NULL, 0};
}

static void match(FILE *report, pond_arena *a, const char *stream, pond_sv patterns, pond_sv got) {
    pond_sv pattern, rest = got;
    for (patterns = chomp(patterns); pond_sv_split(&patterns, '\n', &pattern);) {
        regex_t re;
        if (regcomp(&re, pond_cstr(a, pattern), REG_EXTENDED | REG_NOSUB) != 0) {
            fprintf(report, "  not a regular expression: %.*s\n", POND_SV_ARG(pattern));
            return;
        }
        rest = after_match(&re, a, rest);
        regfree(&re);
        if (rest.p == NULL) {
            fprintf(report, "  %s: nothing (more) matches `%.*s`; all of it:\n", stream,
                    POND_SV_ARG(pattern));
            print_indented(report, got);
            return;
        }
    }
}

static void judge(pond_arena *a, const cli_case *c, const scratch *s, int status, FILE *report) {
    pond_sv got[2];
    for (int i = OUT; i <= ERR; i++)
        got[i] = read_stream(a, s->out[i], s->dir);
    if (status != c->status) {
        fprintf(report, "  exit status %d, expected %d; standard error:\n", status, c->status);
        print_indented(report, got[ERR]);
    }
    for (int i = OUT; i <= ERR; i++) {
        if (c->expected[i].p != NULL)
            compare(report, stream_names[i], c->expected[i], got[i]);
        if (c->matches[i].p != NULL)
            match(report, a, stream_names[i], c->matches[i], got[i]);
    }
}

static void run_case(const cli_case *c, const scratch *s, const char *build) {
    pond_arena a;
    pond_arena_init(&a);
    pond_err err;
    must(pond_mkdir_all(s->dir, &err), &err);
    write_files(&a, c, s->dir);
    FILE *report = fopen(s->reports, "w");
    if (report == NULL)
        die(c->file, c->line, "cannot write its report");
    judge(&a, c, s, run_commands(&a, c, s, build), report);
    if (fclose(report) != 0)
        die(c->file, c->line, "cannot write its report");
    pond_arena_deinit(&a);
}

// All of them
// ----------------------------------------------------------------------------------------------

static scratch scratch_of(pond_arena *a, const char *root, size_t i) {
    return (scratch){
        .dir = pond_printf(a, "%s/%zu", root, i),
        .out = {pond_printf(a, "%s/%zu.out", root, i), pond_printf(a, "%s/%zu.err", root, i)},
        .reports = pond_printf(a, "%s/%zu.report", root, i)};
}

// A process a case, at most `width` at a time; their reports tell the rest.
static void run_all(pond_arena *a, const cli_case_vec *cases, const char *root, const char *build) {
    long width = sysconf(_SC_NPROCESSORS_ONLN);
    long running = 0;
    for (size_t i = 0; i < cases->n || running > 0;) {
        if (i < cases->n && running < (width < 1 ? 1 : width)) {
            scratch s = scratch_of(a, root, i);
            pid_t pid = fork();
            if (pid == 0) {
                run_case(&cases->items[i], &s, build);
                _exit(0);
            }
            if (pid < 0)
                die(cases->items[i].file, cases->items[i].line, "cannot start a process");
            i++;
            running++;
        } else if (wait(NULL) > 0) {
            running--;
        }
    }
}

// How many failed.
static size_t print_reports(pond_arena *a, const cli_case_vec *cases, const char *root) {
    size_t failed = 0;
    for (size_t i = 0; i < cases->n; i++) {
        const cli_case *c = &cases->items[i];
        pond_buf report = POND_BUF_EMPTY;
        bool is_there = pond_file_read(scratch_of(a, root, i).reports, &report, NULL) == POND_OK;
        if (!is_there || report.n > 0) {
            failed++;
            printf("%s:%zu: %.*s\n%s", c->file, c->line, POND_SV_ARG(c->name),
                   is_there ? report.p : "  did not get as far as a report\n");
        }
        pond_buf_free(&report);
    }
    return failed;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: cli-cases BUILD [--only TEXT] FILE.test...\n");
        return 64;
    }
    pond_arena a;
    pond_arena_init(&a);
    pond_err err;
    char *build;
    must(pond_path_absolute(&a, argv[1], &build, &err), &err);
    bool has_filter = argc > 4 && strcmp(argv[2], "--only") == 0;
    cli_case_vec all = {0}, cases = {0};
    for (int i = has_filter ? 4 : 2; i < argc; i++)
        read_cases(&a, argv[i], &all);
    for (size_t i = 0; i < all.n; i++)
        if (!has_filter || pond_sv_find(all.items[i].name, pond_sv_of(argv[3])) >= 0)
            *pond_vec_push(&a, &cases) = all.items[i];

    const char *tmp = getenv("TMPDIR");
    char *root = pond_printf(&a, "%s/pond-cli-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(root) == NULL)
        die(root, 0, "cannot make this directory");
    run_all(&a, &cases, root, build);
    size_t failed = print_reports(&a, &cases, root);
    must(pond_remove_tree(root, &err), &err);
    printf("%zu passed, %zu failed\n", cases.n - failed, failed);
    pond_arena_deinit(&a);
    return failed > 0;
}
