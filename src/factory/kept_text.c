// Changes a config as little as possible: the tree as it was written and the value that is to be
// stored are walked together, and each difference becomes an edit of the text. That the edited text
// means what is stored is not proved but tried: it is parsed and compared.
#include "factory/kept_text.h"

typedef struct edit {
    const pond_conf *mapping, *gone; // the member whose key is replaced
    pond_sv new_key;
    pond_value stored; // of the mapping
} edit;
typedef POND_VEC(edit) edit_vec;

static bool find_edits(pond_arena *a, const pond_conf *written, pond_value stored, edit_vec *out);

static const pond_conf *member(const pond_conf *mapping, pond_sv key) {
    for (size_t i = 0; i < mapping->n; i++)
        if (pond_sv_eq(mapping->items[i].key, key))
            return &mapping->items[i];
    return NULL;
}

// The new key that has the value of the member that is gone.
static bool find_new_key(const pond_conf *mapping, const pond_conf *gone, pond_value stored,
                         pond_sv *out) {
    for (size_t i = 0; i < stored.n; i++) {
        *out = stored.entries[i].key;
        if (member(mapping, *out) == NULL && pond_value_equal(stored.entries[i].value, gone->value))
            return true;
    }
    return false;
}

static bool find_in_mapping(pond_arena *a, const pond_conf *written, pond_value stored,
                            edit_vec *out) {
    const pond_conf *gone = NULL;
    for (size_t i = 0; i < written->n; i++) {
        const pond_conf *m = &written->items[i];
        const pond_value *v = pond_get(stored, m->key);
        if (v != NULL && !find_edits(a, m, *v, out))
            return false;
        if (v == NULL && gone != NULL)
            return false; // one at a time
        gone = v == NULL ? m : gone;
    }
    if (gone == NULL)
        return true;
    edit e = {written, gone, POND_SV(""), stored};
    if (!find_new_key(written, gone, stored, &e.new_key))
        return false;
    *pond_vec_push(a, out) = e;
    return true;
}

// False when the difference is of another kind. The depth is that of a config.
static bool find_edits(pond_arena *a, const pond_conf *written, pond_value stored, edit_vec *out) {
    if (written->value.kind != stored.kind)
        return false;
    if (stored.kind == POND_OBJECT)
        return find_in_mapping(a, written, stored, out);
    if (stored.kind != POND_ARRAY)
        return true;
    if (written->n != stored.n)
        return false;
    for (size_t i = 0; i < stored.n; i++)
        if (!find_edits(a, &written->items[i], stored.items[i], out))
            return false;
    return true;
}

// Editing -----------------------------------------------------------------------------------------

static size_t line_offset(pond_sv text, uint32_t line) {
    size_t at = 0;
    for (uint32_t n = 1; n < line; n++) {
        ptrdiff_t newline = pond_sv_find_char(pond_sv_sub(text, at, text.n), '\n');
        if (newline < 0)
            return text.n;
        at += (size_t)newline + 1;
    }
    return at;
}

static int last_line_first(const void *x, const void *y) {
    const edit *a = x, *b = y;
    return (a->gone->key_line < b->gone->key_line) - (a->gone->key_line > b->gone->key_line);
}

// Replaces the key of one member in `text`, where it is alone on a line with its value, and adds the
// other new keys below that line.
static bool apply(pond_sv text, const edit *e, pond_buf *out) {
    const pond_conf *gone = e->gone;
    size_t begin = line_offset(text, gone->key_line);
    size_t key = begin + gone->key_column - 1; // in characters: what precedes is ASCII, or it fails
    size_t end = line_offset(text, gone->key_line + 1);
    if (gone->line != gone->key_line || gone->key_column == 0 ||
        !pond_sv_starts(pond_sv_sub(text, key, end), gone->key))
        return false;
    pond_buf_sv(out, pond_sv_sub(text, 0, key));
    pond_buf_sv(out, e->new_key);
    pond_buf_sv(out, pond_sv_sub(text, key + gone->key.n, end));
    if (!pond_sv_ends(pond_buf_view(out), POND_SV("\n")))
        pond_buf_char(out, '\n');
    for (size_t i = 0; i < e->stored.n; i++) {
        const pond_entry *entry = &e->stored.entries[i];
        if (pond_sv_eq(entry->key, e->new_key) || member(e->mapping, entry->key) != NULL)
            continue;
        pond_buf_fill(out, ' ', gone->key_column - 1);
        pond_yaml_put_entry(out, entry->key, entry->value, gone->key_column - 1);
    }
    pond_buf_sv(out, pond_sv_sub(text, end, text.n));
    return true;
}

static bool means(pond_arena *a, pond_sv text, pond_value stored) {
    const pond_conf *c;
    return pond_conf_parse(a, text, "", &c, NULL) == POND_OK &&
           pond_value_equal(pond_conf_value(a, c), stored);
}

static bool edit_text(pond_arena *a, pond_sv text, const pond_conf *written, pond_value stored,
                      pond_sv *out) {
    edit_vec edits = {0};
    if (!find_edits(a, written, stored, &edits))
        return false;
    *out = text;
    pond_sort(edits.items, edits.n, sizeof *edits.items, last_line_first); // places stay right
    for (size_t i = 0; i < edits.n; i++) {
        pond_buf b = POND_BUF_EMPTY;
        bool is_done = apply(*out, &edits.items[i], &b);
        *out = pond_buf_keep(a, &b);
        if (!is_done)
            return false;
    }
    return means(a, *out, stored);
}

pond_sv pond_kept_text(pond_arena *a, pond_sv text, const pond_conf *written, pond_value stored) {
    pond_sv out;
    pond_buf b = POND_BUF_EMPTY;
    if (edit_text(a, text, written, stored, &out))
        return out;
    pond_yaml_write(&b, stored);
    if (!means(a, pond_buf_view(&b), stored)) { // JSON can hold all that there is
        pond_buf_clear(&b);
        pond_json_write(&b, stored, 2);
        pond_buf_char(&b, '\n');
    }
    return pond_buf_keep(a, &b);
}
