// column_rename: the transform that renames and casts columns, as other factories apply it.
#ifndef POND_FACTORY_COLUMN_RENAME_H
#define POND_FACTORY_COLUMN_RENAME_H

#include "relation/renamed.h"

// The rules of an open node of the factory; NULL for any other node. They live as long as the
// session.
const pond_renaming *column_rename_of(const pond_node *node);

#endif
