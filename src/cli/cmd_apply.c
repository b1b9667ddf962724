// apply: makes the pond hold what documents, or a folder of them, say.
#include "cli/cli.h"

#include "base/file.h"
#include "base/near.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "declare/declare.h"

typedef struct apply_options {
    pond_texts files;
    pond_sv label;
    bool is_dry_run, is_prune, is_forced;
    cli_limits limits;
} apply_options;

static const pond_option rows[] = {
    POND_OPTION("file", POND_OPT_TEXTS, apply_options, files, .letter = 'f', .value = "FILE",
                .help = "a file of documents, `-` for standard input; repeatable"),
    POND_OPTION("dry-run", POND_OPT_BOOL, apply_options, is_dry_run,
                .help = "print what would change, as a diff; change nothing"),
    POND_OPTION("prune", POND_OPT_BOOL, apply_options, is_prune,
                .help = "remove what DIR made before and no longer has"),
    POND_OPTION("force", POND_OPT_BOOL, apply_options, is_forced,
                .help = "remove also what other nodes read"),
    POND_OPTION("label", POND_OPT_TEXT, apply_options, label, .value = "NAME",
                .help = "what the pond remembers DIR by (default: its absolute path)"),
    CLI_LIMIT_OPTIONS(apply_options, limits),
};

// The words after -f are files, too; without it the one word is a directory.
static pond_code read_words(cli *c, pond_declare_options *out, pond_err *err) {
    const apply_options *o = c->options;
    pond_texts files = o->files;
    for (size_t i = 0; o->files.n > 0 && i < c->n_args; i++)
        *pond_vec_push(c->arena, &files) = c->args[i];
    for (size_t i = 0; i < files.n; i++)
        if (pond_path_is_dir(files.items[i].p))
            return pond_fail(err, POND_ERR_USAGE,
                             "'%s' is a directory: to apply all that is in it, `pond apply %s`",
                             files.items[i].p, files.items[i].p);
    out->files = files.items;
    out->n_files = files.n;
    if (files.n > 0 && (o->is_prune || o->label.n > 0))
        return pond_fail(err, POND_ERR_USAGE,
                         "--prune and --label are for a directory: with -f the pond remembers "
                         "nothing");
    if (files.n > 0)
        return POND_OK;
    if (c->n_args != 1)
        return pond_fail(err, POND_ERR_USAGE,
                         "name one directory, or files of documents: `pond apply DIR`, `pond apply "
                         "-f FILE`");
    out->dir = c->args[0].p;
    if (pond_path_exists(out->dir) && !pond_path_is_dir(out->dir))
        return pond_fail(err, POND_ERR_USAGE, "'%s' is a file: `pond apply -f %s`", out->dir,
                         out->dir);
    if (pond_path_exists(out->dir))
        return POND_OK;
    pond_fail(err, POND_ERR_NOT_FOUND, "there is no directory '%s'", out->dir);
    pond_near_path(err, out->dir);
    return POND_ERR_NOT_FOUND;
}

static void print_line(cli *c, const pond_declare_line *line, const char *dir) {
    switch (line->status) {
    case POND_DECLARE_STALE:
        cli_report(c, "no longer in %s: %.*s; --prune removes it\n", dir, POND_SV_ARG(line->path));
        return;
    case POND_DECLARE_KEPT:
        cli_report(c, "  kept     %.*s: it is no longer in %s, but not empty\n",
                   POND_SV_ARG(line->path), dir);
        return;
    default:
        break;
    }
    cli_report(c, "  %s  %.*s\n", pond_declare_word(line->status), POND_SV_ARG(line->path));
}

// A folder may have very many files: those that are unchanged are only counted, and of the others the
// first ones are named.
static bool is_shown(const pond_declare_line *line, size_t *n_files) {
    enum { SHOWN = 20 };
    if (!line->is_file)
        return true;
    return line->status != POND_DECLARE_UNCHANGED && ++*n_files <= SHOWN;
}

static void print_changes(cli *c, const pond_declare_line *line) {
    if (line->changes.n == 0)
        return;
    pond_sv name = line->path;
    if (line->status == POND_DECLARE_CREATED)
        cli_printf(c, "--- /dev/null\n");
    else
        cli_printf(c, "--- a%.*s\n", POND_SV_ARG(name));
    cli_printf(c, "+++ b%.*s\n", POND_SV_ARG(name));
    cli_print_text(c, line->changes);
}

static void print_lines(cli *c, const pond_declare_result *r, const char *dir) {
    size_t n_files = 0, n_left_out = 0;
    for (size_t i = 0; i < r->lines.n; i++) {
        const pond_declare_line *line = &r->lines.items[i];
        if (is_shown(line, &n_files))
            print_line(c, line, dir);
        else
            n_left_out += line->status != POND_DECLARE_UNCHANGED;
    }
    if (n_left_out > 0)
        cli_report(c, "  and %zu more files\n", n_left_out);
}

static void print_summary(cli *c, const pond_declare_result *r) {
    const apply_options *o = c->options;
    const size_t *n = r->count;
    size_t n_unchanged = n[POND_DECLARE_UNCHANGED];
    size_t n_all = n[POND_DECLARE_CREATED] + n[POND_DECLARE_UPDATED] + n_unchanged;
    if (!r->is_changed && n_all == n_unchanged) {
        cli_report(c, "apply: all %zu resource(s) unchanged, no transaction committed\n", n_all);
        return;
    }
    cli_report(c, "apply: %zu created, %zu updated, %zu unchanged", n[POND_DECLARE_CREATED],
               n[POND_DECLARE_UPDATED], n_unchanged);
    if (n[POND_DECLARE_REMOVED] > 0)
        cli_report(c, ", %zu removed", n[POND_DECLARE_REMOVED]);
    cli_report(c, "%s\n", o->is_dry_run ? " (a dry run: nothing was written)" : "");
}

static pond_code run_apply(cli *c, pond_err *err) {
    const apply_options *o = c->options;
    pond_declare_options options = {.label = o->label,
                                    .host_dir = c->host_dir,
                                    .is_prune = o->is_prune,
                                    .is_forced = o->is_forced,
                                    .is_dry_run = o->is_dry_run};
    pond_declare_result result;
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    POND_TRY(read_words(c, &options, err));
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    POND_TRY(pond_declare(c->session, &options, &result, err));
    for (size_t i = 0; o->is_dry_run && i < result.lines.n; i++)
        print_changes(c, &result.lines.items[i]);
    POND_TRY(cli_screen_end(c->screen, err)); // the report comes after it
    print_lines(c, &result, options.dir);
    print_summary(c, &result);
    c->is_undone = o->is_dry_run || !result.is_changed;
    if (c->is_undone)
        pond_txn_forget(pond_session_txn(c->session));
    return POND_OK;
}

const cli_command cli_apply = {
    .name = "apply",
    .args = "[DIR|FILE...]",
    .max_args = -1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, apply_options),
    .summary = "Make the pond hold what a folder or files of YAML documents say",
    .details =
        "Each document names a node: a directory (kind: mkdir), a copy of files of the host "
        "(copy) or a\n"
        "dynamic node (mknod). Of DIR, all *.yaml in it are applied, and the files below DIR/files "
        "are copied\n"
        "to the same paths. All is checked before anything is written, in one transaction; what is "
        "equal\n"
        "stays as it is. docs/declare.md explains the documents.",
    .example = "pond apply ./harbour --dry-run",
    .run = run_apply,
};
