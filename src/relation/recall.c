// Reads and writes what sessions remember of files of the host, and finds it.
#include "relation/recall.h"

#include "base/time.h"
#include "relation/internal.h"
#include "value/value.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    RECALL_VERSION = 1,
    // Exports of other patterns into the same directory share what is remembered, so an entry
    // stays when one of them has no use for it. Each change of a file leaves an entry behind.
    MAX_IDLE = 15
};

typedef struct file_entry {
    int64_t size_bytes, mtime_ns, ctime_ns;
    uint64_t inode;
    pond_sha256 hash;
    int64_t idle; // sessions that wrote and had no use for it
} file_entry;

typedef struct rows_entry {
    relation_known known;
    int64_t idle;
} rows_entry;

struct pond_recall {
    bool has_begun, hashes_all, has_news;
    pond_map files; // hash of the path, as hex -> file_entry: a path need not be UTF-8
    pond_map rows;  // key, as hex -> rows_entry
    pond_recall_counts counts;
};

static pond_recall *recall_of(pond_session *s) {
    pond_recall **at = relation_recall(s);
    if (*at == NULL) {
        *at = POND_NEW(pond_session_arena(s), pond_recall);
        **at = (pond_recall){0};
        pond_map_init(&(*at)->files, pond_session_arena(s));
        pond_map_init(&(*at)->rows, pond_session_arena(s));
    }
    return *at;
}

pond_recall_counts *relation_counts(pond_session *s) {
    return &recall_of(s)->counts;
}

const pond_recall_counts *pond_recall_counted(pond_session *s) {
    return relation_counts(s);
}

static pond_sv hex_of(pond_session *s, const pond_sha256 *hash) {
    char hex[65];
    pond_sha256_hex(hash, hex);
    return pond_sv_dup(pond_session_arena(s), pond_sv_of(hex));
}

static pond_sv file_key(pond_session *s, pond_sv path) {
    pond_sha256 hash = pond_sha256_of(path);
    return hex_of(s, &hash);
}

// Reading -----------------------------------------------------------------------------------------

static bool get_hash(pond_value v, const char *key, pond_sha256 *out) {
    pond_sv hex;
    return pond_get_string(v, key, &hex) && pond_sha256_from_hex(hex, out);
}

static bool get_int(pond_value v, const char *key, int64_t *out) {
    const pond_value *found = pond_get_lit(v, key);
    bool is_int = found != NULL && found->kind == POND_INT;
    *out = is_int ? found->i : 0;
    return is_int;
}

static bool read_file(pond_session *s, pond_recall *r, pond_value v) {
    pond_sha256 path;
    int64_t inode;
    file_entry *f = POND_NEW(pond_session_arena(s), file_entry);
    *f = (file_entry){.idle = 1};
    if (!get_hash(v, "path", &path) || !get_hash(v, "sha256", &f->hash) ||
        !get_int(v, "size", &f->size_bytes) || !get_int(v, "mtime_ns", &f->mtime_ns) ||
        !get_int(v, "ctime_ns", &f->ctime_ns) || !get_int(v, "inode", &inode) ||
        !get_int(v, "idle", &f->idle) || f->idle < 0)
        return false;
    f->inode = (uint64_t)inode;
    f->idle++; // until it is used
    *pond_map_at(&r->files, hex_of(s, &path), NULL) = f;
    return true;
}

// The columns are those that some SELECT can have, and their types are no SQL but types.
static bool are_columns(const pond_facts *f, int64_t n_rows) {
    for (size_t i = 0; i < f->n_columns; i++) {
        const pond_fact_column *c = &f->columns[i];
        if (c->name.n == 0 || !pond_type_is_name(c->type) || c->n_nulls > n_rows)
            return false;
    }
    return f->n_columns > 0;
}

static bool is_time_of(const pond_measured *m) {
    const pond_column *t = pond_schema_find(m->facts.schema, m->time_column);
    return t != NULL && pond_type_is_time(t->type);
}

static bool read_rows(pond_session *s, pond_recall *r, pond_value v) {
    pond_sha256 key;
    rows_entry *e = POND_NEW(pond_session_arena(s), rows_entry);
    *e = (rows_entry){0};
    pond_measured *m = &e->known.rows;
    const pond_value *facts = pond_get_object(v, "facts");
    if (facts == NULL || pond_facts_of(pond_session_arena(s), *facts, &m->facts, NULL) != POND_OK ||
        m->facts.n_key > 0 || !get_hash(v, "key", &key) || !get_int(v, "rows", &m->rows) ||
        !pond_get_string(v, "time_column", &m->time_column) ||
        !pond_get_string(v, "warning", &e->known.warning) || !get_int(v, "min_us", &m->t_min_us) ||
        !get_int(v, "max_us", &m->t_max_us) || !get_int(v, "idle", &e->idle) || e->idle < 0 ||
        m->rows < 0 || !are_columns(&m->facts, m->rows) ||
        (m->time_column.n > 0 && !is_time_of(m)) ||
        (m->facts.is_finite && m->rows > 0 && m->t_min_us > m->t_max_us))
        return false;
    e->idle++;
    *pond_map_at(&r->rows, hex_of(s, &key), NULL) = e;
    return true;
}

static bool read_list(pond_session *s, pond_recall *r, pond_value top, const char *key,
                      bool (*item)(pond_session *s, pond_recall *r, pond_value v)) {
    const pond_value *list = pond_get_array(top, key);
    for (size_t i = 0; list != NULL && i < list->n; i++)
        if (!item(s, r, list->items[i]))
            return false;
    return list != NULL;
}

// The text is `{"sha256":"…",` and a line feed, and the rest, which that is the hash of. A bit that
// fell over in a bound would lose rows, so a text that still is JSON is not good enough.
#define HEAD_BEGIN "{\"sha256\":\""
#define HEAD_END "\",\n"
enum { HEAD_BYTES = sizeof HEAD_BEGIN - 1 + 64 + sizeof HEAD_END - 1 };

static bool is_whole(pond_sv text) {
    enum { AT_END = HEAD_BYTES - (sizeof HEAD_END - 1) };
    pond_sha256 recorded;
    if (text.n < HEAD_BYTES || text.n > POND_RECALL_MAX_BYTES ||
        !pond_sv_starts(text, POND_SV(HEAD_BEGIN)) ||
        !pond_sv_is(pond_sv_sub(text, AT_END, HEAD_BYTES), HEAD_END) ||
        !pond_sha256_from_hex(pond_sv_sub(text, AT_END - 64, AT_END), &recorded))
        return false;
    pond_sha256 found = pond_sha256_of(pond_sv_sub(text, HEAD_BYTES, text.n));
    return pond_sha256_eq(&recorded, &found);
}

void pond_recall_begin(pond_session *s, pond_sv text, bool hashes_all) {
    pond_recall *r = recall_of(s);
    pond_value top;
    *r = (pond_recall){.has_begun = true, .hashes_all = hashes_all};
    pond_map_init(&r->files, pond_session_arena(s));
    pond_map_init(&r->rows, pond_session_arena(s));
    if (is_whole(text) &&
        pond_json_parse(pond_session_arena(s), text, "host.json", &top, NULL) == POND_OK &&
        pond_get_int(top, "version", 0) == RECALL_VERSION &&
        read_list(s, r, top, "files", read_file) && read_list(s, r, top, "rows", read_rows))
        return;
    pond_map_init(&r->files, pond_session_arena(s));
    pond_map_init(&r->rows, pond_session_arena(s));
}

// Finding and noting ------------------------------------------------------------------------------

static file_entry entry_of(const struct stat *st) {
    return (file_entry){.size_bytes = st->st_size,
                        .mtime_ns = pond_timespec_ns(st->st_mtim),
                        .ctime_ns = pond_timespec_ns(st->st_ctim),
                        .inode = st->st_ino};
}

// Not the device: it has another number after a restart, or in a container.
static bool looks_like(const file_entry *x, const file_entry *y) {
    return x->size_bytes == y->size_bytes && x->mtime_ns == y->mtime_ns &&
           x->ctime_ns == y->ctime_ns && x->inode == y->inode;
}

bool relation_recall_hash(pond_session *s, pond_sv path, const struct stat *st, pond_sha256 *out) {
    pond_recall *r = recall_of(s);
    if (!r->has_begun || r->hashes_all)
        return false;
    file_entry now = entry_of(st), *f = pond_map_get(&r->files, file_key(s, path));
    if (f == NULL || !looks_like(f, &now))
        return false;
    f->idle = 0;
    *out = f->hash;
    return true;
}

void relation_note_hash(pond_session *s, pond_sv path, const struct stat *st,
                        const pond_sha256 *hash) {
    pond_recall *r = recall_of(s);
    if (!r->has_begun)
        return;
    void **at = pond_map_at(&r->files, file_key(s, path), NULL);
    file_entry now = entry_of(st), *f = *at;
    now.hash = *hash;
    r->has_news |= f == NULL || !looks_like(f, &now) || !pond_sha256_eq(&f->hash, hash);
    *at = POND_NEW(pond_session_arena(s), file_entry);
    *(file_entry *)*at = now;
}

const relation_known *relation_recall_rows(pond_session *s, const pond_sha256 *key) {
    pond_recall *r = recall_of(s);
    rows_entry *e = r->has_begun ? pond_map_get(&r->rows, hex_of(s, key)) : NULL;
    if (e == NULL)
        return NULL;
    e->idle = 0;
    return &e->known;
}

void relation_note_rows(pond_session *s, const pond_sha256 *key, const relation_known *known) {
    pond_recall *r = recall_of(s);
    if (!r->has_begun || !are_columns(&known->rows.facts, known->rows.rows))
        return;
    rows_entry *e = POND_NEW(pond_session_arena(s), rows_entry);
    *e = (rows_entry){.known = *known};
    *pond_map_at(&r->rows, hex_of(s, key), NULL) = e;
    r->has_news = true;
}

// Writing -----------------------------------------------------------------------------------------

static void write_file(pond_buf *b, pond_sv path, const file_entry *f) {
    char hex[65];
    pond_sha256_hex(&f->hash, hex);
    pond_buf_printf(b,
                    "{\"path\":\"%.*s\",\"size\":%" PRId64 ",\"mtime_ns\":%" PRId64
                    ",\"ctime_ns\":%" PRId64 ",\"inode\":%" PRId64
                    ",\"sha256\":\"%s\",\"idle\":%" PRId64 "}",
                    POND_SV_ARG(path), f->size_bytes, f->mtime_ns, f->ctime_ns, (int64_t)f->inode,
                    hex, f->idle);
}

static void write_rows(pond_arena *a, pond_buf *b, pond_sv key, const rows_entry *e) {
    const pond_measured *m = &e->known.rows;
    pond_buf_printf(b, "{\"key\":\"%.*s\",\"rows\":%" PRId64 ",\"time_column\":", POND_SV_ARG(key),
                    m->rows);
    pond_json_string(b, m->time_column);
    pond_buf_printf(b, ",\"min_us\":%" PRId64 ",\"max_us\":%" PRId64 ",\"idle\":%" PRId64,
                    m->t_min_us, m->t_max_us, e->idle);
    pond_buf_str(b, ",\"warning\":");
    pond_json_string(b, e->known.warning);
    pond_buf_printf(b, ",\"facts\":%.*s}", POND_SV_ARG(pond_facts_write(a, &m->facts)));
}

// Begins the next item of a list. What comes after most of the bytes that there may be is left out.
static bool next_item(pond_buf *b, bool *is_first) {
    if (b->n > POND_RECALL_MAX_BYTES / 8 * 7)
        return false;
    pond_buf_str(b, *is_first ? "\n" : ",\n");
    *is_first = false;
    return true;
}

bool pond_recall_write(pond_session *s, pond_buf *out) {
    const pond_recall *r = recall_of(s);
    if (!r->has_begun || !r->has_news)
        return false;
    pond_buf b = POND_BUF_EMPTY;
    bool is_first = true;
    pond_buf_printf(&b, "\"version\":%d,\"files\":[", RECALL_VERSION);
    for (size_t i = 0; i < r->files.n; i++) {
        const file_entry *f = r->files.entries[i].value;
        if (f->idle <= MAX_IDLE && next_item(&b, &is_first))
            write_file(&b, r->files.entries[i].key, f);
    }
    pond_buf_str(&b, "],\"rows\":[");
    is_first = true;
    for (size_t i = 0; i < r->rows.n; i++) {
        const rows_entry *e = r->rows.entries[i].value;
        if (e->idle <= MAX_IDLE && next_item(&b, &is_first))
            write_rows(pond_session_arena(s), &b, r->rows.entries[i].key, e);
    }
    pond_buf_str(&b, "]}\n");
    if (b.n + HEAD_BYTES > POND_RECALL_MAX_BYTES) { // it would not be read
        pond_buf_free(&b);
        return false;
    }
    pond_sha256 hash = pond_sha256_of(pond_buf_view(&b));
    char hex[65];
    pond_sha256_hex(&hash, hex);
    pond_buf_printf(out, HEAD_BEGIN "%s" HEAD_END, hex);
    pond_buf_sv(out, pond_buf_view(&b));
    pond_buf_free(&b);
    return true;
}
