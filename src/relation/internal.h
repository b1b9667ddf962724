// relation: what the room's own files share.
#ifndef POND_RELATION_INTERNAL_H
#define POND_RELATION_INTERNAL_H

#include "base/map.h"
#include "relation/session.h"

// Path of a queryable node -> its pond_relation, made once per session.
pond_map *relation_map(pond_session *s);
// The text of facts about a version -> pond_facts. Many series have the same ones.
pond_map *relation_facts(pond_session *s);
// Path of a file of the host -> what hostfile.c knows about it.
pond_map *relation_host_files(pond_session *s);
// What recall.c knows; NULL: it was not asked yet.
struct pond_recall **relation_recall(pond_session *s);
// How many relations are answering a question right now.
int *relation_depth(pond_session *s);
// The statement that is being written right now; NULL: none.
struct relation_statement **relation_open_statement(pond_session *s);

#endif
