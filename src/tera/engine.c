// The set of templates: creating it, adding templates and definitions, finding templates. All of it
// lives in one arena.
#include "tera/engine.h"

#include "tera/out.h"
#include "tera/unicode.h"

#include <stdlib.h>
#include <strings.h>
#include <unistr.h>

// The endings of files that a browser takes for markup. The first ones are those that Tera 1
// escapes.
static const char *const markup[] = {
    ".html",  ".htm",    ".xml",  ".xhtml", ".xhtm", ".xht",  ".shtml", ".shtm", ".dhtml",
    ".mhtml", ".mht",    ".svg",  ".mml",   ".rss",  ".atom", ".rdf",   ".xsl",  ".xslt",
    ".xsd",   ".mathml", ".opml", ".kml",   ".gpx",  ".xul",  ".hta",   ".htc",  ".vml",
};
enum { N_MARKUP = sizeof markup / sizeof *markup, N_TERA_MARKUP = 3 };

enum { MAX_NESTING = 1000 }; // the parser recurses and needs about a kilobyte per level

static uint64_t or_default(uint64_t given, uint64_t otherwise) {
    return given != 0 ? given : otherwise;
}

// Sizes in bytes stay below 4 GiB, because the length of a string value has 32 bits.
pond_tera_limits tera_limits_or(pond_tera_limits given, pond_tera_limits base) {
    pond_tera_limits l = {
        .max_nesting = (uint32_t)or_default(given.max_nesting, base.max_nesting),
        .max_call_depth = (uint32_t)or_default(given.max_call_depth, base.max_call_depth),
        .max_output_bytes = or_default(given.max_output_bytes, base.max_output_bytes),
        .max_memory_bytes = or_default(given.max_memory_bytes, base.max_memory_bytes),
        .max_steps = or_default(given.max_steps, base.max_steps),
        .max_range = or_default(given.max_range, base.max_range),
    };
    const uint64_t most = UINT32_MAX - 1;
    l.max_nesting = l.max_nesting < MAX_NESTING ? l.max_nesting : MAX_NESTING;
    l.max_output_bytes = l.max_output_bytes < most ? l.max_output_bytes : most;
    l.max_memory_bytes = l.max_memory_bytes < most ? l.max_memory_bytes : most;
    return l;
}

pond_tera *pond_tera_new(const pond_tera_options *options) {
    pond_tera *t = pond_xmalloc(sizeof *t);
    *t = (pond_tera){0};
    pond_arena_init(&t->arena);
    if (options != NULL)
        t->options = *options;
    if (t->options.autoescape == NULL) {
        t->options.autoescape = markup;
        t->options.n_autoescape = N_TERA_MARKUP;
    }
    const pond_tera_limits defaults = {.max_nesting = 256,
                                       .max_call_depth = 256,
                                       .max_output_bytes = 1u << 30,
                                       .max_memory_bytes = 1u << 30,
                                       .max_steps = 1000000000,
                                       .max_range = 10000000};
    t->limits = tera_limits_or(t->options.limits, defaults);
    pond_map_init(&t->templates, &t->arena);
    pond_map_init(&t->symbols, &t->arena);
    pond_map_init(&t->filters, &t->arena);
    pond_map_init(&t->functions, &t->arena);
    t->zones = POND_NEW(&t->arena, pond_zones);
    t->loop_symbol = tera_intern(t, POND_SV("loop"));
    return t;
}

void pond_tera_free(pond_tera *t) {
    if (t == NULL)
        return;
    pond_zones_free(t->zones);
    pond_arena_deinit(&t->arena);
    free(t);
}

void pond_tera_add_filter(pond_tera *t, const pond_tera_filter_def *def) {
    pond_tera_filter_def *own = POND_NEW(&t->arena, pond_tera_filter_def);
    *own = *def;
    *pond_map_at(&t->filters, pond_sv_of(own->name), NULL) = own;
}

void pond_tera_add_function(pond_tera *t, const pond_tera_function_def *def) {
    pond_tera_function_def *own = POND_NEW(&t->arena, pond_tera_function_def);
    *own = *def;
    *pond_map_at(&t->functions, pond_sv_of(own->name), NULL) = own;
}

const tera_template *tera_find(const pond_tera *t, pond_sv name) {
    return pond_map_get(&t->templates, name);
}

bool pond_tera_is_markup(pond_sv name) {
    ptrdiff_t dot = pond_sv_rfind_char(name, '.');
    pond_sv ending = pond_sv_sub(name, dot < 0 ? name.n : (size_t)dot, name.n);
    for (size_t i = 0; i < N_MARKUP; i++)
        if (ending.n == strlen(markup[i]) && strncasecmp(ending.p, markup[i], ending.n) == 0)
            return true;
    return false;
}

static bool is_escaped(const pond_tera *t, pond_sv name) {
    for (size_t i = 0; i < t->options.n_autoescape; i++)
        if (pond_sv_ends(name, pond_sv_of(t->options.autoescape[i])))
            return true;
    return false;
}

// Bytes that are not UTF-8 would be copied to the page.
static pond_code check_text(const tera_template *tpl, pond_err *err) {
    if (tera_is_ascii(tpl->source)) // a fast check that is enough for most templates
        return POND_OK;
    const uint8_t *bad = u8_check((const uint8_t *)tpl->source.p, tpl->source.n);
    if (bad == NULL)
        return POND_OK;
    pond_fail(err, POND_ERR_TEMPLATE, "the byte 0x%02x is not UTF-8; save the template as UTF-8",
              *bad);
    if (err != NULL)
        err->where = tera_locate(tpl, (uint32_t)((const char *)bad - tpl->source.p));
    return POND_ERR_TEMPLATE;
}

// Texts are copied in words, beyond their ends; see out.h.
static pond_sv copy_source(pond_arena *a, pond_sv source) {
    char *p = pond_alloc(a, source.n + TERA_SLACK);
    memset(p + source.n, 0, TERA_SLACK);
    return (pond_sv){source.n == 0 ? p : memcpy(p, source.p, source.n), source.n};
}

static pond_code add(pond_tera *t, pond_sv name, pond_sv source, tera_template **out,
                     pond_err *err) {
    tera_template *tpl = POND_NEW(&t->arena, tera_template);
    tpl->name = pond_sv_dup(&t->arena, name);
    if (source.n > UINT32_MAX - 1)
        return pond_fail(err, POND_ERR_LIMIT, "template '%.*s' is larger than 4 GiB",
                         POND_SV_ARG(name));
    tpl->source = copy_source(&t->arena, source);
    tpl->is_escaped = is_escaped(t, name);
    POND_TRY(check_text(tpl, err));
    POND_TRY(tera_parse(t, tpl, err));
    *pond_map_at(&t->templates, tpl->name, NULL) = tpl;
    *out = tpl;
    return POND_OK;
}

pond_code pond_tera_add(pond_tera *t, pond_sv name, pond_sv source, pond_err *err) {
    tera_template *ignored;
    return add(t, name, source, &ignored, err);
}

pond_code tera_load(pond_tera *t, pond_sv name, tera_template **out, pond_err *err) {
    *out = NULL;
    if (t->options.loader == NULL)
        return POND_OK;
    pond_sv source = {0};
    pond_code code = t->options.loader(t->options.loader_user, name, &source, err);
    if (code == POND_ERR_NOT_FOUND) {
        if (err != NULL)
            pond_err_clear(err);
        return POND_OK;
    }
    if (code != POND_OK)
        return pond_wrap(err, code, "loading template '%.*s'", POND_SV_ARG(name));
    return add(t, name, source, out, err);
}

pond_sv tera_why_missing(pond_tera *t, pond_sv name) {
    pond_err why;
    pond_sv source;
    pond_err_clear(&why);
    if (t->options.loader == NULL ||
        t->options.loader(t->options.loader_user, name, &source, &why) != POND_ERR_NOT_FOUND)
        return POND_SV("");
    return pond_sv_dup(&t->arena, pond_sv_of(why.detail));
}
