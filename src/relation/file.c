// Relations over files of bytes: a reader of the format room, and the files. What SQL can read
// (Parquet) is read where it is; text is parsed (parsed.h), one file after the other, and the files
// are united by the names of their columns.
#include "relation/file.h"

#include "base/file.h"
#include "relation/continued.h"
#include "relation/hostfile.h"
#include "relation/internal.h"
#include "relation/measured.h"
#include "relation/parsed.h"
#include "relation/recall.h"
#include "relation/schema.h"
#include "relation/sql.h"

#include <unistd.h>

typedef struct file_relation {
    pond_relation base;
    pond_reader reader;
    pond_sv *files; // absolute paths on the host
    size_t n_files;
    bool is_checked;     // the first and last bytes of the files have been checked
    pond_parsed *parsed; // of each file; NULL: SQL reads the files
    bool is_ready;       // all of them are
    pond_united united;
    pond_sv identity; // contents and options, for the fingerprint
    // Of a node of the host, which is one file; else NULL. Its identity is not known until it is
    // asked for.
    const char *host_path;
    pond_sha256 content; // of that file, once identity is known
    pond_sv url;
    // What is in that file, in a session that keeps rows. NULL: it is found out by reading.
    const relation_known *known;
    bool is_table; // the URL says so
} file_relation;

// The host ----------------------------------------------------------------------------------------

static pond_code find_identity(pond_session *s, file_relation *f, pond_err *err) {
    if (f->identity.p != NULL)
        return POND_OK;
    POND_TRY(pond_hostfile_hash(s, f->host_path, &f->content, err));
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_sv(&b, f->url);
    pond_buf_append(&b, f->content.bytes, sizeof f->content.bytes);
    f->identity = pond_buf_keep(pond_session_arena(s), &b);
    return POND_OK;
}

// Before anything is read from a file of the host, it is hashed, if what is made of it will be
// compared with what it is next time. A FIFO that happens to lie there is not waited for.
static pond_code begin_reading(pond_session *s, file_relation *f, pond_err *err) {
    int fd;
    if (f->host_path == NULL)
        return POND_OK;
    if (pond_session_keeps_rows(s))
        return find_identity(s, f, err);
    POND_TRY(pond_file_open(f->host_path, &fd, err));
    close(fd);
    return POND_OK;
}

static void file_release(pond_session *s, pond_relation *r) {
    (void)s;
    file_relation *f = (file_relation *)r;
    for (size_t i = 0; i < f->n_files && f->parsed != NULL; i++)
        pond_parsed_release(&f->parsed[i]);
    f->is_ready = false;
}

// Parsed files ------------------------------------------------------------------------------------

static pond_code unite(pond_session *s, file_relation *f, const pond_parsed *p, pond_err *err) {
    for (size_t i = 0; i < p->schema.n; i++) {
        const pond_column *c = &p->schema.items[i];
        const pond_united_column *known;
        pond_unite_result result =
            pond_unite_column(pond_session_arena(s), &f->united, *c, !p->is_silent[i], &known);
        if (result == POND_UNITED)
            continue;
        pond_fail(err, POND_ERR_CONFLICT,
                  "'%.*s': column '%.*s' is %.*s in one version and '%.*s', %.*s, in an "
                  "earlier one",
                  POND_SV_ARG(p->name), POND_SV_ARG(c->name), POND_SV_ARG(c->type),
                  POND_SV_ARG(known->column.name), POND_SV_ARG(known->column.type));
        if (p->reader != &f->reader)
            pond_err_detail(err, "  it does not begin with the header of the first version, so its "
                                 "first line counts as a row");
        return POND_ERR_CONFLICT;
    }
    return POND_OK;
}

// What is remembered of a text came with the directory of an export, where somebody may have
// changed it.
static pond_code check_known(const file_relation *f, pond_err *err) {
    if (f->known == NULL || (f->known->rows.rows == (int64_t)f->parsed->rows &&
                             pond_schema_equal(f->known->rows.facts.schema, f->parsed->schema)))
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT,
                     "'%s' has other rows than an earlier export recorded; --rebuild reads all "
                     "files again",
                     f->host_path);
}

static pond_code make_ready(pond_session *s, file_relation *f, pond_err *err) {
    if (f->is_ready)
        return POND_OK;
    POND_TRY(begin_reading(s, f, err));
    if (f->n_files > 1)
        POND_TRY(relation_join_cut(s, f->parsed, &f->n_files, err));
    f->united = (pond_united){0};
    for (size_t i = 0; i < f->n_files; i++) {
        if (i > 0)
            POND_TRY(relation_continue(s, &f->parsed[0], &f->parsed[i], err));
        POND_TRY(pond_parsed_ready(s, &f->parsed[i], err));
        POND_TRY(unite(s, f, &f->parsed[i], err));
    }
    POND_TRY(check_known(f, err));
    f->is_ready = true;
    return POND_OK;
}

static void write_union(pond_session *s, const file_relation *f, pond_buf *sql) {
    if (f->n_files == 1) {
        pond_buf_printf(sql, "SELECT * FROM %.*s", POND_SV_ARG(f->parsed[0].from));
        return;
    }
    pond_schema want = pond_united_schema(pond_session_arena(s), &f->united);
    for (size_t i = 0; i < f->n_files; i++) {
        pond_buf_str(sql, i == 0 ? "SELECT " : " UNION ALL SELECT ");
        pond_sql_project(sql, f->parsed[i].schema, want);
        pond_buf_printf(sql, " FROM %.*s", POND_SV_ARG(f->parsed[i].from));
    }
}

// The relation ------------------------------------------------------------------------------------

static bool is_sliced(const file_relation *f) {
    return f->base.slicing == POND_SLICES_ALWAYS;
}

static pond_sv name_of(const file_relation *f) {
    return f->host_path == NULL ? f->base.path : pond_sv_of(f->host_path);
}

// An error of the engine would name the object in the store; this one names the file.
static pond_code check_ends(file_relation *f, pond_err *err) {
    for (size_t i = 0; i < f->n_files && !f->is_checked; i++)
        POND_TRY(pond_reader_check_ends(&f->reader, f->files[i].p, name_of(f), err));
    f->is_checked = true;
    return POND_OK;
}

static pond_code all_sql(pond_session *s, file_relation *f, pond_buf *sql, pond_err *err) {
    if (f->parsed != NULL) {
        POND_TRY(make_ready(s, f, err));
        write_union(s, f, sql);
        return POND_OK;
    }
    POND_TRY(begin_reading(s, f, err));
    POND_TRY(check_ends(f, err));
    pond_buf_str(sql, "SELECT * FROM ");
    pond_reader_sql(&f->reader, f->files, f->n_files, sql);
    return POND_OK;
}

static void write_filter(const pond_relation *r, pond_range range, pond_buf *sql) {
    const pond_column *t = pond_schema_find(r->schema, r->time_column);
    pond_buf_str(sql, " WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
}

static pond_code file_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                          pond_err *err) {
    file_relation *f = (file_relation *)r;
    if (pond_range_is_all(range))
        return all_sql(s, f, sql, err);
    POND_DCHECK(is_sliced(f)); // else it is filtered from outside
    // Without its rows a text need not be read.
    if (!relation_measured_overlaps(&f->known->rows, range)) {
        pond_sql_empty(sql, r->schema);
        return POND_OK;
    }
    POND_TRY(all_sql(s, f, sql, err));
    write_filter(r, range, sql);
    return POND_OK;
}

static pond_code file_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    file_relation *f = (file_relation *)r;
    if (f->parsed != NULL) {
        POND_TRY(make_ready(s, f, err));
        *out = pond_united_schema(pond_session_arena(s), &f->united);
        return POND_OK;
    }
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = all_sql(s, f, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    return rc;
}

static bool file_is_silent(pond_relation *r, size_t column) {
    const file_relation *f = (file_relation *)r;
    if (f->parsed != NULL && f->known != NULL)
        return f->known->rows.facts.columns[column].n_nulls == f->known->rows.rows;
    return f->is_ready && !f->united.items[column].has_values;
}

static pond_code file_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                  pond_hasher *h, pond_err *err) {
    file_relation *f = (file_relation *)r;
    POND_TRY(find_identity(s, f, err));
    if (!is_sliced(f)) {
        pond_hasher_field(h, f->identity);
        return POND_OK;
    }
    for (size_t i = 0; i < r->schema.n; i++) {
        pond_hasher_field(h, r->schema.items[i].name);
        pond_hasher_field(h, r->schema.items[i].type);
        pond_hasher_field(h, file_is_silent(r, i) ? POND_SV("silent") : POND_SV(""));
    }
    if (relation_measured_overlaps(&f->known->rows, range))
        pond_hasher_field(h, f->identity);
    return POND_OK;
}

static pond_code file_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)err;
    const file_relation *f = (file_relation *)r;
    // Else the times are unknown until the file is read.
    *out = is_sliced(f) ? relation_measured_bounds(&f->known->rows) : POND_RANGE_ALL;
    return POND_OK;
}

static pond_row_count file_count(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const file_relation *f = (file_relation *)r;
    return is_sliced(f) ? relation_measured_count(&f->known->rows, range)
                        : (pond_row_count){0, INT64_MAX};
}

// The rows are read in the order of the file.
static pond_order file_order(pond_session *s, pond_relation *r, pond_range range) {
    (void)s, (void)range;
    const file_relation *f = (file_relation *)r;
    return is_sliced(f) ? f->known->rows.facts.order : POND_UNORDERED;
}

static pond_code file_from_table(pond_session *s, pond_relation *r, pond_range range, pond_sv table,
                                 pond_buf *sql, pond_err *err) {
    (void)s, (void)err;
    pond_buf_printf(sql, "SELECT * FROM %.*s", POND_SV_ARG(table));
    write_filter(r, range, sql);
    return POND_OK;
}

static int64_t file_table_rows(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    return relation_measured_rows(&((file_relation *)r)->known->rows, range);
}

static pond_code file_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    POND_TRY(find_identity(s, (file_relation *)r, err));
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
    .is_silent = file_is_silent,
    .release = file_release,
    .count = file_count,
    .order = file_order,
    .table_sql = file_sql,
    .from_table = file_from_table,
    .table_rows = file_table_rows,
};

const pond_text_facts *pond_file_text(const pond_relation *r, const pond_text **text) {
    const file_relation *f = (const file_relation *)r;
    if (r->ops != &file_ops || f->parsed == NULL || f->n_files != 1 || f->parsed[0].text == NULL)
        return NULL;
    *text = f->parsed[0].text;
    return pond_text_facts_of(*text);
}

// Making them -------------------------------------------------------------------------------------

static pond_code new_relation(pond_session *s, const pond_url *url, pond_sv path,
                              file_relation **out, pond_err *err) {
    file_relation *f = POND_NEW(pond_session_arena(s), file_relation);
    *f = (file_relation){.base = {.ops = &file_ops,
                                  .path = path,
                                  .is_series = url->as == POND_AS_SERIES,
                                  .is_flat = url->is_flat,
                                  .may_have_odd_times = true}};
    *out = f;
    POND_TRY(pond_reader_open(pond_session_arena(s), url, &f->reader, err));
    f->reader.meter = pond_session_meter(s);
    return POND_OK;
}

// The options of a URL as one text.
static pond_sv options_of(pond_session *s, const pond_url *url) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < url->options.n; i++)
        pond_buf_printf(&b, "%zu:%.*s=%.*s\n", url->options.items[i].value.n,
                        POND_SV_ARG(url->options.items[i].key),
                        POND_SV_ARG(url->options.items[i].value));
    pond_buf_printf(&b, "compression %d", (int)url->compression);
    return pond_buf_keep(pond_session_arena(s), &b);
}

static pond_code add_versions(pond_session *s, file_relation *f, const pond_version_vec *versions,
                              size_t first, pond_buf *identity, pond_err *err) {
    for (size_t i = first; i < versions->n; i++) {
        const pond_sha256 *object = &versions->items[i].object;
        pond_sv *file = &f->files[f->n_files++];
        POND_TRY_CTX(
            pond_object_open(pond_session_store(s), pond_session_arena(s), object, file, err), err,
            "reading '%.*s'", POND_SV_ARG(f->base.path));
        pond_buf_append(identity, object->bytes, sizeof object->bytes);
    }
    return POND_OK;
}

// What is known -----------------------------------------------------------------------------------

// Reads the file and measures its rows. What an earlier session measured is the same, unless it is
// measured in another way now: then this has another number.
#define MEASURED_VERSION "measured 1"

static pond_code measure(pond_session *s, file_relation *f, relation_known *out, pond_err *err) {
    pond_schema schema;
    if (f->parsed != NULL) {
        POND_TRY(make_ready(s, f, err));
        POND_TRY(pond_measure_any(s, f->parsed->kept.p, f->parsed->schema, &out->rows, err));
        out->warning = f->parsed->translation.warning;
        return POND_OK;
    }
    POND_TRY(file_schema(s, &f->base, &schema, err));
    relation_counts(s)->measured++;
    POND_TRY_CTX(pond_measure_any(s, f->host_path, schema, &out->rows, err), err, "reading '%s'",
                 f->host_path);
    return POND_OK;
}

static pond_sha256 known_key(const file_relation *f) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, POND_SV(MEASURED_VERSION));
    pond_hasher_field(h, pond_sv_of(pond_engine_version()));
    pond_hasher_field(h, pond_sv_of(f->reader.format->name));
    pond_sha256 parsed = f->content;
    if (f->parsed != NULL)
        parsed = pond_parsed_key(f->parsed, &f->content);
    pond_hasher_sha(h, &parsed);
    return pond_hasher_finish(h);
}

// Finds out what is in the file of the host: by what an earlier session recorded, else by reading.
static pond_code know(pond_session *s, file_relation *f, pond_err *err) {
    POND_TRY(begin_reading(s, f, err));
    pond_sha256 key = known_key(f);
    const relation_known *known = relation_recall_rows(s, &key);
    if (known == NULL) {
        relation_known *found = POND_NEW(pond_session_arena(s), relation_known);
        *found = (relation_known){0};
        POND_TRY(measure(s, f, found, err));
        relation_note_rows(s, &key, found);
        known = found;
    } else if (f->parsed != NULL && known->warning.n > 0) {
        pond_session_warn(s, "warning: %s: %.*s", f->host_path, POND_SV_ARG(known->warning));
        f->parsed->is_warned = true;
    }
    f->known = known;
    f->base.has_schema = true;
    f->base.schema = known->rows.facts.schema;
    f->base.time_column = known->rows.time_column;
    if (f->is_table || !relation_measured_slices(&known->rows))
        return POND_OK;
    f->base.slicing = POND_SLICES_ALWAYS;
    f->base.may_have_odd_times = false;
    f->base.table_key = f;
    f->base.is_table_of_rows = true;
    return POND_OK;
}

static pond_code of_host(pond_session *s, const pond_url *url, const pond_node *node,
                         pond_relation **out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    file_relation *f;
    POND_TRY(new_relation(s, url, node->path, &f, err));
    f->host_path = node->host_path;
    f->url = url->text;
    f->is_table = url->as == POND_AS_TABLE;
    f->files = POND_NEW(a, pond_sv);
    f->files[f->n_files++] = pond_sv_of(node->host_path);
    *out = &f->base;
    if (!pond_reader_is_text(&f->reader)) {
        POND_TRY(pond_session_admit_files(s, &node->host_path, 1, err));
        return f->base.is_series && pond_session_keeps_rows(s) ? know(s, f, err) : POND_OK;
    }
    f->parsed = POND_NEW(a, pond_parsed);
    *f->parsed = (pond_parsed){.reader = &f->reader,
                               .path = node->host_path,
                               .name = pond_sv_of(node->host_path),
                               .options = options_of(s, url),
                               .keeps_rows = pond_session_keeps_rows(s)};
    return f->parsed->keeps_rows ? know(s, f, err) : make_ready(s, f, err);
}

// Several nodes may read one file of the host. It is read once, since no cache keeps its rows.
static pond_code of_host_once(pond_session *s, const pond_url *url, const pond_node *node,
                              pond_relation **out, pond_err *err) {
    pond_sv key = pond_svf(pond_session_arena(s), "%.*s %.*s", POND_SV_ARG(url->text),
                           POND_SV_ARG(node->path));
    void **known = pond_map_at(relation_map(s), key, NULL);
    if (*known == NULL) {
        pond_relation *r;
        POND_TRY(of_host(s, url, node, &r, err));
        *known = r;
    }
    *out = *known;
    return POND_OK;
}

pond_code pond_file_relation(pond_session *s, const pond_url *url, const pond_node *node,
                             pond_relation **out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    file_relation *f;
    pond_version_vec versions = {0};
    if (node->host_path != NULL)
        return of_host_once(s, url, node, out, err);
    POND_TRY(new_relation(s, url, node->path, &f, err));
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
    pond_code rc = add_versions(s, f, &versions, first, &identity, err);
    f->identity = pond_buf_keep(a, &identity);
    *out = &f->base;
    if (rc != POND_OK || !pond_reader_is_text(&f->reader))
        return rc;
    f->parsed = POND_NEW_ARRAY(a, pond_parsed, f->n_files);
    for (size_t i = 0; i < f->n_files; i++)
        f->parsed[i] = (pond_parsed){.reader = &f->reader,
                                     .path = f->files[i].p,
                                     .name = node->path,
                                     .object = &versions.items[first + i].object,
                                     .options = options_of(s, url)};
    return POND_OK;
}

// How a file of the host is opened.
typedef struct host_opening {
    pond_sv name;                // in messages
    bool may_start, needs_order; // as in pond_parsed
} host_opening;

static pond_code open_host_file(pond_session *s, const pond_url *url, const char *path,
                                host_opening how, pond_relation **out, pond_err *err) {
    file_relation *f;
    POND_TRY(new_relation(s, url, url->text, &f, err));
    f->files = POND_NEW(pond_session_arena(s), pond_sv);
    f->files[f->n_files++] = pond_sv_of(path);
    f->identity = url->text;
    *out = &f->base;
    if (pond_reader_is_text(&f->reader)) {
        f->parsed = POND_NEW(pond_session_arena(s), pond_parsed);
        *f->parsed = (pond_parsed){.reader = &f->reader,
                                   .path = path,
                                   .name = how.name,
                                   .may_start = how.may_start,
                                   .needs_order = how.needs_order};
        return make_ready(s, f, err);
    }
    int fd; // the engine opens the file by its name
    POND_TRY(pond_file_open(path, &fd, err));
    close(fd);
    pond_session_allow_file(s, path);
    return POND_OK;
}

pond_code pond_host_file_relation(pond_session *s, const pond_url *url, const char *path,
                                  pond_relation **out, pond_err *err) {
    return open_host_file(s, url, path, (host_opening){.name = pond_sv_of(path)}, out, err);
}

pond_code pond_named_file_relation(pond_session *s, const pond_url *url, const char *path,
                                   pond_sv name, pond_relation **out, pond_err *err) {
    return open_host_file(s, url, path, (host_opening){.name = name}, out, err);
}

pond_code pond_host_file_start(pond_session *s, const pond_url *url, const char *path,
                               bool needs_order, pond_relation **out, pond_err *err) {
    const host_opening how = {pond_sv_of(path), true, needs_order};
    return open_host_file(s, url, path, how, out, err);
}

bool pond_file_is_started(const pond_relation *r) {
    const file_relation *f = (const file_relation *)r;
    return r->ops == &file_ops && f->parsed != NULL && f->n_files == 1 &&
           pond_parsed_is_started(f->parsed);
}

pond_code pond_file_finish(pond_session *s, pond_relation *r, bool *is_as_guessed, pond_err *err) {
    file_relation *f = (file_relation *)r;
    POND_TRY(pond_parsed_finish(s, f->parsed, is_as_guessed, err));
    f->parsed->may_start = false; // it is known now
    f->is_ready = r->has_schema = false;
    return make_ready(s, f, err);
}
