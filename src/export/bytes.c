// Renders pages and copies files. A file that the last run made from the same inputs is kept.
#include "export/bytes.h"

#include "base/pool.h"
#include "export/set.h"
#include "export/stale.h"
#include "export/written.h"
#include "relation/hostfile.h"

#include <fcntl.h>
#include <sys/stat.h>
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

static pond_code host_inputs(export_run *run, const pond_node *node, bytes_inputs *out,
                             pond_err *err) {
    out->is_known = true;
    return pond_hostfile_hash(run->session, node->host_path, &out->fingerprint, err);
}

// Whether it is a page, which has to be prepared.
static bool is_page(const pond_node *node) {
    return node->dyn != NULL && node->dyn->fingerprint != NULL;
}

// Whether the bytes are there already; else they are computed.
static bool is_copied(const pond_node *node) {
    return node->host_path != NULL || (node->is_stored && !pond_type_is_dynamic(node->type));
}

static pond_code find_inputs(export_run *run, const pond_node *node,
                             const pond_page_context *context, bytes_inputs *out, pond_err *err) {
    *out = (bytes_inputs){0};
    if (is_page(node))
        return page_inputs(run, node, context, out, err);
    if (node->host_path != NULL)
        return host_inputs(run, node, out, err);
    return is_copied(node) ? stored_inputs(run, node, out, err) : POND_OK;
}

// Making ------------------------------------------------------------------------------------------

// Bytes that the last run may have left: else they have to be made.
typedef struct bytes_page {
    export_target *target;
    export_output *output;   // NULL as long as that is not known, and if they stay
    bool is_known;           // its fingerprint is
    bool is_asked_same;      // so are the rows of all that it asked for
    const char *why_changed; // what to say if its bytes do
    // What the threads found out: it has to ask the pond, which only the session's thread may do;
    // or it failed.
    bool is_put_off, has_failed;
} bytes_page;

typedef struct bytes_maker {
    export_run *run;
    pond_page_context context;  // of the stage
    pond_asker *asker;          // of its pages
    POND_VEC(bytes_page) pages; // in the order of their targets
    pond_buf *texts;            // of each worker: room for a page, used again for the next one
    size_t n_jobs;
} bytes_maker;

static const char content_changed[] = "its content changed",
                  page_changed[] = "its template or what it sees changed";

// What a page depends on, too, once it has asked the pond for something.
static pond_sha256 with_asked(pond_sha256 page, const pond_asked_vec *asked) {
    if (asked->n == 0)
        return page;
    pond_hasher *h = pond_hasher_new();
    pond_hasher_sha(h, &page);
    for (size_t i = 0; i < asked->n; i++) {
        pond_hasher_field(h, asked->items[i].is_node ? POND_SV("node") : POND_SV("from"));
        pond_hasher_field(h, asked->items[i].from);
        pond_hasher_sha(h, pond_asked_depends(&asked->items[i]));
    }
    return pond_hasher_finish(h);
}

// Sets the fingerprint of a page that was rendered. While its rows change by themselves, no later
// run can know that the page stays.
static void note_asked(const bytes_page *page, const pond_asks *asks) {
    export_target *t = page->target;
    export_record *r = &page->output->record;
    if (!page->is_known || asks->is_changing) {
        t->fingerprint = r->checksum;
    } else {
        t->asked = asks->asked;
        t->fingerprint = with_asked(t->fingerprint, &t->asked);
    }
    r->fingerprint = t->fingerprint;
}

// Keeping -----------------------------------------------------------------------------------------

// What of the things that a page asked for is another one now, as a sentence.
static const char *what_changed(const export_run *run, const pond_asked_vec *before,
                                const pond_asked_vec *now) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < now->n; i++)
        if (!pond_sha256_eq(pond_asked_depends(&before->items[i]),
                            pond_asked_depends(&now->items[i])))
            pond_buf_printf(&b, "%s%.*s", b.n == 0 ? "what it asked for changed: " : ", ",
                            POND_SV_ARG(now->items[i].from));
    const char *text = b.n == 0 ? page_changed : pond_cstr(run->arena, pond_buf_view(&b));
    pond_buf_free(&b);
    return text;
}

static bool are_rows_same(const pond_asked_vec *before, const pond_asked_vec *now) {
    for (size_t i = 0; i < now->n; i++)
        if (!pond_sha256_eq(&before->items[i].fingerprint, &now->items[i].fingerprint))
            return false;
    return true;
}

// The file of the last run, if the page would be the same: also in what it asked the pond for.
static manifest_file *find_valid(const bytes_maker *m, bytes_page *page) {
    export_run *run = m->run;
    export_target *t = page->target;
    const manifest_target *last = pond_map_get(&run->before->targets, t->place);
    page->is_asked_same = true;
    if (last == NULL || last->asked.n == 0 || run->options->rebuild)
        return stale_find_valid(run, t->place, &t->fingerprint);
    pond_asked_vec now;
    if (!pond_ask_again(m->asker, &last->asked, &now))
        return NULL;
    page->is_asked_same = are_rows_same(&last->asked, &now);
    page->why_changed = what_changed(run, &last->asked, &now);
    pond_sha256 fingerprint = with_asked(t->fingerprint, &now);
    manifest_file *before = stale_find_valid(run, t->place, &fingerprint);
    if (before != NULL)
        t->asked = now;
    return before;
}

// Keeps the file of the last run, or adds an output of which it only has to be made.
static bool keep_or_add(const bytes_maker *m, bytes_page *page, const bytes_inputs *inputs) {
    export_run *run = m->run;
    export_target *t = page->target;
    t->fingerprint = inputs->fingerprint;
    page->is_known = inputs->is_known;
    manifest_file *before = inputs->is_known ? find_valid(m, page) : NULL;
    if (before == NULL) {
        page->output = export_outputs_add(run->arena, &t->outputs);
        *page->output = (export_output){
            .target = t, .record = {.file = t->place, .rows = -1, .fingerprint = t->fingerprint}};
        return false;
    }
    t->is_kept = page->is_asked_same; // else the manifest gets the new fingerprints
    t->fingerprint = before->output.record.fingerprint;
    *pond_vec_push(run->arena, &t->outputs) = stale_keep_file(before, t);
    return true;
}

// Writing -----------------------------------------------------------------------------------------

// Opens a new file below tmp for the output, which has its path.
static pond_code open_tmp(const export_run *run, const export_output *o, pond_fd_target *out,
                          pond_err *err) {
    const char *name;
    const pond_below *dir = export_dir_of(&run->dir, o->tmp_path, &name);
    out->name = o->tmp_path;
    return pond_below_open_file(dir, name, O_WRONLY | O_CREAT | O_EXCL, &out->fd, err);
}

static pond_code close_tmp(export_output *o, const pond_fd_target *to, pond_code rc,
                           pond_err *err) {
    struct stat st;
    if (rc == POND_OK && fstat(to->fd, &st) != 0)
        rc = pond_fail_errno(err, "cannot stat '%s'", to->name);
    if (rc == POND_OK)
        o->record.mtime_ns = pond_timespec_ns(st.st_mtim); // renaming does not change it
    if (close(to->fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot write '%s'", to->name);
    return rc;
}

// The run's arena and the manifest of the last run are shared. `pool` may be NULL.
static void lock(pond_pool *pool) {
    if (pool != NULL)
        pond_pool_lock(pool);
}

static void unlock(pond_pool *pool) {
    if (pool != NULL)
        pond_pool_unlock(pool);
}

// Whether the file of the last run stays, once it is known what the page depends on.
static pond_code try_to_keep(const bytes_maker *m, bytes_page *page,
                             const pond_page_context *context, pond_pool *pool, bool *is_kept,
                             pond_err *err) {
    bytes_inputs inputs;
    *is_kept = false;
    if (page->output != NULL)
        return POND_OK;
    POND_TRY(page_inputs(m->run, page->target->node, context, &inputs, err));
    lock(pool);
    *is_kept = keep_or_add(m, page, &inputs);
    unlock(pool);
    return POND_OK;
}

// A page is rendered in memory, and written only if it differs from the last run's. `pool` is NULL
// if no other thread makes pages; only then it may ask the pond, and is put off otherwise.
static pond_code make_page(const bytes_maker *m, bytes_page *page, pond_pool *pool, pond_buf *text,
                           pond_err *err) {
    export_run *run = m->run;
    const pond_node *node = page->target->node;
    pond_page_context context = m->context;
    pond_asks asks = {.asker = m->asker, .is_forbidden = pool != NULL};
    bool is_kept;
    context.file = page->target->place;
    context.asks = &asks;
    POND_TRY(try_to_keep(m, page, &context, pool, &is_kept, err));
    if (is_kept)
        return POND_OK;
    pond_buf_clear(text);
    pond_code rc = pond_fs_read(pond_session_fs(run->session), node, &context, text, err);
    page->is_put_off = asks.was_refused;
    if (rc != POND_OK || page->is_put_off)
        return page->is_put_off ? POND_OK : rc;
    export_output *o = page->output;
    o->record.size_bytes = text->n;
    o->record.checksum = pond_sha256_of(pond_buf_view(text));
    note_asked(page, &asks);
    lock(pool);
    stale_settle(run, o, page->why_changed);
    if (o->state != POND_EXPORT_SAME)
        o->tmp_path = export_dir_tmp_path(&run->dir, ".bytes");
    unlock(pool);
    if (o->state == POND_EXPORT_SAME)
        return POND_OK;
    pond_fd_target to;
    POND_TRY(open_tmp(run, o, &to, err));
    return close_tmp(o, &to, pond_fd_write_all(to.fd, to.name, text->p, text->n, err), err);
}

// A file may be larger than the memory, so it goes to its place piece by piece.
static pond_code copy_bytes(export_run *run, export_output *o, pond_err *err) {
    pond_hashing hashing;
    pond_fd_target to;
    o->tmp_path = export_dir_tmp_path(&run->dir, ".bytes");
    POND_TRY(open_tmp(run, o, &to, err));
    pond_code rc = pond_fs_stream(pond_session_fs(run->session), o->target->node, NULL,
                                  pond_sink_hashing(&hashing, pond_sink_to_fd(&to)), err);
    o->record.checksum = pond_hasher_finish(hashing.hasher);
    o->record.size_bytes = hashing.size_bytes;
    POND_TRY(close_tmp(o, &to, rc, err));
    stale_settle(run, o, content_changed);
    if (o->state != POND_EXPORT_SAME)
        return POND_OK;
    const char *name = export_dir_name(&run->dir, o->tmp_path);
    o->tmp_path = NULL; // the old file stays, and its mtime with it
    return pond_below_remove(&run->dir.root, name, err);
}

// Whether only the thread of the session can tell if the page stays: what it asked the pond for has
// to be asked again.
static bool asks_again(const export_run *run, const export_target *t) {
    const manifest_target *last = pond_map_get(&run->before->targets, t->place);
    return last != NULL && last->asked.n > 0 && !run->options->rebuild;
}

// Keeps the file of the last run or copies a stored file. What threads may look at and render is added
// to m->pages.
static pond_code start_target(bytes_maker *m, export_target *t, pond_err *err) {
    export_run *run = m->run;
    bytes_inputs inputs;
    bytes_page page = {.target = t,
                       .why_changed = t->node->dyn != NULL ? page_changed : content_changed};
    m->context.file = t->place;
    if (is_page(t->node))
        POND_TRY(t->node->dyn->prepare(pond_session_fs(run->session), t->node, &m->context, err));
    if (!is_page(t->node) || asks_again(run, t)) {
        POND_TRY(find_inputs(run, t->node, &m->context, &inputs, err));
        if (keep_or_add(m, &page, &inputs))
            return POND_OK;
    }
    if (is_copied(t->node))
        return copy_bytes(run, page.output, err);
    if (!is_page(t->node))
        return make_page(m, &page, NULL, m->texts, err);
    *pond_vec_push(run->arena, &m->pages) = page;
    return POND_OK;
}

static pond_code wrap_target(pond_err *err, pond_code rc, const export_target *t) {
    return pond_wrap(err, rc, "target '%.*s'", POND_SV_ARG(t->node->path));
}

// Rendering ---------------------------------------------------------------------------------------

// Of pages. A thread is worth starting for some, and a job for less than a millisecond of them, so
// that a signal does not wait long where pages are large.
enum { FEWEST_PAGES = 8, JOBS_PER_WORKER = 64, MOST_PER_JOB = 16 };

static pond_code render_some(pond_pool *p, void *user, int worker, size_t job, pond_err *err) {
    bytes_maker *m = user;
    size_t n = m->pages.n, from = job * n / m->n_jobs, to = (job + 1) * n / m->n_jobs;
    for (size_t i = from; i < to; i++) {
        bytes_page *page = &m->pages.items[i];
        pond_code rc = make_page(m, page, p, &m->texts[worker], err);
        page->has_failed = rc != POND_OK;
        if (rc != POND_OK)
            return wrap_target(err, rc, page->target);
    }
    return POND_OK;
}

static pond_code render_with_threads(bytes_maker *m, int n_workers, pond_err *err) {
    m->n_jobs = m->pages.n / MOST_PER_JOB + 1;
    if (m->n_jobs < JOBS_PER_WORKER * (size_t)n_workers)
        m->n_jobs = JOBS_PER_WORKER * (size_t)n_workers;
    if (m->n_jobs > m->pages.n)
        m->n_jobs = m->pages.n;
    return pond_pool_run(
        &(pond_pool_options){.n_workers = n_workers,
                             .n_jobs = m->n_jobs,
                             .user = m,
                             .job = render_some,
                             .cancelled = "interrupted; the output directory is as it was",
                             .is_ordered = true},
        err);
}

// Renders what the threads have left: nothing, or the pages that ask the pond. After a failure only
// those before the page that failed, since the first page in path order counts.
static pond_code render_rest(bytes_maker *m, bool is_alone, pond_err *err) {
    for (size_t i = 0; i < m->pages.n; i++) {
        bytes_page *page = &m->pages.items[i];
        if (page->has_failed)
            return POND_OK;
        pond_code rc =
            is_alone || page->is_put_off ? make_page(m, page, NULL, m->texts, err) : POND_OK;
        if (rc != POND_OK)
            return wrap_target(err, rc, page->target);
    }
    return POND_OK;
}

static pond_code render_pages(bytes_maker *m, int n_workers, pond_err *err) {
    pond_code rc = n_workers > 1 ? render_with_threads(m, n_workers, err) : POND_OK;
    if (rc == POND_ERR_CANCELLED)
        return rc;
    pond_err why;
    pond_code rest = render_rest(m, n_workers <= 1, &why);
    if (rest != POND_OK && err != NULL)
        *err = why;
    return rest != POND_OK ? rest : rc;
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
    bytes_maker m = {
        .run = run, .context = page_context(run, stage), .asker = pond_asker_new(run->session)};
    export_written written = {run, stage};
    pond_asker_use_files(m.asker, export_find_written, &written);
    int n_workers = pond_pool_size(run->options->n_jobs, n_bytes / FEWEST_PAGES);
    m.texts = POND_NEW_ARRAY(run->arena, pond_buf, n_workers);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < s->n_targets && rc == POND_OK; i++)
        if (s->targets[i].relation == NULL) {
            rc = start_target(&m, &s->targets[i], err);
            wrap_target(err, rc, &s->targets[i]);
        }
    // All pages that are to be rendered come before a target that failed, and so do their errors.
    pond_err why;
    pond_code rendered = m.pages.n == 0 ? POND_OK : render_pages(&m, n_workers, &why);
    if (rendered != POND_OK) {
        rc = rendered;
        if (err != NULL)
            *err = why;
    }
    for (int i = 0; i < n_workers; i++)
        pond_buf_free(&m.texts[i]);
    return rc;
}
