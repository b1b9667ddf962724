// Documents: YAML that says what the pond is to hold. All that can be checked without the pond is
// checked here.
#include "declare/internal.h"

#include "base/file.h"
#include "format/url.h"

#include <unistd.h>

// Paths -------------------------------------------------------------------------------------------

pond_code declare_path(pond_arena *a, pond_sv path, pond_sv *out, pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_sv rest = path, name;
    const char *flaw = NULL;
    while (flaw == NULL && pond_sv_split(&rest, '/', &name)) {
        if (name.n == 0 || pond_sv_is(name, "."))
            continue;
        if (pond_sv_is(name, "..")) {
            ptrdiff_t slash = pond_sv_rfind_char(pond_buf_view(&b), '/');
            b.n = slash < 0 ? 0 : (size_t)slash;
            continue;
        }
        flaw = pond_name_flaw(name);
        pond_buf_char(&b, '/');
        pond_buf_sv(&b, name);
    }
    if (b.n == 0)
        pond_buf_char(&b, '/');
    *out = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    if (flaw == NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID, "'%.*s' cannot be a path of the pond: a name in it %s",
                     POND_SV_ARG(path), flaw);
}

// Kinds -------------------------------------------------------------------------------------------

typedef struct document {
    declare_job *j;
    const declare_text *text;
    const char *dir;       // what file names in it are relative to
    const pond_conf *spec; // as written; NULL: none
    declare_item *item;
} document;

static pond_code read_mkdir(document *d, pond_err *err) {
    d->item->kind = DECLARE_MKDIR;
    if (d->spec == NULL)
        return POND_OK;
    return pond_conf_fail_key(d->spec, err, "mkdir does not accept a spec");
}

typedef struct copy_spec {
    pond_sv source;
    const pond_conf *source_at;
    bool overwrite;
} copy_spec;

static const pond_option copy_rows[] = {
    POND_OPTION("source", POND_OPT_TEXT, copy_spec, source, .place = offsetof(copy_spec, source_at),
                .help = "a URL of the host"),
    POND_OPTION("overwrite", POND_OPT_BOOL, copy_spec, overwrite,
                .help = "replace what is at the path"),
};
static const pond_options copy_options = POND_OPTIONS("the spec of a copy", copy_rows);

static pond_code read_copy(document *d, pond_err *err) {
    pond_arena *a = d->j->a;
    copy_spec spec = {0};
    const pond_conf *expanded;
    pond_url url;
    d->item->kind = DECLARE_COPY;
    if (d->spec == NULL)
        return pond_conf_fail(d->text->root, err, "copy requires a spec with 'source'");
    POND_TRY(declare_expand(d->text, d->spec, pond_session_secrets(d->j->s), &expanded, err));
    POND_TRY(pond_options_read_conf(a, expanded, &copy_options, &spec, err));
    if (spec.source_at == NULL)
        return pond_conf_fail(expanded, err, "copy requires a spec with 'source'");
    pond_err why;
    if (pond_sv_find(spec.source, POND_SV("://")) < 0)
        return pond_conf_fail(spec.source_at, err,
                              "copy source must be a host URL (host:///...), got '%.*s'",
                              POND_SV_ARG(spec.source));
    if (pond_url_parse(a, spec.source, &url, &why) != POND_OK)
        return pond_conf_fail(spec.source_at, err, "copy source: %s", why.msg);
    if (!url.is_host)
        return pond_conf_fail(spec.source_at, err,
                              "copy source must be a host URL (host:///...), got '%.*s'",
                              POND_SV_ARG(spec.source));
    if (!pond_url_is_bytes(&url) || url.compression != POND_PLAIN || url.options.n > 0)
        return pond_conf_fail(spec.source_at, err,
                              "a document copies files as they are, as host:///... does, and not "
                              "as '%.*s'; `pond copy` brings their rows",
                              POND_SV_ARG(spec.source));
    d->item->from = pond_printf(a, "%s%.*s", d->j->o->host_dir, POND_SV_ARG(url.path));
    d->item->is_overwrite = spec.overwrite;
    return POND_OK;
}

typedef struct mknod_spec {
    pond_sv factory;
    const pond_conf *factory_at, *config;
} mknod_spec;

static const pond_option mknod_rows[] = {
    POND_OPTION("factory", POND_OPT_TEXT, mknod_spec, factory,
                .place = offsetof(mknod_spec, factory_at), .help = "what computes the node"),
    POND_OPTION("config", POND_OPT_MAP, mknod_spec, config, .help = "its config"),
};
static const pond_options mknod_options = POND_OPTIONS("the spec of a mknod", mknod_rows);

static pond_code read_mknod(document *d, pond_err *err) {
    pond_arena *a = d->j->a;
    mknod_spec spec = {0};
    const pond_conf *expanded;
    declare_item *item = d->item;
    item->kind = DECLARE_MKNOD;
    if (d->spec == NULL)
        return pond_conf_fail(d->text->root, err, "mknod requires a spec with 'factory'");
    POND_TRY(declare_expand(d->text, d->spec, pond_session_secrets(d->j->s), &expanded, err));
    POND_TRY(pond_options_read_conf(a, expanded, &mknod_options, &spec, err));
    if (spec.factory_at == NULL)
        return pond_conf_fail(expanded, err, "mknod requires a spec with 'factory'");
    POND_TRY(pond_factory_get(spec.factory, spec.factory_at, &item->factory, err));
    pond_factory_source source = {.config = spec.config, .dir = d->dir};
    source.written = pond_conf_get(d->spec, "config");
    if (spec.config == NULL) {
        pond_conf *empty = POND_NEW(a, pond_conf); // what it lacks is missing in the spec
        *empty = *expanded;
        empty->items = NULL;
        empty->n = 0;
        source.config = empty;
    }
    pond_sv text = source.written == NULL || spec.config == NULL
                       ? POND_SV("")
                       : declare_config_text(d->text, source.written);
    return pond_factory_make(d->j->s, item->factory, &source, text, &item->made, err);
}

static pond_code refuse_remote(document *d, pond_err *err) {
    return pond_conf_fail(d->text->root, err,
                          "this program has no remotes: a document of the kinds 'remote' and "
                          "'backup' cannot be applied; take it out, and copy the directory of the "
                          "pond with the tools of your system");
}

static const struct {
    const char *name;
    pond_code (*read)(document *d, pond_err *err);
} kinds[] = {
    {"mkdir", read_mkdir},     {"copy", read_copy},       {"mknod", read_mknod},
    {"remote", refuse_remote}, {"backup", refuse_remote},
};

// Documents ---------------------------------------------------------------------------------------

typedef struct head {
    pond_sv version, kind;
    const pond_conf *version_at, *kind_at, *metadata, *spec;
} head;

static const pond_option head_rows[] = {
    POND_OPTION("version", POND_OPT_TEXT, head, version, .place = offsetof(head, version_at),
                .is_required = true, .help = "v1"),
    POND_OPTION("kind", POND_OPT_TEXT, head, kind, .place = offsetof(head, kind_at),
                .is_required = true, .help = "mkdir, copy or mknod"),
    POND_OPTION("metadata", POND_OPT_MAP, head, metadata, .is_required = true,
                .help = "the path of the node"),
    POND_OPTION("spec", POND_OPT_ANY, head, spec, .help = "what the node is"),
};
static const pond_options head_options = POND_OPTIONS("a document", head_rows);

typedef struct metadata {
    pond_sv path;
    const pond_conf *path_at;
} metadata;

static const pond_option metadata_rows[] = {
    POND_OPTION("path", POND_OPT_TEXT, metadata, path, .place = offsetof(metadata, path_at),
                .is_required = true, .help = "the path of the node, absolute"),
};
static const pond_options metadata_options = POND_OPTIONS("metadata", metadata_rows);

static pond_code read_path(document *d, const pond_conf *at, pond_err *err) {
    metadata m = {0};
    pond_err why;
    POND_TRY(pond_options_read_conf(d->j->a, at, &metadata_options, &m, err));
    d->item->place = m.path_at;
    if (!pond_sv_starts(m.path, POND_SV("/")))
        return pond_conf_fail(m.path_at, err, "metadata.path must be absolute, got '%.*s'",
                              POND_SV_ARG(m.path));
    if (declare_path(d->j->a, m.path, &d->item->path, &why) != POND_OK)
        return pond_conf_fail(m.path_at, err, "metadata.path: %s", why.msg);
    return POND_OK;
}

static pond_code read_document(document *d, pond_err *err) {
    enum { N_KINDS = sizeof kinds / sizeof *kinds };
    head h = {0};
    POND_TRY(pond_options_read_conf(d->j->a, d->text->root, &head_options, &h, err));
    if (!pond_sv_is(h.version, "v1"))
        return pond_conf_fail(h.version_at, err, "unsupported version '%.*s', expected 'v1'",
                              POND_SV_ARG(h.version));
    POND_TRY(read_path(d, h.metadata, err));
    bool has_spec = h.spec != NULL && h.spec->value.kind != POND_NULL;
    d->spec = has_spec ? h.spec : NULL;
    for (size_t i = 0; i < N_KINDS; i++)
        if (pond_sv_is(h.kind, kinds[i].name))
            return kinds[i].read(d, err);
    return pond_conf_fail(h.kind_at, err,
                          "unknown kind '%.*s', expected 'mkdir', 'copy', 'mknod', 'remote', or "
                          "'backup'",
                          POND_SV_ARG(h.kind));
}

static pond_code read_file(declare_job *j, const char *file, pond_sv *out, pond_err *err) {
    bool is_stdin = strcmp(file, "-") == 0;
    pond_buf raw = POND_BUF_EMPTY;
    int fd = -1;
    pond_code rc = pond_file_open_input(is_stdin ? "/dev/stdin" : file, &fd, err);
    if (rc == POND_OK) {
        rc = pond_fd_read_all(fd, file, &raw, err);
        close(fd);
    }
    *out = pond_buf_keep(j->a, &raw);
    return rc;
}

pond_code declare_documents(declare_job *j, const char *file, const char *shown, pond_err *err) {
    const pond_conf *const *roots;
    pond_sv text;
    size_t n, n_read = 0;
    POND_TRY(read_file(j, file, &text, err));
    POND_TRY(pond_conf_parse_all(j->a, text, shown, &roots, &n, err));
    for (size_t i = 0; i < n; i++) {
        // Two separators with nothing but comments between them are no document.
        if (roots[i]->value.kind == POND_NULL && roots[i]->text.n == 0)
            continue;
        declare_item item = {.name = pond_printf(j->a, "%s[%zu]", shown, n_read++)};
        declare_text t = declare_text_of(j->a, roots[i]);
        document d = {.j = j, .text = &t, .dir = pond_path_parent(j->a, file), .item = &item};
        POND_TRY_CTX(read_document(&d, err), err, "%s", item.name);
        *pond_vec_push(j->a, &j->items) = item;
    }
    if (n_read == 0)
        return pond_fail(err, POND_ERR_INVALID, "%s: no YAML documents found", shown);
    return POND_OK;
}
