// Delta logs: lists and reads versions and checkpoints, and writes new ones.
#include "export/delta/log.h"

#include <inttypes.h>

enum { VERSION_DIGITS = 20 };

delta_log delta_log_of(const export_run *run, pond_arena *a, pond_sv root) {
    const char *name = pond_printf(a, "%.*s/_delta_log", POND_SV_ARG(root));
    return (delta_log){.run = run,
                       .arena = a,
                       .root = &run->dir.root,
                       .name = name,
                       .dir = pond_path_join(a, run->dir.path, name)};
}

char *delta_log_file(const delta_log *log, int64_t version, const char *what) {
    return pond_printf(log->arena, "%s/%0*" PRId64 ".%s", log->name, VERSION_DIGITS, version, what);
}

bool delta_log_is_at(const delta_log *log, int64_t version) {
    return version >= 0 && pond_below_exists(log->root, delta_log_file(log, version, "json")) &&
           !pond_below_exists(log->root, delta_log_file(log, version + 1, "json"));
}

// Actions -----------------------------------------------------------------------------------------

// Paths are encoded in a log as in a URL: "%20" is a space.
static pond_sv decode_path(pond_arena *a, pond_sv s) {
    char *out = pond_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? pond_hex_digit(s.p[i + 1]) : -1;
        int low = high < 0 ? -1 : pond_hex_digit(s.p[i + 2]);
        out[n++] = low < 0 ? s.p[i] : (char)(high * 16 + low);
        i += low < 0 ? 0 : 2;
    }
    out[n] = '\0';
    return (pond_sv){out, n};
}

static void apply_txn(pond_arena *a, delta_state *s, pond_value action) {
    pond_sv app;
    if (!pond_get_string(action, "appId", &app))
        return;
    pond_value *kept = POND_NEW(a, pond_value);
    *kept = action;
    *pond_map_at(&s->txns, app, NULL) = kept;
}

// Later actions about a path replace earlier ones.
static bool apply_to_path(pond_arena *a, delta_state *s, pond_value action, bool is_add) {
    pond_sv path;
    if (!pond_get_string(action, "path", &path))
        return false;
    pond_sv key = decode_path(a, path);
    pond_value *kept = POND_NEW(a, pond_value);
    *kept = action;
    *pond_map_at(&s->files, key, NULL) = is_add ? kept : NULL;
    *pond_map_at(&s->removed, key, NULL) = is_add ? NULL : kept;
    return true;
}

// Applies a line of a version, or a row of a checkpoint, where the other actions are null. False: it
// cannot be understood.
static bool apply(pond_arena *a, delta_state *s, pond_value line) {
    const pond_value *action;
    if ((action = pond_get_object(line, "protocol")) != NULL) {
        s->reader = pond_get_int(*action, "minReaderVersion", 0);
        s->writer = pond_get_int(*action, "minWriterVersion", 0);
    }
    if ((action = pond_get_object(line, "metaData")) != NULL)
        s->metadata = *action;
    if ((action = pond_get_object(line, "txn")) != NULL)
        apply_txn(a, s, *action);
    if ((action = pond_get_object(line, "remove")) != NULL && !apply_to_path(a, s, *action, false))
        return false;
    if ((action = pond_get_object(line, "add")) != NULL && !apply_to_path(a, s, *action, true))
        return false;
    return line.kind == POND_OBJECT;
}

static pond_code apply_text(pond_arena *a, delta_state *s, pond_sv text, const char *path,
                            pond_err *err) {
    pond_value line;
    POND_TRY(pond_json_parse(a, text, path, &line, err));
    if (!apply(a, s, line))
        return pond_fail(err, POND_ERR_CORRUPT,
                         "'%s' holds an action that this version does not understand", path);
    return POND_OK;
}

static pond_code read_version(const delta_log *log, delta_state *s, int64_t version,
                              pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    const char *name = delta_log_file(log, version, "json");
    pond_code rc = pond_below_read(log->root, name, &text, err);
    pond_sv rest = pond_buf_view(&text), line;
    while (rc == POND_OK && pond_sv_split(&rest, '\n', &line))
        if (pond_sv_trim(line).n > 0)
            rc = apply_text(log->arena, s, line, name, err);
    pond_buf_free(&text);
    return rc;
}

// Listing -----------------------------------------------------------------------------------------

typedef struct listed_checkpoint {
    int64_t version;
    uint64_t n_files, n_seen;
} listed_checkpoint;

typedef struct listing {
    POND_VEC(int64_t) versions; // in rising order
    POND_VEC(pond_sv) files;    // absolute paths, of `newest`
    listed_checkpoint newest;   // complete; version -1: none
} listing;

bool delta_log_parse_name(pond_sv name, int64_t *version, pond_sv *ending) {
    *ending = pond_sv_sub(name, VERSION_DIGITS, name.n);
    return name.n > VERSION_DIGITS && name.p[VERSION_DIGITS] == '.' &&
           pond_sv_to_int(pond_sv_sub(name, 0, VERSION_DIGITS), version) && *version >= 0;
}

// ".checkpoint.parquet" is file 1 of 1, ".checkpoint.0000000002.0000000003.parquet" file 2 of 3.
static bool parse_checkpoint(pond_sv ending, uint64_t *number, uint64_t *n_files) {
    pond_sv before = POND_SV(".checkpoint"), after = POND_SV(".parquet");
    if (!pond_sv_starts(ending, before) || !pond_sv_ends(ending, after))
        return false;
    pond_sv middle = pond_sv_sub(ending, before.n, ending.n - after.n), digits;
    *number = *n_files = 1;
    return middle.n == 0 ||
           (middle.p[0] == '.' && pond_sv_split(&middle, '.', &digits) &&
            pond_sv_split(&middle, '.', &digits) && pond_sv_to_uint(digits, number) &&
            pond_sv_split(&middle, '.', &digits) && pond_sv_to_uint(digits, n_files) &&
            middle.p == NULL);
}

// Takes the next file of a checkpoint in the listing. Names are sorted, so the files of a
// checkpoint follow each other; true when `now` is complete with this one.
static bool next_of_checkpoint(listed_checkpoint *now, int64_t version, uint64_t number,
                               uint64_t n_files) {
    if (number == 1)
        *now = (listed_checkpoint){.version = version, .n_files = n_files};
    if (now->version != version || now->n_files != n_files || ++now->n_seen != number)
        now->version = -1; // a file is missing
    return now->version >= 0 && now->n_seen == now->n_files;
}

static pond_code list_log(const delta_log *log, listing *out, pond_err *err) {
    pond_arena *a = log->arena;
    pond_dirent_vec all = {0};
    *out = (listing){.newest.version = -1};
    pond_code rc = pond_below_list(log->root, a, log->name, &all, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    listed_checkpoint now = {.version = -1};
    POND_VEC(pond_sv) files = {0}; // of `now`
    for (size_t i = 0; i < all.n; i++) {
        int64_t version;
        uint64_t number, n_files;
        pond_sv name = all.items[i].name, ending;
        if (!all.items[i].is_file || !delta_log_parse_name(name, &version, &ending))
            continue;
        if (pond_sv_is(ending, ".json"))
            *pond_vec_push(a, &out->versions) = version;
        if (!parse_checkpoint(ending, &number, &n_files))
            continue;
        if (number == 1)
            files.n = 0;
        *pond_vec_push(a, &files) = pond_svf(a, "%s/%.*s", log->dir, POND_SV_ARG(name));
        if (!next_of_checkpoint(&now, version, number, n_files))
            continue;
        out->newest = now;
        out->files.n = 0;
        for (size_t k = 0; k < files.n; k++)
            *pond_vec_push(a, &out->files) = files.items[k];
    }
    return POND_OK;
}

// Reading -----------------------------------------------------------------------------------------

// The rows of a checkpoint are actions, a column for each kind.
static pond_code read_checkpoint(const delta_log *log, const listing *l, delta_state *s,
                                 pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(log->run->session, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_rows *rows = NULL;
    pond_buf_str(&sql, "SELECT CAST(to_json(action) AS VARCHAR) FROM"
                       " (SELECT COLUMNS('^(protocol|metaData|add|remove|txn)$') FROM ");
    pond_engine_sql_read_parquet(&sql, l->files.items, l->files.n, false);
    pond_buf_str(&sql, ") action");
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t i; pond_rows_each(rows, &i, &rc, err);)
        rc = apply_text(log->arena, s, pond_rows_text(rows, 0, i), l->files.items[0].p, err);
    pond_rows_close(rows);
    s->version = s->checkpoint = l->newest.version;
    return pond_wrap(err, rc, "checkpoint '%s'", l->files.items[0].p);
}

pond_code delta_log_read(const delta_log *log, delta_state *s, pond_err *err) {
    listing l;
    *s = (delta_state){.version = -1, .checkpoint = -1};
    pond_map_init(&s->files, log->arena);
    pond_map_init(&s->removed, log->arena);
    pond_map_init(&s->txns, log->arena);
    POND_TRY(list_log(log, &l, err));
    if (l.newest.version >= 0)
        POND_TRY(read_checkpoint(log, &l, s, err));
    for (size_t i = 0; i < l.versions.n; i++) {
        int64_t version = l.versions.items[i];
        if (version <= s->version)
            continue;
        if (version != s->version + 1)
            return pond_fail(err, POND_ERR_CORRUPT, "'%s' has no version %" PRId64, log->dir,
                             s->version + 1);
        POND_TRY(read_version(log, s, version, err));
        s->version = version;
    }
    return POND_OK;
}

// Writing -----------------------------------------------------------------------------------------

pond_code delta_log_put(const delta_log *log, int64_t version, pond_sv actions, bool *is_taken,
                        pond_err *err) {
    const export_dir *dir = &log->run->dir;
    const char *name = delta_log_file(log, version, "json"),
               *tmp = export_dir_name(dir, pond_path_join(log->arena, dir->tmp, "version.json"));
    POND_TRY(pond_below_mkdir(log->root, log->name, POND_SYNC, err));
    POND_TRY(pond_below_write(log->root, tmp, actions, err));
    POND_TRY(pond_below_sync(log->root, tmp, err));
    // Without replacing, so that of two writers of the same version only one succeeds.
    POND_TRY(pond_below_rename_new(log->root, tmp, log->root, name, is_taken, err));
    return *is_taken ? POND_OK : pond_below_sync_parent(log->root, name, err);
}
