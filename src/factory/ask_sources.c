// Finds the sources of what templates ask for, and notes them for each render.
#include "factory/ask_internal.h"

#include "relation/match.h"
#include "relation/schema.h"

struct pond_asker {
    pond_session *session;
    pond_map sources; // kind and text -> ask_source *
    pond_code (*open)(void *user, pond_err *err);
    void *user;
    pond_ask_files files;
    void *files_user;
};

pond_asker *pond_asker_new(pond_session *s) {
    pond_asker *asker = POND_NEW(pond_session_arena(s), pond_asker);
    asker->session = s;
    pond_map_init(&asker->sources, pond_session_arena(s));
    return asker;
}

void pond_asker_open_late(pond_asker *asker, pond_code (*open)(void *user, pond_err *err),
                          void *user) {
    asker->open = open;
    asker->user = user;
}

void pond_asker_use_files(pond_asker *asker, pond_ask_files files, void *user) {
    asker->files = files;
    asker->files_user = user;
}

pond_session *ask_session(const pond_asker *asker) {
    return asker->session;
}

pond_code ask_open(const pond_asker *asker, pond_err *err) {
    return asker->open == NULL ? POND_OK : asker->open(asker->user, err);
}

// Sources -----------------------------------------------------------------------------------------

static pond_code find_relation(pond_session *s, pond_sv from, bool is_node, pond_relation **out,
                               pond_err *err) {
    if (is_node) {
        const pond_node *node;
        POND_TRY(pond_fs_resolve(pond_session_fs(s), from, true, &node, err));
        return pond_relation_of(s, node, out, err);
    }
    pond_pattern pattern;
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_read(pond_session_arena(s), from, &pattern, err));
    POND_TRY(pond_pattern_match(s, &pattern, &matches, err));
    return pond_pattern_unite(s, &pattern, matches.items, matches.n, out, err);
}

static pond_code make_source(pond_session *s, pond_sv from, bool is_node, ask_source **out,
                             pond_err *err) {
    ask_source *source = POND_NEW(pond_session_arena(s), ask_source);
    source->asked =
        (pond_asked){.from = pond_sv_dup(pond_session_arena(s), from), .is_node = is_node};
    POND_TRY(find_relation(s, source->asked.from, is_node, &source->relation, err));
    pond_relation *r = source->relation;
    POND_TRY(pond_relation_fingerprint(s, r, POND_RANGE_ALL, &source->asked.fingerprint, err));
    POND_TRY(pond_relation_changing(s, r, &source->changing, err));
    *out = source;
    return POND_OK;
}

pond_code ask_get(pond_asker *asker, pond_sv from, bool is_node, ask_source **out, pond_err *err) {
    POND_TRY(ask_open(asker, err));
    pond_session *s = asker->session;
    pond_sv key = pond_svf(pond_session_arena(s), "%c%.*s", is_node ? 'n' : 'u', POND_SV_ARG(from));
    *out = pond_map_get(&asker->sources, key);
    if (*out != NULL)
        return POND_OK;
    pond_session_next_query(s);
    POND_TRY(make_source(s, from, is_node, out, err));
    *pond_map_at(&asker->sources, key, NULL) = *out;
    return POND_OK;
}

// Looks once whether the rows are at hand in files which have the columns of the relation.
static pond_code look_for_files(const pond_asker *asker, ask_source *source, pond_err *err) {
    if (source->has_looked || asker->files == NULL)
        return POND_OK;
    pond_arena *a = pond_session_arena(asker->session);
    pond_buf sql = POND_BUF_EMPTY;
    source->has_looked = true;
    if (!asker->files(asker->files_user, source->relation, &sql))
        return POND_OK;
    pond_engine *engine;
    pond_schema schema;
    pond_sv select = pond_buf_keep(a, &sql);
    POND_TRY(pond_session_engine(asker->session, &engine, err));
    POND_TRY(pond_engine_schema(engine, a, select, &schema, err));
    if (pond_schema_equal(schema, source->schema))
        source->files = select;
    return POND_OK;
}

pond_code ask_write_rows(const pond_asker *asker, ask_source *source, pond_buf *sql,
                         pond_err *err) {
    POND_TRY(look_for_files(asker, source, err));
    if (source->files.n == 0)
        return pond_relation_sql(asker->session, source->relation, POND_RANGE_ALL, sql, err);
    pond_buf_sv(sql, source->files);
    return POND_OK;
}

// Asking ------------------------------------------------------------------------------------------

static bool is_noted(const pond_asks *asks, const pond_asked *asked) {
    for (size_t i = 0; i < asks->asked.n; i++)
        if (asks->asked.items[i].is_node == asked->is_node &&
            pond_sv_eq(asks->asked.items[i].from, asked->from))
            return true;
    return false;
}

void ask_note_changing(pond_asks *asks, pond_sv changing) {
    asks->is_changing |= changing.n > 0;
}

pond_code ask_find_columns(const pond_asker *asker, ask_source *source, pond_err *err) {
    return source->schema.n > 0
               ? POND_OK
               : pond_relation_schema(asker->session, source->relation, &source->schema, err);
}

pond_code ask_find(pond_asks *asks, pond_sv from, bool is_node, ask_source **out, pond_err *err) {
    pond_session *s = asks->asker->session;
    POND_TRY(ask_get(asks->asker, from, is_node, out, err));
    ask_source *source = *out;
    POND_TRY(ask_find_columns(asks->asker, source, err));
    ask_note_changing(asks, source->changing);
    if (!is_noted(asks, &source->asked))
        *pond_vec_push(pond_session_arena(s), &asks->asked) = source->asked;
    return POND_OK;
}
