// Expressions: their values, and what they are as conditions. Tera 1 treats the two differently
// with regard to filters, to `not`, and to failures; comments below say where.
#include "base/float.h"
#include "tera/filters.h"
#include "tera/render.h"

// Calls -------------------------------------------------------------------------------------------

enum { SMALL = 8 };

// The values of a call's arguments: those known since parsing, or evaluated into `room`.
static pond_code eval_arguments(tera_render *r, const tera_callee *c, pond_value room[SMALL],
                                const pond_value **out) {
    *out = c->constants;
    if (c->constants != NULL)
        return POND_OK;
    pond_value *values = c->n <= SMALL ? room : pond_alloc(&r->arena, c->n * sizeof *values);
    for (uint32_t i = 0; i < c->n; i++)
        POND_TRY(tera_eval(r, c->args[i], false, &values[i]));
    *out = values;
    return POND_OK;
}

static pond_tera_call call_frame(tera_render *r, const tera_callee *c, const char *kind) {
    return (pond_tera_call){.arena = &r->arena,
                            .kind = kind,
                            .name = c->name,
                            .user = c->user,
                            .is_escaped = r->is_escaped,
                            .err = r->is_quiet ? NULL : r->err,
                            .env = &r->env};
}

pond_code tera_apply_filter(tera_render *r, const tera_callee *c, pond_value in, pond_value *out) {
    if (c->filter == NULL) {
        tera_known_names known = {.host = &r->t->filters};
        known.n_builtin = tera_filter_names(&known.builtin);
        return tera_unknown_callee(r, c, "filter", &known, "");
    }
    pond_value room[SMALL];
    pond_tera_args args = {.names = c->names, .n = c->n};
    POND_TRY(eval_arguments(r, c, room, &args.values));
    tera_charge(r, in.kind >= POND_STRING ? in.n / 64 : 0); // most filters read all of it
    pond_tera_call frame = call_frame(r, c, "filter");
    pond_code code = c->filter(&frame, in, &args, out);
    if (code != POND_OK)
        return tera_failed_call(r, c, code);
    return tera_check_budget(r, c->place);
}

// How to call something that has this name but is not a function.
static const char *other_call(tera_render *r, const tera_callee *c) {
    if (r->is_quiet)
        return "";
    if (pond_sv_is(c->name, "super"))
        return ": super() must be alone in {{ }}, in a block or in an 'if' in a block";
    if (pond_map_get(&r->text->macros, c->name) != NULL)
        return pond_printf(&r->arena, "; a macro is called as self::%.*s()", POND_SV_ARG(c->name));
    if (tera_find_filter(c->name) != NULL)
        return pond_printf(&r->arena, "; a filter is written x | %.*s", POND_SV_ARG(c->name));
    return "";
}

static pond_code call_function(tera_render *r, const tera_callee *c, pond_value *out) {
    if (c->function == NULL) {
        tera_known_names known = {.host = &r->t->functions};
        known.n_builtin = tera_function_names(&known.builtin);
        return tera_unknown_callee(r, c, "function", &known, other_call(r, c));
    }
    pond_value room[SMALL];
    pond_tera_args args = {.names = c->names, .n = c->n};
    POND_TRY(eval_arguments(r, c, room, &args.values));
    pond_tera_call frame = call_frame(r, c, "function");
    pond_code code = c->function(&frame, &args, out);
    if (code != POND_OK)
        return tera_failed_call(r, c, code);
    return tera_check_budget(r, c->place);
}

static pond_code run_test(tera_render *r, const tera_expr *e, bool *out) {
    static const pond_map no_host_tests;
    const tera_callee *c = e->test;
    if (c->test == NULL) {
        tera_known_names known = {.host = &no_host_tests};
        known.n_builtin = tera_test_names(&known.builtin);
        return tera_unknown_callee(r, c, "test", &known, "");
    }
    pond_value room[SMALL], subject_room;
    const pond_value *values;
    POND_TRY(eval_arguments(r, c, room, &values));
    const pond_value *subject = tera_lookup(r, e->subject, &subject_room);
    pond_tera_call frame = call_frame(r, c, "test");
    pond_code code = c->test(&frame, subject != NULL, subject != NULL ? *subject : pond_null(),
                             values, c->n, out);
    if (code != POND_OK)
        return tera_failed_call(r, c, code);
    *out = *out != e->is_not_test;
    return POND_OK;
}

// The kind and the start of a value, for an error.
static const char *describe(tera_render *r, pond_value v) {
    pond_tera_call frame = {.arena = &r->arena, .err = r->is_quiet ? NULL : r->err};
    return pond_tera_describe(&frame, v);
}

// Arithmetic --------------------------------------------------------------------------------------

// The value as a number. *is_nan: it is the NaN of a division by zero, which arithmetic passes on.
static pond_code eval_number(tera_render *r, const tera_expr *e, bool escapes, pond_value *out,
                             bool *is_nan);

static pond_code math_failed(tera_render *r, const tera_expr *e, const tera_term *term,
                             tera_math_result result, pond_value l, pond_value right) {
    char a[24], b[24];
    size_t n_a = tera_int_text(l, a), n_b = tera_int_text(right, b);
    if (result == TERA_MATH_ZERO)
        return tera_raise(r, e->place, "%.*s %% 0: division by zero has no remainder", (int)n_a, a);
    return tera_raise(r, e->place, "%.*s %c %.*s does not fit in 64 bits", (int)n_a, a, term->op,
                      (int)n_b, b);
}

static pond_code eval_math(tera_render *r, const tera_expr *e, bool escapes, pond_value *out,
                           bool *is_nan) {
    POND_TRY(eval_number(r, e->terms[0].expr, escapes, out, is_nan));
    for (uint32_t i = 1; i < e->n_terms; i++) {
        pond_value right;
        bool is_right_nan;
        POND_TRY(eval_number(r, e->terms[i].expr, escapes, &right, &is_right_nan));
        *is_nan |= is_right_nan;
        if (*is_nan)
            continue;
        pond_value left = *out;
        tera_math_result result = tera_math(left, e->terms[i].op, right, out);
        if (result == TERA_MATH_NAN)
            *is_nan = true;
        else if (result != TERA_MATH_OK)
            return math_failed(r, e, &e->terms[i], result, left, right);
    }
    return POND_OK;
}

static pond_code not_a_number(tera_render *r, const tera_expr *e, pond_value v) {
    return tera_raise(r, e->place, "arithmetic and ordering need numbers, got %s", describe(r, v));
}

static pond_code eval_number(tera_render *r, const tera_expr *e, bool escapes, pond_value *out,
                             bool *is_nan) {
    *is_nan = false;
    if (e->is_constant && !e->has_filters) {
        *out = e->value;
        return pond_is_number(*out) ? POND_OK : not_a_number(r, e, *out);
    }
    if (!tera_stack_left(r))
        return tera_out_of_stack(r, e->place);
    if (e->kind == TERA_MATH && !e->has_filters)
        return eval_math(r, e, escapes, out, is_nan);
    if (e->kind == TERA_PATH && !e->has_filters) {
        const pond_value *v = tera_lookup(r, e->path, out);
        if (v == NULL)
            return tera_explain_path(r, e->path);
        *out = *v;
    } else {
        POND_TRY(tera_eval(r, e, escapes, out));
    }
    return pond_is_number(*out) ? POND_OK : not_a_number(r, e, *out);
}

// Joining -----------------------------------------------------------------------------------------

static pond_code concat_operand(tera_render *r, const tera_expr *e, pond_buf *b,
                                bool *needs_escape) {
    pond_value v = e->value;
    if (e->kind == TERA_PATH) {
        const pond_value *found = tera_lookup(r, e->path, &v);
        if (found == NULL)
            return tera_explain_path(r, e->path);
        v = *found;
    } else if (e->kind == TERA_CALL) {
        POND_TRY(call_function(r, e->call, &v));
        *needs_escape = true;
    }
    char text[32];
    if (v.kind == POND_STRING) {
        pond_buf_append(b, v.s, v.n);
    } else if (v.kind == POND_FLOAT && e->kind != TERA_FLOAT) { // a literal prints as {{ }} does
        pond_buf_append(b, text, pond_float_json(v.f, text));
    } else if (pond_is_number(v)) {
        tera_print(b, v);
    } else {
        return tera_raise(r, e->place, "'~' joins strings and numbers, got %s", describe(r, v));
    }
    if (b->n > r->limits.max_memory_bytes)
        return tera_out_of_memory(r, e->place);
    return POND_OK;
}

static pond_code eval_concat(tera_render *r, const tera_expr *e, pond_value *out,
                             bool *needs_escape) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code code = POND_OK;
    for (uint32_t i = 0; i < e->n_terms && code == POND_OK; i++)
        code = concat_operand(r, e->terms[i].expr, &b, needs_escape);
    if (code == POND_OK) {
        *out = pond_string(pond_buf_keep(&r->arena, &b));
        code = tera_check_budget(r, e->place);
    }
    pond_buf_free(&b);
    return code;
}

// in ----------------------------------------------------------------------------------------------

static bool array_holds(pond_value array, pond_value v) {
    for (uint32_t i = 0; i < array.n; i++)
        if (pond_value_equal(array.items[i], v))
            return true;
    return false;
}

// A comparison walks over a whole value, which can be very large without much memory. It is charged
// as that many steps, within a factor of 8. One side is enough: the first difference ends the walk.
static pond_code charge_walk(tera_render *r, const tera_expr *e, pond_value v) {
    if (v.kind != POND_ARRAY && v.kind != POND_OBJECT)
        return POND_OK;
    for (size_t nodes = 64; nodes < TERA_MAX_NODES; nodes *= 8)
        if (tera_is_walkable(v, nodes)) {
            tera_charge(r, nodes);
            return POND_OK;
        }
    return tera_raise_limit(r, e->place, "this value is too large or too deeply nested to compare");
}

static pond_code eval_in(tera_render *r, const tera_expr *e, bool *out) {
    pond_value left, right;
    POND_TRY(tera_eval(r, e->left, false, &left));
    POND_TRY(tera_eval(r, e->right, false, &right));
    if (right.kind == POND_ARRAY) {
        POND_TRY(charge_walk(r, e->left, left));
        tera_charge(r, right.n / 16);
    }
    bool needs_string = right.kind == POND_STRING || right.kind == POND_OBJECT;
    if (needs_string && left.kind != POND_STRING)
        return tera_raise(r, e->left->place, "only a string can be in %s, got %s",
                          right.kind == POND_STRING ? "a string" : "the keys of an object",
                          describe(r, left));
    bool found;
    if (right.kind == POND_ARRAY)
        found = array_holds(right, left); // strict: 1 is not in [1.0]
    else if (right.kind == POND_STRING)
        found = pond_sv_find(pond_value_sv(right), pond_value_sv(left)) >= 0;
    else if (right.kind == POND_OBJECT)
        found = pond_get(right, pond_value_sv(left)) != NULL;
    else
        return tera_raise(r, e->right->place,
                          "'in' needs a string, an array or an object on its right, got %s",
                          describe(r, right));
    *out = found != e->is_not_in;
    return POND_OK;
}

// Values ------------------------------------------------------------------------------------------

static pond_code eval_macro(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code code = tera_call_macro(r, e, escapes, &b);
    if (code == POND_OK) {
        *out = pond_string(pond_buf_keep(&r->arena, &b));
        code = tera_check_budget(r, e->place);
    }
    pond_buf_free(&b);
    return code;
}

static pond_code eval_array(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) {
    if (e->is_constant && !escapes) {
        *out = e->value;
        return POND_OK;
    }
    pond_value *items = pond_alloc(&r->arena, (e->n_terms + 1) * sizeof *items);
    for (uint32_t i = 0; i < e->n_terms; i++)
        POND_TRY(tera_eval(r, e->terms[i].expr, escapes, &items[i]));
    *out = pond_array(items, e->n_terms);
    return tera_check_budget(r, e->place);
}

static pond_code eval_object(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) {
    uint32_t n = e->n_terms / 2;
    pond_entry *entries = pond_alloc(&r->arena, (n + 1) * sizeof *entries);
    for (uint32_t i = 0; i < n; i++) {
        entries[i].key = pond_value_sv(e->terms[2 * i].expr->value);
        POND_TRY(tera_eval(r, e->terms[2 * i + 1].expr, escapes, &entries[i].value));
    }
    *out = pond_object_sorted(entries, n);
    return tera_check_budget(r, e->place);
}

static pond_code eval_fallback(tera_render *r, const tera_callee *c, pond_value *out) {
    for (uint32_t i = 0; i < c->n; i++)
        if (pond_sv_is(c->names[i], "value"))
            return tera_eval(r, c->args[i], false, out);
    return tera_raise(r, c->place, "filter 'default': the argument 'value' is missing");
}

// *is_missing: an undefined name after `not`, which makes the whole expression true at once.
static pond_code eval_path(tera_render *r, const tera_expr *e, pond_value *out, bool *is_missing) {
    const pond_value *found = tera_lookup(r, e->path, out);
    *is_missing = false;
    if (found != NULL && (found->kind != POND_NULL || e->fallback == NULL)) {
        *out = *found;
        return POND_OK;
    }
    if (e->fallback != NULL)
        return eval_fallback(r, e->fallback, out);
    *is_missing = e->is_negated;
    return e->is_negated ? POND_OK : tera_explain_path(r, e->path);
}

// The value before filters and `not`. *needs_escape: a string is escaped where it is printed.
// *is_done: the value is final, without filters and `not`.
static pond_code eval_kind(tera_render *r, const tera_expr *e, bool escapes, pond_value *out,
                           bool *needs_escape, bool *is_done) {
    bool truth = false, is_nan = false;
    switch ((tera_expr_kind)e->kind) {
    case TERA_STRING:
        *needs_escape = true;
        *out = e->value;
        return POND_OK;
    case TERA_INT:
    case TERA_FLOAT:
    case TERA_BOOL:
        *out = e->value;
        return POND_OK;
    case TERA_PATH:
        *needs_escape = !e->path->is_dump;
        POND_TRY(eval_path(r, e, out, is_done));
        if (*is_done)
            *out = pond_bool(true);
        return POND_OK;
    case TERA_ARRAY:
        return eval_array(r, e, escapes, out);
    case TERA_OBJECT:
        return eval_object(r, e, escapes, out);
    case TERA_CONCAT:
        return eval_concat(r, e, out, needs_escape);
    case TERA_CALL:
        *needs_escape = true;
        return call_function(r, e->call, out);
    case TERA_MACRO:
        return eval_macro(r, e, escapes, out);
    case TERA_MATH:
        POND_TRY(eval_math(r, e, escapes, out, &is_nan));
        if (is_nan)
            *out = pond_string(POND_SV("NaN"));
        return POND_OK;
    case TERA_TEST:
        POND_TRY(run_test(r, e, &truth));
        break;
    case TERA_IN:
        POND_TRY(eval_in(r, e, &truth));
        break;
    case TERA_COMPARE:
    case TERA_AND:
    case TERA_OR:
        // tera_eval_bool applies `not`, and eval_raw applies it again: {{ not a == b }} prints the
        // result of a == b.
        POND_TRY(tera_eval_bool(r, e, escapes, &truth));
        break;
    }
    *out = pond_bool(truth);
    return POND_OK;
}

// The value of a literal, or of a path alone, as nearly all operands are. NULL for others, and when
// there is no value at the path.
static inline const pond_value *simple_value(tera_render *r, const tera_expr *e, pond_value *room) {
    if (e->has_filters || e->is_negated || e->kind > TERA_PATH || e->kind == TERA_ARRAY)
        return NULL;
    return e->kind != TERA_PATH ? &e->value
           : e->path->is_dump   ? NULL
                                : tera_lookup(r, e->path, room);
}

// The value before escaping.
static pond_code eval_raw(tera_render *r, const tera_expr *e, bool escapes, pond_value *out,
                          bool *needs_escape) {
    bool is_done = false;
    const pond_value *v = simple_value(r, e, out);
    if (v != NULL) {
        *out = *v;
        *needs_escape = e->kind >= TERA_STRING;
        return POND_OK;
    }
    *needs_escape = false;
    POND_TRY(eval_kind(r, e, escapes, out, needs_escape, &is_done));
    if (is_done)
        return POND_OK;
    for (uint32_t i = 0; i < e->n_filters; i++) {
        pond_value in = *out;
        POND_TRY(tera_apply_filter(r, &e->filters[i], in, out));
        *needs_escape = true;
    }
    if (e->is_negated)
        *out = pond_bool(!tera_is_truthy(*out));
    return POND_OK;
}

static pond_value escaped(tera_render *r, pond_value v) {
    pond_buf b = POND_BUF_EMPTY;
    tera_escape(&b, pond_value_sv(v));
    return pond_string(pond_buf_keep(&r->arena, &b));
}

pond_code tera_eval(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) {
    bool needs_escape;
    if (!tera_stack_left(r))
        return tera_out_of_stack(r, e->place);
    POND_TRY(eval_raw(r, e, escapes, out, &needs_escape));
    if (escapes && needs_escape && out->kind == POND_STRING && !e->is_safe) {
        *out = escaped(r, *out);
        return tera_check_budget(r, e->place);
    }
    return POND_OK;
}

pond_code tera_print_value(tera_render *r, const tera_expr *e, const pond_value *v, bool escapes) {
    pond_buf *out = r->out;
    switch (v->kind) {
    case POND_STRING:
        if (escapes)
            tera_escape(out, pond_value_sv(*v));
        else
            pond_buf_append(out, v->s, v->n);
        return POND_OK;
    case POND_INT: {
        char *at = tera_room(out, 0);
        out->n += (size_t)(tera_put_int(at, v->i) - at);
        return POND_OK;
    }
    case POND_FLOAT:
        pond_buf_reserve(out, 352);
        out->n += pond_float_plain(v->f, out->p + out->n);
        return POND_OK;
    default:
        return tera_print_max(out, *v, r->out_limit)
                   ? POND_OK
                   : tera_raise_limit(r, e->place,
                                      "this value is too large or too deeply nested to print");
    }
}

pond_code tera_eval_print(tera_render *r, const tera_expr *e) {
    bool needs_escape = true, escapes = r->escapes;
    pond_value v;
    if (e->kind == TERA_MACRO && !e->has_filters && !e->is_negated)
        return tera_call_macro(r, e, escapes, r->out);
    POND_TRY(eval_raw(r, e, escapes, &v, &needs_escape));
    return tera_print_value(r, e, &v, escapes && needs_escape && !e->is_safe);
}

// Conditions --------------------------------------------------------------------------------------

static pond_code eval_order(tera_render *r, const tera_expr *e, bool escapes, bool *out) {
    pond_value l, right;
    bool is_nan, is_right_nan;
    POND_TRY(eval_number(r, e->left, escapes, &l, &is_nan));
    POND_TRY(eval_number(r, e->right, escapes, &right, &is_right_nan));
    if (is_nan || is_right_nan)
        return tera_raise(r, e->place, "the result of a division by zero cannot be compared");
    double a = pond_number(l), b = pond_number(right);
    switch (e->comparison) {
    case TERA_LT:
        *out = a < b;
        break;
    case TERA_LE:
        *out = a <= b;
        break;
    case TERA_GT:
        *out = a > b;
        break;
    default:
        *out = a >= b;
        break;
    }
    return POND_OK;
}

// In an escaped template both sides are compared as they would be printed. Escaping keeps different
// strings different, so it is needed only when one side is escaped and the other is not.
static pond_code eval_sides(tera_render *r, const tera_expr *e, bool escapes, pond_value *l,
                            pond_value *right) {
    bool left_escapes, right_escapes;
    POND_TRY(eval_raw(r, e->left, escapes, l, &left_escapes));
    POND_TRY(eval_raw(r, e->right, escapes, right, &right_escapes));
    left_escapes &= l->kind == POND_STRING && !e->left->is_safe;
    right_escapes &= right->kind == POND_STRING && !e->right->is_safe;
    if (!escapes || left_escapes == right_escapes || l->kind != right->kind)
        return POND_OK;
    if (left_escapes)
        *l = escaped(r, *l);
    else
        *right = escaped(r, *right);
    return tera_check_budget(r, e->place);
}

// *is_final: one side is a number and the other is not; then `not` has no effect.
static pond_code eval_equal(tera_render *r, const tera_expr *e, bool escapes, bool *out,
                            bool *is_final) {
    pond_value l, right;
    POND_TRY(eval_sides(r, e, escapes, &l, &right));
    bool wants_equal = e->comparison == TERA_EQ;
    *is_final = pond_is_number(l) != pond_is_number(right);
    if (*is_final) {
        *out = false; // for both == and !=
    } else if (pond_is_number(l)) {
        *out = (pond_number(l) == pond_number(right)) == wants_equal;
    } else {
        if (l.kind == right.kind)
            POND_TRY(charge_walk(r, e->left, l));
        *out = pond_value_equal(l, right) == wants_equal;
    }
    return POND_OK;
}

// A path as a condition: any failure counts as false, also after `not`.
static pond_code name_holds(tera_render *r, const tera_expr *e, bool escapes, bool *out) {
    pond_value v;
    bool needs_escape, was_quiet = r->is_quiet;
    r->is_quiet = true;
    pond_code code = eval_raw(r, e, escapes, &v, &needs_escape);
    r->is_quiet = was_quiet;
    if (code == POND_ERR_LIMIT)
        return code;
    *out = code == POND_OK && tera_is_truthy(v);
    return POND_OK;
}

// A comparison of two integers, or of two strings for equality, as most are. Integers are compared
// as doubles, like all numbers. False when it is another one.
static inline bool compare_quickly(tera_render *r, const tera_expr *e, bool *out) {
    pond_value left_room, right_room;
    const pond_value *left = simple_value(r, e->left, &left_room), *right;
    if (left == NULL || (right = simple_value(r, e->right, &right_room)) == NULL)
        return false;
    enum { LESS = 1, SAME = 2, MORE = 4 };
    static const uint8_t holds[] = {
        [TERA_EQ] = SAME,        [TERA_NE] = LESS | MORE, [TERA_LT] = LESS,
        [TERA_LE] = LESS | SAME, [TERA_GT] = MORE,        [TERA_GE] = SAME | MORE};
    int result;
    if (left->kind == POND_INT && right->kind == POND_INT) {
        double a = (double)left->i, b = (double)right->i;
        result = a < b ? LESS : a > b ? MORE : SAME;
    } else if (left->kind == POND_STRING && right->kind == POND_STRING &&
               (e->comparison == TERA_EQ || e->comparison == TERA_NE)) {
        result = pond_sv_eq(pond_value_sv(*left), pond_value_sv(*right)) ? SAME : MORE;
    } else {
        return false;
    }
    *out = (holds[e->comparison] & result) != 0;
    return true;
}

static pond_code eval_chain(tera_render *r, const tera_expr *e, bool escapes, bool *out) {
    bool stops_at = e->kind == TERA_OR;
    for (uint32_t i = 0; i < e->n_terms; i++) {
        POND_TRY(tera_eval_bool(r, e->terms[i].expr, escapes, out));
        if (*out == stops_at)
            break;
    }
    return POND_OK;
}

static pond_code call_holds(tera_render *r, const tera_expr *e, bool *out) {
    pond_value v;
    POND_TRY(call_function(r, e->call, &v));
    if (v.kind != POND_BOOL)
        return tera_raise(r, e->place,
                          "'%.*s' is used as a condition but returns %s, not a boolean",
                          POND_SV_ARG(e->call->name), pond_kind_name(v));
    *out = v.b;
    return POND_OK;
}

// In a condition only paths apply their filters.
static TERA_RARE pond_code eval_bool(tera_render *r, const tera_expr *e, bool escapes, bool *out) {
    pond_value v;
    bool is_final = false;
    if (!tera_stack_left(r))
        return tera_out_of_stack(r, e->place);
    switch ((tera_expr_kind)e->kind) {
    case TERA_PATH:
        return name_holds(r, e, escapes, out);
    case TERA_AND:
    case TERA_OR:
        POND_TRY(eval_chain(r, e, escapes, out));
        break;
    case TERA_COMPARE:
        if (e->comparison == TERA_EQ || e->comparison == TERA_NE)
            POND_TRY(eval_equal(r, e, escapes, out, &is_final));
        else
            POND_TRY(eval_order(r, e, escapes, out));
        break;
    case TERA_MATH:
        POND_TRY(eval_math(r, e, escapes, &v, &is_final));
        *out = !is_final && pond_number(v) != 0;
        is_final = false;
        break;
    case TERA_INT:
    case TERA_FLOAT:
    case TERA_BOOL:
    case TERA_STRING:
    case TERA_ARRAY:
    case TERA_OBJECT:
        *out = e->kind == TERA_ARRAY || e->kind == TERA_OBJECT ? e->n_terms > 0
                                                               : tera_is_truthy(e->value);
        break;
    case TERA_IN:
        POND_TRY(eval_in(r, e, out));
        break;
    case TERA_TEST: // tera_eval_bool does it
        break;
    case TERA_CALL:
        POND_TRY(call_holds(r, e, out));
        break;
    case TERA_CONCAT:
    case TERA_MACRO:
        POND_TRY(e->kind == TERA_MACRO ? eval_macro(r, e, escapes, &v)
                                       : tera_eval(r, e, escapes, &v));
        *out = tera_is_truthy(v);
        break;
    }
    if (e->is_negated && !is_final)
        *out = !*out;
    return POND_OK;
}

// What most conditions are: a name, or a comparison of two simple values. False for others.
static inline bool holds_quickly(tera_render *r, const tera_expr *e, bool *out) {
    if (e->kind == TERA_COMPARE) {
        if (!compare_quickly(r, e, out))
            return false;
        *out = *out != e->is_negated;
        return true;
    }
    pond_value room;
    if (e->has_filters || e->path->is_dump)
        return false;
    const pond_value *v = tera_lookup(r, e->path, &room);
    if (v != NULL)
        *out = tera_is_truthy(*v) != e->is_negated;
    return v != NULL;
}

pond_code tera_eval_bool(tera_render *r, const tera_expr *e, bool escapes, bool *out) {
    if ((e->kind == TERA_COMPARE || e->kind == TERA_PATH) && holds_quickly(r, e, out))
        return POND_OK;
    if (e->kind != TERA_TEST)
        return eval_bool(r, e, escapes, out);
    POND_TRY(run_test(r, e, out));
    *out = *out != e->is_negated;
    return POND_OK;
}
