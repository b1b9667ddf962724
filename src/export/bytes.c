// Renders pages and copies files. A file that the last run made from the same inputs is kept.
#include "export/bytes.h"

#include "export/set.h"
#include "export/stale.h"

#include <fcntl.h>
#include <unistd.h>

// Fingerprints ------------------------------------------------------------------------------------

// A hash of everything that the bytes of a node depend on, if it is known without reading them.
typedef struct bytes_inputs {
    bool is_known;
    pond_sha256 fingerprint;
} bytes_inputs;

// A page depends on its template, on what the template sees, and on this program, since another
// version may render it in another way.
static pond_code page_inputs(export_run *run, const pond_node *node,
                             const pond_page_context *context, bytes_inputs *out, pond_err *err) {
    pond_sha256 inputs;
    POND_TRY(node->dyn->fingerprint(pond_session_fs(run->session), node, context, &out->is_known,
                                    &inputs, err));
    if (!out->is_known)
        return POND_OK;
    pond_hasher *h = pond_hasher_new();
    pond_hasher_sha(h, &inputs);
    pond_hasher_field(h, pond_sv_of(run->options->program));
    out->fingerprint = pond_hasher_finish(h);
    return POND_OK;
}

// A stored file is its latest version, a series of bytes all its versions.
static pond_code stored_inputs(export_run *run, const pond_node *node, bytes_inputs *out,
                               pond_err *err) {
    pond_version_vec versions = {0};
    POND_TRY(
        pond_store_versions(pond_session_txn(run->session), run->arena, node->id, &versions, err));
    pond_hasher *h = pond_hasher_new();
    for (size_t i = node->type == POND_T_DATA_SERIES || versions.n == 0 ? 0 : versions.n - 1;
         i < versions.n; i++)
        pond_hasher_sha(h, &versions.items[i].object);
    *out = (bytes_inputs){true, pond_hasher_finish(h)};
    return POND_OK;
}

static pond_code find_inputs(export_run *run, const pond_node *node,
                             const pond_page_context *context, bytes_inputs *out, pond_err *err) {
    *out = (bytes_inputs){0};
    if (node->dyn != NULL && node->dyn->fingerprint != NULL)
        return page_inputs(run, node, context, out, err);
    if (node->is_stored && !pond_type_is_dynamic(node->type))
        return stored_inputs(run, node, out, err);
    return POND_OK;
}

// Making ------------------------------------------------------------------------------------------

typedef struct bytes_maker {
    export_run *run;
    pond_page_context context; // of the stage, for the target that is made
    pond_buf text;             // room for pages, used again for the next one
} bytes_maker;

static const char content_changed[] = "its content changed";

// Opens a new file below tmp for the output.
static pond_code open_tmp(export_run *run, export_output *o, pond_fd_target *out, pond_err *err) {
    o->tmp_path = export_dir_tmp_path(&run->dir, ".bytes");
    out->name = o->tmp_path;
    return pond_below_open_file(&run->dir.root, export_dir_name(&run->dir, o->tmp_path),
                                O_WRONLY | O_CREAT | O_EXCL, &out->fd, err);
}

static pond_code close_tmp(const pond_fd_target *to, pond_code rc, pond_err *err) {
    if (close(to->fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot write '%s'", to->name);
    return rc;
}

// A page is rendered in memory, and written only if it differs from the last run's.
static pond_code make_page(bytes_maker *m, export_output *o, bool is_known, pond_err *err) {
    export_run *run = m->run;
    pond_fs *fs = pond_session_fs(run->session);
    pond_buf_clear(&m->text);
    POND_TRY(pond_fs_read(fs, o->target->node, &m->context, &m->text, err));
    o->record.size_bytes = m->text.n;
    o->record.checksum = pond_sha256_of(pond_buf_view(&m->text));
    if (!is_known)
        o->record.fingerprint = o->record.checksum;
    stale_settle(run, o,
                 o->target->node->dyn != NULL ? "its template or what it sees changed"
                                              : content_changed);
    if (o->state == POND_EXPORT_SAME)
        return POND_OK;
    pond_fd_target to;
    POND_TRY(open_tmp(run, o, &to, err));
    return close_tmp(&to, pond_fd_write_all(to.fd, to.name, m->text.p, m->text.n, err), err);
}

// A stored file may be larger than the memory, so it goes to its place piece by piece.
static pond_code copy_stored(bytes_maker *m, export_output *o, pond_err *err) {
    export_run *run = m->run;
    pond_hashing hashing;
    pond_fd_target to;
    POND_TRY(open_tmp(run, o, &to, err));
    pond_code rc = pond_fs_stream(pond_session_fs(run->session), o->target->node, &m->context,
                                  pond_sink_hashing(&hashing, pond_sink_to_fd(&to)), err);
    o->record.checksum = pond_hasher_finish(hashing.hasher);
    o->record.size_bytes = hashing.size_bytes;
    POND_TRY(close_tmp(&to, rc, err));
    stale_settle(run, o, content_changed);
    if (o->state != POND_EXPORT_SAME)
        return POND_OK;
    const char *name = export_dir_name(&run->dir, o->tmp_path);
    o->tmp_path = NULL; // the old file stays, and its mtime with it
    return pond_below_remove(&run->dir.root, name, err);
}

static pond_code make_target(bytes_maker *m, export_target *t, pond_err *err) {
    export_run *run = m->run;
    bytes_inputs inputs;
    m->context.file = t->place;
    POND_TRY(find_inputs(run, t->node, &m->context, &inputs, err));
    t->fingerprint = inputs.fingerprint;
    manifest_file *before =
        inputs.is_known ? stale_find_valid(run, t->place, &t->fingerprint) : NULL;
    if (before != NULL) {
        t->is_kept = true;
        *pond_vec_push(run->arena, &t->outputs) = stale_keep_file(before, t);
        return POND_OK;
    }
    export_output *o = export_outputs_add(run->arena, &t->outputs);
    *o = (export_output){.target = t,
                         .record = {.file = t->place, .rows = -1, .fingerprint = t->fingerprint}};
    bool is_stored = t->node->is_stored && !pond_type_is_dynamic(t->node->type);
    POND_TRY(is_stored ? copy_stored(m, o, err) : make_page(m, o, inputs.is_known, err));
    t->fingerprint = o->record.fingerprint;
    return POND_OK;
}

// The context for the pages of a stage: the export set of the stage before, and all stages before.
// The first stage has neither.
static pond_page_context page_context(export_run *run, size_t stage) {
    if (stage == 0)
        return pond_page_context_of(run->arena, NULL, NULL, run->options->vars);
    pond_value *stages = POND_NEW_ARRAY(run->arena, pond_value, stage);
    for (size_t i = 0; i < stage; i++)
        stages[i] = export_stage_value(run->arena, pond_string(run->stages[i].pattern),
                                       export_stage_set(run->arena, &run->stages[i]));
    pond_value list = pond_array(stages, stage);
    return pond_page_context_of(run->arena, &run->stages[stage - 1].set, &list, run->options->vars);
}

pond_code export_make_bytes(export_run *run, size_t stage, pond_err *err) {
    export_stage *s = &run->stages[stage];
    size_t n_bytes = 0;
    for (size_t i = 0; i < s->n_targets; i++)
        n_bytes += s->targets[i].relation == NULL;
    if (n_bytes == 0)
        return POND_OK; // the context can be large, and no page needs it
    bytes_maker m = {.run = run, .context = page_context(run, stage)};
    pond_code rc = POND_OK;
    for (size_t i = 0; i < s->n_targets && rc == POND_OK; i++) {
        if (s->targets[i].relation != NULL)
            continue;
        rc = make_target(&m, &s->targets[i], err);
        pond_wrap(err, rc, "target '%.*s'", POND_SV_ARG(s->targets[i].node->path));
    }
    pond_buf_free(&m.text);
    return rc;
}
