// Finds and loads libduckdb. It is searched for relative to the executable, so that a tree which
// was moved or copied keeps working. POND_LIBDUCKDB can name any other file.
#include "base/home.h"
#include "engine/engine_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libduckdb.so"
#define VERSION "v1.5.6"

const char *pond_engine_version(void) {
    return VERSION;
}

// The only mutable global of the program. The library belongs to the process (a second dlopen gives
// the same handle), several workers open their engines at once, and each of them must get the same
// error if loading fails. Written once, under `once`, and never unloaded.
static struct {
    pthread_once_t once;
    engine_api api;
    pond_err err;
} library = {.once = PTHREAD_ONCE_INIT};

// Functions ---------------------------------------------------------------------------------------

// ISO C cannot cast dlsym's object pointer to a function pointer; POSIX has both in equal bytes.
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
    // Another version writes other bytes into Parquet files, and fingerprints contain our version.
    const char *version = api->library_version();
    if (strcmp(version, VERSION) != 0)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%s' is version %s of the query engine, but this program needs %s", path,
                         version, VERSION);
    return POND_OK;
}

// Functions of the library that its C interface lacks, under their names in the library: the zstd and
// the hash that its Parquet writer uses. A library without them is used without them (encode.c).
static void bind_codec(void *handle, engine_zstd *z) {
    pond_err unused;
    z->is_complete =
        find_function(handle, "_ZN11duckdb_zstd15ZSTD_createCCtxEv", &z->create, &unused) &&
        find_function(handle, "_ZN11duckdb_zstd13ZSTD_freeCCtxEPNS_11ZSTD_CCtx_sE", &z->release,
                      &unused) &&
        find_function(handle, "_ZN11duckdb_zstd17ZSTD_compressCCtxEPNS_11ZSTD_CCtx_sEPvmPKvmi",
                      &z->compress, &unused) &&
        find_function(handle, "_ZN11duckdb_zstd18ZSTD_compressBoundEm", &z->bound, &unused) &&
        find_function(handle, "_ZN11duckdb_zstd12ZSTD_isErrorEm", &z->is_error, &unused) &&
        find_function(handle, "_ZN11duckdb_zstd5XXH64EPKvmy", &z->xxh64, &unused) &&
        find_function(handle, "_ZN6duckdb6DuckDB8SourceIDEv", &z->source_id, &unused);
}

// Places ------------------------------------------------------------------------------------------

typedef POND_VEC(const char *) path_vec;

// The files to try, in this order.
static void list_places(pond_arena *a, path_vec *places) {
    const char *given = getenv("POND_LIBDUCKDB");
    if (given != NULL && given[0] != '\0') {
        *pond_vec_push(a, places) = given; // alone: another file would hide that this one is wrong
        return;
    }
    const char *bin = pond_home_bin(a), *checkout = pond_home_checkout(a);
    if (bin != NULL) {
        *pond_vec_push(a, places) = pond_printf(a, "%s/" LIBRARY, bin);
        *pond_vec_push(a, places) = pond_printf(a, "%s/../lib/pond/" LIBRARY, bin);
    }
    if (checkout != NULL)
        *pond_vec_push(a, places) = pond_printf(a, "%s/third_party/duckdb/" LIBRARY, checkout);
    *pond_vec_push(a, places) = LIBRARY; // without a '/': where the system's loader looks
}

// Loading -----------------------------------------------------------------------------------------

// The handle of the library; NULL if it cannot be loaded, with the reason appended to *tried.
static void *open_library(const char *path, pond_buf *tried) {
    const char *why;
    if (strchr(path, '/') != NULL && access(path, R_OK) != 0) {
        why = strerror(errno);
    } else {
        // Functions are looked up at their first call: all of them at once take 5 ms.
        void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
        if (handle != NULL)
            return handle;
        why = dlerror(); // most reasons begin with the path
    }
    pond_sv reason = pond_sv_of(why), prefix = pond_sv_of(path);
    if (pond_sv_starts(reason, prefix))
        pond_buf_printf(tried, "  %s\n", why);
    else
        pond_buf_printf(tried, "  %s: %s\n", path, why);
    return NULL;
}

static void load_once(void) {
    pond_arena a;
    pond_arena_init(&a);
    path_vec places = {0};
    pond_buf tried = POND_BUF_EMPTY;
    list_places(&a, &places);
    void *handle = NULL;
    size_t i = 0;
    for (; i < places.n && handle == NULL; i++)
        handle = open_library(places.items[i], &tried);
    if (handle != NULL) {
        pond_code rc = bind_functions(handle, places.items[i - 1], &library.api, &library.err);
        POND_ASSERT(rc == library.err.code);
        bind_codec(handle, &library.api.zstd);
    } else {
        pond_fail(&library.err, POND_ERR_NOT_FOUND, "cannot load the query engine, " LIBRARY);
        pond_err_detail(&library.err, "%s", tried.p);
        pond_err_detail(&library.err,
                        "run 'make' in the source tree to fetch it, or set POND_LIBDUCKDB to the "
                        "path of the file");
    }
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

const engine_api *engine_loaded(void) {
    const engine_api *api = NULL;
    pond_code rc = engine_load(&api, NULL);
    POND_ASSERT(rc == POND_OK); // loaded, since an engine is open
    return api;
}
