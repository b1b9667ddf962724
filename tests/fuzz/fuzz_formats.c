// Formats that are translated: a line with the URL, which says the format and its options, and the
// bytes of the file.
#include "reading.h"

void fuzz_formats(pond_sv input) {
    pond_arena a;
    pond_arena_init(&a);
    pond_sv scheme = fuzz_line(&input);
    fuzz_translate(&a, scheme, input);
    pond_arena_deinit(&a);
}
