// Where nodes come from, and their bytes.
#include "fs/fs_internal.h"

const fs_source *fs_source_of(const pond_node *node) {
    static const fs_source *const sources[] = {
        [FS_STORED] = &fs_stored, [FS_HOST] = &fs_host, [FS_COMPUTED] = &fs_computed};
    return sources[fs_of(node)->origin];
}

static pond_code check_has_bytes(const pond_node *file, pond_err *err) {
    if (pond_type_is_dir(file->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a directory", POND_SV_ARG(file->path));
    if (file->type == POND_T_SYMLINK)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a symlink to '%.*s', not a file",
                         POND_SV_ARG(file->path), POND_SV_ARG(file->link));
    if (pond_type_is_queryable(file->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a %s, which has rows, not bytes",
                         POND_SV_ARG(file->path), pond_type_name(file->type));
    return POND_OK;
}

pond_code pond_fs_stream(pond_fs *fs, const pond_node *file, const void *context, pond_sink to,
                         pond_err *err) {
    POND_TRY(check_has_bytes(file, err));
    return fs_source_of(file)->stream(fs, file, context, to, err);
}

pond_code pond_fs_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                       pond_err *err) {
    POND_TRY(check_has_bytes(file, err));
    const fs_source *source = fs_source_of(file);
    return source->read != NULL ? source->read(fs, file, context, out, err)
                                : source->stream(fs, file, context, pond_sink_to_buf(out), err);
}
