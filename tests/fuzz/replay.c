// Runs every fuzz target over its seeds, without a fuzzer: replay DIR..., with DIR/<target>/<seed>.
// Each seed runs in its own process, so that a crash is reported and the other seeds still run.
#include "fuzz.h"

#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct target {
    const char *name;
    void (*run)(pond_sv input);
} target;

static const target targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "targets.def"
#undef TARGET
};

enum { MAX_SECONDS = 60 };

static void run_seed(const target *t, const char *path) {
    pond_err err;
    pond_buf text = POND_BUF_EMPTY;
    alarm(MAX_SECONDS);
    if (pond_file_read(path, &text, &err) != POND_OK) {
        pond_err_print(&err, "replay", stderr);
        exit(1);
    }
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    char *exact = pond_xmalloc(text.n);
    if (text.n > 0)
        memcpy(exact, text.p, text.n);
    t->run((pond_sv){exact, text.n});
    free(exact);
    pond_buf_free(&text);
    exit(0);
}

static bool passes(const target *t, const char *path) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_seed(t, path);
    if (child < 0 || waitpid(child, &status, 0) != child)
        perror("replay");
    if (status != 0)
        printf("%s: died with status %d\n", path, status);
    return status == 0;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// Adds to the counts; a target without seeds has failed, unless it may have none.
static void run_target(const char *root, const target *t, bool may_have_none, int *passed,
                       int *failed) {
    pond_arena a;
    struct dirent **found;
    pond_arena_init(&a);
    const char *dir = pond_path_join(&a, root, t->name);
    int n = scandir(dir, &found, is_visible, alphasort);
    if (n <= 0 && !may_have_none) {
        printf("%s: no seeds\n", dir);
        ++*failed;
    }
    for (int i = 0; i < n; i++) {
        ++*(passes(t, pond_path_join(&a, dir, found[i]->d_name)) ? passed : failed);
        free(found[i]);
    }
    if (n >= 0)
        free(found);
    pond_arena_deinit(&a);
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: replay DIR...\n");
        return 64;
    }
    for (int k = 1; k < argc; k++)
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
            run_target(argv[k], &targets[i], k > 1, &passed,
                       &failed); // what fuzzing found comes later
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
