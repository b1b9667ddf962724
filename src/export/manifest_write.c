// Writes the manifest and the journal of this run.
#include "export/manifest_write.h"

#include "export/set.h"

#include <inttypes.h>

// Targets -----------------------------------------------------------------------------------------

static void write_asked(pond_buf *b, const pond_asked_vec *asked) {
    pond_buf_str(b, ",\"asked\":[");
    for (size_t i = 0; i < asked->n; i++) {
        const pond_asked *a = &asked->items[i];
        pond_buf_printf(b, "%s{\"%s\":", i == 0 ? "" : ",", a->is_node ? "node" : "from");
        pond_json_string(b, a->from);
        export_hash_write(b, ",\"fingerprint\":", &a->fingerprint);
        if (a->is_node) {
            pond_buf_str(b, ",\"stats\":");
            pond_json_write(b, a->stats, 0);
            export_hash_write(b, ",\"answer\":", &a->answer);
        }
        pond_buf_char(b, '}');
    }
    pond_buf_char(b, ']');
}

static void write_target(pond_buf *b, const export_target *t) {
    pond_buf_str(b, "{\"path\":");
    pond_json_string(b, t->node->path);
    if (!pond_sv_eq(t->matched, t->node->path)) {
        pond_buf_str(b, ",\"matched\":");
        pond_json_string(b, t->matched);
    }
    pond_buf_str(b, ",\"type\":");
    pond_json_string(b, pond_sv_of(pond_type_name(t->node->type)));
    pond_buf_str(b, ",\"captures\":[");
    for (size_t i = 0; i < t->n_captures; i++) {
        if (i > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, t->captures[i]);
    }
    pond_buf_str(b, "],\"place\":");
    pond_json_string(b, t->place);
    export_hash_write(b, ",\"fingerprint\":", &t->fingerprint);
    if (t->relation != NULL) {
        pond_buf_str(b, ",\"inputs\":");
        pond_json_write(b, t->inputs, 0);
    }
    if (t->asked.n > 0)
        write_asked(b, &t->asked);
    pond_buf_str(b, ",\"files\":");
    export_records_write(b, &t->outputs);
    pond_buf_char(b, '}');
}

// Stages ------------------------------------------------------------------------------------------
//
// A manifest of tens of megabytes is common, so its text goes to its file piece by piece.

typedef struct writer {
    const export_run *run;
    const export_outputs *kept_stale;
    pond_buf text; // that is not written yet
    pond_json_memo memo;
    pond_sink to;
    pond_code rc; // the first failure; after it nothing is written
    pond_err *err;
} writer;

enum { PIECE_BYTES = 1 << 16 };

static void flush(writer *w) {
    if (w->rc == POND_OK)
        w->rc = w->to.write(w->to.user, pond_buf_view(&w->text), w->err);
    pond_buf_clear(&w->text);
}

static void flush_piece(writer *w) {
    if (w->text.n >= PIECE_BYTES)
        flush(w);
}

// An export set: objects of objects, down to the leaves.
static void write_set(writer *w, pond_value set) {
    if (set.kind != POND_OBJECT) {
        pond_json_write_like(&w->text, set, &w->memo);
        flush_piece(w);
        return;
    }
    pond_buf_char(&w->text, '{');
    for (size_t i = 0; i < set.n; i++) {
        if (i > 0)
            pond_buf_char(&w->text, ',');
        pond_json_string(&w->text, set.entries[i].key);
        pond_buf_char(&w->text, ':');
        write_set(w, set.entries[i].value);
    }
    pond_buf_char(&w->text, '}');
}

static void write_stage(writer *w, const export_stage *stage) {
    pond_buf *b = &w->text;
    pond_buf_str(b, "{\"pattern\":");
    pond_json_string(b, stage->pattern);
    pond_buf_str(b, ",\"export\":");
    write_set(w, stage->set);
    pond_buf_str(b, ",\"targets\":[");
    for (size_t i = 0; i < stage->n_targets; i++) {
        pond_buf_str(b, i == 0 ? "\n" : ",\n");
        write_target(b, &stage->targets[i]);
        flush_piece(w);
    }
    pond_buf_str(b, "]}");
}

static void write_tables(pond_buf *b, const pond_map *tables) {
    pond_buf_char(b, '[');
    for (size_t i = 0; i < tables->n; i++) {
        const export_table *t = tables->entries[i].value;
        pond_buf_str(b, i == 0 ? "\n{\"root\":" : ",\n{\"root\":");
        pond_json_string(b, t->root);
        pond_buf_printf(b, ",\"version\":%" PRId64 ",\"retain_ms\":%" PRId64 "}", t->version,
                        t->retain_ms);
    }
    pond_buf_char(b, ']');
}

// Files that left their Delta tables and are still on disk.
static void write_retained(pond_buf *b, const export_run *run) {
    size_t n = 0;
    pond_buf_char(b, '[');
    for (size_t i = 0; i < run->retained.n; i++) {
        const export_retained *r = &run->retained.items[i];
        if (r->is_overdue)
            continue;
        pond_buf_str(b, n++ == 0 ? "\n{\"file\":" : ",\n{\"file\":");
        pond_json_string(b, r->file);
        pond_buf_printf(b, ",\"removed_time\":%" PRId64 "}", r->removed_ms);
    }
    pond_buf_char(b, ']');
}

static void write_stale(pond_buf *b, const export_outputs *stale) {
    pond_buf_str(b, ",\"stale\":");
    export_records_write(b, stale);
    if (stale->n == 0)
        return;
    pond_buf_str(b, ",\"origins\":[");
    for (size_t i = 0; i < stale->n; i++) {
        if (i > 0)
            pond_buf_char(b, ',');
        if (stale->items[i]->origin.p == NULL)
            pond_buf_str(b, "null");
        else
            pond_json_string(b, stale->items[i]->origin);
    }
    pond_buf_char(b, ']');
}

// The whole ---------------------------------------------------------------------------------------

static void write_head(pond_buf *b, const export_run *run) {
    char id[37];
    pond_buf_printf(b,
                    "{\"version\":%d,\"pond\":\"%s\",\"temporal\":%d,\"vars\":", MANIFEST_VERSION,
                    manifest_pond_id(run, id), run->options->n_periods);
    pond_json_write(b, run->options->vars, 0);
    pond_buf_str(b, ",\"stages\":[\n");
}

static pond_code write_text(void *user, pond_sink to, pond_err *err) {
    writer *w = user;
    const export_run *run = w->run;
    pond_buf *b = &w->text;
    w->to = to;
    w->err = err;
    write_head(b, run);
    for (size_t i = 0; i < run->n_stages; i++) {
        if (i > 0)
            pond_buf_str(b, ",\n");
        write_stage(w, &run->stages[i]);
    }
    pond_buf_str(b, "],\"tables\":");
    write_tables(b, &run->tables);
    if (run->tables.n > 0) {
        pond_buf_str(b, ",\"retained\":");
        write_retained(b, run);
    }
    write_stale(b, w->kept_stale);
    pond_buf_str(b, "}\n");
    flush(w);
    return w->rc;
}

pond_code manifest_write_draft(const export_run *run, const char *draft,
                               const export_outputs *kept_stale, pond_err *err) {
    writer w = {.run = run, .kept_stale = kept_stale, .text = POND_BUF_EMPTY, .rc = POND_OK};
    pond_code rc =
        pond_below_write_by(&run->dir.root, draft, (pond_below_text){write_text, &w}, err);
    pond_buf_free(&w.text);
    pond_json_memo_free(&w.memo);
    return rc;
}

pond_code manifest_publish_draft(const export_run *run, const char *draft, pond_err *err) {
    const pond_below *root = &run->dir.root;
    return pond_below_publish(root, draft, root, ".pond/manifest.json", err);
}

// Whether it is current ---------------------------------------------------------------------------

// The recorded stage has the same targets in the same order, and all of them are kept.
static bool is_stage_current(const export_stage *stage, const manifest_stage *before) {
    if (!pond_sv_eq(before->pattern, stage->pattern) || before->targets.n != stage->n_targets)
        return false;
    for (size_t i = 0; i < stage->n_targets; i++) {
        const export_target *t = &stage->targets[i];
        const manifest_target *b = before->targets.items[i];
        pond_sv matched = b->matched.p != NULL ? b->matched : b->path;
        if (!t->is_kept || !pond_sv_eq(b->place, t->place) || !pond_sv_eq(b->path, t->node->path) ||
            !pond_sv_eq(matched, t->matched))
            return false;
    }
    return true;
}

// Whether the rest of the manifest is unchanged: pond, --temporal, -v.
static bool is_head_current(const export_run *run) {
    const manifest *m = run->before;
    char id[37];
    return pond_sv_is(m->pond, manifest_pond_id(run, id)) &&
           m->temporal == run->options->n_periods && m->has_vars &&
           pond_value_equal(m->vars, run->options->vars);
}

bool manifest_is_current(const export_run *run, const export_outputs *kept_stale) {
    const manifest *m = run->before;
    // Stale files and Delta tables are rare, so a run that has any writes the manifest.
    bool had_others = m->journal.n > 0 || m->tables.n > 0 || m->retained.n > 0 || m->n_stale > 0,
         has_others = run->tables.n > 0 || kept_stale->n > 0;
    if (!m->is_there || had_others || has_others || !is_head_current(run) ||
        m->stages.n != run->n_stages)
        return false;
    for (size_t i = 0; i < run->n_stages; i++)
        if (!is_stage_current(&run->stages[i], m->stages.items[i]))
            return false;
    return true;
}

// The journal -------------------------------------------------------------------------------------

pond_code manifest_write_journal(export_run *run, const export_outputs *files, pond_err *err) {
    const pond_map *old = &run->before->journal;
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_char(&b, '[');
    for (size_t i = 0; i < files->n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n" : ",\n");
        pond_json_string(&b, files->items[i]->record.file);
    }
    // The files of an interrupted run are in no manifest, and this run may be interrupted, too.
    for (size_t i = 0; i < old->n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n" : ",\n");
        pond_json_string(&b, old->entries[i].key);
    }
    for (size_t i = 0; i < run->tables.n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n{\"table\":" : ",\n{\"table\":");
        pond_json_string(&b, run->tables.entries[i].key);
        pond_buf_char(&b, '}');
    }
    pond_buf_str(&b, "]\n");
    pond_code rc = export_dir_replace(&run->dir, ".pond/journal.json", pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}

pond_code manifest_remove_journal(const export_run *run, pond_err *err) {
    return pond_below_remove(&run->dir.meta, "journal.json", err);
}
