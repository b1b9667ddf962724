// Codecs: their names. Also the ends of files, by which formats know them.
#include "format/codec.h"

#include <fcntl.h>
#include <unistd.h>

static const struct {
    const char *name, *ending;
} codecs[] = {
    [POND_PLAIN] = {NULL, ""},
    [POND_ZSTD] = {"zstd", ".zst"},
    [POND_GZIP] = {"gzip", ".gz"},
    [POND_BZIP2] = {"bzip2", ".bz2"},
};

const char *pond_codec_name(pond_compression c) {
    return codecs[c].name;
}

const char *pond_codec_ending(pond_compression c) {
    return codecs[c].ending;
}

pond_code pond_file_read_ends(const char *path, pond_file_ends *out, pond_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    *out = (pond_file_ends){0};
    off_t size = lseek(fd, 0, SEEK_END);
    ssize_t n = pread(fd, out->first, sizeof out->first, 0);
    if (n >= 0 && size >= (off_t)(sizeof out->first + sizeof out->last))
        n = pread(fd, out->last, sizeof out->last, size - (off_t)sizeof out->last);
    pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", path) : POND_OK;
    close(fd);
    return rc;
}
