// template_extras: the filters and functions that templates of a pond have in addition to Tera 1.
//
//     group(by="field", in=array)            an object of arrays, by a string field of each item
//     value | to_json                        indented JSON, safe inside <script>
//     ms | timeformat(format=, timezone=)    a time in Unix milliseconds
//     timeformat(value=ms, ...)              the same as a function
//
// They are not part of src/tera, because that room implements Tera 1 exactly, and in Tera 1 a
// template with to_json is an error. The general parts (grouping, JSON, times) are in tera/call.h.
#ifndef POND_FACTORY_TEMPLATE_EXTRAS_H
#define POND_FACTORY_TEMPLATE_EXTRAS_H

#include "tera/tera.h"

void pond_template_add_extras(pond_tera *t);

#endif
