// make: the outputs of one stage. Rows go through the workers; pages and other bytes are made here,
// in path order.
#include "export/internal.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

char *export_path(const export_run *run, pond_arena *a, pond_sv file) {
    return pond_printf(a, "%s/%.*s", run->dir, POND_SV_ARG(file));
}

char *export_tmp_name(export_run *run, const char *suffix) {
    return pond_printf(run->arena, "%s/%llu%s", run->tmp, (unsigned long long)run->n_made++,
                       suffix);
}

void export_keep(manifest_output *before, pond_output *o) {
    before->is_claimed = true;
    *o = before->output;
    o->state = POND_OUTPUT_SAME;
    o->why = "nothing that it depends on changed";
}

void export_settle(const export_run *run, pond_output *o, const char *why) {
    manifest_output *before = pond_map_get(&run->before->files, o->file);
    if (before == NULL) {
        o->state = POND_OUTPUT_NEW;
        o->why = "was not there";
        return;
    }
    before->is_claimed = true;
    bool is_same = before->output.size_bytes == o->size_bytes &&
                   memcmp(&before->output.checksum, &o->checksum, sizeof o->checksum) == 0 &&
                   manifest_valid(run, o->file) != NULL;
    o->state = is_same ? POND_OUTPUT_SAME : POND_OUTPUT_CHANGED;
    o->why = is_same ? "came out the same" : why;
    if (!is_same)
        return;
    // The file stays, and its mtime with it; what waits below tmp goes with tmp.
    o->made = NULL;
    o->mtime_ns = before->output.mtime_ns;
}

// Bytes
// ---------------------------------------------------------------------------------------------

static pond_code write_tmp(export_run *run, pond_output *o, pond_sv bytes, pond_err *err) {
    o->made = export_tmp_name(run, ".bytes");
    int fd = open(o->made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return pond_fail_errno(err, "cannot create '%s'", o->made);
    pond_code rc = pond_fd_write_all(fd, o->made, bytes.p, bytes.n, err);
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot write '%s'", o->made);
    return rc;
}

// What the bytes of a target depend on, where that is known without reading them: the contents of a
// stored file, the inputs of a page.
static pond_code bytes_fingerprint(export_run *run, const pond_node *node,
                                   const pond_page_context *context, pond_sha256 *out,
                                   bool *is_known, pond_err *err) {
    *is_known = false;
    if (node->dyn != NULL && node->dyn->fingerprint != NULL) {
        pond_sha256 inputs;
        POND_TRY(node->dyn->fingerprint(pond_session_fs(run->session), node, context, is_known,
                                        &inputs, err));
        if (!*is_known)
            return POND_OK;
        pond_hasher *h = pond_hasher_new();
        pond_hasher_part(h, (pond_sv){(const char *)inputs.bytes, sizeof inputs.bytes});
        pond_hasher_part(h,
                         pond_sv_of(run->options->program)); // another version may render otherwise
        *out = pond_hasher_finish(h);
        return POND_OK;
    }
    if (!node->is_stored || pond_type_is_dynamic(node->type))
        return POND_OK;
    pond_version_vec versions = {0};
    POND_TRY(pond_store_versions(pond_session_txn(run->session), run->arena, node->id, &versions, err));
    pond_hasher *h = pond_hasher_new();
    for (size_t i = node->type == POND_T_DATA_SERIES || versions.n == 0 ? 0 : versions.n - 1;
         i < versions.n; i++)
        pond_hasher_part(h, (pond_sv){(const char *)versions.items[i].object.bytes, 32});
    *out = pond_hasher_finish(h);
    *is_known = true;
    return POND_OK;
}

static bool reuse_bytes(export_run *run, pond_target *t, pond_output *o) {
    manifest_output *before = run->options->is_rebuild ? NULL : manifest_valid(run, t->place);
    if (before == NULL ||
        memcmp(&before->output.fingerprint, &t->fingerprint, sizeof t->fingerprint) != 0)
        return false;
    export_keep(before, o);
    t->is_kept = true;
    return true;
}

static pond_code make_bytes(export_run *run, pond_target *t, const pond_page_context *context,
                            pond_buf *bytes, pond_err *err) {
    pond_output o = {.file = t->place, .rows = -1};
    bool is_known;
    POND_TRY(bytes_fingerprint(run, t->node, context, &t->fingerprint, &is_known, err));
    if (!is_known || !reuse_bytes(run, t, &o)) {
        pond_buf_clear(bytes);
        POND_TRY(pond_fs_read(pond_session_fs(run->session), t->node, context, bytes, err));
        o.size_bytes = bytes->n;
        o.checksum = pond_sha256_of(pond_buf_view(bytes));
        if (!is_known)
            t->fingerprint = o.checksum;
        o.fingerprint = t->fingerprint;
        export_settle(run, &o,
                      t->node->dyn != NULL ? "its template or what that sees changed"
                                           : "its content changed");
        if (o.state != POND_OUTPUT_SAME)
            POND_TRY(write_tmp(run, &o, pond_buf_view(bytes), err));
    }
    *pond_vec_push(run->arena, &t->outputs) = o;
    return POND_OK;
}

// What pages of this stage see: the set of the stage before, and all the stages before. In the
// first stage neither.
static pond_page_context page_context(export_run *run, size_t stage) {
    if (stage == 0)
        return pond_page_context_of(run->arena, NULL, NULL, run->options->vars);
    pond_value *stages = POND_NEW_ARRAY(run->arena, pond_value, stage);
    for (size_t i = 0; i < stage; i++) {
        pond_entry *e = POND_NEW_ARRAY(run->arena, pond_entry, 2);
        e[0] = (pond_entry){POND_SV("export"), export_stage_set(run->arena, &run->stages[i])};
        e[1] = (pond_entry){POND_SV("pattern"), pond_string(run->stages[i].pattern)};
        stages[i] = pond_object(e, 2);
    }
    pond_value list = pond_array(stages, stage);
    return pond_page_context_of(run->arena, &run->stages[stage - 1].set, &list, run->options->vars);
}

pond_code export_make_stage(export_run *run, size_t i, pond_err *err) {
    pond_stage *stage = &run->stages[i];
    POND_TRY(export_make_rows(run, i, err));
    size_t n_bytes = 0;
    for (size_t j = 0; j < stage->n_targets; j++)
        n_bytes += stage->targets[j].relation == NULL;
    if (n_bytes == 0)
        return POND_OK;
    pond_page_context context = page_context(run, i);
    pond_buf bytes = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (size_t j = 0; j < stage->n_targets && rc == POND_OK; j++) {
        if (stage->targets[j].relation != NULL)
            continue;
        rc = make_bytes(run, &stage->targets[j], &context, &bytes, err);
        pond_wrap(err, rc, "target '%.*s'", POND_SV_ARG(stage->targets[j].node->path));
    }
    pond_buf_free(&bytes);
    return rc;
}
