#include "engine/engine_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libduckdb.so"
#define VERSION "v1.4.4"

const char *pond_engine_version(void) {
    return VERSION;
}

// The one variable of the program that is neither constant nor passed: the library is a property of
// the process (a second dlopen gives the same handle), several workers open their engines at once,
// and a failed load must tell each of them the same. Written once, under `once`; never unloaded.
static struct {
    pthread_once_t once;
    engine_api api;
    pond_err err;
} library = {.once = PTHREAD_ONCE_INIT};

// ISO C has no cast from dlsym's object pointer to a function pointer; POSIX promises equal bytes.
static bool find_function(void *handle, const char *name, void *function, pond_err *err) {
    void *found = dlsym(handle, name);
    if (found == NULL) {
        pond_fail(err, POND_ERR_UNSUPPORTED, "the query engine has no function '%s'", name);
        return false;
    }
    memcpy(function, &found, sizeof found);
    return true;
}

static pond_code bind_functions(void *handle, const char *path, engine_api *api, pond_err *err) {
#define DUCKDB(name)                                                                               \
    if (!find_function(handle, "duckdb_" #name, &api->name, err))                                  \
        return pond_wrap(err, POND_ERR_UNSUPPORTED, "loading '%s'", path);
#include "engine/duckdb_api.def"
#undef DUCKDB
    // Another version writes other bytes into Parquet footers, and fingerprints trust our number.
    const char *version = api->library_version();
    if (strcmp(version, VERSION) != 0)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%s' is version %s of the query engine, this program needs %s", path,
                         version, VERSION);
    return POND_OK;
}

typedef POND_VEC(const char *) path_vec;

// In order of preference. A path given by hand stands alone: to fall back from it would hide its
// being wrong.
static void list_places(pond_arena *a, path_vec *places) {
    const char *given = getenv("POND_LIBDUCKDB");
    if (given != NULL && given[0] != '\0') {
        *pond_vec_push(a, places) = given;
        return;
    }
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = '\0';
        *strrchr(exe, '/') = '\0';
        *pond_vec_push(a, places) = pond_printf(a, "%s/" LIBRARY, exe);
        *pond_vec_push(a, places) = pond_printf(a, "%s/../lib/pond/" LIBRARY, exe);
    }
#ifdef POND_DUCKDB_DIR
    *pond_vec_push(a, places) = POND_DUCKDB_DIR "/" LIBRARY;
#endif
    *pond_vec_push(a, places) = LIBRARY; // without a '/': wherever the loader looks
}

static void load_once(void) {
    pond_arena a;
    pond_arena_init(&a);
    path_vec places = {0};
    pond_buf tried = POND_BUF_EMPTY;
    list_places(&a, &places);
    void *handle = NULL;
    for (size_t i = 0; i < places.n && handle == NULL; i++) {
        const char *path = places.items[i];
        bool is_path = strchr(path, '/') != NULL;
        if (is_path && access(path, R_OK) != 0) {
            pond_buf_printf(&tried, "  %s: %s\n", path, strerror(errno));
        } else if ((handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
            const char *why = dlerror();
            pond_buf_printf(&tried, "  %s: %s\n", path, why);
        } else if (bind_functions(handle, path, &library.api, &library.err) != POND_OK) {
            goto done;
        }
    }
    if (handle == NULL) {
        pond_fail(&library.err, POND_ERR_NOT_FOUND,
                  "the query engine (" LIBRARY ") could not be loaded");
        pond_err_detail(&library.err,
                        "%srun 'make' in the source tree to fetch it, or set POND_LIBDUCKDB to the "
                        "path of the file",
                        tried.p);
    }
done:
    pond_buf_free(&tried);
    pond_arena_deinit(&a);
}

pond_code engine_load(const engine_api **out, pond_err *err) {
    pthread_once(&library.once, load_once);
    if (library.err.code != POND_OK) {
        if (err != NULL)
            *err = library.err;
        return library.err.code;
    }
    *out = &library.api;
    return POND_OK;
}

pond_code pond_engine_load(pond_err *err) {
    const engine_api *api;
    return engine_load(&api, err);
}
