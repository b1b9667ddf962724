// pull: reads JSON from a file piece by piece, without a tree of values.
//
// For files of many megabytes of which little is wanted, or all of it in another form. The memory
// that it needs does not depend on the size of the file: a window that moves over the text.
//
//     pond_pull *p = pond_pull_new(fd, name);          {"files": [{"size": 3}, …], …}
//     pond_pull_object(p);
//     for (pond_sv key; pond_pull_key(p, &key);)
//         if (!pond_sv_is(key, "files"))
//             pond_pull_skip(p);
//         else if (pond_pull_array(p))
//             while (pond_pull_item(p))
//                 read_file(p);
//     rc = pond_pull_end(p, &is_json, err);
//
// Each key and each item must be followed by one call that reads its value. A value of another kind
// than the one that is asked for is passed over, as the typed getters of value.h take it for
// missing. Everything is checked, also what is passed over: the texts that are JSON here are those
// that pond_json_parse takes. When the text is not JSON every further call returns false, so that
// loops end, and pond_pull_end says so; pond_json_parse has the words for it.
#ifndef POND_VALUE_PULL_H
#define POND_VALUE_PULL_H

#include "value/value.h"

typedef struct pond_pull pond_pull;

// Reads from the present offset of `fd`, which is borrowed until the end. `name` is for messages.
pond_pull *pond_pull_new(int fd, const char *name);
// The same with a window that begins so small: for tests.
pond_pull *pond_pull_new_with(int fd, const char *name, size_t window_bytes);
// A reader of texts in memory, one after the other: pond_pull_text begins one, which is copied.
pond_pull *pond_pull_new_for_texts(void);
void pond_pull_text(pond_pull *p, pond_sv text);
// Whether the text was one value, which was read to its end, and nothing else.
bool pond_pull_is_done(pond_pull *p);
bool pond_pull_is_bad(const pond_pull *p); // it is not JSON: every call returns false
// The line of what was read last, from 1.
uint64_t pond_pull_line(const pond_pull *p);
// Frees. *is_json: the text was one value, which was read to its end, and nothing else. Fails when
// the file could not be read.
pond_code pond_pull_end(pond_pull *p, bool *is_json, pond_err *err) POND_MUST;

// The next value is an object, or an array: its members, or items, come next.
bool pond_pull_object(pond_pull *p);
bool pond_pull_array(pond_pull *p);
// The next member of the innermost object. False at its end, which closes it. The key is borrowed
// until the next call.
bool pond_pull_key(pond_pull *p, pond_sv *key);
// Whether the innermost array has another item. False at its end, which closes it.
bool pond_pull_item(pond_pull *p);

// The next value, if it is a string, borrowed until the next call; or an integer of 64 bits.
bool pond_pull_string(pond_pull *p, pond_sv *out);
bool pond_pull_int(pond_pull *p, int64_t *out);
// The next value, if it is a number, as it was written; borrowed until the next call.
bool pond_pull_number(pond_pull *p, pond_sv *out);
// What the next value is, which is not read; POND_INT stands for all numbers. POND_NULL too if
// there is none, or what is no value.
pond_kind pond_pull_kind(pond_pull *p);
// The next value as a tree. Lives in `a`.
bool pond_pull_value(pond_pull *p, pond_arena *a, pond_value *out);
void pond_pull_skip(pond_pull *p);

// For comparisons with a key, which are many: the length is known when it is compiled.
#define POND_KEY_IS(key, literal)                                                                  \
    ((key).n == sizeof(literal) - 1 && memcmp((key).p, (literal), sizeof(literal) - 1) == 0)

#endif
