// logfile-ingest: brings the lines of log files into the pond, each once, through rotations.
//
//     look      host files and what the pond holds: sizes and hashes           log_files.h
//     match     which host file each file of the pond is now                   log_match.h
//     move      files of the pond get the names that they have on the host
//     append    what is new becomes a version of its own                       log_times.h
//
// Nothing but the bytes says what is new, so it does not matter when a run was killed, how often a
// log was rotated since the last one, or what was taken back with `pond undo`.
#include "base/file.h"
#include "factory/factory.h"
#include "factory/log_match.h"
#include "factory/log_times.h"
#include "factory/state.h"
#include "relation/ingest.h"

#include <inttypes.h>
#include <unistd.h>

// Config ------------------------------------------------------------------------------------------

typedef struct log_config {
    pond_sv archived, active, pond_path, field;
    const pond_conf *archived_at, *active_at, *pond_path_at, *field_at;
    int unit;
    pond_schedule schedule;
} log_config;

#define TEXT(name, member, is_required_, help_)                                                    \
    POND_OPTION(name, POND_OPT_TEXT, log_config, member,                                           \
                .place = offsetof(log_config, member##_at), .is_required = is_required_,           \
                .help = help_)

static const pond_option rows[] = {
    TEXT("archived_pattern", archived, true,
         "the files of the host that are rotated away: a glob, may match nothing"),
    TEXT("active_pattern", active, true,
         "the files that are being written: a glob, may match nothing"),
    TEXT("pond_path", pond_path, true, "the directory of the pond that mirrors them"),
    TEXT("timestamp_field", field, false,
         "the JSON key that holds the time of a record; then only whole lines are taken"),
    POND_OPTION("timestamp_unit", POND_OPT_CHOICE, log_config, unit,
                .value = "seconds|milliseconds|microseconds|nanoseconds",
                .help = "of its numbers (default: microseconds)"),
    POND_SCHEDULE_OPTIONS(log_config, schedule),
};
static const pond_options options = POND_OPTIONS("a logfile-ingest config", rows);

static pond_code read_config(pond_arena *a, const pond_conf *c, log_config *out, pond_err *err) {
    *out = (log_config){.unit = LOG_MICROSECONDS};
    POND_TRY(pond_options_read_conf(a, c, &options, out, err));
    const struct {
        const char *name;
        pond_sv text;
        const pond_conf *at;
    } texts[] = {{"archived_pattern", out->archived, out->archived_at},
                 {"active_pattern", out->active, out->active_at},
                 {"pond_path", out->pond_path, out->pond_path_at},
                 {"timestamp_field", out->field, out->field_at}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].at != NULL && texts[i].text.n == 0)
            return pond_conf_fail(texts[i].at, err, "%s cannot be empty", texts[i].name);
    pond_glob glob;
    POND_TRY_CTX(pond_glob_parse(a, out->archived, &glob, err), err, "archived_pattern");
    POND_TRY_CTX(pond_glob_parse(a, out->active, &glob, err), err, "active_pattern");
    if (!pond_sv_starts(out->pond_path, POND_SV("/")))
        out->pond_path = pond_svf(a, "/%.*s", POND_SV_ARG(out->pond_path));
    while (pond_sv_ends(out->pond_path, POND_SV("/")) && out->pond_path.n > 1)
        out->pond_path.n--;
    return POND_OK;
}

static pond_code check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) {
    (void)stored;
    log_config config;
    return read_config(pond_session_arena(s), source->config, &config, err);
}

// A run -------------------------------------------------------------------------------------------

typedef struct ingest {
    pond_run *run;
    log_config config;
    log_match match;
    log_memo memo;
    bool had_times;             // some version in the directory has times: the field is right
    POND_VEC(pond_sv) followed; // ids of files of the pond that were active once
    uint64_t n_new, n_appended, n_unchanged, new_bytes, appended_bytes, bytes;
} ingest;

static pond_sv path_in_pond(const ingest *g, pond_sv name) {
    return pond_svf(pond_session_arena(g->run->session), "%.*s%s%.*s",
                    POND_SV_ARG(g->config.pond_path), g->config.pond_path.n == 1 ? "" : "/",
                    POND_SV_ARG(name));
}

// Looking

static pond_sv id_of(const ingest *g, const pond_node *node) {
    char id[37];
    pond_id_text(&node->id, id);
    return pond_sv_dup(pond_session_arena(g->run->session), pond_sv_of(id));
}

static pond_code find_followed(ingest *g, pond_err *err) {
    pond_sv ids, id;
    POND_TRY(pond_state_get(g->run->session, g->run->node, POND_SV("followed"), &ids, err));
    pond_map known;
    pond_map_init(&known, pond_session_arena(g->run->session));
    while (pond_sv_split(&ids, ' ', &id))
        *pond_map_at(&known, id, NULL) = g;
    for (size_t i = 0; i < g->match.held.n; i++) {
        log_held *h = g->match.held.items[i];
        h->was_active = pond_map_get(&known, id_of(g, h->node)) != NULL;
        for (size_t k = 0; k < h->versions.n; k++)
            g->had_times |= h->versions.items[k].time_column.n > 0;
    }
    return POND_OK;
}

static bool has_path(const log_file_vec *files, const char *path) {
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->items[i]->path, path) == 0)
            return true;
    return false;
}

// A file that both patterns match is an active one.
static pond_code find_files(ingest *g, pond_err *err) {
    log_file_vec archived = {0}, active = {0}, *all = &g->match.files;
    pond_arena *a = pond_session_arena(g->run->session);
    POND_TRY(log_files_find(g->run, g->config.active, true, &active, err));
    POND_TRY(log_files_find(g->run, g->config.archived, false, &archived, err));
    for (size_t i = 0; i < archived.n; i++)
        if (!has_path(&active, archived.items[i]->path))
            *pond_vec_push(a, all) = archived.items[i];
    size_t n_archived = all->n;
    for (size_t i = 0; i < active.n; i++)
        *pond_vec_push(a, all) = active.items[i];
    pond_report_say(g->run->report, "Found %zu host files (%zu archived, %zu active)", all->n,
                    n_archived, active.n);
    if (all->n == 0)
        pond_report_warn(g->run->report, "no file of this machine matches '%.*s' or '%.*s'",
                         POND_SV_ARG(g->config.active), POND_SV_ARG(g->config.archived));
    return POND_OK;
}

static pond_code look(ingest *g, pond_err *err) {
    log_file_vec *all = &g->match.files;
    size_t n = 0;
    POND_TRY(find_files(g, err));
    POND_TRY(log_memo_read(g->run, &g->memo, err));
    for (size_t i = 0; i < all->n; i++) {
        bool is_there;
        POND_TRY(log_file_look(g->run, all->items[i], &g->memo, &is_there, err));
        if (is_there)
            all->items[n++] = all->items[i];
    }
    all->n = n;
    POND_TRY(log_held_find(g->run, g->config.pond_path, &g->memo, &g->match.held, err));
    pond_report_say(g->run->report, "Found %zu files in pond", g->match.held.n);
    return find_followed(g, err);
}

// Moving

// In two steps, since names may go round.
static pond_code move_held(ingest *g, pond_err *err) {
    pond_fs *fs = pond_session_fs(g->run->session);
    const log_held_vec *held = &g->match.held;
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < held->n; i++) {
            log_held *h = held->items[i];
            if (pond_sv_eq(h->name, h->new_name))
                continue;
            pond_sv way = step == 1 ? h->new_name
                                    : pond_svf(pond_session_arena(g->run->session),
                                               ".moving-%zu-%.*s", i, 12, id_of(g, h->node).p);
            POND_TRY(pond_fs_move(fs, h->node, path_in_pond(g, way), &h->node, err));
            if (step == 1)
                pond_report_say(g->run->report, "Renamed pond file: %.*s -> %.*s",
                                POND_SV_ARG(h->name), POND_SV_ARG(h->new_name));
        }
    return POND_OK;
}

// Appending

// What is new of a file, on its way to a file of its own.
typedef struct slice {
    int fd;
    const char *path;
    bool has_times;
    log_times times;
    uint64_t size, whole; // bytes, and those up to the last newline
} slice;

static pond_code take_piece(void *user, pond_sv bytes, pond_err *err) {
    slice *s = user;
    ptrdiff_t newline = pond_sv_rfind_char(bytes, '\n');
    if (newline >= 0)
        s->whole = s->size + (uint64_t)newline + 1;
    s->size += bytes.n;
    if (s->has_times)
        log_times_add(&s->times, bytes);
    return pond_fd_write_all(s->fd, s->path, bytes.p, bytes.n, err);
}

// A record that is being written waits for the next run.
static pond_code cut_to_lines(slice *s, pond_err *err) {
    pond_buf_clear(&s->times.line);
    if (s->whole < s->size && ftruncate(s->fd, (off_t)s->whole) != 0)
        return pond_fail_errno(err, "cannot cut '%s'", s->path);
    s->size = s->whole;
    return POND_OK;
}

static pond_code make_slice(ingest *g, log_file *f, uint64_t from, slice *s, pond_err *err) {
    pond_store *store = pond_session_store(g->run->session);
    const log_config *c = &g->config;
    *s = (slice){.path = pond_store_tmp_name(store, pond_session_arena(g->run->session), ".log"),
                 .has_times = c->field.n > 0};
    POND_TRY(pond_file_make(s->path, &s->fd, err));
    if (s->has_times)
        log_times_begin(&s->times, c->field, (log_unit)c->unit);
    pond_code rc = log_file_copy(g->run, f, from, (pond_sink){take_piece, s}, err);
    if (rc == POND_OK && s->has_times && f->is_active)
        rc = cut_to_lines(s, err);
    if (s->has_times)
        log_times_end(&s->times);
    rc = pond_file_made(s->fd, s->path, rc, err);
    if (rc != POND_OK || s->size == 0)
        pond_store_tmp_drop(store, s->path);
    return rc;
}

// A wrong name or unit is noticed at once; once it has fitted, a bad line stops nothing.
static pond_code check_times(ingest *g, const log_file *f, const slice *s, pond_err *err) {
    const log_times *t = &s->times;
    if (t->n_skipped > 0)
        pond_report_warn(g->run->report,
                         "%s: skipped %" PRIu64 " corrupt or timestamp-less line(s) while scanning "
                         "event-time bounds for '%.*s'",
                         f->path, t->n_skipped, POND_SV_ARG(g->config.field));
    if (t->min_us <= t->max_us || g->had_times)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "no usable timestamp was found in the field '%.*s' of '%s': is that the key "
                     "of the times, and are they numbers in %s?",
                     POND_SV_ARG(g->config.field), f->path,
                     g->config.unit == LOG_SECONDS        ? "seconds"
                     : g->config.unit == LOG_MILLISECONDS ? "milliseconds"
                     : g->config.unit == LOG_MICROSECONDS ? "microseconds"
                                                          : "nanoseconds");
}

static pond_code store_slice(ingest *g, log_file *f, const slice *s, pond_sv path, int64_t *version,
                             pond_err *err) {
    pond_ingested done;
    pond_byte_times times = {g->config.field, s->times.min_us, s->times.max_us};
    bool has_times = s->has_times && times.t_min_us <= times.t_max_us;
    const pond_destination to = {.path = path,
                                 .type = POND_T_DATA_SERIES,
                                 .source = pond_sv_of(f->path),
                                 .is_repeated = true, // two parts of a log may be equal
                                 .times = has_times ? &times : NULL};
    if (s->has_times) {
        pond_code rc = check_times(g, f, s, err);
        if (rc != POND_OK)
            pond_store_tmp_drop(pond_session_store(g->run->session), s->path);
        POND_TRY(rc);
    }
    POND_TRY(pond_ingest_made(g->run->session, &to, s->path, &done, err));
    g->had_times |= has_times;
    *version = done.version;
    return POND_OK;
}

static pond_code store_new(ingest *g, log_file *f, pond_err *err) {
    slice s;
    char hex[65];
    int64_t version;
    pond_sv path = path_in_pond(g, f->name);
    pond_report *report = g->run->report;
    POND_TRY(make_slice(g, f, 0, &s, err));
    if (s.size == 0)
        return POND_OK;
    log_hash_hex(&f->hash, hex);
    pond_report_say(report, "Ingesting new %sfile: %.*s (%" PRIu64 " bytes)",
                    f->is_active ? "" : "archived ", POND_SV_ARG(f->name), f->size);
    pond_report_say(
        report, "Ingesting new file: %s -> %.*s (%" PRIu64 " of %" PRIu64 " bytes, blake3=%.16s)",
        f->path, POND_SV_ARG(path), s.size, f->size, hex);
    POND_TRY(pond_fs_mkdir(pond_session_fs(g->run->session), g->config.pond_path, true, err));
    POND_TRY(store_slice(g, f, &s, path, &version, err));
    pond_report_say(report, "Wrote file to pond: %.*s", POND_SV_ARG(path));
    g->n_new++;
    g->new_bytes += s.size;
    g->bytes += s.size;
    return POND_OK;
}

static pond_code append(ingest *g, log_file *f, pond_err *err) {
    slice s;
    int64_t version;
    const log_held *h = f->held;
    pond_sv path = path_in_pond(g, h->new_name);
    pond_report *report = g->run->report;
    g->bytes += h->size;
    s.size = 0;
    if (f->size > h->size)
        POND_TRY(make_slice(g, f, h->size, &s, err));
    if (s.size == 0) {
        g->n_unchanged++;
        return POND_OK;
    }
    pond_report_say(report, "Prefix verification passed for %.*s", POND_SV_ARG(f->name));
    if (!f->is_active)
        pond_report_say(report, "Appending %" PRIu64 " missed bytes to %.*s, which is %.*s now",
                        s.size, POND_SV_ARG(h->name), POND_SV_ARG(f->name));
    pond_report_say(report,
                    "Appending to %.*s: +%" PRIu64 " bytes (%" PRIu64 " -> %" PRIu64 " bytes)",
                    POND_SV_ARG(f->name), s.size, h->size, h->size + s.size);
    pond_report_say(report,
                    "Ingesting append to %.*s: %" PRIu64 " new bytes (total will be "
                    "%" PRIu64 ")",
                    POND_SV_ARG(f->name), s.size, h->size + s.size);
    POND_TRY(store_slice(g, f, &s, path, &version, err));
    pond_report_say(report,
                    "Wrote append to pond: %.*s version %" PRId64 " (%" PRIu64 " of %" PRIu64
                    " new bytes)",
                    POND_SV_ARG(path), version, s.size, f->size - h->size);
    g->n_appended++;
    g->appended_bytes += s.size;
    g->bytes += s.size;
    return POND_OK;
}

// Which files of the pond have been active once.
static pond_code remember_followed(ingest *g, pond_err *err) {
    pond_buf ids = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (size_t i = 0; rc == POND_OK && i < g->match.files.n; i++) {
        const log_file *f = g->match.files.items[i];
        const pond_node *node = f->held == NULL ? NULL : f->held->node;
        bool is_followed = f->is_active || (f->held != NULL && f->held->was_active);
        if (!is_followed)
            continue;
        if (node == NULL &&
            pond_fs_resolve(pond_session_fs(g->run->session), path_in_pond(g, f->name), false,
                            &node, NULL) != POND_OK)
            continue; // it is empty
        pond_buf_printf(&ids, "%s%.*s", ids.n == 0 ? "" : " ", POND_SV_ARG(id_of(g, node)));
    }
    rc = pond_state_set(g->run->session, g->run->node, POND_SV("followed"), pond_buf_view(&ids),
                        err);
    pond_buf_free(&ids);
    return rc;
}

static void tell(const ingest *g) {
    pond_report *r = g->run->report;
    uint64_t n = g->n_new + g->n_appended + g->n_unchanged;
    if (n == 0)
        pond_report_done(r, "Logfile ingestion complete: no files to process");
    else if (g->n_new + g->n_appended == 0)
        pond_report_done(r,
                         "Logfile ingestion complete: no changes (%" PRIu64 " files, %" PRIu64
                         " bytes total)",
                         n, g->bytes);
    else
        pond_report_done(r,
                         "Logfile ingestion complete: %" PRIu64 " new (%" PRIu64 " bytes), "
                         "%" PRIu64 " appended (+%" PRIu64 " bytes), %" PRIu64 " unchanged",
                         g->n_new, g->new_bytes, g->n_appended, g->appended_bytes, g->n_unchanged);
}

static pond_code push(pond_run *r, pond_err *err) {
    ingest *g = POND_NEW(pond_session_arena(r->session), ingest);
    *g = (ingest){.run = r};
    POND_TRY(read_config(pond_session_arena(r->session), r->config, &g->config, err));
    pond_report_say(r->report, "Starting logfile ingestion for %.*s (mode: push)",
                    POND_SV_ARG(r->node->path));
    POND_TRY(look(g, err));
    POND_TRY(log_match_files(r, &g->match, err));
    POND_TRY(move_held(g, err));
    for (size_t i = 0; i < g->match.files.n; i++) {
        log_file *f = g->match.files.items[i];
        if (f->size > 0 && !f->is_skipped)
            POND_TRY(f->held != NULL ? append(g, f, err) : store_new(g, f, err));
    }
    POND_TRY(remember_followed(g, err));
    POND_TRY(log_memo_write(r, &g->memo, err));
    tell(g);
    return POND_OK;
}

// Other actions -----------------------------------------------------------------------------------

static pond_code pull(pond_run *r, pond_err *err) {
    (void)err;
    pond_report_done(r->report, "logfile-ingest: 'pull' mode is a no-op; without an action, or "
                                "with 'push', it ingests");
    return POND_OK;
}

static pond_code b3sum(pond_run *r, pond_err *err) {
    log_config config;
    log_memo memo;
    log_held_vec held = {0};
    char hex[65];
    POND_TRY(read_config(pond_session_arena(r->session), r->config, &config, err));
    POND_TRY(log_memo_read(r, &memo, err));
    POND_TRY(log_held_find(r, config.pond_path, &memo, &held, err));
    for (size_t i = 0; i < held.n; i++) {
        log_hash_hex(&held.items[i]->hash, hex);
        pond_report_print(r->report, "%s  %.*s", hex, POND_SV_ARG(held.items[i]->name));
    }
    return POND_OK;
}

static const pond_action actions[] = {
    {.name = "push", .args = "", .summary = "store what is new", .run = push},
    {.name = "pull", .args = "", .summary = "do nothing", .only_reads = true, .run = pull},
    {.name = "b3sum",
     .args = "",
     .summary = "print the BLAKE3 hash of each file in pond_path, as the program b3sum does",
     .only_reads = true,
     .run = b3sum},
};

const pond_factory pond_factory_logfile_ingest = {
    .name = "logfile-ingest",
    .summary = "Bring the lines of log files into the pond, each once, through rotations",
    .options = &options,
    .makes_file = true,
    .type = POND_T_DATA_DYNAMIC,
    .check = check,
    POND_FACTORY_ACTIONS(actions),
};
