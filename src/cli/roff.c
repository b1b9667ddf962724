// Writes man pages. Text is broken into short lines, which roff fills again.
#include "cli/roff.h"

#include "cli/help.h"

#include <ctype.h>

// Text --------------------------------------------------------------------------------------------

// One character of UTF-8 at `s`, or one byte of what is none.
static uint32_t take_char(pond_sv *s) {
    unsigned char lead = (unsigned char)s->p[0];
    size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    uint32_t c = n == 1 ? lead : lead & (0x7Fu >> n);
    for (size_t i = 1; i < n && i < s->n; i++)
        c = c << 6 | ((unsigned char)s->p[i] & 0x3Fu);
    *s = pond_sv_sub(*s, n, s->n);
    return c;
}

// A word without blanks. `is_code`: its characters are typed as they are, so '-' is no hyphen.
static void put_word(pond_buf *out, pond_sv word, bool is_code) {
    for (pond_sv rest = word; rest.n > 0;) {
        uint32_t c = take_char(&rest);
        if (c == '\\')
            pond_buf_str(out, "\\e");
        else if (c == '-' && is_code)
            pond_buf_str(out, "\\-");
        else if (c == '\'')
            pond_buf_str(out, "\\(aq");
        else if (c == '`')
            pond_buf_str(out, "\\(ga");
        else if (c == '^')
            pond_buf_str(out, "\\(ha");
        else if (c == '~')
            pond_buf_str(out, "\\(ti");
        else if (c == '"')
            pond_buf_str(out, "\\(dq");
        else if (c >= 0x80)
            pond_buf_printf(out, "\\[u%04X]", c);
        else
            pond_buf_char(out, (char)c);
    }
}

// A line must not look like a macro.
static void guard(pond_buf *out, pond_sv text) {
    if (text.n > 0 && text.p[0] == '.')
        pond_buf_str(out, "\\&");
}

enum { LINE = 78 }; // bytes of a line of the source, with what makes words bold

typedef struct filler {
    pond_buf *out;
    size_t begin; // of the line that is being filled
    bool has_words;
    bool in_code; // between backquotes
} filler;

// Words of options and between backquotes are bold.
static void put_filled(filler *f, pond_sv word) {
    bool begins = pond_sv_starts(word, POND_SV("`")), was_in_code = f->in_code;
    bool is_option =
        word.n > 2 && word.p[0] == '-' && (word.p[1] == '-' || isalpha((unsigned char)word.p[1]));
    if (!was_in_code && !begins && !is_option) {
        guard(f->out, word);
        put_word(f->out, word, false);
        return;
    }
    if (begins)
        word = pond_sv_sub(word, 1, word.n);
    ptrdiff_t end = pond_sv_find_char(word, '`');
    if (is_option && !was_in_code) // without the comma or full stop after it
        for (end = (ptrdiff_t)word.n; strchr(",.;:)", word.p[end - 1]) != NULL; end--)
            ;
    f->in_code = end < 0;
    size_t n = end < 0 ? word.n : (size_t)end;
    pond_buf_str(f->out, "\\fB");
    put_word(f->out, pond_sv_sub(word, 0, n), true);
    pond_buf_str(f->out, "\\fR");
    if (end >= 0) {
        bool is_quoted = n < word.n && word.p[n] == '`';
        put_word(f->out, pond_sv_sub(word, n + is_quoted, word.n), false);
    }
}

// A word that does not fit begins the next line.
static void fill_word(filler *f, pond_sv word) {
    size_t blank = f->out->n;
    if (f->has_words)
        pond_buf_char(f->out, ' ');
    else
        f->begin = blank;
    put_filled(f, word);
    if (f->has_words && f->out->n - f->begin > LINE) {
        f->out->p[blank] = '\n';
        f->begin = blank + 1;
    }
    f->has_words = true;
}

static void fill(filler *f, pond_sv text) {
    pond_sv rest = text, word;
    while (pond_sv_split(&rest, ' ', &word))
        if (word.n > 0)
            fill_word(f, word);
}

static void put_text(pond_buf *out, pond_sv text) {
    filler f = {.out = out};
    fill(&f, text);
    pond_buf_char(out, '\n');
}

// A line that stays as it is. A long one is continued by a backslash.
static void put_code_line(pond_buf *out, pond_sv line) {
    size_t width = 0;
    pond_sv rest = line, word;
    guard(out, line);
    for (bool is_first = true; pond_sv_split(&rest, ' ', &word); is_first = false) {
        if (!is_first)
            pond_buf_char(out, ' ');
        width += word.n + 1;
        if (!is_first && width >= LINE) {
            pond_buf_str(out, "\\\n");
            guard(out, word);
            width = word.n;
        }
        put_word(out, word, true);
    }
    pond_buf_char(out, '\n');
}

static bool is_indented(pond_sv line) {
    return pond_sv_starts(line, POND_SV("  "));
}

// Paragraphs; lines that are indented are code.
static void put_details(pond_buf *out, const char *text) {
    pond_sv rest = pond_sv_of(text), line;
    filler f = {.out = out};
    bool in_code = false;
    pond_buf_str(out, ".PP\n");
    while (pond_sv_split(&rest, '\n', &line)) {
        if (f.has_words && (line.n == 0 || is_indented(line))) {
            pond_buf_char(out, '\n');
            f.has_words = false;
        }
        if (is_indented(line) != in_code) {
            in_code = !in_code;
            pond_buf_str(out, in_code ? ".PP\n.nf\n" : ".fi\n.PP\n");
        } else if (line.n == 0) {
            pond_buf_str(out, ".PP\n");
        }
        if (in_code)
            put_code_line(out, line);
        else
            fill(&f, line);
    }
    pond_buf_str(out, in_code ? ".fi\n" : "\n");
}

// Sections ----------------------------------------------------------------------------------------

static void put_option(pond_buf *out, const pond_option *o) {
    pond_buf_str(out, ".TP\n");
    if (o->letter != 0)
        pond_buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
    pond_buf_str(out, "\\fB\\-\\-");
    put_word(out, pond_sv_of(o->name), true);
    pond_buf_str(out, "\\fR");
    if (o->kind != POND_OPT_BOOL) {
        pond_buf_str(out, " \\fI");
        put_word(out, pond_sv_of(o->value), true);
        pond_buf_str(out, "\\fR");
    }
    pond_buf_char(out, '\n');
    put_text(out, pond_sv_of(o->help == NULL ? "" : o->help));
}

static void put_options(pond_buf *out, const char *heading, const pond_options *t) {
    if (t->n > 0)
        pond_buf_printf(out, ".SH %s\n", heading);
    for (size_t i = 0; i < t->n; i++)
        put_option(out, &t->rows[i]);
}

static void put_item(pond_buf *out, const char *name, const char *text) {
    pond_buf_str(out, ".TP\n\\fB");
    put_word(out, pond_sv_of(name), true);
    pond_buf_str(out, "\\fR\n");
    put_text(out, pond_sv_of(text));
}

static void put_example(pond_buf *out, const char *text) {
    pond_sv rest = pond_sv_of(text), line;
    pond_buf_str(out, ".SH EXAMPLES\n.nf\n");
    while (pond_sv_split(&rest, '\n', &line))
        put_code_line(out, line);
    pond_buf_str(out, ".fi\n");
}

static void put_title(pond_buf *out, const char *name, const char *summary) {
    pond_buf_str(out, ".TH ");
    for (const char *p = name; *p != '\0'; p++)
        pond_buf_printf(out, *p == '-' ? "\\-" : "%c", toupper((unsigned char)*p));
    pond_buf_printf(out, " 1 %s \"pond %s\" \"User Commands\"\n.SH NAME\n", POND_DATE,
                    POND_VERSION);
    filler f = {.out = out, .begin = out->n, .has_words = true};
    put_word(out, pond_sv_of(name), true);
    pond_buf_str(out, " \\-");
    fill(&f, pond_sv_of(summary));
    pond_buf_char(out, '\n');
}

static void put_see_also(pond_buf *out, const cli_command *except) {
    pond_buf_str(out, ".SH SEE ALSO\n");
    if (except != NULL)
        pond_buf_str(out, ".BR pond (1),\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        if (c == except)
            continue;
        pond_buf_str(out, ".BR pond\\-");
        put_word(out, pond_sv_of(c->name), true);
        bool is_last = i + 1 == cli_n_commands() ||
                       (i + 2 == cli_n_commands() && cli_command_at(i + 1) == except);
        pond_buf_printf(out, " (1)%s\n", is_last ? "" : ",");
    }
}

// One item a status, with all that it means.
static void put_exit_statuses(pond_buf *out) {
    static const struct {
        int status;
        const char *meaning;
    } rows[] = {
#define ERR(name, status, meaning) {status, meaning},
#include "base/errors.def"
#undef ERR
    };
    enum { N_ROWS = sizeof rows / sizeof *rows, MAX_STATUS = 255 };
    pond_buf_str(out, ".SH EXIT STATUS\n");
    put_item(out, "0", "success");
    put_item(out, "1",
             "what was asked about is not as it should be: `pond check` and `pond render --lint` "
             "have findings, `pond status --check` knows of something late or failed, `pond run "
             "--all` had a run that failed");
    for (int status = 1; status <= MAX_STATUS; status++) {
        char number[16];
        pond_buf text = POND_BUF_EMPTY;
        for (size_t i = 0; i < N_ROWS; i++)
            if (rows[i].status == status)
                pond_buf_printf(&text, "%s%s", text.n == 0 ? "" : "; ", rows[i].meaning);
        snprintf(number, sizeof number, "%d", status);
        if (text.n > 0)
            put_item(out, number, text.p);
        pond_buf_free(&text);
    }
}

// Pages -------------------------------------------------------------------------------------------

static void put_program(pond_buf *out) {
    put_title(out, "pond", "a file system for time series");
    pond_buf_str(out, ".SH SYNOPSIS\n.B pond\n[\\fIGLOBAL OPTIONS\\fR] \\fICOMMAND\\fR "
                      "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH DESCRIPTION\n");
    put_text(out, POND_SV("pond stores, joins, downsamples and publishes time series, without a "
                          "server. Each command has a page of its own, and `pond help NAME` "
                          "explains a command, a factory's config or a format's options."));
    pond_buf_str(out, ".PP\n");
    put_text(out, pond_sv_of(cli_help_where));
    pond_buf_str(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        pond_buf text = POND_BUF_EMPTY;
        pond_buf_printf(&text, "%s%s%s%s", c->summary, c->alias == NULL ? "" : " (also: `",
                        c->alias == NULL ? "" : c->alias, c->alias == NULL ? "" : "`)");
        put_item(out, c->name, text.p);
        pond_buf_free(&text);
    }
    put_options(out, "GLOBAL OPTIONS", &cli_global_options);
    pond_buf_str(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < cli_n_variables(); i++)
        put_item(out, cli_variable_at(i)->name, cli_variable_at(i)->help);
    put_exit_statuses(out);
    put_example(out, cli_help_example);
    put_see_also(out, NULL);
}

static void put_synopsis(pond_buf *out, const char *name, const cli_command *c) {
    pond_buf_printf(out, ".B pond ");
    put_word(out, pond_sv_of(name), true);
    pond_buf_str(out, "\n");
    if (c->options.n > 0)
        pond_buf_str(out, "[\\fIOPTIONS\\fR]\n");
    pond_buf required = POND_BUF_EMPTY;
    cli_help_required(c, &required);
    if (required.n > 0) {
        put_word(out, pond_sv_sub(pond_buf_view(&required), 1, required.n), true);
        pond_buf_str(out, "\n");
    }
    pond_buf_free(&required);
    if (c->args[0] != '\0') {
        pond_buf_str(out, "\\fI");
        put_word(out, pond_sv_of(c->args), true);
        pond_buf_str(out, "\\fR\n");
    }
}

static void put_command(const cli_command *c, pond_buf *out) {
    char name[64];
    snprintf(name, sizeof name, "pond-%s", c->name);
    put_title(out, name, c->summary);
    pond_buf_str(out, ".SH SYNOPSIS\n");
    put_synopsis(out, c->name, c);
    if (c->alias != NULL) {
        pond_buf_str(out, ".br\n");
        put_synopsis(out, c->alias, c);
    }
    pond_buf_str(out, ".SH DESCRIPTION\n");
    put_text(out, pond_sv_of(c->summary));
    if (c->details != NULL)
        put_details(out, c->details);
    put_options(out, "OPTIONS", &c->options);
    pond_buf_str(out,
                 ".SH GLOBAL OPTIONS\nThose of all commands are explained in\n.BR pond (1).\n");
    put_example(out, c->example);
    put_see_also(out, c);
}

void cli_roff_page(const cli_command *c, pond_buf *out) {
    pond_buf_str(out, ".\\\" Made by `pond help --man` from the tables of the program.\n");
    if (c == NULL)
        put_program(out);
    else
        put_command(c, out);
}
