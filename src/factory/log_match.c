// Recognises rotated files by their bytes.
#include "factory/log_match.h"

#include "base/time.h"

#include <inttypes.h>

// Names -------------------------------------------------------------------------------------------

// A packed file may be beside its plain one while it is made: then they are one.
static pond_code check_names(pond_run *r, log_match *m, pond_err *err) {
    pond_map seen;
    pond_map_init(&seen, pond_session_arena(r->session));
    size_t n = 0;
    for (size_t i = 0; i < m->files.n; i++) {
        log_file *f = m->files.items[i];
        bool is_new;
        void **slot = pond_map_at(&seen, f->name, &is_new);
        if (is_new) {
            *slot = f;
            m->files.items[n++] = f;
            continue;
        }
        const log_file *other = *slot;
        bool is_same = f->packed != other->packed && f->size == other->size &&
                       memcmp(&f->hash, &other->hash, sizeof f->hash) == 0;
        if (!is_same)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%s' and '%s' would both be '%.*s' in the pond, so nothing was "
                             "stored: give each directory a node with a pond_path of its own",
                             other->path, f->path, POND_SV_ARG(f->name));
    }
    m->files.n = n;
    return POND_OK;
}

// Matching ----------------------------------------------------------------------------------------

static void give(log_file *f, log_held *h) {
    f->held = h;
    h->file = f;
    h->new_name = f->name;
}

static log_file *file_of_name(const log_match *m, pond_sv name) {
    for (size_t i = 0; i < m->files.n; i++)
        if (pond_sv_eq(m->files.items[i]->name, name))
            return m->files.items[i];
    return NULL;
}

static void say_why(pond_run *r, const log_file *f, const log_held *h) {
    const char *path = f->path;
    if (!f->is_active)
        return;
    if (f->size < h->size)
        pond_report_say(r->report,
                        "Active file %s shrunk from %" PRIu64 " to %" PRIu64
                        " bytes - checking for rotation",
                        path, h->size, f->size);
    else if (f->size == h->size)
        pond_report_say(r->report,
                        "Active file %s same size (%" PRIu64
                        " bytes) but content differs - checking for rotation",
                        path, f->size);
    else
        pond_report_say(r->report,
                        "Active file %s grew from %" PRIu64 " to %" PRIu64
                        " bytes but prefix changed - checking for rotation",
                        path, h->size, f->size);
}

static pond_code match_by_name(pond_run *r, log_match *m, pond_err *err) {
    for (size_t i = 0; i < m->held.n; i++) {
        log_held *h = m->held.items[i];
        log_file *f = file_of_name(m, h->name);
        bool is_start = false;
        if (f == NULL)
            continue;
        POND_TRY(log_file_starts(r, f, h, &is_start, err));
        if (is_start)
            give(f, h);
        else
            say_why(r, f, h);
    }
    return POND_OK;
}

// An archive is looked for in every run, since the active file may have been missing, or the run
// have failed, when it was made.
static pond_code match_by_bytes(pond_run *r, log_match *m, bool *is_rotated, pond_err *err) {
    for (size_t i = 0; i < m->held.n; i++) {
        log_held *h = m->held.items[i];
        for (size_t k = 0; h->file == NULL && h->size > 0 && k < m->files.n; k++) {
            log_file *f = m->files.items[k];
            bool is_start = false;
            if (f->held != NULL || f->size == 0)
                continue;
            POND_TRY(log_file_starts(r, f, h, &is_start, err));
            if (!is_start)
                continue;
            give(f, h);
            *is_rotated = true;
            pond_report_say(r->report, "Rotation detected: %.*s -> %.*s (matched content)",
                            POND_SV_ARG(h->name), POND_SV_ARG(f->name));
        }
    }
    return POND_OK;
}

// What does not fit -------------------------------------------------------------------------------

static pond_code advise(const log_held *h, pond_code rc, pond_err *err) {
    pond_err_detail(err, "  nothing was stored. If lines of it are gone for good, keep what the "
                         "pond holds under another name, and the next run begins anew:");
    pond_err_detail(err, "  pond mv '%.*s' '%.*s.before'", POND_SV_ARG(h->node->path),
                    POND_SV_ARG(h->node->path));
    return rc;
}

static pond_code fail_prefix(pond_run *r, log_file *f, const log_held *h, pond_err *err) {
    char expected[65], got[65];
    log_hash prefix = f->hash;
    if (f->size > h->size)
        POND_TRY(log_file_prefix(r, f, h->size, &prefix, err));
    log_hash_hex(&h->hash, expected);
    log_hash_hex(&prefix, got);
    pond_report_warn(r->report, "Active file %s changed but no matching archived file found",
                     f->path);
    return advise(h,
                  pond_fail(err, POND_ERR_CONFLICT,
                            "Prefix verification failed for %s: expected blake3=%s, got "
                            "blake3=%s. File may have been rotated during ingestion. It has "
                            "%" PRIu64 " bytes, the pond %" PRIu64,
                            f->path, expected, got, f->size, h->size),
                  err);
}

static pond_code fail_changed(const log_file *f, const log_held *h, pond_err *err) {
    return advise(h,
                  pond_fail(err, POND_ERR_CONFLICT,
                            "Archived file %s CHANGED - violates immutability assumption! It has "
                            "%" PRIu64 " bytes, the pond %" PRIu64,
                            f->path, f->size, h->size),
                  err);
}

static bool is_taken(const log_match *m, pond_sv name) {
    for (size_t i = 0; i < m->held.n; i++)
        if (pond_sv_eq(m->held.items[i]->name, name) ||
            pond_sv_eq(m->held.items[i]->new_name, name))
            return true;
    return file_of_name(m, name) != NULL;
}

// Content that has left the host while another file has taken its name.
static pond_code displace(pond_run *r, log_match *m, log_held *h, const log_file *f,
                          bool is_rotated, pond_err *err) {
    // Unless everything has moved, it is the same file with other bytes.
    if (f->held == NULL && !is_rotated)
        return fail_changed(f, h, err);
    pond_sv name = h->name;
    for (int i = 1; is_taken(m, name); i++)
        name = pond_svf(pond_session_arena(r->session), "%.*s.kept-%d", POND_SV_ARG(h->name), i);
    h->new_name = name;
    return POND_OK;
}

static pond_code place_the_rest(pond_run *r, log_match *m, bool is_rotated, pond_err *err) {
    for (size_t i = 0; i < m->held.n; i++) {
        log_held *h = m->held.items[i];
        log_file *f = file_of_name(m, h->name);
        if (h->file != NULL || f == NULL)
            continue; // without a file it stays, whatever became of it on the host
        if (f->is_active)
            return fail_prefix(r, f, h, err);
        POND_TRY(displace(r, m, h, f, is_rotated, err));
    }
    return POND_OK;
}

// What was stored as an archive is final. A file that the pond has followed since it was active may
// still get lines: its writer may have it open for a while after it was renamed.
static pond_code check_archives(const log_match *m, pond_err *err) {
    for (size_t i = 0; i < m->held.n; i++) {
        const log_held *h = m->held.items[i];
        if (h->file != NULL && !h->file->is_active && !h->was_active &&
            pond_sv_eq(h->name, h->new_name) && h->file->size > h->size)
            return fail_changed(h->file, h, err);
    }
    return POND_OK;
}

// An archive that a copy is being made of, before the active file is truncated: it would come in a
// second time. Later it is either gone on from by a file of the pond, or it is another content.
static pond_code skip_copies(pond_run *r, log_match *m, pond_err *err) {
    enum { FRESH_S = 60 };
    for (size_t i = 0; i < m->files.n; i++) {
        log_file *f = m->files.items[i];
        int64_t age_us = pond_now_us() - pond_timespec_ns(f->st.st_ctim) / 1000;
        if (f->is_active || f->held != NULL || f->size == 0 ||
            age_us > (int64_t)FRESH_S * POND_US_PER_S)
            continue;
        for (size_t k = 0; k < m->files.n && !f->is_skipped; k++)
            if (m->files.items[k]->is_active)
                POND_TRY(log_file_starts_with_file(r, m->files.items[k], f, &f->is_skipped, err));
        if (f->is_skipped)
            pond_report_say(r->report,
                            "%s is the beginning of an active file, perhaps a copy that is being "
                            "made: it waits for the next run",
                            f->path);
    }
    return POND_OK;
}

pond_code log_match_files(pond_run *r, log_match *m, pond_err *err) {
    bool is_rotated = false;
    POND_TRY(check_names(r, m, err));
    POND_TRY(match_by_name(r, m, err));
    POND_TRY(match_by_bytes(r, m, &is_rotated, err));
    POND_TRY(check_archives(m, err));
    POND_TRY(place_the_rest(r, m, is_rotated, err));
    return skip_copies(r, m, err);
}
