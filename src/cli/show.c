// What commands print of nodes, and standard output itself.
#include "cli/show.h"

#include "base/file.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

// Nodes -------------------------------------------------------------------------------------------

static const struct {
    const char *icon, *word;
} types[POND_N_TYPES] = {
    [POND_T_DIRECTORY] = {"[DIR]", "DirectoryPhysical"},
    [POND_T_DYNAMIC_DIRECTORY] = {"[DIR]", "DirectoryDynamic"},
    [POND_T_SYMLINK] = {"[LINK]", "Symlink"},
    [POND_T_DATA] = {"[FILE]", "FilePhysicalVersion"},
    [POND_T_DATA_SERIES] = {"[FILE]", "FilePhysicalSeries"},
    [POND_T_DATA_DYNAMIC] = {"[FILE]", "FileDynamic"},
    [POND_T_TABLE] = {"[TBL]", "TablePhysicalVersion"},
    [POND_T_TABLE_SERIES] = {"[SER]", "TablePhysicalSeries"},
    [POND_T_TABLE_DYNAMIC] = {"[SER]", "TableDynamic"},
};

const char *cli_type_icon(pond_type t) {
    return types[t].icon;
}

const char *cli_type_word(pond_type t) {
    return types[t].word;
}

void cli_size(uint64_t bytes, char out[16]) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double v = (double)bytes;
    int unit = 0;
    for (; v >= 1024 && unit < 6; unit++)
        v /= 1024;
    if (unit == 0)
        snprintf(out, 16, "%" PRIu64 "B", bytes);
    else
        snprintf(out, 16, "%.1f%s", v, units[unit]);
}

void cli_time(int64_t t_us, char out[32]) {
    pond_civil t = pond_civil_from_us(t_us);
    snprintf(out, 32, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
             t.minute, t.second);
}

// Standard output ---------------------------------------------------------------------------------

static pond_code write_stdout(void *user, pond_sv bytes, pond_err *err) {
    (void)user;
    return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n
               ? POND_OK
               : pond_fail(err, POND_ERR_IO, "cannot write to standard output");
}

pond_sink cli_stdout(void) {
    return (pond_sink){write_stdout, NULL};
}

pond_code cli_stdout_done(pond_code rc, pond_err *err) {
    if (rc == POND_OK || !ferror(stdout))
        return rc;
    pond_err_clear(err);
    return POND_OK;
}

pond_code cli_print_file(const char *path, pond_err *err) {
    int fd;
    POND_TRY(pond_file_open_input(path, &fd, err));
    pond_code rc = pond_fd_read_to(fd, path, cli_stdout(), err);
    close(fd); // nothing was written, so no error can be lost
    return cli_stdout_done(rc, err);
}

pond_code cli_flush(pond_err *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return POND_OK;
    // If an earlier write failed, its errno is lost; poll still reports a pipe without a reader.
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)))
        return POND_OK;
    if (errno == 0)
        return pond_fail(err, POND_ERR_IO, "cannot write to standard output");
    return pond_fail_errno(err, "cannot write to standard output");
}
