// Division of integers, as overloads of the operator: the engine itself divides them as floats. Its
// setting integer_division would make NULL of a float that is divided by zero.
#include "engine/engine_internal.h"

typedef union integers {
    const int64_t *i64;
    const uint64_t *u64;
    const duckdb_hugeint *i128;
} integers;

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

static int128 wide(duckdb_hugeint h) {
    return (int128)(((uint128)(uint64_t)h.upper << 64) | h.lower);
}

static bool is_valid(const uint64_t *validity, idx_t row) {
    return validity == NULL || (validity[row / 64] >> (row % 64) & 1) != 0;
}

// One row. False: there is no such number.
static bool divide_row(duckdb_type type, integers a, integers b, void *out, idx_t row) {
    if (type == DUCKDB_TYPE_UBIGINT) {
        if (b.u64[row] == 0)
            return false;
        ((uint64_t *)out)[row] = a.u64[row] / b.u64[row];
    } else if (type == DUCKDB_TYPE_BIGINT) {
        if (b.i64[row] == 0 || (a.i64[row] == INT64_MIN && b.i64[row] == -1))
            return false;
        ((int64_t *)out)[row] = a.i64[row] / b.i64[row];
    } else {
        int128 x = wide(a.i128[row]), y = wide(b.i128[row]);
        if (y == 0 || (y == -1 && a.i128[row].upper == INT64_MIN && a.i128[row].lower == 0))
            return false;
        x /= y;
        ((duckdb_hugeint *)out)[row] = (duckdb_hugeint){(uint64_t)x, (int64_t)(x >> 64)};
    }
    return true;
}

static void divide(const engine_api *api, duckdb_type type, duckdb_function_info info,
                   duckdb_data_chunk in, duckdb_vector out) {
    duckdb_vector a = api->data_chunk_get_vector(in, 0), b = api->data_chunk_get_vector(in, 1);
    uint64_t *a_valid = api->vector_get_validity(a), *b_valid = api->vector_get_validity(b);
    integers x = {.i64 = api->vector_get_data(a)}, y = {.i64 = api->vector_get_data(b)};
    for (idx_t i = 0, n = api->data_chunk_get_size(in); i < n; i++) {
        if (!is_valid(a_valid, i) || !is_valid(b_valid, i)) {
            api->vector_ensure_validity_writable(out);
            api->vector_get_validity(out)[i / 64] &= ~(UINT64_C(1) << (i % 64));
        } else if (!divide_row(type, x, y, api->vector_get_data(out), i)) {
            api->scalar_function_set_error(
                info, "division of an integer by zero, or beyond its type; nullif(x, 0) as the "
                      "divisor gives NULL");
            return;
        }
    }
}

static void divide_chunk(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out) {
    const engine_api *api = engine_loaded();
    divide(api, (duckdb_type)(uintptr_t)api->scalar_function_get_extra_info(info), info, in, out);
}

pond_code engine_add_divisions(pond_engine *e, pond_err *err) {
    static const duckdb_type types[] = {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_UBIGINT,
                                        DUCKDB_TYPE_HUGEINT};
    const engine_api *api = e->api;
    duckdb_scalar_function_set set = api->create_scalar_function_set("/");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        duckdb_logical_type type = api->create_logical_type(types[i]);
        duckdb_scalar_function f = api->create_scalar_function();
        api->scalar_function_set_name(f, "/");
        api->scalar_function_add_parameter(f, type);
        api->scalar_function_add_parameter(f, type);
        api->scalar_function_set_return_type(f, type);
        api->scalar_function_set_extra_info(f, (void *)(uintptr_t)types[i], NULL);
        api->scalar_function_set_function(f, divide_chunk);
        api->add_scalar_function_to_set(set, f);
        api->destroy_scalar_function(&f);
        api->destroy_logical_type(&type);
    }
    duckdb_state state = api->register_scalar_function_set(e->con, set);
    api->destroy_scalar_function_set(&set);
    return state == DuckDBSuccess
               ? POND_OK
               : pond_fail(err, POND_ERR_INTERNAL, "the query engine took no division of integers");
}
