// example: project folders that come with the program, to begin with.
//
// An example is a folder that can be applied, with its data, a Makefile and a README. The charts of
// all of them are one kit, and the libraries of the browser are those that the program was built
// with; both are copied into each project, which then needs nothing else.
#ifndef POND_DECLARE_EXAMPLE_H
#define POND_DECLARE_EXAMPLE_H

#include "base/err.h"
#include "base/str.h"

// Makes the project in `dir`, which must be new or empty. NOT_FOUND, with the names that there are,
// for an unknown one; EXISTS if there is something in the directory.
pond_code pond_example_make(pond_arena *a, pond_sv name, const char *dir, pond_err *err) POND_MUST;

#endif
