// Finds what the last word of a command line is: a command, an option, the value of an option or an
// argument. The words before it may be wrong: what is not understood is passed over.
#include "cli/complete.h"

#include "base/file.h"

typedef struct scan {
    cli *cli;
    const cli_command *command;  // NULL: not typed yet
    const pond_option *expected; // the option whose value comes next; NULL: none
    bool only_arguments;         // "--" was typed
    bool is_lost;                // the command is mistyped, and what follows belongs to nothing
    size_t n_arguments;
    const pond_option **given;
    size_t n_given;
} scan;

// The words before the last ----------------------------------------------------------------------

// The two options that say where names are looked up.
static void take_value(scan *s, const pond_option *o, pond_sv value) {
    if (strcmp(o->name, "pond") == 0 && value.n > 0)
        s->cli->pond_dir = value.p;
    char *dir;
    if (strcmp(o->name, "directory") == 0 && value.n > 0 &&
        pond_path_absolute(s->cli->arena, value.p, &dir, NULL) == POND_OK)
        s->cli->host_dir = strcmp(dir, "/") == 0 ? "" : dir;
}

static void take_option(scan *s, pond_sv word) {
    bool is_long = word.p[1] == '-';
    ptrdiff_t equals = is_long ? pond_sv_find_char(word, '=') : -1;
    size_t end = equals < 0 ? word.n : (size_t)equals;
    const pond_option *o = is_long ? cli_find_option(s->command, pond_sv_sub(word, 2, end), 0)
                                   : cli_find_option(s->command, POND_SV(""), word.p[word.n - 1]);
    if (!is_long && word.n > 2 && (o == NULL || o->kind != POND_OPT_BOOL)) // -pPATTERN
        return;
    if (o == NULL)
        return;
    s->given[s->n_given++] = o;
    if (equals >= 0)
        take_value(s, o, pond_sv_sub(word, end + 1, word.n));
    else if (o->kind != POND_OPT_BOOL)
        s->expected = o;
}

static void take_word(scan *s, pond_sv word) {
    if (s->expected != NULL) {
        take_value(s, s->expected, word);
        s->expected = NULL;
    } else if (!s->only_arguments && pond_sv_is(word, "--")) {
        s->only_arguments = true;
    } else if (!s->only_arguments && cli_is_option(word.p)) {
        take_option(s, word);
    } else if (s->command == NULL) {
        s->command = cli_find_command(word);
        s->is_lost |= s->command == NULL;
        s->only_arguments = false;
    } else {
        s->n_arguments++;
    }
}

// The last word ----------------------------------------------------------------------------------

static bool is_given(const scan *s, const pond_option *o) {
    for (size_t i = 0; i < s->n_given; i++)
        if (s->given[i] == o)
            return o->kind != POND_OPT_TEXTS; // which may be given again
    return false;
}

static void offer_options(const scan *s, const pond_options *table, cli_typing *t) {
    for (size_t i = 0; i < table->n; i++) {
        const pond_option *o = &table->rows[i];
        if (!is_given(s, o))
            cli_offer(t, pond_svf(t->cli->arena, "--%s", o->name), o->help);
    }
}

static void offer_value(const pond_option *o, cli_typing *t) {
    if (o->value != NULL)
        cli_complete_place(t, o->value);
}

// --name=val
static void offer_inline_value(const scan *s, size_t equals, cli_typing *t) {
    const pond_option *o = cli_find_option(s->command, pond_sv_sub(t->word, 2, equals), 0);
    t->lead = pond_sv_sub(t->word, 0, equals + 1);
    t->word = pond_sv_sub(t->word, equals + 1, t->word.n);
    if (o != NULL)
        offer_value(o, t);
}

// "[PATH...]" -> "PATH"; sets *is_open if it has "...".
static pond_sv bare_name(pond_sv word, bool *is_open) {
    static const char *const endings[] = {"]", "...", "]"};
    while (pond_sv_cut_char(&word, '['))
        ;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (pond_sv_ends(word, pond_sv_of(endings[i]))) {
            *is_open |= endings[i][0] == '.';
            word.n -= strlen(endings[i]);
        }
    return word;
}

// An argument that follows one with "..." may be that or the next one.
static void offer_argument(const scan *s, cli_typing *t) {
    pond_sv rest = pond_sv_of(s->command->args), word;
    bool is_open = false;
    for (size_t at = 0; rest.n > 0 && pond_sv_split(&rest, ' ', &word); at++) {
        pond_sv name = bare_name(word, &is_open);
        if (at == s->n_arguments || (is_open && at <= s->n_arguments))
            cli_complete_place(t, pond_cstr(t->cli->arena, name));
    }
}

static void offer(const scan *s, cli_typing *t) {
    ptrdiff_t equals = pond_sv_find_char(t->word, '=');
    bool may_be_option = !s->only_arguments && pond_sv_starts(t->word, POND_SV("-"));
    if (s->expected != NULL) {
        offer_value(s->expected, t);
    } else if (may_be_option && equals > 2 && pond_sv_starts(t->word, POND_SV("--"))) {
        offer_inline_value(s, (size_t)equals, t);
    } else if (may_be_option) {
        if (s->command != NULL)
            offer_options(s, &s->command->options, t);
        offer_options(s, &cli_global_options, t);
    } else if (s->command == NULL) {
        cli_complete_place(t, "COMMAND");
    } else {
        offer_argument(s, t);
    }
}

void cli_complete(cli *c, const pond_sv *words, size_t n, cli_candidate_vec *out) {
    scan s = {.cli = c, .given = pond_alloc_zero(c->arena, (n + 1) * sizeof(pond_option *))};
    *out = (cli_candidate_vec){0};
    if (n == 0)
        return;
    for (size_t i = 0; i + 1 < n; i++)
        take_word(&s, words[i]);
    if (s.is_lost)
        return;
    pond_map seen;
    pond_map_init(&seen, c->arena);
    cli_typing t = {.cli = c, .lead = POND_SV(""), .word = words[n - 1], .seen = &seen};
    offer(&s, &t);
    cli_typing_close(&t);
    *out = t.found;
}
