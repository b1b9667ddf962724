// Exported files: how a record is compared with the file on disk, and its form in JSON.
#include "export/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool export_is_output_name(pond_sv file) {
    return pond_below_is_name(file) && !pond_sv_is(file, ".pond") &&
           !pond_sv_starts(file, POND_SV(".pond/"));
}

export_output *export_outputs_add(pond_arena *a, export_outputs *v) {
    export_output *o = POND_NEW(a, export_output);
    *pond_vec_push(a, v) = o;
    return o;
}

int64_t export_outputs_rows(const export_outputs *v) {
    int64_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->items[i]->record.rows;
    return n;
}

// The state of a file -----------------------------------------------------------------------------

bool export_has_size(const export_record *r, const pond_below *d, const char *name,
                     int64_t *mtime_ns) {
    struct stat st;
    if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size != r->size_bytes)
        return false;
    if (mtime_ns != NULL)
        *mtime_ns = pond_timespec_ns(st.st_mtim);
    return true;
}

pond_code export_has_bytes(const export_record *r, const pond_below *d, const char *name,
                           bool *has_bytes, pond_err *err) {
    pond_sha256 sum;
    uint64_t size_bytes;
    int fd;
    *has_bytes = false;
    POND_TRY(pond_below_open_file(d, name, O_RDONLY, &fd, err));
    pond_code rc = pond_sha256_fd(fd, name, &sum, &size_bytes, err);
    close(fd); // nothing was written, so no error can be lost
    *has_bytes = rc == POND_OK && size_bytes == r->size_bytes && pond_sha256_eq(&sum, &r->checksum);
    return rc;
}

// Reading -----------------------------------------------------------------------------------------

static bool get_hash(pond_value object, const char *key, pond_sha256 *out) {
    pond_sv hex;
    return pond_get_string(object, key, &hex) && pond_sha256_from_hex(hex, out);
}

static int64_t pull_int(pond_pull *p, int64_t otherwise) {
    int64_t i;
    return pond_pull_int(p, &i) ? i : otherwise;
}

bool export_record_read(pond_value v, export_record *out) {
    const pond_value *start = pond_get_lit(v, "start_time");
    *out = (export_record){0};
    if (!pond_get_string(v, "file", &out->file) || !export_is_output_name(out->file) ||
        !get_hash(v, "sha256", &out->checksum))
        return false;
    out->size_bytes = (uint64_t)pond_get_int(v, "size", 0);
    out->rows = pond_get_int(v, "rows", -1);
    out->mtime_ns = pond_get_int(v, "mtime_ns", 0);
    out->has_times = start != NULL && start->kind == POND_INT;
    out->start_ms = pond_get_int(v, "start_time", 0);
    out->end_ms = pond_get_int(v, "end_time", 0);
    (void)get_hash(v, "fingerprint", &out->fingerprint); // optional: stale files do not need one
    return true;
}

bool export_record_pull(pond_pull *p, pond_arena *a, export_record *out) {
    pond_sv key, text;
    bool has_file = false, has_checksum = false;
    *out = (export_record){.rows = -1};
    bool is_object = pond_pull_object(p);
    while (is_object && pond_pull_key(p, &key)) {
        if (POND_KEY_IS(key, "file")) {
            has_file = pond_pull_string(p, &text) && export_is_output_name(text);
            if (has_file)
                out->file = pond_sv_dup(a, text);
        } else if (POND_KEY_IS(key, "size")) {
            out->size_bytes = (uint64_t)pull_int(p, 0);
        } else if (POND_KEY_IS(key, "rows")) {
            out->rows = pull_int(p, -1);
        } else if (POND_KEY_IS(key, "start_time")) {
            out->has_times = pond_pull_int(p, &out->start_ms);
            out->start_ms = out->has_times ? out->start_ms : 0;
        } else if (POND_KEY_IS(key, "end_time")) {
            out->end_ms = pull_int(p, 0);
        } else if (POND_KEY_IS(key, "sha256")) {
            has_checksum = pond_pull_string(p, &text) && pond_sha256_from_hex(text, &out->checksum);
        } else if (POND_KEY_IS(key, "fingerprint")) { // optional: stale files do not need one
            if (!pond_pull_string(p, &text) || !pond_sha256_from_hex(text, &out->fingerprint))
                out->fingerprint = (pond_sha256){{0}};
        } else if (POND_KEY_IS(key, "mtime_ns")) {
            out->mtime_ns = pull_int(p, 0);
        } else {
            pond_pull_skip(p);
        }
    }
    return has_file && has_checksum;
}

// Writing -----------------------------------------------------------------------------------------

// printf would take most of the time of writing a manifest.
static void write_int(pond_buf *b, const char *key, int64_t i) {
    pond_buf_str(b, key);
    pond_json_write(b, pond_int(i), 0);
}

void export_hash_write(pond_buf *b, const char *key, const pond_sha256 *h) {
    char hex[65];
    pond_sha256_hex(h, hex);
    pond_buf_str(b, key);
    pond_buf_char(b, '"');
    pond_buf_append(b, hex, sizeof hex - 1);
    pond_buf_char(b, '"');
}

static void write_record(pond_buf *b, const export_record *r) {
    pond_buf_str(b, "{\"file\":");
    pond_json_string(b, r->file);
    pond_buf_str(b, ",\"size\":");
    pond_json_write(b, pond_uint(r->size_bytes), 0);
    if (r->rows >= 0)
        write_int(b, ",\"rows\":", r->rows);
    if (r->has_times) {
        write_int(b, ",\"start_time\":", r->start_ms);
        write_int(b, ",\"end_time\":", r->end_ms);
    }
    export_hash_write(b, ",\"sha256\":", &r->checksum);
    export_hash_write(b, ",\"fingerprint\":", &r->fingerprint);
    write_int(b, ",\"mtime_ns\":", r->mtime_ns);
    pond_buf_char(b, '}');
}

void export_records_write(pond_buf *b, const export_outputs *v) {
    pond_buf_char(b, '[');
    for (size_t i = 0; i < v->n; i++) {
        pond_buf_str(b, i == 0 ? "\n" : ",\n");
        write_record(b, &v->items[i]->record);
    }
    pond_buf_char(b, ']');
}
