// factory: dynamic nodes. A factory turns a YAML config into a directory or a file that is computed
// when it is read, or into something that can be run and then brings data into the pond.
//
// Each factory is one file that ends in a pond_factory, and a row of factories.def. A factory gets
// a config twice: in `check` when a node is made, where every error points into the config's text,
// and in `open` when the node is first read. A stored config depends on nothing outside the pond:
// `check` replaces the name of a template's file by the text of the template.
//
// Owns      the meaning of configs.
// Includes  relation, format, fs, engine, tera, value, base.
// Promises  a config that passes check opens; nothing is read or run before it is needed. What a run
//           does is visible as a whole or not at all (run.h).
// Leaves    where outputs go, and when, to export.
#ifndef POND_FACTORY_FACTORY_H
#define POND_FACTORY_FACTORY_H

#include "factory/run.h"
#include "relation/relation.h"
#include "store/declared.h"
#include "value/conf.h"

// A config as it is given when a node is made.
typedef struct pond_factory_source {
    const pond_conf *config; // with environment references expanded
    // The same part of the config before expansion. NULL: it comes from an environment variable.
    const pond_conf *written;
    const char *dir; // what file names in it are relative to
    // Gets the files of the host that `check` reads (factory/origins.h).
    pond_origin_vec *origins;
} pond_factory_source;

// The keys inside a list or a mapping of a config. docs/factories.md has them all, and a test holds it to
// that.
typedef struct pond_factory_part {
    const char *at; // what the page writes before them: "inputs[]."
    const pond_options *options;
} pond_factory_part;

typedef struct pond_factory {
    const char *name, *summary;
    const pond_options *options;    // the keys of its config
    const pond_factory_part *parts; // the keys inside of them
    size_t n_parts;
    bool makes_directory, makes_file; // `supports:` of list-factories
    pond_type type;                   // of the nodes that it makes
    // Checks a config when a node is made, and reads the files of the host that it names. Reads
    // nothing of the pond. *stored is null before; if it is set, it is stored instead of the text.
    pond_code (*check)(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err);
    // Opens a stored config: sets the functions and the state of the node. NULL: the node is only
    // run, and shows its config as it is stored.
    pond_code (*open)(pond_session *s, const pond_conf *config, const pond_dyn **dyn, void **state,
                      pond_err *err);
    // Of nodes without `open`: what is shown of them needs no config. NULL: the config is shown.
    const pond_dyn *dyn;
    // What `pond run` can do with a node; the first one is what it does without an argument.
    const pond_action *actions;
    size_t n_actions;
    bool wants_action; // without an argument it does nothing: that is a usage error
} pond_factory;

// The members `actions` and `n_actions` for an array.
#define POND_FACTORY_ACTIONS(actions_)                                                             \
    .actions = (actions_), .n_actions = sizeof(actions_) / sizeof *(actions_)

// The members `parts` and `n_parts` for an array.
#define POND_FACTORY_PARTS(parts_) .parts = (parts_), .n_parts = sizeof(parts_) / sizeof *(parts_)

const pond_factory *pond_factory_find(pond_sv name); // NULL if there is none
// INVALID with the nearest name and the list of factories, pointing at the node of the config
// unless it is NULL.
pond_code pond_factory_get(pond_sv name, const pond_conf *at, const pond_factory **out,
                           pond_err *err) POND_MUST;
size_t pond_factory_count(void);
const pond_factory *pond_factory_at(size_t i); // sorted by name

// The pond_dynamic_opener of sessions: finds the node's factory and opens the config.
pond_code pond_factory_open_stored(pond_session *s, pond_node *node, pond_sv config, pond_err *err);

// What a node is made with.
typedef struct pond_factory_made {
    pond_sv config;          // the text that is stored
    pond_origin_vec origins; // the files of the host that it was made from
} pond_factory_made;
// Checks a config; the origins of the source are set here. `text` is what is stored, unless the
// factory gives something else. Lives in the session's arena.
pond_code pond_factory_make(pond_session *s, const pond_factory *f,
                            const pond_factory_source *source, pond_sv text, pond_factory_made *out,
                            pond_err *err) POND_MUST;
// Checks the text of a config, and gives the text that is stored: as it was written, with what it
// names of the host in its place. `name` is that of the file, for messages; what file names in it are
// relative to is `dir`.
pond_code pond_factory_config_text(pond_session *s, const pond_factory *f, pond_sv text,
                                   const char *name, const char *dir, pond_factory_made *out,
                                   pond_err *err) POND_MUST;
// The same for a config file of the host.
pond_code pond_factory_config(pond_session *s, const pond_factory *f, const char *host_path,
                              pond_factory_made *out, pond_err *err) POND_MUST;

#endif
