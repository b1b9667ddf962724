// Types of nodes and their words, and ids and theirs.
#include "store/store_internal.h"

#include <sys/random.h>

static const struct {
    const char *name, *word, *icon, *canonical;
} types[] = {
#define TYPE(id, name, word, icon, canonical) [POND_T_##id] = {name, word, icon, canonical},
#include "store/types.def"
#undef TYPE
};
_Static_assert(sizeof types / sizeof *types == POND_N_TYPES, "a row for each type");

const char *pond_type_name(pond_type t) {
    return types[t].name;
}

const char *pond_type_word(pond_type t) {
    return types[t].word;
}

const char *pond_type_icon(pond_type t) {
    return types[t].icon;
}

const char *pond_type_canonical(pond_type t) {
    return types[t].canonical;
}

bool store_type_from_name(pond_sv name, pond_type *out) {
    for (int t = 0; t < POND_N_TYPES; t++)
        if (pond_sv_is(name, types[t].name)) {
            *out = (pond_type)t;
            return true;
        }
    return false;
}

// Ids ---------------------------------------------------------------------------------------------

// UUIDv7 (RFC 9562): 48 bits of milliseconds, so that ids sort by age, the rest random but for the
// six bits that say so.
pond_code store_new_id(pond_id *out, pond_err *err) {
    if (getrandom(out->bytes, sizeof out->bytes, 0) != sizeof out->bytes)
        return pond_fail_errno(err, "the system gives no random bytes");
    uint64_t ms = (uint64_t)pond_now_us() / 1000;
    for (int i = 0; i < 6; i++)
        out->bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    out->bytes[6] = (uint8_t)(0x70 | (out->bytes[6] & 0x0F));
    out->bytes[8] = (uint8_t)(0x80 | (out->bytes[8] & 0x3F));
    return POND_OK;
}

void pond_id_tail(const pond_id *id, char out[13]) {
    pond_hex(id->bytes + 10, 6, out);
}

void pond_id_text(const pond_id *id, char out[37]) {
    static const uint8_t group_bytes[] = {4, 2, 2, 2, 6};
    const uint8_t *from = id->bytes;
    for (size_t g = 0; g < sizeof group_bytes; g++) {
        pond_hex(from, group_bytes[g], out); // and a NUL, where the hyphen goes
        out += 2 * group_bytes[g];
        from += group_bytes[g];
        if (g + 1 < sizeof group_bytes)
            *out++ = '-';
    }
}
