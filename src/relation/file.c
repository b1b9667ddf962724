// Relations over files of bytes: a reader of the format room, and the paths of the files.
// Compressed files are unpacked when their rows are first needed, and read from then on as plain
// ones.
#include "relation/file.h"

#include "relation/spool.h"

#include <unistd.h>

typedef struct file_relation {
    pond_relation base;
    pond_reader reader;
    bool is_checked;   // the first and last bytes of the files have been checked
    pond_sv *files;    // absolute paths on the host
    pond_sv *unpacked; // those of the plain files; NULL: not unpacked yet, or not compressed
    size_t n_files;
    pond_sv name;         // of the files in messages: the path of the node, or that on the host
    pond_spooled spooled; // the file, if it was a pipe
    pond_sv identity;     // contents and options, for the fingerprint
} file_relation;

// Unpacking ---------------------------------------------------------------------------------------

// The path of a new file for the plain bytes. Ends in the file's own name, without that of the
// compression.
static pond_code new_plain_name(pond_session *s, pond_sv path, pond_sv *out, pond_err *err) {
    pond_sv name = pond_sv_sub(path, (size_t)(pond_sv_rfind_char(path, '/') + 1), path.n);
    ptrdiff_t dot = pond_sv_rfind_char(name, '.');
    if (dot > 0)
        name.n = (size_t)dot;
    return pond_spool_name(s, name, out, err);
}

static void remove_unpacked(file_relation *f, size_t n) {
    for (size_t i = 0; i < n; i++)
        unlink(f->unpacked[i].p); // what remains goes with its directory, when the session closes
    f->unpacked = NULL;
}

static pond_code unpack(pond_session *s, file_relation *f, pond_err *err) {
    if (f->reader.compression == POND_PLAIN || f->unpacked != NULL)
        return POND_OK;
    f->unpacked = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, f->n_files);
    for (size_t i = 0; i < f->n_files; i++) {
        pond_code rc = new_plain_name(s, f->name, &f->unpacked[i], err);
        if (rc == POND_OK)
            rc = pond_reader_unpack(&f->reader, f->files[i].p, f->name, f->unpacked[i].p, err);
        if (rc != POND_OK) {
            remove_unpacked(f, i);
            return rc;
        }
    }
    return POND_OK;
}

static void file_release(pond_session *s, pond_relation *r) {
    (void)s;
    file_relation *f = (file_relation *)r;
    if (f->unpacked != NULL)
        remove_unpacked(f, f->n_files);
    pond_spool_drop(&f->spooled);
}

static const pond_sv *plain_files(const file_relation *f) {
    return f->unpacked != NULL ? f->unpacked : f->files;
}

// The relation ------------------------------------------------------------------------------------

// An error of the engine would name the object in the store; this one names the file.
static pond_code check_ends(file_relation *f, pond_err *err) {
    for (size_t i = 0; i < f->n_files && !f->is_checked; i++)
        POND_TRY(pond_reader_check_ends(&f->reader, plain_files(f)[i].p, f->base.path, err));
    f->is_checked = true;
    return POND_OK;
}

static pond_code file_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                          pond_err *err) {
    POND_DCHECK(pond_range_is_all(range)); // not sliceable: filtered from outside
    (void)range;
    file_relation *f = (file_relation *)r;
    POND_TRY(unpack(s, f, err));
    POND_TRY(check_ends(f, err));
    pond_buf_str(sql, "SELECT * FROM ");
    pond_reader_sql(&f->reader, plain_files(f), f->n_files, sql);
    return POND_OK;
}

static pond_code file_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = file_sql(s, r, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code file_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                  pond_hasher *h, pond_err *err) {
    (void)s, (void)range, (void)err;
    pond_hasher_field(h, ((file_relation *)r)->identity);
    return POND_OK;
}

static pond_code file_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)r, (void)err;
    *out = POND_RANGE_ALL; // the times are unknown until the file is read
    return POND_OK;
}

static pond_code file_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    (void)err;
    pond_sha256 *h = POND_NEW(pond_session_arena(s), pond_sha256);
    *h = pond_sha256_of(((file_relation *)r)->identity);
    *pond_map_at(out, r->path, NULL) = h;
    return POND_OK;
}

static const pond_relation_ops file_ops = {
    .schema = file_schema,
    .sql = file_sql,
    .fingerprint = file_fingerprint,
    .bounds = file_bounds,
    .inputs = file_inputs,
    .release = file_release,
};

static pond_code new_relation(pond_session *s, const pond_url *url, pond_sv path,
                              file_relation **out, pond_err *err) {
    file_relation *f = POND_NEW(pond_session_arena(s), file_relation);
    *f = (file_relation){.base = {.ops = &file_ops,
                                  .path = path,
                                  .is_series = url->as == POND_AS_SERIES,
                                  .may_have_odd_times = true}};
    *out = f;
    return pond_reader_open(pond_session_arena(s), url, &f->reader, err);
}

pond_code pond_file_relation(pond_session *s, const pond_url *url, const pond_node *node,
                             pond_relation **out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    file_relation *f;
    pond_version_vec versions = {0};
    POND_TRY(new_relation(s, url, node->path, &f, err));
    f->name = node->path;
    if (!node->is_stored || node->type == POND_T_DATA_DYNAMIC)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is computed text and cannot be parsed as rows; copy it out and in "
                         "again to query it",
                         POND_SV_ARG(node->path));
    POND_TRY(pond_store_versions(pond_session_txn(s), a, node->id, &versions, err));
    if (versions.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no content yet",
                         POND_SV_ARG(node->path));
    pond_buf identity = POND_BUF_EMPTY;
    pond_buf_sv(&identity, url->text);
    size_t first = node->type == POND_T_DATA_SERIES ? 0 : versions.n - 1;
    f->files = POND_NEW_ARRAY(a, pond_sv, versions.n - first);
    for (size_t i = first; i < versions.n; i++) {
        const pond_sha256 *object = &versions.items[i].object;
        POND_TRY_CTX(
            pond_object_open(pond_session_store(s), a, object, &f->files[f->n_files++], err), err,
            "reading '%.*s'", POND_SV_ARG(node->path));
        pond_buf_append(&identity, object->bytes, sizeof object->bytes);
    }
    f->identity = pond_buf_keep(a, &identity);
    *out = &f->base;
    return POND_OK;
}

// Reads all of the file. An error about a line names the file that was given, not the unpacked one.
static pond_code check_host_file(pond_session *s, file_relation *f, const char *path,
                                 pond_err *err) {
    POND_TRY(unpack(s, f, err));
    const char *plain = plain_files(f)[0].p;
    pond_code rc = pond_reader_check(&f->reader, plain, err);
    if (rc != POND_OK && plain != path && err != NULL && err->where.file[0] != '\0')
        snprintf(err->where.file, sizeof err->where.file, "%s", path);
    return rc;
}

pond_code pond_host_file_relation(pond_session *s, const pond_url *url, const char *path,
                                  pond_relation **out, pond_err *err) {
    file_relation *f;
    pond_spooled file;
    POND_TRY(new_relation(s, url, url->text, &f, err));
    f->name = pond_sv_of(path);
    POND_TRY(pond_spool(s, path, &file, err));
    f->spooled = file;
    f->files = POND_NEW(pond_session_arena(s), pond_sv);
    f->files[f->n_files++] = pond_sv_of(file.path);
    f->identity = url->text;
    POND_TRY(check_host_file(s, f, path, err));
    pond_session_allow_file(s, file.path);
    *out = &f->base;
    return POND_OK;
}
