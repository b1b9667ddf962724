// engine-copy: one statement of SQL on the query engine alone, for measuring what an export would
// cost there.
//
//     engine-copy THREADS DIRECTORY 'COPY (…) TO …'
//
// DIRECTORY (absolute) is where it may read and write.
#include "engine/engine.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: engine-copy THREADS DIRECTORY SQL\n");
        return 64;
    }
    pond_err *err = calloc(1, sizeof *err);
    if (err == NULL)
        return 70;
    const char *dirs[] = {argv[2]};
    pond_engine_options options = {
        .threads = atoi(argv[1]), .memory_bytes = UINT64_C(8) << 30, .dirs = dirs, .n_dirs = 1};
    pond_engine *e = NULL;
    pond_code rc = pond_engine_open(&options, &e, err);
    if (rc == POND_OK)
        rc = pond_engine_exec(e, pond_sv_of(argv[3]), err);
    if (rc != POND_OK)
        pond_err_print(err, "engine-copy", stderr);
    pond_engine_close(e);
    free(err);
    return pond_code_exit_status(rc);
}
