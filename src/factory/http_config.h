// http_config: the config of http-ingest.
#ifndef POND_FACTORY_HTTP_CONFIG_H
#define POND_FACTORY_HTTP_CONFIG_H

#include "factory/fetch.h"
#include "format/format.h"

typedef struct http_config {
    pond_sv url, pond_path, format;
    pond_texts key;
    bool is_growing, may_change;
    const pond_conf *headers, *header_files;
    pond_sv user, password, password_file;
    factory_bounds bounds;
    pond_schedule schedule;
    // How the body becomes rows, by `format`; without one its bytes are kept.
    bool has_rows;
    pond_url how;
    pond_reader reader;
    // Where in the config they are.
    const pond_conf *url_at, *pond_path_at, *format_at, *key_at, *growing_at;
} http_config;

extern const pond_options http_config_options;
// `written` is the config before expansion, for what must not be in it; NULL: it was checked before.
pond_code http_config_read(pond_arena *a, const pond_conf *c, const pond_conf *written,
                           http_config *out, pond_err *err) POND_MUST;

#endif
