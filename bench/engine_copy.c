// engine-copy: SQL on the query engine alone, for measuring what an export would cost there.
//
//     engine-copy THREADS DIRECTORY 'COPY (…) TO …'
//     engine-copy THREADS DIRECTORY - <FILE            a statement on each line
//
// DIRECTORY (absolute) is where it may read and write.
#include "engine/engine.h"

#include <stdlib.h>

static pond_code run_lines(pond_engine *e, FILE *from, pond_err *err) {
    char *line = NULL;
    size_t size = 0;
    pond_code rc = POND_OK;
    while (rc == POND_OK && getline(&line, &size, from) > 0)
        rc = pond_engine_exec(e, pond_sv_of(line), err);
    free(line);
    return rc;
}

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
        rc = strcmp(argv[3], "-") == 0 ? run_lines(e, stdin, err)
                                       : pond_engine_exec(e, pond_sv_of(argv[3]), err);
    if (rc != POND_OK)
        pond_err_print(err, "engine-copy", stderr);
    pond_engine_close(e);
    free(err);
    return pond_code_exit_status(rc);
}
