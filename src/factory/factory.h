// factory: dynamic nodes. A factory turns a YAML config into a directory or a file that is computed
// when it is read.
//
// One file a factory; each ends in a pond_factory that says what it offers, and factory.c lists
// them in one table. A factory is given a config twice: `check` when a node is made, with every
// error pointing into the config's text, and `open` when the node is first read. What mknod stores
// is what `prepare` made of the config (a template's text in place of its file's name), so that a
// node depends on nothing outside the pond.
//
// Owns      the meaning of configs. Includes fs, engine, tera, value, base.
// Promises  a config that passes check opens; nothing is read or run before somebody asks for it.
// Leaves    where outputs go, and when, to export.
#ifndef POND_FACTORY_FACTORY_H
#define POND_FACTORY_FACTORY_H

#include "factory/relation.h"
#include "value/conf.h"

typedef struct pond_factory {
    const char *name, *summary;
    bool makes_directory, makes_file, is_executable; // `supports:` of list-factories
    pond_type type;                                  // of the nodes that it makes
    // Validates; nothing of the pond is read.
    pond_code (*check)(pond_session *s, const pond_conf *config, pond_err *err);
    // What must be read from the host when a node is made: the config to store instead, null for
    // the text as it is. Sees the config with its environment references unexpanded; files are
    // relative to session->config_dir. NULL: never anything.
    pond_code (*prepare)(pond_session *s, const pond_conf *config, pond_value *out, pond_err *err);
    // How the node behaves.
    pond_code (*open)(pond_session *s, const pond_conf *config, const pond_dyn **dyn, void **state,
                      pond_err *err);
} pond_factory;

// Makes the relation of a queryable dynamic node; pond_dyn.relate points to one.
typedef struct pond_relate {
    pond_code (*make)(pond_session *s, const pond_node *node, pond_relation **out, pond_err *err);
} pond_relate;

const pond_factory *pond_factory_find(pond_sv name); // NULL if there is none
// INVALID "unknown factory '…'" with the nearest name and the list, at the node of the config if
// there is one.
pond_code pond_factory_get(pond_sv name, const pond_conf *at, const pond_factory **out,
                           pond_err *err) POND_MUST;
size_t pond_factory_count(void);
const pond_factory *pond_factory_at(size_t i); // sorted by name

// For pond_fs_open; `user` is the session.
pond_code pond_factory_open_stored(void *session, pond_fs *fs, pond_node *node, pond_sv config,
                                   pond_err *err);

// Reads a config file of the host, checks it, and gives the text that mknod stores.
pond_code pond_factory_config(pond_session *s, const pond_factory *f, const char *host_path,
                              pond_sv *out, pond_err *err) POND_MUST;

// The name that `out_pattern` gives to what it makes of the node at `path`. INVALID if it is none.
pond_code pond_factory_entry_name(pond_arena *a, pond_sv out_pattern, pond_sv path,
                                  const pond_sv *captures, size_t n_captures, pond_sv *out,
                                  pond_err *err) POND_MUST;

// ${env:NAME} and ${env:NAME:-default}; `$$` stays a dollar. Lives in `a`.
pond_code pond_expand_env(pond_arena *a, pond_sv text, pond_sv *out, pond_err *err) POND_MUST;

extern const pond_factory pond_factory_dynamic_dir;
extern const pond_factory pond_factory_sql_derived_series;
extern const pond_factory pond_factory_sql_derived_table;
extern const pond_factory pond_factory_template;
extern const pond_factory pond_factory_temporal_reduce;

#endif
