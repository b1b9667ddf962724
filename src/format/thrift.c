// Reads the compact protocol of Thrift.
#include "format/thrift.h"

enum {
    T_STOP,
    T_TRUE,
    T_FALSE,
    T_BYTE,
    T_I16,
    T_I32,
    T_I64,
    T_DOUBLE,
    T_BINARY,
    T_LIST,
    T_SET,
    T_MAP,
    T_UUID = 13,
};

// What is nested deeper is not Parquet; it is there to exhaust the stack.
enum { MAX_DEPTH = 32 };

static void set_bad(thrift *t) {
    t->is_bad = true;
    t->p = t->end;
}

static uint8_t read_byte(thrift *t) {
    if (t->p < t->end)
        return *t->p++;
    set_bad(t);
    return 0;
}

static void skip_bytes(thrift *t, uint64_t n) {
    if (n > (uint64_t)(t->end - t->p))
        set_bad(t);
    else
        t->p += n;
}

static uint64_t read_varint(thrift *t) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_byte(t);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    set_bad(t);
    return 0;
}

static int64_t read_zigzag(thrift *t) {
    uint64_t u = read_varint(t);
    return (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
}

bool thrift_next(thrift *t, thrift_field *f) {
    uint8_t head = read_byte(t);
    f->type = head & 15;
    if (f->type == T_STOP)
        return false;
    if (head >> 4 != 0)
        f->id += head >> 4;
    else
        f->id = read_zigzag(t);
    if (f->id < INT16_MIN || f->id > INT16_MAX)
        set_bad(t);
    return !t->is_bad;
}

int64_t thrift_int(thrift *t, uint8_t type) {
    if (type == T_BYTE)
        return (int8_t)read_byte(t);
    if (type >= T_I16 && type <= T_I64)
        return read_zigzag(t);
    set_bad(t);
    return 0;
}

pond_sv thrift_text(thrift *t, uint8_t type) {
    uint64_t n = type == T_BINARY ? read_varint(t) : UINT64_MAX;
    const uint8_t *p = t->p;
    skip_bytes(t, n);
    return t->is_bad ? POND_SV("") : (pond_sv){(const char *)p, (size_t)n};
}

size_t thrift_list(thrift *t, uint8_t type, uint8_t *element) {
    uint8_t head = read_byte(t);
    *element = head & 15;
    uint64_t n = head >> 4 == 15 ? read_varint(t) : head >> 4;
    // Every element has at least one byte.
    if ((type != T_LIST && type != T_SET) || n > (uint64_t)(t->end - t->p))
        set_bad(t);
    return t->is_bad ? 0 : (size_t)n;
}

static void skip(thrift *t, uint8_t type, int depth);

static void skip_element(thrift *t, uint8_t type, int depth) {
    if (type == T_TRUE || type == T_FALSE) // in a field these have no bytes
        skip_bytes(t, 1);
    else
        skip(t, type, depth);
}

static void skip_map(thrift *t, int depth) {
    uint64_t n = read_varint(t);
    uint8_t types = n == 0 ? 0 : read_byte(t);
    for (uint64_t i = 0; i < n && !t->is_bad; i++) {
        skip_element(t, types >> 4, depth);
        skip_element(t, types & 15, depth);
    }
}

static void skip(thrift *t, uint8_t type, int depth) {
    if (depth > MAX_DEPTH) {
        set_bad(t);
        return;
    }
    switch (type) {
    case T_TRUE:
    case T_FALSE:
        break;
    case T_BYTE:
        skip_bytes(t, 1);
        break;
    case T_I16:
    case T_I32:
    case T_I64:
        read_varint(t);
        break;
    case T_DOUBLE:
        skip_bytes(t, 8);
        break;
    case T_BINARY:
        skip_bytes(t, read_varint(t));
        break;
    case T_LIST:
    case T_SET: {
        uint8_t element;
        size_t n = thrift_list(t, type, &element);
        for (size_t i = 0; i < n && !t->is_bad; i++)
            skip_element(t, element, depth + 1);
        break;
    }
    case T_MAP:
        skip_map(t, depth + 1);
        break;
    case THRIFT_STRUCT:
        for (thrift_field f = {0}; thrift_next(t, &f);)
            skip(t, f.type, depth + 1);
        break;
    case T_UUID:
        skip_bytes(t, 16);
        break;
    default:
        set_bad(t);
    }
}

void thrift_skip(thrift *t, uint8_t type) {
    skip(t, type, 0);
}
