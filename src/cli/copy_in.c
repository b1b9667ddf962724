// Copies files of the host into the pond.
#include "cli/copy.h"

#include "base/file.h"
#include "format/format.h"
#include "relation/file.h"
#include "relation/ingest.h"

#include <unistd.h>

// A path that exists in the pond but not on the host suggests that the user wants to copy out.
static pond_code open_source(cli *c, const cli_incoming *in, int *fd, pond_err *err) {
    pond_code rc = pond_file_open_input(in->host_path, fd, err);
    const pond_node *node;
    if (rc == POND_ERR_NOT_FOUND &&
        pond_fs_resolve(pond_session_fs(c->session), in->url.text, true, &node, NULL) == POND_OK)
        pond_err_detail(err,
                        "  '%.*s' is in the pond; to copy it out, use the destination host:///DIR",
                        POND_SV_ARG(node->path));
    return rc;
}

// A file that is stored as rows must be Parquet.
static pond_code check_parquet(cli *c, const cli_incoming *in, pond_err *err) {
    pond_reader reader;
    const char *flaw, *content;
    POND_TRY(pond_reader_open(c->arena, &in->url, &reader, err));
    POND_TRY(pond_reader_find_flaw(&reader, in->host_path, &flaw, &content, err));
    if (flaw == NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "File '%s' is not a valid parquet file (%s). Use host:///path (without "
                     "+table or +series) for non-parquet files. To query CSV files, use 'pond cat "
                     "host+csv:///path' with the csv:// URL scheme; to store their rows, 'pond "
                     "copy host+csv+series:///path DEST'.",
                     in->host_path, flaw);
}

static pond_code bring_file(cli *c, const cli_incoming *in, const pond_destination *to,
                            pond_err *err) {
    bool is_rows = pond_type_is_queryable(in->type);
    int fd;
    POND_TRY(open_source(c, in, &fd, err));
    pond_code rc = is_rows && !pond_type_is_dynamic(in->type) ? check_parquet(c, in, err) : POND_OK;
    if (rc == POND_OK)
        rc = is_rows ? pond_ingest_parquet(c->session, to, fd, err)
                     : pond_ingest_bytes(c->session, to, fd, err);
    close(fd);
    return rc;
}

static pond_code bring(cli *c, const cli_incoming *in, pond_err *err) {
    pond_sv query = ((const cli_copy_options *)c->options)->sql;
    pond_destination to = {in->path, in->type, pond_sv_of(in->host_path)};
    pond_relation *rows;
    pond_session_next_query(c->session);
    if (pond_url_is_parsed(&in->url)) {
        POND_TRY(pond_host_file_relation(c->session, &in->url, in->host_path, &rows, err));
        return pond_ingest_rows(c->session, &to, rows, query, err);
    }
    if (query.n > 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "--sql needs rows, as of 'host+csv+series:///…'; '%s' is copied as bytes",
                         in->host_path);
    return bring_file(c, in, &to, err);
}

pond_code cli_copy_in(cli *c, bool is_url, pond_err *err) {
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    cli_incoming_vec all = {0};
    POND_TRY(cli_copy_find(c, is_url, &all, err));
    for (size_t i = 0; i < all.n; i++) // before the first query: the engine opens once
        if (pond_url_is_parsed(&all.items[i].url))
            pond_session_allow_file(c->session, all.items[i].host_path);
    for (size_t i = 0; i < all.n; i++)
        POND_TRY_CTX(bring(c, &all.items[i], err), err, "copy '%.*s' to '%.*s'",
                     POND_SV_ARG(all.items[i].url.text), POND_SV_ARG(all.items[i].path));
    return POND_OK;
}
