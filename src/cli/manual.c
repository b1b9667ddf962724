// The page of factories, and its sections.
#include "cli/manual.h"

// A line each, since compilers need not take texts of more than 4095 bytes. Made by the Makefile.
static const char *const lines[] = {
#include "factories.md.inc"
};
enum { N_LINES = sizeof lines / sizeof *lines };

static bool is_heading(const char *line) {
    return pond_sv_starts(pond_sv_of(line), POND_SV("## "));
}

static pond_sv heading_of(const char *line) {
    return pond_sv_trim(pond_sv_of(line + strlen("## ")));
}

static bool has_word(pond_sv heading, pond_sv word) {
    pond_sv rest = heading, piece;
    while (pond_sv_split(&rest, ' ', &piece))
        if (pond_sv_eq(piece, word))
            return true;
    return false;
}

bool cli_manual_find(pond_arena *a, pond_sv factory, cli_section *out) {
    size_t i = 0;
    while (i < N_LINES && !(is_heading(lines[i]) && has_word(heading_of(lines[i]), factory)))
        i++;
    if (i == N_LINES)
        return false;
    out->heading = heading_of(lines[i]);
    pond_buf body = POND_BUF_EMPTY;
    for (i++; i < N_LINES && !is_heading(lines[i]); i++)
        pond_buf_printf(&body, "%s\n", lines[i]);
    out->body = pond_buf_keep(a, &body);
    return true;
}

// The names of factories are lower case already.
void cli_manual_anchor(pond_sv heading, pond_buf *out) {
    for (size_t i = 0; i < heading.n; i++)
        pond_buf_char(out, heading.p[i] == ' ' ? '-' : heading.p[i]);
}
