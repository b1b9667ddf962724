// journal-ingest: the entries of systemd's journal become one file a unit, from where the last run
// ended.
//
// journalctl prints the entries after a cursor, as lines of JSON. Where there is no journal, a file
// of such lines takes its place. The cursor of the last entry is kept beside the files, as
// .journal-cursor, in the same transaction: who removes it gets the journal from its beginning.
#include "base/child.h"
#include "base/file.h"
#include "base/map.h"
#include "base/time.h"
#include "factory/factory.h"
#include "factory/fetch.h"
#include "factory/journal_entry.h"
#include "factory/state.h"
#include "relation/ingest.h"

#include <fcntl.h>
#include <unistd.h>

#define CURSOR_FILE ".journal-cursor"

typedef struct journal_config {
    pond_sv pond_path, command, file, time_field;
    bool collects_kernel;
    pond_texts extra;
    int64_t patience_us;
    pond_schedule schedule;
    const pond_conf *pond_path_at, *file_at, *command_at, *time_field_at;
} journal_config;

static const pond_option rows[] = {
    POND_OPTION("pond_path", POND_OPT_TEXT, journal_config, pond_path, .is_required = true,
                .place = offsetof(journal_config, pond_path_at),
                .help = "the directory of the files, which is made"),
    POND_OPTION("journalctl_command", POND_OPT_TEXT, journal_config, command,
                .place = offsetof(journal_config, command_at),
                .help = "the program that prints the journal (default: journalctl)"),
    POND_OPTION("file", POND_OPT_TEXT, journal_config, file,
                .place = offsetof(journal_config, file_at),
                .help = "instead: a file of the host (absolute path) to which somebody adds what "
                        "journalctl --output=json prints"),
    POND_OPTION("collect_kernel", POND_OPT_BOOL, journal_config, collects_kernel,
                .help = "whether messages of the kernel have a file of their own (default: true)"),
    POND_OPTION("timestamp_field", POND_OPT_TEXT, journal_config, time_field,
                .place = offsetof(journal_config, time_field_at),
                .help = "the field with the time of an entry, in microseconds (default: "
                        "__REALTIME_TIMESTAMP)"),
    POND_OPTION("extra_args", POND_OPT_TEXTS, journal_config, extra,
                .help = "further arguments of the program"),
    POND_OPTION("timeout", POND_OPT_DURATION, journal_config, patience_us,
                .help = "how long the program may print nothing (default: 5m)"),
    POND_SCHEDULE_OPTIONS(journal_config, schedule),
};
static const pond_options options = POND_OPTIONS("a journal-ingest config", rows);

static pond_code read_config(pond_arena *a, const pond_conf *c, journal_config *out,
                             pond_err *err) {
    *out = (journal_config){
        .command = POND_SV("journalctl"),
        .time_field = POND_SV("__REALTIME_TIMESTAMP"),
        .collects_kernel = true,
        .patience_us = INT64_C(300) * POND_US_PER_S,
    };
    POND_TRY(pond_options_read_conf(a, c, &options, out, err));
    POND_TRY(factory_check_pond_path(a, out->pond_path_at, &out->pond_path, err));
    if (out->command.n == 0)
        return pond_conf_fail(out->command_at, err, "'journalctl_command' cannot be empty");
    if (out->time_field.n == 0)
        return pond_conf_fail(out->time_field_at, err, "'timestamp_field' cannot be empty");
    if (out->file_at == NULL)
        return POND_OK;
    if (!pond_sv_starts(out->file, POND_SV("/")))
        return pond_conf_fail(out->file_at, err, "'file' is an absolute path");
    if (out->command_at != NULL || out->extra.n > 0)
        return pond_conf_fail(out->file_at, err,
                              "'file' excludes 'journalctl_command' and 'extra_args'");
    return POND_OK;
}

// Groups ------------------------------------------------------------------------------------------

// The new entries of one file of the pond. They wait in a file below the pond's tmp.
typedef struct group {
    pond_sv name;
    pond_buf held; // what is not written yet
    const char *path;
    uint64_t n, size_bytes;
    bool has_times;
    pond_byte_times times;
} group;

typedef struct collecting {
    pond_run *run;
    journal_config config;
    pond_map groups; // name -> group
    pond_arena line_arena;
    pond_sv before;     // the cursor of the last run; empty: none
    pond_buf cursor;    // of the last entry
    bool is_first_seen; // an entry was seen, which may tell of a gap
    bool may_have_gap;
    uint64_t n, n_bad;
    // Of a file:
    bool is_passing;  // entries that came in before are passed over
    bool is_after;    // the entry of the last run was found
    int64_t since_us; // the time of that entry
    int64_t last_us;  // the time of the last entry now
} collecting;

static pond_arena *arena_of(const collecting *c) {
    return pond_session_arena(c->run->session);
}

static pond_code flush(group *g, pond_err *err) {
    int fd = open(g->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return pond_fail_errno(err, "cannot write '%s'", g->path);
    pond_code rc = pond_fd_write_all(fd, g->path, g->held.p, g->held.n, err);
    g->size_bytes += g->held.n;
    pond_buf_clear(&g->held);
    return pond_file_made(fd, g->path, rc, err);
}

static group *find_group(collecting *c, pond_sv name) {
    group *g = pond_map_get(&c->groups, name);
    if (g != NULL)
        return g;
    g = POND_NEW(arena_of(c), group);
    g->name = pond_sv_dup(arena_of(c), name);
    g->path = pond_store_tmp_name(pond_session_store(c->run->session), arena_of(c), ".jsonl");
    g->times.field = c->config.time_field;
    *pond_map_at(&c->groups, g->name, NULL) = g;
    return g;
}

static void add_time(group *g, int64_t t_us) {
    if (!g->has_times || t_us < g->times.t_min_us)
        g->times.t_min_us = t_us;
    if (!g->has_times || t_us > g->times.t_max_us)
        g->times.t_max_us = t_us;
    g->has_times = true;
}

// Lines -------------------------------------------------------------------------------------------

static pond_code take_entry(collecting *c, const journal_entry *e, pond_sv line, pond_err *err) {
    enum { HELD_BYTES = 1 << 18 };
    group *g = find_group(c, e->file);
    pond_buf_sv(&g->held, line);
    pond_buf_char(&g->held, '\n');
    g->n++;
    c->n++;
    if (e->has_time)
        add_time(g, e->time_us);
    if (e->cursor.n > 0) {
        if (!c->is_first_seen && c->before.n > 0)
            c->may_have_gap = !journal_cursor_follows(c->before, e->cursor);
        c->is_first_seen = true;
        pond_buf_clear(&c->cursor);
        pond_buf_sv(&c->cursor, e->cursor);
    }
    if (e->cursor.n > 0 && e->has_time)
        c->last_us = e->time_us;
    return g->held.n > HELD_BYTES ? flush(g, err) : POND_OK;
}

// Whether an entry of a file came in before. A file that has lost the entry of the last run gives
// what is later than that.
static bool is_passed(collecting *c, const journal_entry *e) {
    if (!c->is_passing)
        return false;
    if (c->is_after)
        return e->has_time && e->time_us <= c->since_us;
    if (pond_sv_eq(e->cursor, c->before))
        c->is_passing = false;
    return true;
}

static pond_code take_line(collecting *c, pond_sv line, pond_err *err) {
    journal_entry e;
    if (pond_sv_trim(line).n == 0)
        return POND_OK;
    pond_code rc = POND_OK;
    if (!journal_entry_read(&c->line_arena, line, c->config.time_field, c->config.collects_kernel,
                            &e))
        c->n_bad += !c->is_passing;
    else if (!is_passed(c, &e))
        rc = take_entry(c, &e, line, err);
    pond_arena_rewind(&c->line_arena);
    return rc;
}

// Takes the whole lines of a buffer out of it.
static pond_code take_lines(collecting *c, pond_buf *text, size_t *searched, pond_err *err) {
    size_t begin = 0;
    for (;;) {
        const char *end = text->n == 0 || *searched >= text->n
                              ? NULL
                              : memchr(text->p + *searched, '\n', text->n - *searched);
        if (end == NULL)
            break;
        POND_TRY(take_line(c, (pond_sv){text->p + begin, (size_t)(end - text->p) - begin}, err));
        *searched = begin = (size_t)(end - text->p) + 1;
    }
    if (begin > 0) {
        text->n -= begin;
        memmove(text->p, text->p + begin, text->n);
    }
    *searched = text->n;
    return POND_OK;
}

// The program -------------------------------------------------------------------------------------

enum { PIECE_BYTES = 1 << 16 };

// The words of the program's command line; ends with NULL.
static const char *const *words_of(const collecting *c, const char *position) {
    const journal_config *config = &c->config;
    const char **words = POND_NEW_ARRAY(arena_of(c), const char *, config->extra.n + 5);
    size_t n = 0;
    words[n++] = pond_cstr(arena_of(c), config->command);
    words[n++] = "--output=json";
    words[n++] = "--no-pager";
    if (position != NULL)
        words[n++] = position;
    for (size_t i = 0; i < config->extra.n; i++)
        words[n++] = pond_cstr(arena_of(c), config->extra.items[i]);
    return words;
}

static pond_code read_output(collecting *c, pond_child *child, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    size_t searched = 0, n = 1;
    pond_code rc = POND_OK;
    while (rc == POND_OK && n > 0) {
        pond_buf_reserve(&text, PIECE_BYTES);
        rc = pond_child_read(child, text.p + text.n, PIECE_BYTES, c->config.patience_us, &n, err);
        if (rc != POND_OK)
            break;
        text.n += n;
        rc = take_lines(c, &text, &searched, err);
    }
    if (rc == POND_OK)
        rc = pond_child_wait(child, err); // what it printed before a failure may be cut
    if (rc == POND_OK)
        rc = take_line(c, pond_buf_view(&text), err);
    pond_buf_free(&text);
    return rc;
}

static pond_code run_program(collecting *c, pond_err *err) {
    pond_child child;
    pond_buf shown = POND_BUF_EMPTY;
    const char *position =
        c->before.n == 0 ? NULL
                         : pond_printf(arena_of(c), "--after-cursor=%.*s", POND_SV_ARG(c->before));
    const char *const *words = words_of(c, position);
    for (size_t i = 0; words[i] != NULL; i++)
        pond_buf_printf(&shown, "%s%s", i == 0 ? "" : " ", words[i]);
    pond_report_say(c->run->report, "Spawning: %s", shown.p);
    pond_buf_free(&shown);
    pond_code rc = pond_child_start(words, &child, err);
    if (rc != POND_OK)
        pond_err_detail(err,
                        "  'journalctl_command' of the config names the program; where there is "
                        "no journal, 'file' names a file of its lines");
    POND_TRY(rc);
    rc = read_output(c, &child, err);
    pond_child_close(&child);
    if (rc != POND_OK && position != NULL)
        pond_err_detail(err,
                        "  if the cursor is that of another journal, remove '%.*s/" CURSOR_FILE
                        "' from the pond: the next run then begins at the start of the journal",
                        POND_SV_ARG(c->config.pond_path));
    return rc;
}

// Whether the journal has the entry of the last run no longer: what it had after that may be gone,
// too. Asks for that entry itself. What cannot be found out is no gap.
static bool has_gap(collecting *c) {
    pond_child child;
    char piece[PIECE_BYTES];
    pond_buf text = POND_BUF_EMPTY;
    journal_entry e;
    journal_config *config = &c->config;
    pond_sv *extra = POND_NEW_ARRAY(arena_of(c), pond_sv, config->extra.n + 1);
    for (size_t i = 0; i < config->extra.n; i++)
        extra[i] = config->extra.items[i];
    extra[config->extra.n] = POND_SV("--lines=1");
    collecting one = {.run = c->run, .config = *config};
    one.config.extra = (pond_texts){.items = extra, .n = config->extra.n + 1};
    const char *position = pond_printf(arena_of(c), "--cursor=%.*s", POND_SV_ARG(c->before));
    if (pond_child_start(words_of(&one, position), &child, NULL) != POND_OK)
        return false;
    pond_code rc = POND_OK;
    for (size_t n = 1;
         rc == POND_OK && n > 0 && pond_sv_find_char(pond_buf_view(&text), '\n') < 0;) {
        rc = pond_child_read(&child, piece, sizeof piece, config->patience_us, &n, NULL);
        if (rc == POND_OK)
            pond_buf_append(&text, piece, n);
    }
    pond_child_close(&child);
    pond_sv rest = pond_buf_view(&text), line;
    bool is_read = rc == POND_OK && pond_sv_split(&rest, '\n', &line) &&
                   journal_entry_read(&c->line_arena, line, config->time_field, true, &e);
    bool is_other = is_read && e.cursor.n > 0 && !pond_sv_eq(e.cursor, c->before);
    pond_buf_free(&text);
    return is_other;
}

// A file ------------------------------------------------------------------------------------------

// Reads a file once. A line without an end is still being written.
static pond_code read_file_once(collecting *c, pond_err *err) {
    int fd;
    const char *path = pond_cstr(arena_of(c), c->config.file);
    pond_buf text = POND_BUF_EMPTY;
    size_t searched = 0;
    POND_TRY(pond_file_open(path, &fd, err));
    pond_code rc = POND_OK;
    for (ssize_t n = 1; rc == POND_OK && n > 0;) {
        pond_buf_reserve(&text, PIECE_BYTES);
        n = read(fd, text.p + text.n, PIECE_BYTES);
        if (n < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", path);
        else
            text.n += (size_t)n;
        if (rc == POND_OK)
            rc = take_lines(c, &text, &searched, err);
    }
    close(fd); // nothing was written
    pond_buf_free(&text);
    return rc;
}

static pond_code read_file(collecting *c, pond_err *err) {
    c->is_passing = c->before.n > 0;
    POND_TRY(read_file_once(c, err));
    if (!c->is_passing)
        return POND_OK;
    c->is_after = true; // a second reading, by the times of entries
    c->may_have_gap = true;
    return read_file_once(c, err);
}

// Storing -----------------------------------------------------------------------------------------

static pond_code store_group(collecting *c, group *g, pond_err *err) {
    pond_ingested in;
    pond_sv path =
        pond_svf(arena_of(c), "%.*s/%.*s", POND_SV_ARG(c->config.pond_path), POND_SV_ARG(g->name));
    POND_TRY(flush(g, err));
    pond_report_say(c->run->report, "Writing %llu entries (%llu bytes) to %.*s",
                    (unsigned long long)g->n, (unsigned long long)g->size_bytes, POND_SV_ARG(path));
    if (!g->has_times)
        pond_report_warn(c->run->report,
                         "no new entry of '%.*s' has a time in '%.*s': they are stored without one",
                         POND_SV_ARG(path), POND_SV_ARG(c->config.time_field));
    const pond_destination to = {.path = path,
                                 .type = POND_T_DATA_SERIES,
                                 .source = path,
                                 .is_repeated = true, // two entries may be equal
                                 .times = g->has_times ? &g->times : NULL};
    return pond_ingest_made(c->run->session, &to, g->path, &in, err);
}

static pond_sv cursor_path(const collecting *c) {
    return pond_svf(arena_of(c), "%.*s/" CURSOR_FILE, POND_SV_ARG(c->config.pond_path));
}

static pond_code store_cursor(collecting *c, pond_err *err) {
    int fd;
    pond_ingested in;
    const char *tmp =
        pond_store_tmp_name(pond_session_store(c->run->session), arena_of(c), ".cursor");
    POND_TRY(pond_file_make(tmp, &fd, err));
    pond_code rc = pond_fd_write_all(fd, tmp, c->cursor.p, c->cursor.n, err);
    POND_TRY(pond_file_made(fd, tmp, rc, err));
    pond_sv path = cursor_path(c);
    const pond_destination to = {
        .path = path, .type = POND_T_DATA, .source = path, .is_repeated = true};
    POND_TRY(pond_ingest_made(c->run->session, &to, tmp, &in, err));
    POND_TRY(pond_state_set(c->run->session, c->run->node, POND_SV("last_us"),
                            pond_svf(arena_of(c), "%lld", (long long)c->last_us), err));
    pond_report_say(c->run->report, "Saved cursor for next run");
    return POND_OK;
}

// The cursor of the last run, and the time of its entry.
static pond_code load_cursor(collecting *c, pond_err *err) {
    const pond_node *node;
    pond_fs *fs = pond_session_fs(c->run->session);
    pond_sv last;
    pond_buf text = POND_BUF_EMPTY;
    c->before = POND_SV("");
    pond_code rc = pond_fs_resolve(fs, cursor_path(c), true, &node, NULL);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(pond_fs_resolve(fs, cursor_path(c), true, &node, err));
    rc = pond_fs_read(fs, node, NULL, &text, err);
    c->before = pond_sv_trim(pond_buf_keep(arena_of(c), &text));
    POND_TRY(rc);
    POND_TRY(pond_state_get(c->run->session, c->run->node, POND_SV("last_us"), &last, err));
    if (!pond_sv_to_int(last, &c->since_us))
        c->since_us = INT64_MIN;
    c->last_us = c->since_us;
    return POND_OK;
}

static pond_code store_all(collecting *c, pond_err *err) {
    pond_report_say(c->run->report, "Grouped %llu entries into %zu files", (unsigned long long)c->n,
                    c->groups.n);
    if (c->cursor.n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "none of the %llu entries has a __CURSOR, so the next run would not know "
                         "where to go on",
                         (unsigned long long)c->n);
    POND_TRY(pond_fs_mkdir(pond_session_fs(c->run->session), c->config.pond_path, true, err));
    for (size_t i = 0; i < c->groups.n; i++)
        POND_TRY(store_group(c, c->groups.entries[i].value, err));
    POND_TRY(store_cursor(c, err));
    pond_report_done(c->run->report,
                     "Journal ingestion complete: %llu entries written to %zu files",
                     (unsigned long long)c->n, c->groups.n);
    return POND_OK;
}

// Actions -----------------------------------------------------------------------------------------

static void warn_of_lost(collecting *c) {
    if (c->n_bad > 0)
        pond_report_warn(c->run->report, "skipped %llu lines that are no JSON",
                         (unsigned long long)c->n_bad);
    if (c->may_have_gap && (c->config.file.n > 0 || has_gap(c)))
        pond_report_warn(c->run->report,
                         "the entry of the last run is no longer there: entries between it and "
                         "the first one now may be lost; run more often, or keep the journal "
                         "longer");
}

static pond_code collect(collecting *c, pond_err *err) {
    POND_TRY(load_cursor(c, err));
    POND_TRY(c->config.file.n > 0 ? read_file(c, err) : run_program(c, err));
    warn_of_lost(c);
    if (c->n == 0) {
        pond_report_done(c->run->report, "No new journal entries to collect");
        return POND_OK;
    }
    pond_report_say(c->run->report, "Collected %llu journal entries", (unsigned long long)c->n);
    return store_all(c, err);
}

static pond_code push(pond_run *r, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    collecting c = {.run = r};
    POND_TRY(read_config(a, r->config, &c.config, err));
    pond_map_init(&c.groups, a);
    pond_arena_init(&c.line_arena);
    pond_code rc = collect(&c, err);
    for (size_t i = 0; i < c.groups.n; i++) {
        group *g = c.groups.entries[i].value;
        pond_buf_free(&g->held);
        pond_store_tmp_drop(pond_session_store(r->session), g->path);
    }
    pond_buf_free(&c.cursor);
    pond_arena_deinit(&c.line_arena);
    return rc;
}

static pond_code pull(pond_run *r, pond_err *err) {
    (void)err;
    pond_report_done(r->report, "journal-ingest only pushes: nothing to pull");
    return POND_OK;
}

static pond_code list_files(pond_run *r, const journal_config *config, pond_err *err) {
    const pond_node *dir;
    pond_node_vec all;
    pond_fs *fs = pond_session_fs(r->session);
    size_t n = 0;
    if (pond_fs_resolve(fs, config->pond_path, true, &dir, NULL) != POND_OK) {
        pond_report_print(r->report, "No log files collected yet (directory does not exist).");
        return POND_OK;
    }
    POND_TRY(pond_fs_list(fs, dir, &all, err));
    for (size_t i = 0; i < all.n; i++)
        n += pond_sv_ends(all.items[i]->name, POND_SV(".jsonl"));
    if (n == 0)
        pond_report_print(r->report, "No log files collected yet.");
    else
        pond_report_print(r->report, "Log files (%zu):", n);
    for (size_t i = 0; i < all.n; i++)
        if (pond_sv_ends(all.items[i]->name, POND_SV(".jsonl")))
            pond_report_print(r->report, "  %.*s", POND_SV_ARG(all.items[i]->name));
    return POND_OK;
}

static pond_code status(pond_run *r, pond_err *err) {
    collecting c = {.run = r};
    POND_TRY(read_config(pond_session_arena(r->session), r->config, &c.config, err));
    POND_TRY(load_cursor(&c, err));
    pond_report_print(
        r->report, "Cursor: %.*s",
        POND_SV_ARG(c.before.n > 0 ? c.before : POND_SV("(none -- will collect from beginning)")));
    return list_files(r, &c.config, err);
}

static const pond_action actions[] = {
    {.name = "push", .args = "", .summary = "collect the new entries", .run = push},
    {.name = "pull", .args = "", .summary = "does nothing", .run = pull},
    {.name = "status",
     .args = "",
     .summary = "the cursor, and the files that there are",
     .only_reads = true,
     .run = status},
};

static pond_code journal_check(pond_session *s, const pond_factory_source *source,
                               pond_value *stored, pond_err *err) {
    (void)stored;
    journal_config c;
    return read_config(pond_session_arena(s), source->config, &c, err);
}

const pond_factory pond_factory_journal_ingest = {
    .name = "journal-ingest",
    .summary = "The journal of systemd: its new entries, one file a unit",
    .options = &options,
    .type = POND_T_DATA_DYNAMIC,
    .check = journal_check,
    POND_FACTORY_ACTIONS(actions),
};
