// git-ingest: a directory that holds the files of a git repository, as they are in a commit.
//
// A bare copy of the repository is kept in the pond's directory, so that a pull fetches no more than
// what is new. What the commit has is stored below the node, as any other content of the pond: it can
// be read without the copy and the network, and undone. Only the factory writes there.
//
// The repository may be anybody's: names that cannot be in a pond and links that lead out of the
// directory are left out with a warning, and too much of anything fails the run.
#include "base/file.h"
#include "base/map.h"
#include "base/near.h"
#include "base/time.h"
#include "factory/factory.h"
#include "factory/state.h"
#include "net/git.h"
#include "relation/ingest.h"

typedef struct git_config {
    pond_sv url, ref, prefix;
    int64_t timeout_us, max_files;
    pond_schedule schedule;
    uint64_t max_bytes, max_file_bytes;
    const pond_conf *url_at, *ref_at, *prefix_at;
} git_config;

static const pond_option rows[] = {
    POND_OPTION("url", POND_OPT_TEXT, git_config, url, .is_required = true,
                .place = offsetof(git_config, url_at),
                .help = "of the repository: https://…, or a path of the host"),
    POND_OPTION("ref", POND_OPT_TEXT, git_config, ref, .is_required = true,
                .place = offsetof(git_config, ref_at),
                .help = "a branch, a tag, a full name of a reference, or a commit of 40 digits"),
    POND_OPTION("prefix", POND_OPT_TEXT, git_config, prefix,
                .place = offsetof(git_config, prefix_at),
                .help = "the directory of the repository that is shown (default: all of it)"),
    POND_OPTION("timeout", POND_OPT_DURATION, git_config, timeout_us,
                .help = "of a fetch (default: 10m)"),
    POND_OPTION("max_size", POND_OPT_SIZE, git_config, max_bytes,
                .help = "the most that one fetch may bring (default: 1GB)"),
    POND_OPTION("max_file_size", POND_OPT_SIZE, git_config, max_file_bytes,
                .help = "a larger file fails the run (default: 256MB)"),
    POND_OPTION("max_files", POND_OPT_INT, git_config, max_files, .min = 1, .max = 10000000,
                .help = "more files and directories fail the run (default: 100000)"),
    POND_SCHEDULE_OPTIONS(git_config, schedule),
};
static const pond_options options = POND_OPTIONS("a git-ingest config", rows);

// "ssh://…", and git's short form of it, "user@host:path".
static bool is_ssh(pond_sv url) {
    ptrdiff_t colon = pond_sv_find_char(url, ':'), slash = pond_sv_find_char(url, '/');
    return pond_sv_starts(url, POND_SV("ssh://")) || pond_sv_starts(url, POND_SV("git+ssh://")) ||
           (colon > 0 && (slash < 0 || colon < slash) &&
            pond_sv_find(url, POND_SV("://")) != colon);
}

static pond_code check_url(const git_config *c, pond_err *err) {
    if (c->url.n == 0)
        return pond_conf_fail(c->url_at, err, "'url' is empty");
    if (is_ssh(c->url))
        return pond_conf_fail(c->url_at, err,
                              "ssh is not supported, since a run that nobody watches has no key: "
                              "use https://USER:${env:TOKEN}@HOST/…, or a path of this machine");
    return POND_OK;
}

static pond_code check_prefix(const git_config *c, pond_err *err) {
    pond_sv rest = c->prefix, name;
    if (c->prefix_at == NULL)
        return POND_OK;
    while (pond_sv_split(&rest, '/', &name))
        if (name.n == 0 || pond_name_flaw(name) != NULL)
            return pond_conf_fail(c->prefix_at, err,
                                  "'prefix' is a directory of the repository, as 'site/pages': it "
                                  "does not begin or end with '/', and has no '..'");
    return POND_OK;
}

static pond_code read_config(pond_arena *a, const pond_conf *c, git_config *out, pond_err *err) {
    *out = (git_config){
        .prefix = POND_SV(""),
        .timeout_us = INT64_C(600) * POND_US_PER_S,
        .max_bytes = UINT64_C(1) << 30,
        .max_file_bytes = UINT64_C(256) << 20,
        .max_files = 100000,
    };
    POND_TRY(pond_options_read_conf(a, c, &options, out, err));
    POND_TRY(check_url(out, err));
    if (out->ref.n == 0)
        return pond_conf_fail(out->ref_at, err, "'ref' is empty");
    return check_prefix(out, err);
}

// A pull ------------------------------------------------------------------------------------------

typedef struct wanted {
    const pond_git_entry *entry;
    pond_sv link; // the target of a link
    bool is_there;
} wanted;

typedef struct pulling {
    pond_run *run;
    git_config config;
    pond_sv shown; // the URL without secrets
    pond_git *git;
    pond_git_entry_vec entries;
    pond_map wanted; // path below the node -> wanted
    pond_map before; // path -> pond_git_entry of the commit that is stored now
    pond_git_entry_vec old;
    size_t n_added, n_changed, n_removed, n_left_out;
} pulling;

static pond_arena *arena_of(const pulling *p) {
    return pond_session_arena(p->run->session);
}

static pond_fs *fs_of_run(const pulling *p) {
    return pond_session_fs(p->run->session);
}

static pond_git_bounds bounds_of(const git_config *c) {
    return (pond_git_bounds){c->timeout_us, c->max_bytes, (size_t)c->max_files};
}

enum { MOST_WARNINGS = 10 };

static void leave_out(pulling *p, pond_sv path, const char *why) {
    enum { SHOWN_BYTES = 80 };
    if (p->n_left_out++ < MOST_WARNINGS)
        pond_report_warn(p->run->report, "'%.*s%s' is left out: it %s",
                         POND_SV_ARG(pond_sv_sub(path, 0, SHOWN_BYTES)),
                         path.n > SHOWN_BYTES ? "…" : "", why);
}

static const char *name_flaw(pond_sv name) {
    const char *flaw = pond_name_flaw(name);
    return flaw == NULL && pond_utf8_find_bad(name) >= 0 ? "is not UTF-8" : flaw;
}

// Whether the target of a link at `path` is below the node, whatever the other links are. After a
// name, which may be that of a link, ".." could lead anywhere.
static bool stays_inside(pond_sv path, pond_sv target) {
    int64_t depth = 0;
    bool has_name = false;
    pond_sv part;
    for (size_t i = 0; i < path.n; i++)
        depth += path.p[i] == '/';
    if (target.n == 0 || target.p[0] == '/')
        return false;
    while (pond_sv_split(&target, '/', &part)) {
        bool is_up = pond_sv_is(part, "..");
        has_name |= !is_up && part.n > 0 && !pond_sv_is(part, ".");
        if (is_up && (has_name || --depth < 0))
            return false;
    }
    return true;
}

// The target of a link, which is the content of a small file.
static pond_code read_link(pulling *p, const pond_git_entry *e, pond_sv *out, pond_err *err) {
    enum { MOST_BYTES = 4096 };
    uint64_t size;
    pond_buf target = POND_BUF_EMPTY;
    *out = POND_SV("");
    POND_TRY(pond_git_size(p->git, e->id, &size, err));
    if (size > MOST_BYTES)
        return POND_OK;
    pond_code rc = pond_git_read(p->git, e->id, &target, err);
    *out = pond_buf_keep(arena_of(p), &target);
    if (!pond_sv_is_text(*out))
        *out = POND_SV("");
    return rc;
}

// Chooses what is stored. What is in a directory that is left out is left out, too.
static pond_code choose(pulling *p, pond_err *err) {
    pond_sv out = POND_SV(""); // the directory that is left out
    for (size_t i = 0; i < p->entries.n; i++) {
        const pond_git_entry *e = &p->entries.items[i];
        wanted *w = POND_NEW(arena_of(p), wanted);
        bool is_new;
        if (out.n > 0 && e->path.n > out.n && pond_sv_starts(e->path, out) &&
            e->path.p[out.n] == '/')
            continue;
        *w = (wanted){.entry = e, .link = POND_SV("")};
        const char *flaw = name_flaw(e->name);
        if (flaw == NULL && e->kind == POND_GIT_LINK) {
            POND_TRY(read_link(p, e, &w->link, err));
            flaw = stays_inside(e->path, w->link) ? NULL : "is a link that may lead out";
        }
        if (flaw == NULL) {
            void **at = pond_map_at(&p->wanted, e->path, &is_new);
            flaw = is_new ? NULL : "is there twice";
            if (is_new)
                *at = w;
        }
        if (flaw == NULL)
            continue;
        leave_out(p, e->path, flaw);
        out = e->kind == POND_GIT_DIRECTORY ? e->path : POND_SV("");
    }
    return POND_OK;
}

// Storing -----------------------------------------------------------------------------------------

static bool fits(const pond_node *node, const wanted *w) {
    switch (w->entry->kind) {
    case POND_GIT_DIRECTORY:
        return node->type == POND_T_DIRECTORY;
    case POND_GIT_LINK:
        return node->type == POND_T_SYMLINK && pond_sv_eq(node->link, w->link);
    default:
        return node->type == POND_T_DATA;
    }
}

// Removes a node with all that is in it.
static pond_code drop(pulling *p, const pond_node *node, pond_err *err) {
    pond_node_vec all;
    POND_TRY(pond_fs_subtree(fs_of_run(p), node, &all, err));
    for (size_t i = 0; i < all.n; i++)
        p->n_removed += !pond_type_is_dir(all.items[i]->type);
    return pond_fs_remove(fs_of_run(p), node, true, err);
}

// Removes what is no longer wanted below a directory, and marks what is there.
static pond_code clear(pulling *p, const pond_node *dir, pond_err *err) {
    pond_node_vec all;
    POND_TRY(pond_fs_list(fs_of_run(p), dir, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const pond_node *node = all.items[i];
        pond_sv path = pond_sv_sub(node->path, p->run->node->path.n + 1, node->path.n);
        wanted *w = pond_map_get(&p->wanted, path);
        if (w == NULL || !fits(node, w)) {
            POND_TRY(drop(p, node, err));
            continue;
        }
        w->is_there = true;
        if (pond_type_is_dir(node->type))
            POND_TRY(clear(p, node, err));
    }
    return POND_OK;
}

static pond_code write_file(pulling *p, const wanted *w, const char *tmp, pond_err *err) {
    uint64_t size;
    int fd;
    pond_buf bytes = POND_BUF_EMPTY;
    POND_TRY(pond_git_size(p->git, w->entry->id, &size, err));
    if (size > p->config.max_file_bytes)
        return pond_fail(err, POND_ERR_LIMIT,
                         "'%.*s' has %llu bytes; a file may have %llu (max_file_size)",
                         POND_SV_ARG(w->entry->path), (unsigned long long)size,
                         (unsigned long long)p->config.max_file_bytes);
    POND_TRY(pond_file_make(tmp, &fd, err));
    pond_code rc = pond_git_read(p->git, w->entry->id, &bytes, err);
    if (rc == POND_OK)
        rc = pond_fd_write_all(fd, tmp, bytes.p, bytes.n, err);
    pond_buf_free(&bytes);
    return pond_file_made(fd, tmp, rc, err);
}

static pond_code store_file(pulling *p, const wanted *w, pond_sv path, pond_err *err) {
    pond_ingested in;
    pond_store *store = pond_session_store(p->run->session);
    const pond_git_entry *old = pond_map_get(&p->before, w->entry->path);
    if (w->is_there && old != NULL && strcmp(old->id, w->entry->id) == 0)
        return POND_OK;
    char *tmp = pond_store_tmp_name(store, arena_of(p), ".blob");
    pond_code rc = write_file(p, w, tmp, err);
    const pond_destination to = {.path = path, .type = POND_T_DATA, .source = w->entry->path};
    if (rc == POND_OK)
        rc = pond_ingest_made(p->run->session, &to, tmp, &in, err);
    else
        pond_store_tmp_drop(store, tmp);
    if (rc == POND_OK && in.status == POND_INGEST_ADDED) {
        p->n_added += !w->is_there;
        p->n_changed += w->is_there;
    }
    return rc;
}

static pond_code store_entry(pulling *p, const wanted *w, pond_err *err) {
    pond_sv path = pond_svf(arena_of(p), "%.*s/%.*s", POND_SV_ARG(p->run->node->path),
                            POND_SV_ARG(w->entry->path));
    if (w->entry->kind == POND_GIT_FILE)
        return store_file(p, w, path, err);
    if (w->is_there)
        return POND_OK;
    if (w->entry->kind == POND_GIT_DIRECTORY)
        return pond_fs_mkdir(fs_of_run(p), path, false, err);
    p->n_added++;
    return pond_fs_link(fs_of_run(p), w->link, path, err);
}

static pond_code store_all(pulling *p, pond_err *err) {
    POND_TRY(clear(p, p->run->node, err));
    for (size_t i = 0; i < p->entries.n; i++) {
        const wanted *w = pond_map_get(&p->wanted, p->entries.items[i].path);
        if (w != NULL && w->entry == &p->entries.items[i])
            POND_TRY(store_entry(p, w, err));
    }
    return POND_OK;
}

// The state ---------------------------------------------------------------------------------------

static pond_code set(pulling *p, const char *key, pond_sv text, pond_err *err) {
    return pond_state_set(p->run->session, p->run->node, pond_sv_of(key), text, err);
}

static pond_code remember(pulling *p, const pond_git_id commit, pond_err *err) {
    POND_TRY(set(p, "commit", pond_sv_of(commit), err));
    POND_TRY(set(p, "url", p->shown, err));
    POND_TRY(set(p, "ref", p->config.ref, err));
    return set(p, "prefix", p->config.prefix, err);
}

static pond_sv text_of(pond_value state, const char *key) {
    pond_sv out = POND_SV("");
    (void)pond_get_string(state, key, &out);
    return out;
}

// What the commit had that is stored now, if the copy still has it.
static void find_before(pulling *p, pond_value state) {
    pond_git_id commit;
    pond_sv text = text_of(state, "commit");
    if (text.n != sizeof commit - 1)
        return;
    snprintf(commit, sizeof commit, "%.*s", POND_SV_ARG(text));
    if (pond_git_list(p->git, arena_of(p), commit, text_of(state, "prefix"), &p->old, NULL) !=
        POND_OK)
        return;
    for (size_t i = 0; i < p->old.n; i++)
        *pond_map_at(&p->before, p->old.items[i].path, NULL) = &p->old.items[i];
}

// Actions -----------------------------------------------------------------------------------------

// POND/git/ID.git
static pond_code copy_dir(const pulling *p, const char **out, pond_err *err) {
    pond_arena *a = arena_of(p);
    char id[37];
    const char *pond =
        pond_path_parent(a, pond_store_objects_dir(pond_session_store(p->run->session)));
    pond_id_text(&p->run->node->id, id);
    const char *git = pond_path_join(a, pond, "git");
    POND_TRY(pond_mkdir_all(git, err));
    *out = pond_path_join(a, git, pond_printf(a, "%s.git", id));
    return POND_OK;
}

static pond_code bring(pulling *p, pond_err *err) {
    pond_value state;
    pond_git_id commit;
    const git_config *c = &p->config;
    POND_TRY(pond_state_all(p->run->session, p->run->node, &state, err));
    POND_TRY(pond_git_find(p->git, c->ref, commit, err));
    POND_TRY(pond_git_list(p->git, arena_of(p), commit, c->prefix, &p->entries, err));
    if (c->prefix.n > 0)
        pond_report_say(p->run->report, "Prefix '%.*s' verified in tree", POND_SV_ARG(c->prefix));
    find_before(p, state);
    POND_TRY(choose(p, err));
    pond_fs_keep(fs_of_run(p), p->run->node);
    pond_code rc = store_all(p, err);
    pond_fs_keep(fs_of_run(p), NULL);
    POND_TRY(rc);
    if (p->n_left_out > MOST_WARNINGS)
        pond_report_warn(p->run->report, "%zu names of the repository are left out, all in all",
                         p->n_left_out);
    pond_report_done(p->run->report, "files: %zu added, %zu changed, %zu removed; at commit %.12s",
                     p->n_added, p->n_changed, p->n_removed, commit);
    return remember(p, commit, err);
}

static pond_code fail_missing(const pulling *p, pond_err *err) {
    pond_fail(err, POND_ERR_NOT_FOUND, "there is no repository '%.*s'", POND_SV_ARG(p->shown));
    pond_near_path(err, pond_cstr(pond_session_arena(p->run->session), p->config.url));
    pond_err_detail(err,
                    "  'url' in the config is a path of this machine: `pond edit '%.*s'` changes "
                    "it. What was fetched before stays",
                    POND_SV_ARG(p->run->node->path));
    return POND_ERR_NOT_FOUND;
}

static pond_code pull(pond_run *r, pond_err *err) {
    const char *dir;
    pond_arena *a = pond_session_arena(r->session);
    pond_buf shown = POND_BUF_EMPTY;
    pulling p = {.run = r};
    POND_TRY(read_config(a, r->config, &p.config, err));
    pond_secrets_hide(r->report->secrets, p.config.url, &shown);
    p.shown = pond_buf_keep(a, &shown);
    pond_map_init(&p.wanted, a);
    pond_map_init(&p.before, a);
    if (pond_sv_starts(p.config.url, POND_SV("/")) && !pond_path_exists(pond_cstr(a, p.config.url)))
        return fail_missing(&p, err);
    POND_TRY(copy_dir(&p, &dir, err));
    pond_report_say(r->report, "git-ingest pull: %.*s (ref: %.*s)", POND_SV_ARG(p.shown),
                    POND_SV_ARG(p.config.ref));
    bool is_there = pond_path_is_dir(dir);
    pond_report_say(r->report, is_there ? "Fetching from origin" : "Cloning bare repo from %.*s",
                    POND_SV_ARG(p.shown));
    const pond_git_bounds bounds = bounds_of(&p.config);
    POND_TRY(pond_git_fetch(dir, p.config.url, p.shown, &bounds, err));
    pond_report_say(r->report, "Fetch complete");
    pond_code rc = pond_git_open(dir, &bounds, &p.git, err);
    if (rc == POND_OK)
        rc = bring(&p, err);
    pond_git_close(p.git);
    if (rc == POND_ERR_CORRUPT)
        pond_err_detail(err, "  if the copy is damaged, remove '%s': the next pull makes it anew",
                        dir);
    return rc;
}

static pond_code push(pond_run *r, pond_err *err) {
    (void)err;
    pond_report_done(r->report, "git-ingest only pulls: nothing to push");
    return POND_OK;
}

// Asks nobody, and reads no copy.
static pond_code status(pond_run *r, pond_err *err) {
    pond_value state;
    POND_TRY(pond_state_all(r->session, r->node, &state, err));
    pond_sv commit = text_of(state, "commit"), prefix = text_of(state, "prefix");
    if (commit.n == 0) {
        pond_report_say(r->report, "git-ingest: not yet fetched");
        return POND_OK;
    }
    pond_report_say(r->report, "git-ingest: at commit %.12s", commit.p);
    pond_report_say(r->report, "  url: %.*s", POND_SV_ARG(text_of(state, "url")));
    pond_report_say(r->report, "  ref: %.*s", POND_SV_ARG(text_of(state, "ref")));
    if (prefix.n > 0)
        pond_report_say(r->report, "  prefix: %.*s", POND_SV_ARG(prefix));
    return POND_OK;
}

static const pond_action actions[] = {
    {.name = "pull", .args = "", .summary = "fetch the repository", .run = pull},
    {.name = "push", .args = "", .summary = "does nothing", .run = push},
    {.name = "status",
     .args = "",
     .summary = "the commit that is shown; asks nobody",
     .only_reads = true,
     .run = status},
};

static pond_code git_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                           pond_err *err) {
    (void)stored;
    git_config c;
    return read_config(pond_session_arena(s), source->config, &c, err);
}

static pond_code list(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    return pond_fs_list_kept(fs, dir, out, err);
}
static const pond_dyn git_dyn = {.list = list};

const pond_factory pond_factory_git_ingest = {
    .name = "git-ingest",
    .summary = "A directory with the files of a git repository, as they are in a commit",
    .options = &options,
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = git_check,
    .dyn = &git_dyn,
    POND_FACTORY_ACTIONS(actions),
};
