// Codecs: their names, and a check of the first bytes of a compressed file. The engine decompresses
// the files.
#include "format/codec.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct codec {
    const char *name, *content;
    const char *magic; // the first bytes of a file
} codec;

static const codec codecs[] = {
    [POND_PLAIN] = {NULL, NULL, ""},
    [POND_ZSTD] = {"zstd", "compressed with zstd", ""},
    [POND_GZIP] = {"gzip", "compressed with gzip", "\x1f\x8b"},
    [POND_BZIP2] = {"bzip2", "compressed with bzip2", ""},
};

const char *pond_codec_name(pond_compression c) {
    return codecs[c].name;
}

const char *pond_codec_content(pond_compression c) {
    return codecs[c].content;
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

pond_code pond_codec_find_flaw(pond_compression c, const char *path, const char **flaw,
                               pond_err *err) {
    pond_file_ends ends;
    *flaw = NULL;
    if (codecs[c].magic[0] == '\0')
        return POND_OK;
    POND_TRY(pond_file_read_ends(path, &ends, err));
    if (memcmp(ends.first, codecs[c].magic, strlen(codecs[c].magic)) != 0)
        *flaw = "its first bytes are different";
    return POND_OK;
}
