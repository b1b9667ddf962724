// Types of nodes and states of transactions with their names, names of objects, and ids.
#include "store/store_internal.h"

#include <sys/random.h>

static const pond_sv types[] = {
#define TYPE(id, name) [POND_T_##id] = {name, sizeof(name) - 1},
#include "store/types.def"
#undef TYPE
};
_Static_assert(sizeof types / sizeof *types == POND_N_TYPES, "a row for each type");

// As the catalog stores them.
#define STATE(id) [POND_TXN_##id] = {#id, sizeof(#id) - 1}
static const pond_sv states[] = {STATE(INCOMPLETE), STATE(COMMITTED), STATE(FAILED)};
#undef STATE
_Static_assert(sizeof states / sizeof *states == POND_N_TXN_STATES, "a row for each state");

static bool find_name(const pond_sv *names, int n, pond_sv name, int *out) {
    for (*out = 0; *out < n; ++*out)
        if (pond_sv_eq(name, names[*out]))
            return true;
    return false;
}

const char *pond_type_name(pond_type t) {
    return types[t].p;
}

bool store_type_from_name(pond_sv name, pond_type *out) {
    int found;
    if (!find_name(types, POND_N_TYPES, name, &found))
        return false;
    *out = (pond_type)found;
    return true;
}

const char *pond_txn_state_name(pond_txn_state state) {
    return states[state].p;
}

bool store_state_from_name(pond_sv name, pond_txn_state *out) {
    int found;
    if (!find_name(states, POND_N_TXN_STATES, name, &found))
        return false;
    *out = (pond_txn_state)found;
    return true;
}

// Ids ---------------------------------------------------------------------------------------------

// A UUIDv7 (RFC 9562): 48 bits of milliseconds, so that ids sort by age; the rest is random, except
// the six bits that hold version and variant.
pond_code store_new_id(pond_id *out, pond_err *err) {
    if (getrandom(out->bytes, sizeof out->bytes, 0) != sizeof out->bytes)
        return pond_fail_errno(err, "cannot get random bytes from the system");
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
        pond_hex(from, group_bytes[g], out); // writes a NUL where the hyphen goes
        out += 2 * group_bytes[g];
        from += group_bytes[g];
        if (g + 1 < sizeof group_bytes)
            *out++ = '-';
    }
}

void store_object_name(const pond_sha256 *object, char out[STORE_OBJECT_NAME]) {
    char hex[65];
    pond_sha256_hex(object, hex);
    snprintf(out, STORE_OBJECT_NAME, "%.2s/%s", hex, hex + 2);
}
