// cli-cases: runs the commands of tests/cli/*.test as a person would type them.
//
//     cli-cases BUILD [--only TEXT] FILE.test...
//
// --only runs the cases that have TEXT in their name or in the name of their file. The environment
// variable POND_TEST_ONLY does the same. Selecting no case is a failure.
//
// A file holds cases. Only the markers at the start of a line are syntax:
//
//     === name of the case
//     --- file NAME        a file (NAME may have directories) in the case's own fresh directory
//     --- run              lines for `bash -eu -o pipefail`, run in that directory with BUILD first
//                          in PATH; POND is its ./pond, which does not exist yet
//     --- exit N           the expected exit status; 0 by default
//     --- stdout           the expected output, apart from blank lines at its end; without this
//                          section any output is accepted
//     --- stderr           the same for standard error
//     --- match stdout     extended regular expressions, one per line: each has to match a line of
//                          the output, in this order; other lines may come between
//     --- match stderr     the same for standard error
//
// A heading in output, `=== LIKE THIS ===`, does not begin a case. In what is compared, `$TMP`
// stands for the case's directory. As many cases run at once as there are processors.
//
// bash -e ignores a failure before `&&` and after `!`, so a check written that way could never
// fail: both are refused.
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
    size_t run_line; // where `run` begins
    int status;
    pond_sv exit_body; // unused: every section has a text
    text_file_vec files;
    pond_sv expected[2], matches[2]; // of stdout and stderr; p is NULL: not compared
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

// Reading cases -----------------------------------------------------------------------------------

// Where the text of the section goes that begins at `line`; NULL when the line is not a marker.
static pond_sv *section(pond_arena *a, cli_case *c, pond_sv line, size_t line_no) {
    if (!pond_sv_starts(line, POND_SV("--- ")))
        return NULL;
    pond_sv words = pond_sv_trim(pond_sv_sub(line, 4, line.n));
    if (pond_sv_is(words, "run")) {
        c->run_line = line_no + 1;
        return &c->run;
    }
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
            die(c->file, line_no, "`exit` needs a number");
        c->status = (int)status;
        return &c->exit_body;
    }
    return NULL;
}

// The part of a shell script that has been read: what the next character is in.
typedef struct shell {
    char quote;        // ' or ", 0 outside of quotes
    int depth;         // of ( and [[
    pond_sv here_end;  // the last line of the here-document that follows this line; n is 0: none
    bool is_condition; // the command begins with a word such as `if`, which looks at the status
    bool has_and;      // `&&` without a `||` after it, outside of quotes and parentheses
} shell;

// The word after `<<`, without its quotes.
static pond_sv here_word(pond_sv s) {
    size_t at = 0;
    while (at < s.n && (s.p[at] == '-' || s.p[at] == '\'' || s.p[at] == '"'))
        at++;
    size_t end = at;
    while (end < s.n && (s.p[end] == '_' || (s.p[end] >= 'A' && s.p[end] <= 'Z')))
        end++;
    return pond_sv_sub(s, at, end);
}

// Reads the operator at `at`, outside of quotes, and returns its length.
static size_t read_operator(shell *sh, pond_sv line, size_t at) {
    pond_sv rest = pond_sv_sub(line, at, line.n);
    if (pond_sv_starts(rest, POND_SV("<<<")))
        return 3;
    if (pond_sv_starts(rest, POND_SV("<<"))) {
        sh->here_end = here_word(pond_sv_sub(rest, 2, rest.n));
        return 2;
    }
    if (pond_sv_starts(rest, POND_SV("&&")) || pond_sv_starts(rest, POND_SV("||"))) {
        if (sh->depth == 0)
            sh->has_and = rest.p[0] == '&';
        return 2;
    }
    if (rest.p[0] == '(' || pond_sv_starts(rest, POND_SV("[[ ")))
        sh->depth++;
    else if ((rest.p[0] == ')' || pond_sv_starts(rest, POND_SV("]]"))) && sh->depth > 0)
        sh->depth--;
    return 1;
}

// Reads a line. False when the command goes on in the next one.
static bool read_line(shell *sh, pond_sv line) {
    for (size_t i = 0; i < line.n;) {
        char c = line.p[i];
        if (c == '\\' && sh->quote != '\'') {
            if (i + 1 == line.n)
                return false;
            i += 2;
        } else if (sh->quote != 0) {
            sh->quote = c == sh->quote ? 0 : sh->quote;
            i++;
        } else if (c == '\'' || c == '"') {
            sh->quote = c;
            i++;
        } else if (c == '#' && (i == 0 || line.p[i - 1] == ' ')) {
            break;
        } else {
            i += read_operator(sh, line, i);
        }
    }
    return sh->quote == 0 && sh->depth == 0;
}

static bool looks_at_status(pond_sv command) {
    static const char *const words[] = {"if ", "elif ", "while ", "until "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pond_sv_starts(command, pond_sv_of(words[i])))
            return true;
    return false;
}

// Ends the program at a command whose failure bash -e would ignore.
static void check_shell(const cli_case *c) {
    shell sh = {0};
    bool is_new = true; // the line begins a command
    pond_sv rest = c->run, line;
    for (size_t line_no = c->run_line; pond_sv_split(&rest, '\n', &line); line_no++) {
        if (is_new && sh.here_end.n > 0) {
            if (pond_sv_eq(pond_sv_trim(line), sh.here_end))
                sh.here_end.n = 0;
            continue;
        }
        if (is_new) {
            pond_sv command = pond_sv_trim(line);
            sh.is_condition = looks_at_status(command);
            sh.has_and = false;
            if (pond_sv_starts(command, POND_SV("! ")))
                die(c->file, line_no,
                    "bash -e ignores the status of `! COMMAND`: use `if COMMAND; then exit 1; fi`");
        }
        is_new = read_line(&sh, line);
        if (is_new && sh.has_and && !sh.is_condition)
            die(c->file, line_no,
                "bash -e ignores a failure before `&&`: give each command a line of its own");
    }
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
            // Empty, at the next line. Each line read extends it: the lines are adjacent in memory.
            *body = (pond_sv){line.p + line.n + (rest.p != NULL), 0};
        } else if (body != NULL) {
            body->n = (size_t)(line.p + line.n - body->p) + (rest.p != NULL);
        } else if (pond_sv_trim(line).n > 0 && !pond_sv_starts(line, POND_SV("#"))) {
            die(path, line_no, "text outside of a section");
        }
    }
    for (size_t i = first; i < out->n; i++) {
        if (out->items[i].run.p == NULL)
            die(path, out->items[i].line, "a case without `--- run`");
        check_shell(&out->items[i]);
    }
}

// `s` without the newlines at its end.
static pond_sv chomp(pond_sv s) {
    while (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    return s;
}

// Running one -------------------------------------------------------------------------------------

typedef struct scratch {
    char *dir;     // where the commands run
    char *out[2];  // files with what they wrote
    char *reports; // what is wrong; empty when nothing is
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
    // Of the terminal that the tests are started from.
    static const char *const not_ours[] = {"POND_FORMAT", "POND_PAGER", "PAGER", "LESS",
                                           "NO_COLOR",    "COLUMNS",    "LINES"};
    for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
        unsetenv(not_ours[i]);
    setenv("TERM", "dumb", 1);
    alarm(CASE_SECONDS); // survives exec
    if (chdir(s->dir) == 0)
        execlp("bash", "bash", "-eu", "-o", "pipefail", "-c", pond_cstr(a, c->run), (char *)NULL);
    _exit(125);
}

// Returns the exit status as a shell reports it: 128 and the signal for a process that was killed.
static int run_commands(pond_arena *a, const cli_case *c, const scratch *s, const char *build) {
    pid_t pid = fork();
    if (pid == 0)
        exec_commands(a, c, s, build);
    int status = 0;
    while (pid < 0 || waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die(c->file, c->line, "cannot run bash");
    kill(-pid, SIGKILL); // processes that it left running
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Reads the output, with `$TMP` for the scratch directory.
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

// Judging -----------------------------------------------------------------------------------------

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

// Returns `text` after the first line that matches; p is NULL when none does.
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

// All of them -------------------------------------------------------------------------------------

static scratch scratch_of(pond_arena *a, const char *root, size_t i) {
    return (scratch){
        .dir = pond_printf(a, "%s/%zu", root, i),
        .out = {pond_printf(a, "%s/%zu.out", root, i), pond_printf(a, "%s/%zu.err", root, i)},
        .reports = pond_printf(a, "%s/%zu.report", root, i)};
}

// Runs each case in a process of its own, at most `width` at a time. Their reports say what failed.
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

// Prints what failed and returns how many cases did.
static size_t print_reports(pond_arena *a, const cli_case_vec *cases, const char *root) {
    size_t failed = 0;
    for (size_t i = 0; i < cases->n; i++) {
        const cli_case *c = &cases->items[i];
        pond_buf report = POND_BUF_EMPTY;
        bool is_there = pond_file_read(scratch_of(a, root, i).reports, &report, NULL) == POND_OK;
        if (!is_there || report.n > 0) {
            failed++;
            printf("%s:%zu: %.*s\n%s", c->file, c->line, POND_SV_ARG(c->name),
                   is_there ? report.p : "  ended before it wrote a report\n");
        }
        pond_buf_free(&report);
    }
    return failed;
}

static bool is_selected(const cli_case *c, pond_sv text) {
    return pond_sv_find(c->name, text) >= 0 || pond_sv_find(pond_sv_of(c->file), text) >= 0;
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
    bool has_option = argc > 4 && strcmp(argv[2], "--only") == 0;
    const char *only = has_option ? argv[3] : getenv("POND_TEST_ONLY");
    cli_case_vec all = {0}, cases = {0};
    for (int i = has_option ? 4 : 2; i < argc; i++)
        read_cases(&a, argv[i], &all);
    for (size_t i = 0; i < all.n; i++)
        if (only == NULL || is_selected(&all.items[i], pond_sv_of(only)))
            *pond_vec_push(&a, &cases) = all.items[i];
    if (cases.n == 0 && only != NULL)
        fprintf(stderr, "cli-cases: no case has '%s' in its name or file name\n", only);

    const char *tmp = getenv("TMPDIR");
    char *root = pond_printf(&a, "%s/pond-cli-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(root) == NULL)
        die(root, 0, "cannot make this directory");
    run_all(&a, &cases, root, build);
    size_t failed = print_reports(&a, &cases, root);
    must(pond_remove_tree(root, &err), &err);
    printf("%zu passed, %zu failed\n", cases.n - failed, failed);
    pond_arena_deinit(&a);
    return failed > 0 || cases.n == 0;
}
