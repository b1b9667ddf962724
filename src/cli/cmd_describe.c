#include "cli/cli.h"

#include "cli/arrow.h"
#include "relation/facts.h"
#include "relation/file.h"
#include "relation/match.h"

#include <inttypes.h>

typedef struct describe_options {
    bool all;
} describe_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, describe_options, all, .letter = 'a',
                .help = "names that begin with a dot, too"),
};

static const char *format_name(pond_type t) {
    static const char *const names[POND_N_TYPES] = {
        [POND_T_DIRECTORY] = "Directory",
        [POND_T_DYNAMIC_DIRECTORY] = "Directory",
        [POND_T_SYMLINK] = "Symbolic link",
        [POND_T_DATA] = "Raw data",
        [POND_T_DATA_SERIES] = "Raw data series (versions concatenated on read)",
        [POND_T_DATA_DYNAMIC] = "Raw data",
        [POND_T_TABLE] = "Parquet table",
        [POND_T_TABLE_SERIES] = "Parquet series",
        [POND_T_TABLE_DYNAMIC] = "Parquet series",
    };
    return names[t];
}

static void print_schema(cli *c, pond_schema schema) {
    printf("   Schema: %zu fields\n", schema.n);
    for (size_t i = 0; i < schema.n; i++)
        printf("     * %.*s: %.*s\n", POND_SV_ARG(schema.items[i].name),
               POND_SV_ARG(cli_arrow_type_long(c->arena, schema.items[i].type)));
}

// A file whose schema cannot be computed is told of, and the others are described all the same.
static void describe_schema(cli *c, const pond_node *n) {
    pond_err *why = POND_NEW(c->arena, pond_err);
    pond_relation *r;
    pond_schema schema;
    if (pond_relation_of(c->session, n, &r, why) != POND_OK ||
        pond_relation_schema(c->session, r, &schema, why) != POND_OK) {
        printf("   Schema: Error loading schema - %s\n", why->msg);
        return;
    }
    print_schema(c, schema);
    if (n->type != POND_T_TABLE && r->time_column.n > 0)
        printf("   Timestamp Column: %.*s\n", POND_SV_ARG(r->time_column));
}

static pond_code describe_version(cli *c, const pond_version *v, pond_err *err) {
    char lo[32], hi[32];
    pond_facts facts;
    printf("   Version %" PRId64 ": %" PRId64 " rows", v->number, v->rows);
    if (v->rows > 0 && v->time_column.n > 0) {
        cli_time(v->t_min_us, lo);
        cli_time(v->t_max_us, hi);
        printf(", time range: %s UTC to %s UTC", lo, hi);
    }
    printf("\n");
    POND_TRY(pond_facts_parse(c->arena, v->facts, &facts, err));
    const char *sep = "       Null counts: ";
    for (size_t i = 0; i < facts.n_columns; i++)
        if (facts.columns[i].n_nulls > 0) {
            printf("%s%.*s: %" PRId64, sep, POND_SV_ARG(facts.columns[i].name),
                   facts.columns[i].n_nulls);
            sep = ", ";
        }
    if (sep[0] == ',')
        printf("\n");
    return POND_OK;
}

static pond_code describe_history(cli *c, const pond_node *n, pond_err *err) {
    pond_version_vec versions = {0};
    uint64_t total = 0;
    POND_TRY(pond_store_versions(pond_session_txn(c->session), c->arena, n->id, &versions, err));
    printf("\n   === Version History ===\n");
    for (size_t i = 0; i < versions.n; i++) {
        POND_TRY(describe_version(c, &versions.items[i], err));
        total += versions.items[i].size_bytes;
    }
    printf("   Total size (all versions): %" PRIu64 " bytes\n", total);
    return POND_OK;
}

static pond_code describe_node(cli *c, const pond_node *n, pond_err *err) {
    printf("%s %.*s\n   Type: %s\n   Format: %s\n", cli_type_icon(n->type), POND_SV_ARG(n->path),
           cli_type_word(n->type), format_name(n->type));
    if (pond_type_is_queryable(n->type))
        describe_schema(c, n);
    if (n->factory.n > 0)
        printf("   Factory: %.*s\n", POND_SV_ARG(n->factory));
    if (n->link.n > 0)
        printf("   Target: %.*s\n", POND_SV_ARG(n->link));
    if (n->type == POND_T_TABLE_SERIES) {
        POND_TRY(describe_history(c, n, err));
    } else if (!pond_type_is_dir(n->type)) {
        printf("   Size: %" PRId64 " bytes\n   Version: %" PRId64 "\n",
               n->size_bytes < 0 ? 0 : n->size_bytes, n->version);
    } else {
        printf("   Size: 0 bytes\n   Version: %" PRId64 "\n", n->version);
    }
    printf("\n");
    return POND_OK;
}

static bool is_shown(const cli *c, const pond_node *n) {
    return n->parent != NULL &&
           (((const describe_options *)c->options)->all || n->name.n == 0 || n->name.p[0] != '.');
}

static pond_code describe_pattern(cli *c, pond_sv pattern, pond_err *err) {
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    pond_glob glob;
    pond_match_vec found = {0};
    POND_TRY(pond_glob_parse(c->arena, pattern, &glob, err));
    POND_TRY(pond_fs_glob(pond_session_fs(c->session), c->arena, &glob, &found, err));
    size_t n = 0;
    for (size_t i = 0; i < found.n; i++)
        n += is_shown(c, found.items[i].node);
    if (n == 0) {
        printf("No files found matching pattern '%.*s'\n", POND_SV_ARG(pattern));
        return POND_OK;
    }
    printf("=== File Schema Description ===\nPattern: %.*s\nFiles found: %zu\n\n",
           POND_SV_ARG(pattern), n);
    for (size_t i = 0; i < found.n; i++)
        if (is_shown(c, found.items[i].node))
            POND_TRY(describe_node(c, found.items[i].node, err));
    return POND_OK;
}

static pond_code describe_relation(cli *c, const pond_url *url, pond_sv file, pond_relation *r,
                                   pond_err *err) {
    pond_schema schema;
    printf("File: %.*s\nProvider: %.*s\n", POND_SV_ARG(file), POND_SV_ARG(url->format));
    POND_TRY(pond_relation_schema(c->session, r, &schema, err));
    printf("Schema: %zu fields\n", schema.n);
    for (size_t i = 0; i < schema.n; i++)
        printf("  * %.*s: %.*s\n", POND_SV_ARG(schema.items[i].name),
               POND_SV_ARG(cli_arrow_type_long(c->arena, schema.items[i].type)));
    if (r->time_column.n > 0)
        printf("Timestamp Column: %.*s\n", POND_SV_ARG(r->time_column));
    printf("\n");
    return POND_OK;
}

static pond_code describe_url(cli *c, const pond_url *url, pond_err *err) {
    typedef POND_VEC(pond_relation *) relation_vec;
    relation_vec found = {0};
    pond_texts names = {0};
    if (url->is_host) {
        POND_TRY(cli_host_glob(c, url->path, false, &names, err));
        for (size_t i = 0; i < names.n; i++) {
            const char *path = cli_host_path(c, names.items[i]);
            POND_TRY(pond_host_file_relation(c->session, url, path, pond_vec_push(c->arena, &found),
                                             err));
        }
    } else {
        POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
        pond_pattern in = {.url = *url};
        pond_match_vec matches = {0};
        POND_TRY(pond_glob_parse(c->arena, url->path, &in.glob, err));
        POND_TRY(pond_pattern_match(c->session, &in, &matches, err));
        for (size_t i = 0; i < matches.n; i++) {
            const pond_node *node = matches.items[i].node;
            *pond_vec_push(c->arena, &names) = node->path;
            POND_TRY(
                pond_pattern_relation(c->session, &in, node, pond_vec_push(c->arena, &found), err));
        }
    }
    printf("=== Provider Schema Description ===\n");
    if (found.n == 0)
        printf("No files found matching pattern '%.*s'\n", POND_SV_ARG(url->path));
    if (found.n > 1)
        printf("Pattern matched %zu files\n", found.n);
    printf("\n");
    for (size_t i = 0; i < found.n; i++)
        POND_TRY(describe_relation(c, url, names.items[i], found.items[i], err));
    return POND_OK;
}

static pond_code run(cli *c, pond_err *err) {
    pond_sv pattern = c->n_args == 0 ? POND_SV("**/*") : c->args[0];
    if (pond_sv_find(pattern, POND_SV("://")) < 0)
        return describe_pattern(c, pattern, err);
    pond_url url;
    POND_TRY(pond_url_parse(c->arena, pattern, &url, err));
    pond_reader reader;
    POND_TRY(pond_reader_open(c->arena, &url, &reader, err));
    bool is_plain = pond_url_is_bytes(&url) && !url.is_host;
    return is_plain ? describe_pattern(c, url.path, err) : describe_url(c, &url, err);
}

const cli_command cli_describe = {
    .name = "describe",
    .args = "[PATTERN_OR_URL]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, describe_options),
    .summary = "Tell the columns, versions and time ranges of what a pattern matches",
    .example = "pond describe '/sensors/**'",
    .run = run,
};
