// guess: how the text of a logger is laid out, judged by its beginning. Only a proposal, for
// somebody who reads it: nothing is ever read by a guess.
#ifndef POND_FORMAT_GUESS_H
#define POND_FORMAT_GUESS_H

#include "text/text.h"

typedef struct pond_guess {
    POND_VEC(pond_pair) options; // of csv, as a URL has them
    POND_VEC(pond_sv) notes;     // what the user has to decide
} pond_guess;

// `sample` is the beginning of the plain file, whole lines of it; is_whole: it is all of the file.
// Lives in `a`.
void pond_guess_layout(pond_arena *a, pond_sv sample, bool is_whole, pond_guess *out);

#endif
