// What the files of the declare room share.
#ifndef POND_DECLARE_INTERNAL_H
#define POND_DECLARE_INTERNAL_H

#include "declare/declare.h"
#include "factory/factory.h"

// The order of work.
typedef enum declare_kind { DECLARE_MKDIR, DECLARE_COPY, DECLARE_MKNOD } declare_kind;

// Something that the pond is to hold.
typedef struct declare_item {
    const char *name; // for messages: "pond.yaml[2]", or the path of a file of a folder
    declare_kind kind;
    pond_sv path;           // of the node: absolute, without "//", "." and ".."
    const pond_conf *place; // of its path in the document; NULL: it is a file of a folder
    // DECLARE_COPY
    const char *from; // absolute path on the host
    bool is_overwrite;
    // DECLARE_MKNOD
    const pond_factory *factory;
    pond_factory_made made;
} declare_item;
typedef POND_VEC(declare_item) declare_item_vec;

typedef struct declare_job {
    pond_session *s;
    pond_arena *a; // of the session
    const pond_declare_options *o;
    pond_declare_result *out;
    declare_item_vec items;
    pond_sv label;   // empty: no folder is applied
    pond_map claims; // id of a node -> the item that it is
} declare_job;

// documents.c: adds the documents of a file of the host. `shown` is its name in messages.
pond_code declare_documents(declare_job *j, const char *file, const char *shown,
                            pond_err *err) POND_MUST;
// A path of the pond in its one spelling; INVALID, with why, if it can be no path.
pond_code declare_path(pond_arena *a, pond_sv path, pond_sv *out, pond_err *err) POND_MUST;

// text.c: the text of a document, for its environment references and for what is stored.
typedef struct declare_text {
    pond_arena *a;
    const char *file;
    pond_sv text;               // of the whole file
    const pond_conf *root;      // of one document in it
    uint32_t from, to, n_lines; // its lines, from 1; `to` is the one after
} declare_text;
declare_text declare_text_of(pond_arena *a, const pond_conf *root);
// The member `spec` with environment references expanded, whose values are added to `secrets`; errors
// in it point into the file.
pond_code declare_expand(const declare_text *t, const pond_conf *spec, pond_secret_vec *secrets,
                         const pond_conf **out, pond_err *err) POND_MUST;
// The text of a config in a document, as it is stored: as it is written, with its comments, if it is
// in block style.
pond_sv declare_config_text(const declare_text *t, const pond_conf *config);
// Whether two configs say the same, in the same order. Comments and blank lines say nothing.
bool declare_same(const pond_conf *x, const pond_conf *y);

// folder.c: adds the documents and files of j->o->dir, and finds its label.
pond_code declare_folder(declare_job *j, pond_err *err) POND_MUST;

// tree.c: what is below a directory of the host, without names that begin with a dot; links are
// followed. Directories come before what is in them, each sorted by name.
typedef struct declare_entry {
    const char *path; // absolute, or as the directory was given
    pond_sv name;     // relative to the directory
    bool is_dir, is_regular;
} declare_entry;
typedef POND_VEC(declare_entry) declare_entry_vec;
pond_code declare_tree(pond_arena *a, const char *dir, bool (*skip)(const char *path, pond_sv name),
                       declare_entry_vec *out, pond_err *err) POND_MUST;

// work.c
pond_code declare_work(declare_job *j, pond_err *err) POND_MUST;
// A node at a path, without following it if it is a link; *out is NULL if there is none.
pond_code declare_find(const declare_job *j, pond_sv path, const pond_node **out,
                       pond_err *err) POND_MUST;
// The directories above a path.
pond_code declare_make_parents(const declare_job *j, pond_sv path, pond_err *err) POND_MUST;

// copy.c: brings a file, or what is below a directory. *is_changed: something differed.
typedef struct declare_copied {
    bool is_new;     // nothing was at the path
    bool is_changed; // a file was added or has another content
    pond_sv changes; // of a dry run, of one file
} declare_copied;
pond_code declare_copy(declare_job *j, const declare_item *item, declare_copied *out,
                       pond_err *err) POND_MUST;

// prune.c
pond_code declare_prune(declare_job *j, pond_err *err) POND_MUST;

// view.c: the hunks between two configs. JSON, which a factory has written, is compared as the lines
// of its texts, and anything else as it is.
pond_sv declare_config_changes(pond_arena *a, pond_sv before, pond_sv after);
// The hunks between two contents of a file; empty if one of them is no text, or is long.
pond_sv declare_file_changes(pond_arena *a, pond_sv before, pond_sv after);

void declare_say(declare_job *j, pond_declare_status status, pond_sv path, bool is_file,
                 pond_sv changes);

#endif
