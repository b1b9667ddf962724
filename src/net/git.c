// Reads a bare copy of a repository.
#include "net/git.h"

#include "base/file.h"
#include "net/libgit2.h"

#include <stdlib.h>

struct pond_git {
    net_libgit2 git;
    git_odb *odb;
    git_repository *names;   // for references
    git_repository *objects; // over the odb alone
    pond_git_bounds bounds;
};

static pond_code fail(const pond_git *g, const char *what, pond_err *err) {
    return pond_fail(err, POND_ERR_CORRUPT, "git: %s: %s", what, net_libgit2_flaw(&g->git));
}

static pond_code open_copy(pond_git *g, const char *dir, pond_err *err) {
    char *objects = pond_xmalloc(strlen(dir) + sizeof "/objects");
    strcpy(stpcpy(objects, dir), "/objects");
    pond_code rc = net_libgit2_load(&g->git, err);
    if (rc == POND_OK && (g->git.odb_open(&g->odb, objects) != 0 ||
                          g->git.repository_wrap_odb(&g->objects, g->odb) != 0 ||
                          g->git.repository_open_bare(&g->names, dir) != 0))
        rc = fail(g, "the copy cannot be opened", err);
    free(objects);
    return rc;
}

pond_code pond_git_open(const char *dir, const pond_git_bounds *bounds, pond_git **out,
                        pond_err *err) {
    pond_git *g = pond_xmalloc(sizeof *g);
    *g = (pond_git){.bounds = *bounds};
    pond_code rc = open_copy(g, dir, err);
    *out = rc == POND_OK ? g : NULL;
    if (rc != POND_OK)
        pond_git_close(g);
    return rc;
}

void pond_git_close(pond_git *g) {
    if (g == NULL)
        return;
    if (g->names != NULL)
        g->git.repository_free(g->names);
    if (g->objects != NULL)
        g->git.repository_free(g->objects);
    if (g->odb != NULL)
        g->git.odb_free(g->odb);
    net_libgit2_release(&g->git);
    free(g);
}

// Advice ------------------------------------------------------------------------------------------

typedef POND_VEC(pond_sv) sv_vec;

// After an error about a name: the one that was meant, or the first ones that there are.
static void advise_name(pond_sv name, const sv_vec *all, const char *what, pond_err *err) {
    enum { SHOWN = 8 };
    pond_sv meant = pond_nearest(name, all->items, all->n);
    pond_buf line = POND_BUF_EMPTY;
    if (meant.n > 0) {
        pond_err_detail(err, "  did you mean '%.*s'?", POND_SV_ARG(meant));
        return;
    }
    for (size_t i = 0; i < all->n && i < SHOWN; i++)
        pond_buf_printf(&line, "%s'%.*s'", i == 0 ? "" : ", ", POND_SV_ARG(all->items[i]));
    if (all->n == 0)
        pond_err_detail(err, "  it has no %s", what);
    else
        pond_err_detail(err, "  the %s are %.*s%s", what, POND_SV_ARG(pond_buf_view(&line)),
                        all->n > SHOWN ? ", …" : "");
    pond_buf_free(&line);
}

static void advise_ref(pond_git *g, pond_sv ref, pond_err *err) {
    static const char *const before[] = {"refs/heads/", "refs/tags/"};
    git_strarray names = {0};
    pond_arena a;
    sv_vec all = {0};
    if (g->git.reference_list(&names, g->names) != 0)
        return;
    pond_arena_init(&a);
    for (size_t i = 0; i < names.count; i++)
        for (size_t k = 0; k < 2; k++) {
            pond_sv name = pond_sv_of(names.strings[i]), start = pond_sv_of(before[k]);
            if (pond_sv_starts(name, start))
                *pond_vec_push(&a, &all) = pond_sv_sub(name, start.n, name.n);
        }
    advise_name(ref, &all, "branches and tags", err);
    pond_arena_deinit(&a);
    g->git.strarray_dispose(&names);
}

static void advise_directory(pond_git *g, const git_tree *tree, pond_sv name, pond_err *err) {
    pond_arena a;
    sv_vec all = {0};
    pond_arena_init(&a);
    for (size_t i = 0; i < g->git.tree_entrycount(tree); i++) {
        const git_tree_entry *e = g->git.tree_entry_byindex(tree, i);
        if (g->git.tree_entry_filemode(e) == GIT_FILEMODE_TREE)
            *pond_vec_push(&a, &all) = pond_sv_of(g->git.tree_entry_name(e));
    }
    advise_name(name, &all, "directories there", err);
    pond_arena_deinit(&a);
}

// Commits -----------------------------------------------------------------------------------------

// The commit that a name or an id means, through annotated tags.
static bool peel(pond_git *g, const git_oid *id, pond_git_id commit) {
    git_object *object = NULL, *peeled = NULL;
    bool is_found = g->git.object_lookup(&object, g->objects, id, GIT_OBJECT_ANY) == 0 &&
                    g->git.object_peel(&peeled, object, GIT_OBJECT_COMMIT) == 0;
    if (is_found)
        g->git.oid_tostr(commit, sizeof(pond_git_id), g->git.object_id(peeled));
    if (peeled != NULL)
        g->git.object_free(peeled);
    if (object != NULL)
        g->git.object_free(object);
    return is_found;
}

pond_code pond_git_find(pond_git *g, pond_sv ref, pond_git_id commit, pond_err *err) {
    static const char *const before[] = {"refs/heads/", "refs/tags/", ""};
    enum { ID_DIGITS = 40 };
    char name[1024];
    git_oid id;
    for (size_t i = 0; i < 3 && ref.n > 0 && ref.n < sizeof name - sizeof "refs/heads/"; i++) {
        snprintf(name, sizeof name, "%s%.*s", before[i], POND_SV_ARG(ref));
        bool is_name = i < 2 || pond_sv_starts(ref, POND_SV("refs/"));
        if (is_name && g->git.reference_name_to_id(&id, g->names, name) == 0 &&
            peel(g, &id, commit))
            return POND_OK;
    }
    if (ref.n == ID_DIGITS) {
        snprintf(name, sizeof name, "%.*s", POND_SV_ARG(ref));
        if (g->git.oid_fromstr(&id, name) == 0 && peel(g, &id, commit))
            return POND_OK;
    }
    pond_fail(err, POND_ERR_NOT_FOUND, "Failed to resolve ref '%.*s': not found in local refs",
              POND_SV_ARG(ref));
    advise_ref(g, ref, err);
    pond_err_detail(err, "  a ref is a branch, a tag, a full name or a commit of 40 digits");
    return POND_ERR_NOT_FOUND;
}

// Trees -------------------------------------------------------------------------------------------

typedef struct listing {
    pond_git *g;
    pond_arena *arena;
    pond_git_entry_vec *out;
} listing;

static bool kind_of(git_filemode_t mode, pond_git_kind *out) {
    *out = mode == GIT_FILEMODE_TREE   ? POND_GIT_DIRECTORY
           : mode == GIT_FILEMODE_LINK ? POND_GIT_LINK
                                       : POND_GIT_FILE;
    return mode != GIT_FILEMODE_COMMIT; // a submodule
}

static pond_code list_tree(listing *l, const git_oid *id, pond_sv above, int depth, pond_err *err);

static pond_code list_entry(listing *l, const git_tree_entry *e, pond_sv above, int depth,
                            pond_err *err) {
    const net_libgit2 *git = &l->g->git;
    pond_git_entry entry;
    const char *name = git->tree_entry_name(e);
    if (!kind_of(git->tree_entry_filemode(e), &entry.kind))
        return POND_OK;
    if (l->out->n == l->g->bounds.max_entries)
        return pond_fail(err, POND_ERR_LIMIT, "the repository has more than %zu files",
                         l->g->bounds.max_entries);
    entry.path = above.n == 0 ? pond_sv_dup(l->arena, pond_sv_of(name))
                              : pond_svf(l->arena, "%.*s/%s", POND_SV_ARG(above), name);
    size_t n_name = strlen(name);
    entry.name = (pond_sv){entry.path.p + entry.path.n - n_name, n_name};
    git->oid_tostr(entry.id, sizeof entry.id, git->tree_entry_id(e));
    *pond_vec_push(l->arena, l->out) = entry;
    return entry.kind == POND_GIT_DIRECTORY
               ? list_tree(l, git->tree_entry_id(e), entry.path, depth + 1, err)
               : POND_OK;
}

static pond_code list_tree(listing *l, const git_oid *id, pond_sv above, int depth, pond_err *err) {
    enum { MAX_DEPTH = 200 };
    const net_libgit2 *git = &l->g->git;
    git_tree *tree = NULL;
    if (depth > MAX_DEPTH)
        return pond_fail(err, POND_ERR_LIMIT,
                         "the repository has directories more than %d deep: '%.*s'", MAX_DEPTH,
                         POND_SV_ARG(pond_sv_sub(above, 0, 60)));
    if (git->tree_lookup(&tree, l->g->objects, id) != 0)
        return fail(l->g, "a directory cannot be read", err);
    pond_code rc = POND_OK;
    size_t n = git->tree_entrycount(tree);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        rc = list_entry(l, git->tree_entry_byindex(tree, i), above, depth, err);
    git->tree_free(tree);
    return rc;
}

// Goes from a tree to a directory in it. *id changes.
static pond_code enter(pond_git *g, git_oid *id, pond_sv name, pond_err *err) {
    git_tree *tree = NULL;
    const git_tree_entry *found = NULL;
    if (g->git.tree_lookup(&tree, g->objects, id) != 0)
        return fail(g, "a directory cannot be read", err);
    for (size_t i = 0; found == NULL && i < g->git.tree_entrycount(tree); i++) {
        const git_tree_entry *e = g->git.tree_entry_byindex(tree, i);
        if (pond_sv_is(name, g->git.tree_entry_name(e)))
            found = e;
    }
    pond_code rc = POND_OK;
    if (found == NULL)
        rc = pond_fail(err, POND_ERR_NOT_FOUND, "Prefix segment '%.*s' not found in tree",
                       POND_SV_ARG(name));
    else if (g->git.tree_entry_filemode(found) != GIT_FILEMODE_TREE)
        rc = pond_fail(err, POND_ERR_INVALID, "Prefix segment '%.*s' is not a directory",
                       POND_SV_ARG(name));
    else
        *id = *g->git.tree_entry_id(found);
    if (rc != POND_OK)
        advise_directory(g, tree, name, err);
    g->git.tree_free(tree);
    return rc;
}

pond_code pond_git_list(pond_git *g, pond_arena *a, const pond_git_id commit, pond_sv prefix,
                        pond_git_entry_vec *out, pond_err *err) {
    git_oid id;
    git_commit *c = NULL;
    listing l = {g, a, out};
    pond_sv rest = prefix.n > 0 ? prefix : (pond_sv){NULL, 0};
    *out = (pond_git_entry_vec){0};
    if (g->git.oid_fromstr(&id, commit) != 0 || g->git.commit_lookup(&c, g->objects, &id) != 0)
        return fail(g, "the commit cannot be read", err);
    id = *g->git.commit_tree_id(c);
    g->git.commit_free(c);
    for (pond_sv name; pond_sv_split(&rest, '/', &name);)
        POND_TRY(enter(g, &id, name, err));
    return list_tree(&l, &id, POND_SV(""), 0, err);
}

// Files -------------------------------------------------------------------------------------------

pond_code pond_git_size(pond_git *g, const pond_git_id id, uint64_t *out, pond_err *err) {
    git_oid oid;
    size_t size;
    git_object_t type;
    if (g->git.oid_fromstr(&oid, id) != 0 ||
        g->git.odb_read_header(&size, &type, g->odb, &oid) != 0)
        return fail(g, "a file cannot be read", err);
    *out = size;
    return POND_OK;
}

pond_code pond_git_read(pond_git *g, const pond_git_id id, pond_buf *out, pond_err *err) {
    git_oid oid;
    git_odb_object *object = NULL;
    if (g->git.oid_fromstr(&oid, id) != 0 || g->git.odb_read(&object, g->odb, &oid) != 0)
        return fail(g, "a file cannot be read", err);
    pond_buf_append(out, g->git.odb_object_data(object), g->git.odb_object_size(object));
    g->git.odb_object_free(object);
    return POND_OK;
}
