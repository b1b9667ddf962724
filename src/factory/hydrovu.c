// hydrovu: readings of sensors, from the public API of the HydroVu service, as a series a device.
//
// A run goes on after the latest time that the files of a device have, so what was collected and how
// far it was collected cannot part. Readings that the service gets later, for an earlier time, do
// not come in.
#include "base/time.h"
#include "factory/factory.h"
#include "factory/hydrovu_api.h"
#include "relation/file.h"
#include "relation/ingest.h"
#include "relation/made.h"
#include "relation/schema.h"
#include "relation/stored.h"

#include <stdlib.h>

typedef struct hydrovu_device {
    pond_sv name, comment;
    int64_t id;
    bool is_active;
    const pond_conf *name_at, *id_at;
} hydrovu_device;

typedef struct hydrovu_config {
    pond_sv client_id, client_secret, id_file, secret_file, address, path, archive;
    int64_t most;
    pond_schedule schedule;
    const pond_conf *devices, *path_at, *archive_at, *address_at;
    factory_bounds bounds;
    hydrovu_device *device;
    size_t n_devices;
} hydrovu_config;

static const pond_option rows[] = {
    POND_OPTION("client_id", POND_OPT_TEXT, hydrovu_config, client_id,
                .help = "of the API, as ${env:NAME}"),
    POND_OPTION("client_secret", POND_OPT_TEXT, hydrovu_config, client_secret,
                .help = "of the API, as ${env:NAME}"),
    POND_OPTION("client_id_file", POND_OPT_TEXT, hydrovu_config, id_file,
                .help = "instead: a file of the host (absolute path) that holds it"),
    POND_OPTION("client_secret_file", POND_OPT_TEXT, hydrovu_config, secret_file,
                .help = "instead: a file of the host (absolute path) that holds it"),
    POND_OPTION("max_points_per_run", POND_OPT_INT, hydrovu_config, most, .is_required = true,
                .min = 1, .max = INT64_C(1000000000),
                .help = "after so many readings a device waits for the next run"),
    POND_OPTION("hydrovu_path", POND_OPT_TEXT, hydrovu_config, path, .is_required = true,
                .place = offsetof(hydrovu_config, path_at),
                .help = "the directory of the series, which is made"),
    POND_OPTION("archive_path", POND_OPT_TEXT, hydrovu_config, archive,
                .place = offsetof(hydrovu_config, archive_at),
                .help = "where older series of the devices are: a device without files goes on "
                        "after them"),
    POND_OPTION("devices", POND_OPT_LIST, hydrovu_config, devices, .is_required = true,
                .help = "what is collected"),
    POND_OPTION("address", POND_OPT_TEXT, hydrovu_config, address,
                .place = offsetof(hydrovu_config, address_at),
                .help = "of the API (default: https://www.hydrovu.com/public-api/)"),
    FACTORY_BOUNDS_OPTIONS(hydrovu_config, bounds),
    POND_SCHEDULE_OPTIONS(hydrovu_config, schedule),
};
static const pond_options options = POND_OPTIONS("a hydrovu config", rows);

static const pond_option device_rows[] = {
    POND_OPTION("name", POND_OPT_TEXT, hydrovu_device, name, .is_required = true,
                .place = offsetof(hydrovu_device, name_at), .help = "the name of the series"),
    POND_OPTION("id", POND_OPT_INT, hydrovu_device, id, .is_required = true,
                .place = offsetof(hydrovu_device, id_at), .min = 1, .max = INT64_MAX,
                .help = "the location of the API"),
    POND_OPTION("active", POND_OPT_BOOL, hydrovu_device, is_active,
                .help = "whether it is collected (default: true)"),
    POND_OPTION("comment", POND_OPT_TEXT, hydrovu_device, comment, .help = "for people"),
};
static const pond_options device_options = POND_OPTIONS("a device of hydrovu", device_rows);
static const pond_factory_part parts[] = {{"devices[].", &device_options}};

// Configs -----------------------------------------------------------------------------------------

static pond_code read_device(pond_arena *a, const pond_conf *c, hydrovu_config *out,
                             pond_err *err) {
    hydrovu_device *d = &out->device[out->n_devices];
    *d = (hydrovu_device){.is_active = true};
    POND_TRY(pond_options_read_conf(a, c, &device_options, d, err));
    const char *flaw =
        pond_name_flaw(pond_svf(a, "%.*s_archive_20000101.series", POND_SV_ARG(d->name)));
    if (d->name.n == 0 || flaw != NULL)
        return pond_conf_fail(d->name_at, err, "'%.*s' cannot be the name of a device: it %s",
                              POND_SV_ARG(d->name), d->name.n == 0 ? "is empty" : flaw);
    for (size_t i = 0; i < out->n_devices; i++)
        if (out->device[i].id == d->id)
            return pond_conf_fail(d->id_at, err, "two devices have the id %lld", (long long)d->id);
    out->n_devices++;
    return POND_OK;
}

static pond_code check_credential(const char *key, pond_sv given, pond_sv file, pond_err *err) {
    if ((given.n > 0) == (file.n > 0))
        return pond_fail(err, POND_ERR_INVALID,
                         given.n > 0 ? "'%s' and '%s_file' exclude each other"
                                     : "'%s' is missing: give it as ${env:NAME}, or '%s_file'",
                         key, key);
    return POND_OK;
}

static pond_code check_address(pond_arena *a, hydrovu_config *c, pond_err *err) {
    const char *flaw = pond_http_url_flaw(c->address);
    if (flaw != NULL)
        return pond_conf_fail(c->address_at, err, "the address %s", flaw);
    if (pond_sv_find_char(c->address, '?') >= 0 || pond_sv_find_char(c->address, '#') >= 0)
        return pond_conf_fail(c->address_at, err, "the address ends in a path");
    if (!pond_sv_ends(c->address, POND_SV("/")))
        c->address = pond_svf(a, "%.*s/", POND_SV_ARG(c->address));
    return POND_OK;
}

static pond_code read_config(pond_arena *a, const pond_conf *c, const pond_conf *written,
                             hydrovu_config *out, pond_err *err) {
    *out = (hydrovu_config){
        .address = POND_SV("https://www.hydrovu.com/public-api/"),
        .bounds = factory_bounds_default,
    };
    POND_TRY(pond_options_read_conf(a, c, &options, out, err));
    POND_TRY(factory_check_pond_path(a, out->path_at, &out->path, err));
    if (out->archive_at != NULL)
        POND_TRY(factory_check_pond_path(a, out->archive_at, &out->archive, err));
    POND_TRY(check_address(a, out, err));
    POND_TRY(check_credential("client_id", out->client_id, out->id_file, err));
    POND_TRY(check_credential("client_secret", out->client_secret, out->secret_file, err));
    if (written != NULL) {
        POND_TRY(
            factory_check_credential(pond_conf_get(written, "client_id"), "client_id_file", err));
        POND_TRY(factory_check_credential(pond_conf_get(written, "client_secret"),
                                          "client_secret_file", err));
    }
    if (out->devices->n == 0)
        return pond_conf_fail(out->devices, err, "'devices' is empty");
    out->device = POND_NEW_ARRAY(a, hydrovu_device, out->devices->n);
    for (size_t i = 0; i < out->devices->n; i++)
        POND_TRY(read_device(a, &out->devices->items[i], out, err));
    return POND_OK;
}

// Where a device goes on --------------------------------------------------------------------------

typedef struct collecting {
    pond_run *run;
    hydrovu_config config;
    hydrovu_api api;
    uint64_t n_rows;
    size_t n_waiting; // devices that have more
} collecting;

static pond_arena *arena_of(const collecting *c) {
    return pond_session_arena(c->run->session);
}

static pond_sv device_dir(const collecting *c, pond_sv root, const hydrovu_device *d) {
    return pond_svf(arena_of(c), "%.*s/devices/%lld", POND_SV_ARG(root), (long long)d->id);
}

// The latest time of a stored series.
static pond_code find_last_stored(pond_session *s, const pond_node *node, int64_t *last_us,
                                  pond_err *err) {
    pond_version_vec versions = {0};
    POND_TRY(
        pond_store_versions(pond_session_txn(s), pond_session_arena(s), node->id, &versions, err));
    for (size_t i = 0; i < versions.n; i++)
        if (versions.items[i].rows > 0 && versions.items[i].t_max_us > *last_us)
            *last_us = versions.items[i].t_max_us;
    return POND_OK;
}

// The latest time of a Parquet file that is stored as bytes, such as one of a repository.
static pond_code find_last_in_file(pond_session *s, const pond_node *node, int64_t *last_us,
                                   pond_err *err) {
    pond_url url;
    pond_relation *r;
    pond_schema schema;
    pond_engine *engine;
    const pond_column *t;
    int64_t found = 0;
    pond_buf sql = POND_BUF_EMPTY;
    POND_TRY(pond_url_parse(pond_session_arena(s), POND_SV("series:///file"), &url, err));
    POND_TRY(pond_file_relation(s, &url, node, &r, err));
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    POND_TRY(pond_find_series_time(schema, node->path, POND_SV(""), &t, err));
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf_str(&sql, "SELECT coalesce(epoch_us(max(");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, ")), 0) FROM (");
    pond_code rc = pond_relation_sql(s, r, POND_RANGE_ALL, &sql, err);
    pond_buf_char(&sql, ')');
    if (rc == POND_OK)
        rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, &found, 1, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && found > *last_us)
        *last_us = found;
    return rc;
}

// The latest time in the series of a directory, which need not exist.
static pond_code find_last_in(collecting *c, pond_sv path, int64_t *last_us, pond_err *err) {
    pond_session *s = c->run->session;
    pond_fs *fs = pond_session_fs(s);
    const pond_node *dir;
    pond_node_vec all;
    if (pond_fs_resolve(fs, path, true, &dir, NULL) == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(pond_fs_resolve(fs, path, true, &dir, err));
    POND_TRY(pond_fs_list(fs, dir, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const pond_node *node = all.items[i];
        if (!pond_sv_ends(node->name, POND_SV(".series")))
            continue;
        POND_TRY(pond_fs_resolve(fs, node->path, true, &node, err));
        if (node->type == POND_T_TABLE_SERIES)
            POND_TRY(find_last_stored(s, node, last_us, err));
        else if (node->type == POND_T_DATA)
            POND_TRY_CTX(find_last_in_file(s, node, last_us, err), err, "looking into '%.*s'",
                         POND_SV_ARG(node->path));
    }
    return POND_OK;
}

static pond_code fail_without_archive(const hydrovu_device *d, pond_sv archive, pond_err *err) {
    pond_fail(err, POND_ERR_NOT_FOUND,
              "device %lld has no rows, and neither has its archive '%.*s': refusing to crawl "
              "HydroVu from epoch",
              (long long)d->id, POND_SV_ARG(archive));
    pond_err_detail(err,
                    "  copy its older series there, or take 'archive_path' out of the config to "
                    "get all that the service has");
    return POND_ERR_NOT_FOUND;
}

static pond_code find_start(collecting *c, const hydrovu_device *d, int64_t *start_s,
                            pond_err *err) {
    int64_t last_us = INT64_MIN;
    *start_s = 0;
    POND_TRY(find_last_in(c, device_dir(c, c->config.path, d), &last_us, err));
    if (last_us == INT64_MIN && c->config.archive.n > 0) {
        pond_sv archive = device_dir(c, c->config.archive, d);
        POND_TRY(find_last_in(c, archive, &last_us, err));
        if (last_us == INT64_MIN)
            return fail_without_archive(d, archive, err);
    }
    if (last_us >= 0)
        *start_s = last_us / POND_US_PER_S + 1;
    return POND_OK;
}

// Rows --------------------------------------------------------------------------------------------

// Readings in the order of rows; of one column and time, the first one that came.
static int by_row(const void *x, const void *y) {
    const hydrovu_reading *const *a = x, *const *b = y;
    if ((*a)->time_s != (*b)->time_s)
        return (*a)->time_s < (*b)->time_s ? -1 : 1;
    if ((*a)->column != (*b)->column)
        return (*a)->column < (*b)->column ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

static int by_name(const void *x, const void *y) {
    const pond_made_column *a = x, *b = y;
    return pond_sv_cmp(a->column.name, b->column.name);
}

// Fills the cells of rows. `columns` are the times and then the columns of the readings.
static uint64_t fill(const hydrovu_reading *const *sorted, size_t n, int64_t *times,
                     double *const *values, uint64_t *const *valid) {
    uint64_t row = 0;
    for (size_t i = 0; i < n; i++) {
        const hydrovu_reading *r = sorted[i];
        if (i > 0 && r->time_s != sorted[i - 1]->time_s)
            row++;
        times[row] = r->time_s * POND_US_PER_S;
        uint64_t bit = UINT64_C(1) << row % 64;
        if ((valid[r->column][row / 64] & bit) == 0)
            values[r->column][row] = r->value;
        valid[r->column][row / 64] |= bit;
    }
    return n == 0 ? 0 : row + 1;
}

static pond_code make_rows(collecting *c, const hydrovu_readings *in, pond_sv name,
                           pond_relation **out, pond_err *err) {
    pond_arena *a = arena_of(c);
    size_t n = in->all.n, n_columns = in->columns.n, n_words = n / 64 + 1, n_used = 1;
    const hydrovu_reading **sorted = POND_NEW_ARRAY(a, const hydrovu_reading *, n);
    int64_t *times = POND_NEW_ARRAY(a, int64_t, n);
    double **values = POND_NEW_ARRAY(a, double *, n_columns);
    uint64_t **valid = POND_NEW_ARRAY(a, uint64_t *, n_columns);
    pond_made_column *columns = POND_NEW_ARRAY(a, pond_made_column, n_columns + 1);
    bool *is_used = POND_NEW_ARRAY(a, bool, n_columns);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &in->all.items[i];
        is_used[sorted[i]->column] = true;
    }
    pond_sort(sorted, n, sizeof *sorted, by_row);
    for (size_t i = 0; i < n_columns; i++) {
        values[i] = POND_NEW_ARRAY(a, double, n);
        valid[i] = POND_NEW_ARRAY(a, uint64_t, n_words);
        if (is_used[i])
            columns[n_used++] = (pond_made_column){{in->columns.items[i], POND_SV("DOUBLE")},
                                                   {values[i], valid[i]}};
    }
    uint64_t *all = POND_NEW_ARRAY(a, uint64_t, n_words);
    memset(all, 0xff, n_words * sizeof *all);
    columns[0] = (pond_made_column){{POND_SV("timestamp"), POND_SV("TIMESTAMP WITH TIME ZONE")},
                                    {times, all}};
    qsort(columns + 1, n_used - 1, sizeof *columns, by_name);
    uint64_t n_rows = fill(sorted, n, times, values, valid);
    return pond_made_relation(c->run->session, name, columns, n_used, n_rows, out, err);
}

// Names of columns that are the same to the engine, and a parameter that is called as the times.
static pond_code check_columns(const hydrovu_readings *in, const hydrovu_device *d, pond_err *err) {
    for (size_t i = 0; i < in->columns.n; i++)
        for (size_t k = 0; k < i; k++)
            if (pond_column_name_eq(in->columns.items[i], in->columns.items[k]))
                return pond_fail(err, POND_ERR_CONFLICT,
                                 "device %lld has the parameters '%.*s' and '%.*s', which would be "
                                 "one column",
                                 (long long)d->id, POND_SV_ARG(in->columns.items[k]),
                                 POND_SV_ARG(in->columns.items[i]));
    return POND_OK;
}

static pond_code store(collecting *c, const hydrovu_device *d, const hydrovu_readings *in,
                       pond_err *err) {
    pond_relation *rows_;
    pond_ingested what;
    pond_sv path = pond_svf(arena_of(c), "%.*s/%.*s_active.series",
                            POND_SV_ARG(device_dir(c, c->config.path, d)), POND_SV_ARG(d->name));
    POND_TRY(check_columns(in, d, err));
    POND_TRY(make_rows(c, in, path, &rows_, err));
    const pond_destination to = {.path = path, .type = POND_T_TABLE_SERIES, .source = path};
    pond_session_next_query(c->run->session);
    POND_TRY(pond_ingest_rows(c->run->session, &to, rows_, POND_SV(""), &what, err));
    char first[40], last[40];
    pond_time_format(what.rows.t_min_us, first);
    pond_time_format(what.rows.t_max_us, last);
    pond_report_say(c->run->report, "Device %lld collected %lld records from %s to %s",
                    (long long)d->id, (long long)what.rows.rows, first, last);
    c->n_rows += (uint64_t)what.rows.rows;
    return POND_OK;
}

static pond_code collect_device(collecting *c, const hydrovu_device *d, pond_err *err) {
    int64_t start_s;
    hydrovu_readings in;
    bool is_all;
    POND_TRY(pond_fs_mkdir(pond_session_fs(c->run->session), device_dir(c, c->config.path, d), true,
                           err));
    POND_TRY(find_start(c, d, &start_s, err));
    POND_TRY(hydrovu_read(&c->api, d->id, start_s, c->config.most, &in, &is_all, err));
    c->n_waiting += !is_all;
    if (in.all.n > 0)
        return store(c, d, &in, err);
    pond_report_say(c->run->report, "Device %lld has nothing new", (long long)d->id);
    return POND_OK;
}

// Actions -----------------------------------------------------------------------------------------

static pond_code read_credentials(collecting *c, pond_err *err) {
    const hydrovu_config *config = &c->config;
    c->api.id = config->client_id;
    c->api.secret = config->client_secret;
    if (config->id_file.n > 0)
        POND_TRY(factory_read_credential(c->run, config->id_file, &c->api.id, err));
    if (config->secret_file.n > 0)
        POND_TRY(factory_read_credential(c->run, config->secret_file, &c->api.secret, err));
    return POND_OK;
}

static pond_code collect_all(collecting *c, pond_err *err) {
    POND_TRY(hydrovu_open(&c->api, err));
    for (size_t i = 0; i < c->config.n_devices; i++)
        if (c->config.device[i].is_active)
            POND_TRY_CTX(collect_device(c, &c->config.device[i], err), err, "device '%.*s'",
                         POND_SV_ARG(c->config.device[i].name));
    pond_report_done(c->run->report, "HydroVu collection complete: %llu total records collected%s",
                     (unsigned long long)c->n_rows,
                     c->n_waiting > 0 ? "; there are more for the next run" : "");
    return POND_OK;
}

static pond_code collect(pond_run *r, pond_err *err) {
    collecting c = {.run = r};
    POND_TRY(read_config(pond_session_arena(r->session), r->config, NULL, &c.config, err));
    c.api = (hydrovu_api){.session = r->session, .report = r->report, .address = c.config.address};
    POND_TRY(read_credentials(&c, err));
    POND_TRY(factory_http_open(&c.config.bounds, r->report, "hydrovu", &c.api.http, err));
    pond_code rc = collect_all(&c, err);
    pond_http_close(c.api.http);
    return rc;
}

// Writes the versions of a series as one to a new file beside it, and removes the old one.
static pond_code archive_file(collecting *c, const hydrovu_device *d, const pond_node *node,
                              pond_sv to_name, pond_err *err) {
    pond_session *s = c->run->session;
    pond_relation *r;
    pond_ingested what;
    pond_sv path = pond_svf(arena_of(c), "%.*s/%.*s", POND_SV_ARG(device_dir(c, c->config.path, d)),
                            POND_SV_ARG(to_name));
    const pond_destination to = {
        .path = path, .type = POND_T_TABLE_SERIES, .source = node->path, .is_repeated = true};
    POND_TRY(pond_stored_relation(s, node, &r, err));
    pond_session_next_query(s);
    POND_TRY(pond_ingest_rows(s, &to, r, POND_SV(""), &what, err));
    POND_TRY(pond_fs_remove(pond_session_fs(s), node, false, err));
    pond_report_say(c->run->report, "Archived %lld records: pond copy '%.*s' host:///DIR",
                    (long long)what.rows.rows, POND_SV_ARG(path));
    return POND_OK;
}

static pond_code archive_device(collecting *c, const hydrovu_device *d, size_t *n, pond_err *err) {
    pond_arena *a = arena_of(c);
    pond_fs *fs = pond_session_fs(c->run->session);
    const pond_node *node;
    pond_civil now = pond_civil_from_us(pond_now_us());
    pond_sv to = pond_svf(a, "%.*s_archive_%04lld%02d%02d.series", POND_SV_ARG(d->name),
                          (long long)now.year, now.month, now.day);
    pond_sv dir = device_dir(c, c->config.path, d);
    if (pond_fs_resolve(fs, pond_svf(a, "%.*s/%.*s", POND_SV_ARG(dir), POND_SV_ARG(to)), true,
                        &node, NULL) == POND_OK) {
        pond_report_say(c->run->report, "'%.*s' exists already: skipped", POND_SV_ARG(node->path));
        return POND_OK;
    }
    pond_sv from = pond_svf(a, "%.*s/%.*s_active.series", POND_SV_ARG(dir), POND_SV_ARG(d->name));
    if (pond_fs_resolve(fs, from, true, &node, NULL) != POND_OK) {
        from = pond_svf(a, "%.*s/%.*s.series", POND_SV_ARG(dir), POND_SV_ARG(d->name));
        if (pond_fs_resolve(fs, from, true, &node, NULL) != POND_OK)
            return POND_OK;
    }
    ++*n;
    return archive_file(c, d, node, to, err);
}

static pond_code fail_unknown_device(const hydrovu_config *c, pond_sv name, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < c->n_devices; i++)
        pond_buf_printf(&names, "%s'%.*s'", i == 0 ? "" : ", ", POND_SV_ARG(c->device[i].name));
    pond_fail(err, POND_ERR_NOT_FOUND, "the config has no device '%.*s'", POND_SV_ARG(name));
    pond_err_detail(err, "  it has %.*s", POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
    return POND_ERR_NOT_FOUND;
}

static pond_code archive(pond_run *r, pond_err *err) {
    collecting c = {.run = r};
    size_t n = 0;
    bool is_known = r->n_args == 0;
    POND_TRY(read_config(pond_session_arena(r->session), r->config, NULL, &c.config, err));
    if (r->n_args > 0 && (r->n_args != 2 || !pond_sv_is(r->args[0], "--device")))
        return pond_fail(err, POND_ERR_USAGE, "Command parse error: archive [--device NAME]");
    for (size_t i = 0; i < c.config.n_devices; i++) {
        const hydrovu_device *d = &c.config.device[i];
        if (r->n_args == 2 && !pond_sv_eq(d->name, r->args[1]))
            continue;
        is_known = true;
        POND_TRY(archive_device(&c, d, &n, err));
    }
    if (!is_known)
        return fail_unknown_device(&c.config, r->args[1], err);
    pond_report_done(r->report, "archived %zu series", n);
    return POND_OK;
}

static const pond_action actions[] = {
    {.name = "collect", .args = "", .summary = "collect the new readings", .run = collect},
    {.name = "archive",
     .args = "[--device NAME]",
     .summary = "write each series as one version under a name of the day",
     .max_args = 2,
     .run = archive},
};

static pond_code hydrovu_check(pond_session *s, const pond_factory_source *source,
                               pond_value *stored, pond_err *err) {
    (void)stored;
    hydrovu_config c;
    return read_config(pond_session_arena(s), source->config, source->written, &c, err);
}

const pond_factory pond_factory_hydrovu = {
    .name = "hydrovu",
    .summary = "Readings of sensors from the HydroVu service, a series a device",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .type = POND_T_DATA_DYNAMIC,
    .check = hydrovu_check,
    POND_FACTORY_ACTIONS(actions),
};
