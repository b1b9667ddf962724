// Columns: values of a block, put one after the other.
#include "text/columns.h"

#include <stdlib.h>

void text_columns_open(text_columns *c) {
    *c = (text_columns){0};
    pond_arena_init(&c->arena);
}

void text_columns_close(text_columns *c) {
    free(c->buffer);
    pond_arena_deinit(&c->arena);
}

void text_columns_reserve(text_columns *c, size_t n) {
    if (n + POND_RECORD_ROOM <= c->cap)
        return;
    c->cap = n + POND_RECORD_ROOM;
    c->buffer = pond_xrealloc(c->buffer, c->cap);
}

pond_code text_columns_fill(text_columns *c, const text_plan *p, const text_block *b, int fd,
                            pond_field *fields, pond_records *out, pond_err *err) {
    size_t n = (size_t)b->n;
    text_columns_reserve(c, n);
    POND_TRY(text_file_read(&p->file, fd, b->offset, c->buffer, n, err));
    memset(c->buffer + n, 0, POND_RECORD_ROOM);
    *out = (pond_records){.form = &p->options->form,
                          .p = c->buffer,
                          .end = c->buffer + n,
                          .fields = fields,
                          .cap = p->layout.n_fields + 1};
    return POND_OK;
}

size_t text_columns_size_of(pond_text_type t) {
    return t == POND_TEXT_TEXT      ? sizeof(pond_sv)
           : t == POND_TEXT_BOOL    ? sizeof(bool)
           : t == POND_TEXT_DATE    ? sizeof(int32_t)
           : t == POND_TEXT_COUNT16 ? sizeof(uint16_t)
                                    : sizeof(int64_t);
}

void text_columns_make(text_columns *c, const text_plan *p, const pond_text_type *types,
                       const bool *is_wanted, size_t n) {
    size_t words = (n + 63) / 64;
    pond_arena_rewind(&c->arena);
    c->n_rows = 0;
    c->cells = POND_NEW_ARRAY(&c->arena, text_cells, p->layout.n_columns);
    for (size_t i = 0; i < p->layout.n_columns; i++) {
        c->cells[i].valid = POND_NEW_ARRAY(&c->arena, uint64_t, words);
        if (is_wanted[i])
            c->cells[i].values = pond_alloc(&c->arena, n * text_columns_size_of(types[i]));
    }
}

void text_columns_put(text_columns *c, size_t column, pond_text_type type, size_t row,
                      const text_value *v) {
    text_cells *to = &c->cells[column];
    to->valid[row / 64] |= UINT64_C(1) << (row % 64);
    switch (type) {
    case POND_TEXT_TEXT:
        ((pond_sv *)to->values)[row] = v->text;
        break;
    case POND_TEXT_BOOL:
        ((bool *)to->values)[row] = v->truth;
        break;
    case POND_TEXT_FLOAT:
        ((double *)to->values)[row] = v->real;
        break;
    case POND_TEXT_DATE:
        ((int32_t *)to->values)[row] = (int32_t)v->integer;
        break;
    case POND_TEXT_COUNT16:
        ((uint16_t *)to->values)[row] = (uint16_t)v->integer;
        break;
    default:
        ((int64_t *)to->values)[row] = v->integer;
    }
}

bool text_columns_convert(text_columns *c, const text_plan *p, size_t column, pond_text_type type,
                          size_t row, pond_sv text, const text_cell *cell) {
    bool is_text = type == POND_TEXT_TEXT;
    text_value value = {.text = text};
    if (cell->kind == TEXT_IS_MARKED || (cell->kind == TEXT_IS_EMPTY && (!is_text || text.n == 0)))
        return true;
    if (!is_text && !text_cell_convert(&p->rules[column], cell, type, &value))
        return false;
    text_columns_put(c, column, type, row, &value);
    return true;
}
