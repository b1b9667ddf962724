// store_driver: small commands that use the store room, to be run by run.sh with faults.
//
//     store_driver init DIR
//     store_driver add DIR NAME N     one write: NAME.data and NAME.series get N versions each
//     store_driver remove DIR NAME    one write: removes both
//     store_driver undo DIR SEQ       takes that transaction back
//     store_driver state DIR          checks everything, and prints what a reader sees
#include "base/file.h"
#include "store/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const pond_id root = {{0}};

// The content of version `number` of `name`. It depends on these only, so that a reader can check
// it.
static pond_sv content(pond_arena *a, pond_sv name, int64_t number) {
    enum { LINES = 400 };
    pond_buf text = POND_BUF_EMPTY;
    for (int64_t i = 0; i < LINES * number; i++)
        pond_buf_printf(&text, "%.*s,%" PRId64 ",%" PRId64 "\n", POND_SV_ARG(name), number, i);
    pond_sv kept = pond_sv_dup(a, pond_buf_view(&text));
    pond_buf_free(&text);
    return kept;
}

// Uses the three ways of writing an object in turn.
static pond_code write_object(pond_store *s, pond_arena *a, pond_sv bytes, int64_t way,
                              pond_sha256 *out, pond_err *err) {
    if (way % 3 == 0)
        return pond_object_write(s, bytes, out, err);
    char *tmp = pond_store_tmp_name(s, a, ".csv");
    POND_TRY(pond_file_replace(tmp, bytes, err));
    if (way % 3 == 1)
        return pond_object_adopt(s, tmp, out, NULL, err);
    int fd = open(tmp, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", tmp);
    pond_code rc = pond_object_write_fd(s, fd, tmp, out, NULL, err);
    close(fd);
    return rc;
}

static pond_code add_to(pond_store *s, pond_txn *t, pond_arena *a, pond_sv name, pond_type type,
                        int64_t n, pond_err *err) {
    const pond_node_row *found;
    POND_TRY(pond_store_lookup(t, a, root, name, &found, err));
    pond_id node;
    if (found != NULL)
        node = found->id;
    else
        POND_TRY(pond_store_create(t, &(pond_new_node){.parent = root, .name = name, .type = type},
                                   &node, err));
    pond_version_vec versions;
    POND_TRY(pond_store_versions(t, a, node, &versions, err));
    for (int64_t i = 0; i < n; i++) {
        int64_t number = (int64_t)versions.n + i + 1;
        pond_sv bytes = content(a, name, number);
        pond_version v = {.size_bytes = bytes.n, .rows = -1, .t_min_us = 1};
        POND_TRY(write_object(s, a, bytes, number, &v.object, err));
        POND_TRY(pond_store_add_version(t, node, &v, err));
    }
    return POND_OK;
}

static pond_code add(pond_store *s, pond_txn *t, pond_arena *a, const char *name, const char *n,
                     pond_err *err) {
    int64_t count = 0;
    if (!pond_sv_to_int(pond_sv_of(n), &count))
        return pond_fail(err, POND_ERR_USAGE, "'%s' is not a number", n);
    POND_TRY(add_to(s, t, a, pond_svf(a, "%s.data", name), POND_T_DATA, count, err));
    return add_to(s, t, a, pond_svf(a, "%s.series", name), POND_T_DATA_SERIES, count, err);
}

static pond_code remove_both(pond_txn *t, pond_arena *a, const char *name, pond_err *err) {
    static const char *const kinds[] = {"data", "series"};
    for (int i = 0; i < 2; i++) {
        const pond_node_row *node;
        pond_sv full = pond_svf(a, "%s.%s", name, kinds[i]);
        POND_TRY(pond_store_lookup(t, a, root, full, &node, err));
        if (node == NULL)
            return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' does not exist", POND_SV_ARG(full));
        POND_TRY(pond_store_remove(t, node->id, err));
    }
    return POND_OK;
}

static pond_code undo(pond_txn *t, const char *seq, pond_err *err) {
    int64_t number = 0, undone;
    if (!pond_sv_to_int(pond_sv_of(seq), &number))
        return pond_fail(err, POND_ERR_USAGE, "'%s' is not a number", seq);
    return pond_store_undo(t, number, &undone, err);
}

// Checks a file to the last byte and prints its line.
static pond_code show_file(pond_store *s, pond_txn *t, pond_arena *a, const pond_node_row *node,
                           pond_err *err) {
    pond_version_vec versions;
    uint64_t total = 0;
    POND_TRY(pond_store_versions(t, a, node->id, &versions, err));
    for (size_t i = 0; i < versions.n; i++) {
        const pond_version *v = &versions.items[i];
        pond_buf got = POND_BUF_EMPTY;
        POND_TRY(pond_object_read(s, &v->object, &got, err));
        pond_sv expected = content(a, node->name, (int64_t)i + 1);
        bool is_right = v->number == (int64_t)i + 1 && v->size_bytes == got.n &&
                        pond_sv_eq(pond_buf_view(&got), expected);
        pond_buf_free(&got);
        if (!is_right)
            return pond_fail(err, POND_ERR_CORRUPT, "version %zu of '%.*s' is not what was written",
                             i + 1, POND_SV_ARG(node->name));
        total = node->type == POND_T_DATA ? v->size_bytes : total + v->size_bytes;
    }
    if (node->version != (int64_t)versions.n || node->size_bytes != total)
        return pond_fail(err, POND_ERR_CORRUPT, "the row of '%.*s' does not fit its versions",
                         POND_SV_ARG(node->name));
    printf("%.*s %s %zu versions, %" PRIu64 " bytes\n", POND_SV_ARG(node->name),
           pond_type_name(node->type), versions.n, total);
    return POND_OK;
}

// Prints only the committed transactions of the log: failures differ from run to run.
static pond_code show_log(pond_txn *t, pond_arena *a, pond_err *err) {
    pond_txn_row_vec log;
    POND_TRY(pond_store_log(t, a, 0, 0, &log, err));
    for (size_t i = log.n; i-- > 0;) {
        const pond_txn_row *row = &log.items[i];
        if (row->state == POND_TXN_COMMITTED)
            printf("%.*s: %" PRId64 " operations, %" PRId64 " files\n", POND_SV_ARG(row->command),
                   row->n_operations, row->n_files);
    }
    return POND_OK;
}

static pond_code show_state(pond_store *s, pond_txn *t, pond_arena *a, pond_err *err) {
    pond_node_row_vec found;
    POND_TRY(pond_store_children(t, a, root, &found, err));
    for (size_t i = 0; i < found.n; i++)
        POND_TRY(show_file(s, t, a, found.items[i], err));
    return show_log(t, a, err);
}

static pond_code run(int argc, char **argv, pond_store **s, pond_txn **t, pond_arena *a,
                     pond_err *err) {
    const char *verb = argc > 2 ? argv[1] : "";
    if (strcmp(verb, "init") == 0)
        return pond_store_init(argv[2], "a failing disk", err);
    bool is_add = strcmp(verb, "add") == 0 && argc == 5;
    bool is_remove = strcmp(verb, "remove") == 0 && argc == 4;
    bool is_undo = strcmp(verb, "undo") == 0 && argc == 4;
    if (!is_add && !is_remove && !is_undo && strcmp(verb, "state") != 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "store_driver init|add|remove|undo|state DIR [NAME|SEQ [N]]");
    POND_TRY(pond_store_open(argv[2], s, err));
    pond_txn_mode mode = is_add || is_remove || is_undo ? POND_TXN_WRITE : POND_TXN_READ;
    pond_sv command = mode == POND_TXN_WRITE ? pond_svf(a, "%s %s", verb, argv[3]) : POND_SV("");
    POND_TRY(pond_txn_begin(*s, mode, command, t, err));
    if (is_add)
        POND_TRY(add(*s, *t, a, argv[3], argv[4], err));
    else if (is_remove)
        POND_TRY(remove_both(*t, a, argv[3], err));
    else if (is_undo)
        POND_TRY(undo(*t, argv[3], err));
    else
        POND_TRY(show_state(*s, *t, a, err));
    return pond_txn_commit(*t, err);
}

int main(int argc, char **argv) {
    pond_arena a;
    pond_arena_init(&a);
    pond_store *s = NULL;
    pond_txn *t = NULL;
    pond_err err = {0};
    pond_code rc = run(argc, argv, &s, &t, &a, &err);
    if (rc != POND_OK)
        pond_err_print(&err, "store_driver", stderr);
    pond_txn_end(t, rc == POND_OK ? NULL : &err);
    pond_store_close(s);
    pond_arena_deinit(&a);
    return pond_code_exit_status(rc);
}
