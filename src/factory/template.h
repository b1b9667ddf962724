// template: pages computed by Tera templates, one for each distinct name that a pattern's matches
// expand to.
#ifndef POND_FACTORY_TEMPLATE_H
#define POND_FACTORY_TEMPLATE_H

#include "factory/relation.h"
#include "value/value.h"

typedef struct pond_templates pond_templates; // compiled templates of a session
void pond_templates_free(pond_templates *t);  // NULL is fine

// {fields: [{name, instrument, unit, agg, column, type}, …]}: the columns of a table but its time
// column, a name `instrument.name.unit.agg` split from the right. Lives in `a`, borrows the
// schema's texts.
pond_value pond_template_schema(pond_arena *a, pond_schema schema, pond_sv time_column);

// Sets what templates see from now on: `export` and `stages` when given, `vars`, and each variable
// under its own name unless that would hide one of args, export, schema, stages, vars.
void pond_template_set_context(pond_session *s, const pond_value *export, const pond_value *stages,
                               pond_value vars);

#endif
