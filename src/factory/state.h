// state: what an executable factory remembers from one run of a node to the next, as texts by name.
//
// It belongs to the transaction of the run: a run that fails or is killed leaves it as it was, and
// `pond undo` takes it back together with the rows (store/runs.h). It is stored as a JSON object. A
// node keeps it when its config is replaced, unless the factory is another one: a factory that
// reads something else then must see so in its state.
#ifndef POND_FACTORY_STATE_H
#define POND_FACTORY_STATE_H

#include "relation/session.h"
#include "value/value.h"

// A text; empty if there is none of that name. Lives in the session's arena.
pond_code pond_state_get(pond_session *s, const pond_node *node, pond_sv key, pond_sv *out,
                         pond_err *err) POND_MUST;
// All of them, as an object of strings, sorted by name.
pond_code pond_state_all(pond_session *s, const pond_node *node, pond_value *out,
                         pond_err *err) POND_MUST;
// In a write transaction. Both are UTF-8; an empty text removes the name.
pond_code pond_state_set(pond_session *s, const pond_node *node, pond_sv key, pond_sv text,
                         pond_err *err) POND_MUST;
// The same for all at once: an object of strings.
pond_code pond_state_set_all(pond_session *s, const pond_node *node, pond_value state,
                             pond_err *err) POND_MUST;

#endif
