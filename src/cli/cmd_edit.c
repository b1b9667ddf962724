// edit: changes the config of a node, or a text file, in the user's editor.
//
//     read     the text and what the node is; the pond is closed while the editor runs
//     edit     until the text is right, or the user gives up
//     write    if the node is still what it was
//
// What the user has written is never lost: after a failure it is left in its file.
#include "base/file.h"
#include "cli/editor.h"
#include "cli/output.h"
#include "factory/factory.h"
#include "factory/origins.h"
#include "relation/ingest.h"

#include <inttypes.h>
#include <unistd.h>

// What is edited.
typedef struct subject {
    pond_sv path;
    pond_id id;
    pond_type type;
    const pond_factory *factory; // of a config; NULL: the bytes of a file
    int64_t version;
    pond_sha256 object;
    pond_sv text;
} subject;

// Reading -------------------------------------------------------------------------------------------

static pond_code find_latest(cli *c, const pond_node *node, subject *s, pond_err *err) {
    const pond_version *v;
    POND_TRY(pond_store_latest(pond_session_txn(c->session), c->arena, node->id, &v, err));
    s->path = pond_sv_dup(c->arena, node->path);
    s->id = node->id;
    s->type = node->type;
    s->version = v == NULL ? 0 : v->number;
    s->object = v == NULL ? (pond_sha256){{0}} : v->object;
    return POND_OK;
}

static pond_code fail_not_text(const pond_node *node, const char *why, pond_err *err) {
    return pond_fail(err, POND_ERR_INVALID, "'%.*s' cannot be edited: it %s",
                     POND_SV_ARG(node->path), why);
}

static pond_code read_text(cli *c, const pond_node *node, subject *s, pond_err *err) {
    enum { MOST_BYTES = 16 << 20 };
    pond_buf b = POND_BUF_EMPTY;
    pond_fs *fs = pond_session_fs(c->session);
    pond_code rc = POND_OK;
    if (pond_type_is_dynamic(node->type))
        rc = pond_fs_config(fs, node, &b, err);
    else if (node->type != POND_T_DATA)
        rc = fail_not_text(node,
                           pond_printf(c->arena, "is a %s, and has no config and no text",
                                       pond_type_name(node->type)),
                           err);
    else if (node->size_bytes > MOST_BYTES)
        rc = fail_not_text(node, "has more than 16 MB", err);
    else if (s->version > 0)
        rc = pond_fs_read(fs, node, NULL, &b, err);
    s->text = pond_buf_keep(c->arena, &b);
    if (rc == POND_OK && !pond_sv_is_text(s->text))
        return fail_not_text(node, "is no text", err);
    return rc;
}

static pond_code read_subject(cli *c, subject *s, pond_err *err) {
    const pond_node *node;
    *s = (subject){.text = POND_SV("")};
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    POND_TRY(pond_fs_resolve(pond_session_fs(c->session), c->args[0], true, &node, err));
    if (node->is_stored)
        POND_TRY(find_latest(c, node, s, err));
    if (node->is_stored && node->factory.n > 0)
        POND_TRY(pond_factory_get(node->factory, NULL, &s->factory, err));
    return read_text(c, node, s, err);
}

// Editing -------------------------------------------------------------------------------------------

// The name of the file, from which editors know its language.
static pond_sv file_name(cli *c, const subject *s) {
    pond_sv name = pond_sv_of(pond_path_name(pond_cstr(c->arena, s->path)));
    bool is_yaml = pond_sv_ends(name, POND_SV(".yaml")) || pond_sv_ends(name, POND_SV(".yml"));
    return s->factory == NULL || is_yaml ? name
                                         : pond_svf(c->arena, "%.*s.yaml", POND_SV_ARG(name));
}

// What is to be stored.
static pond_code check(cli *c, const subject *s, const cli_edited *e, pond_sv text,
                       pond_factory_made *out, pond_err *err) {
    *out = (pond_factory_made){.config = text};
    if (s->factory == NULL)
        return POND_OK;
    return pond_factory_config_text(c->session, s->factory, text, e->path, ".", out, err);
}

// out->config.p is NULL when nothing was changed.
static pond_code edit(cli *c, const subject *s, const cli_edited *e, pond_factory_made *out,
                      pond_err *err) {
    pond_sv written;
    for (;;) {
        POND_TRY(cli_edit_run(c, e, &written, err));
        *out = (pond_factory_made){0};
        if (pond_sv_eq(written, e->before))
            return POND_OK;
        pond_code rc = check(c, s, e, written, out, err);
        if (rc == POND_OK)
            return POND_OK;
        cli_print_error(c, err);
        if (!cli_edit_ask(c, "Edit again?"))
            return pond_fail(err, rc, "'%.*s' was not edited", POND_SV_ARG(s->path));
        pond_err_clear(err);
    }
}

// Writing -------------------------------------------------------------------------------------------

static pond_code check_same(cli *c, const subject *s, pond_err *err) {
    const pond_node *node;
    subject now;
    pond_code rc = pond_fs_resolve(pond_session_fs(c->session), s->path, false, &node, NULL);
    if (rc != POND_OK || !pond_id_eq(node->id, s->id))
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' was removed or moved while it was edited",
                         POND_SV_ARG(s->path));
    POND_TRY(find_latest(c, node, &now, err));
    bool is_same = now.version == s->version && pond_sha256_eq(&now.object, &s->object) &&
                   (s->factory == NULL || pond_sv_is(node->factory, s->factory->name));
    if (is_same)
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "somebody else changed '%.*s' while it was edited: it had version %" PRId64
                     ", and has version %" PRId64 " now; `pond log '%.*s'` shows who",
                     POND_SV_ARG(s->path), s->version, now.version, POND_SV_ARG(s->path));
}

// The bytes of a file come in as those that are copied.
static pond_code write_bytes(cli *c, const subject *s, const cli_edited *e, pond_err *err) {
    const pond_destination to = {
        .path = s->path, .type = POND_T_DATA, .source = s->path, .is_repeated = true};
    pond_ingested done;
    int fd;
    POND_TRY(pond_file_open(e->path, &fd, err));
    pond_code rc = pond_ingest_bytes(c->session, &to, fd, &done, err);
    close(fd);
    return rc;
}

// What was edited has no other source than the editor, unless it names one.
static pond_code write_subject(cli *c, const subject *s, const cli_edited *e,
                               pond_factory_made *made, pond_err *err) {
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    POND_TRY(check_same(c, s, err));
    if (s->factory == NULL)
        POND_TRY(write_bytes(c, s, e, err));
    else
        POND_TRY(pond_fs_mknod(pond_session_fs(c->session), s->path, s->factory->type,
                               pond_sv_of(s->factory->name), made->config, true, err));
    POND_TRY(pond_origins_keep(c->session, s->path, &made->origins, err));
    return pond_session_commit(c->session, err);
}

static pond_code edit_and_write(cli *c, const subject *s, cli_edited *e, pond_err *err) {
    pond_factory_made made;
    POND_TRY(edit(c, s, e, &made, err));
    if (made.config.p == NULL) {
        cli_report(c, "'%.*s' is unchanged\n", POND_SV_ARG(s->path));
        return POND_OK;
    }
    POND_TRY(write_subject(c, s, e, &made, err));
    cli_close_pond(c); // it is committed
    return POND_OK;
}

static pond_code run_edit(cli *c, pond_err *err) {
    subject s;
    cli_edited e;
    POND_TRY(read_subject(c, &s, err));
    cli_close_pond(c); // nobody waits for somebody who types
    POND_TRY(cli_edit_begin(c, file_name(c, &s), s.text, &e, err));
    pond_code rc = edit_and_write(c, &s, &e, err);
    if (rc == POND_OK)
        cli_edit_end(c, &e);
    else
        cli_edit_keep(c, &e, err);
    return rc;
}

const cli_command cli_edit = {
    .name = "edit",
    .args = "PATH",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    .summary = "Change the config of a node, or a text file, in an editor",
    .details =
        "The editor is VISUAL, EDITOR or vi. A config is checked before anything is written; if it "
        "is wrong, edit\n"
        "asks whether to edit again. Nothing is written when nothing was changed, when the editor "
        "fails, or when\n"
        "somebody else has changed the node meanwhile. What was typed is then kept in a file.",
    .example = "EDITOR=nano pond edit /reduced",
    .run = run_edit,
};
