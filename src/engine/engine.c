// Instances of DuckDB: their settings, the sandbox around them, opening and closing.
#include "engine/engine_internal.h"

#include <stdlib.h>
#include <sys/mman.h>

// Settings ----------------------------------------------------------------------------------------

// The settings of every instance. Some are DuckDB's defaults; they are listed because we depend on
// them.
static const struct {
    const char *name, *value;
} settings[] = {
    {"preserve_insertion_order", "true"}, // a query without ORDER BY keeps the order of its input
    {"autoinstall_known_extensions", "false"},
    {"autoload_known_extensions", "false"},
    {"allow_community_extensions", "false"},
    {"allow_persistent_secrets", "false"}, // nothing is read from the user's ~/.duckdb
    // It keeps what was read of every file, although the operating system does that already.
    {"enable_external_file_cache", "false"},
};

static pond_code set_option(const engine_api *api, duckdb_config config, const char *name,
                            const char *value, pond_err *err) {
    if (api->set_config(config, name, value) != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "the query engine rejected the setting %s = '%s'",
                         name, value);
    return POND_OK;
}

static pond_code set_options(const engine_api *api, duckdb_config config,
                             const pond_engine_options *o, pond_err *err) {
    char text[32];
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        POND_TRY(set_option(api, config, settings[i].name, settings[i].value, err));
    snprintf(text, sizeof text, "%d", o->threads > 0 ? o->threads : 1);
    POND_TRY(set_option(api, config, "threads", text, err));
    uint64_t memory = o->memory_bytes > 0 ? o->memory_bytes : UINT64_C(1) << 30;
    snprintf(text, sizeof text, "%lluB", (unsigned long long)memory);
    POND_TRY(set_option(api, config, "memory_limit", text, err));
    // Without this setting DuckDB would spill into ".tmp" in the current directory.
    return set_option(api, config, "temp_directory", o->temp_dir == NULL ? "" : o->temp_dir, err);
}

// Opening -----------------------------------------------------------------------------------------

static pond_code open_instance(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    duckdb_config config = NULL;
    pond_code rc;
    if (e->api->create_config(&config) != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "cannot configure the query engine");
    POND_TRY_GOTO(rc, set_options(e->api, config, o, err), done);
    char *text = NULL;
    if (e->api->open_ext(NULL, &e->db, config, &text) != DuckDBSuccess) {
        rc = engine_fail(e, err, text);
        e->api->free(text);
    } else if (e->api->connect(e->db, &e->con) != DuckDBSuccess ||
               e->api->connect(e->db, &e->plan_con) != DuckDBSuccess) {
        rc = pond_fail(err, POND_ERR_INTERNAL, "cannot connect to the query engine");
    }
done:
    e->api->destroy_config(&config);
    return rc;
}

static pond_code set_list(pond_engine *e, const char *name, const char *const *items, size_t n,
                          pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SET %s = [", name);
    for (size_t i = 0; i < n; i++) {
        pond_buf_str(&sql, i == 0 ? "" : ", ");
        pond_buf_sql_string(&sql, pond_sv_of(items[i]));
        // A path with wildcard characters is used in its escaped form, and DuckDB compares that.
        pond_buf_str(&sql, ", ");
        engine_sql_path(&sql, pond_sv_of(items[i]));
    }
    pond_buf_char(&sql, ']');
    pond_code rc = pond_engine_exec(e, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

// From here on the instance reaches the named files only, and no statement can change that.
static pond_code lock_down(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    POND_TRY(set_list(e, "allowed_directories", o->dirs, o->n_dirs, err));
    POND_TRY(set_list(e, "allowed_paths", o->files, o->n_files, err));
    POND_TRY(pond_engine_exec(e, POND_SV("SET enable_external_access = false"), err));
    return pond_engine_exec(e, POND_SV("SET lock_configuration = true"), err);
}

// Each connection has a time zone and an optimizer of its own. Columns do not depend on the zone.
static pond_code set_up_connections(pond_engine *e, pond_err *err) {
    pond_engine planner = engine_on(e, e->plan_con);
    POND_TRY(pond_engine_exec(e, POND_SV("SET TimeZone = 'UTC'"), err));
    return pond_engine_exec(&planner, POND_SV("PRAGMA disable_optimizer"), err);
}

static pond_code set_up(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    POND_TRY(open_instance(e, o, err));
    POND_TRY(set_up_connections(e, err));
    e->queries = o->queries;
    if (o->queries == NULL || *o->queries)
        POND_TRY(engine_need_dialect(e, err));
    return lock_down(e, o, err);
}

// What opening takes of the address space, with the library and the thread that uses it. Where there
// is less (ulimit -v), the library's allocator waits for ever or the C library ends the process.
enum { OPENING_BYTES = 128 << 20 };

static pond_code check_address_space(pond_err *err) {
    void *p =
        mmap(NULL, OPENING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || munmap(p, OPENING_BYTES) != 0)
        return pond_fail_errno(err, "the query engine has too little address space (ulimit -v)");
    return POND_OK;
}

static pond_code open_engine(pond_engine *e, const pond_engine_options *options, pond_err *err) {
    pond_code rc = set_up(e, options, err);
    if (rc == POND_OK)
        rc = engine_guard_add(options->guard, e, err);
    return pond_wrap(err, rc, "opening the query engine");
}

pond_code pond_engine_open(const pond_engine_options *options, pond_engine **out, pond_err *err) {
    *out = NULL;
    const engine_api *api;
    POND_TRY(check_address_space(err));
    POND_TRY(engine_load(&api, err));
    pond_engine *e = pond_xmalloc(sizeof *e);
    *e = (pond_engine){.api = api, .base = e};
    pond_code rc = open_engine(e, options, err);
    if (rc == POND_OK)
        *out = e;
    else
        pond_engine_close(e);
    return rc;
}

// Closing -----------------------------------------------------------------------------------------

// Leaves an engine that is not open.
static void shut(pond_engine *e) {
    POND_ASSERT(!e->is_streaming);
    engine_guard_remove(e);
    engine_feed_free(e->feed);
    e->api->destroy_prepare(&e->serializer);
    e->api->disconnect(&e->plan_con);
    e->api->disconnect(&e->con);
    e->api->close(&e->db);
    engine_sources_free(e->sources);
    free(atomic_load(&e->source_err));
    bool is_interrupted = atomic_load(&e->is_interrupted);
    *e = (pond_engine){.api = e->api, .base = e};
    atomic_store(&e->is_interrupted, is_interrupted);
}

pond_code pond_engine_reopen(pond_engine *e, const pond_engine_options *options, pond_err *err) {
    shut(e);
    return open_engine(e, options, err);
}

void pond_engine_close(pond_engine *e) {
    if (e == NULL)
        return;
    shut(e);
    free(e);
}
