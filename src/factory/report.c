// Formats lines, and hides secrets in them.
#include "factory/report.h"

// The line, without secrets. Lives in the report's arena.
static pond_sv line_of(pond_report *r, const char *before, const char *fmt, va_list args) {
    pond_buf text = POND_BUF_EMPTY, shown = POND_BUF_EMPTY;
    pond_buf_str(&text, before);
    pond_buf_vprintf(&text, fmt, args);
    pond_secrets_hide(r->secrets, pond_buf_view(&text), &shown);
    pond_buf_free(&text);
    return pond_buf_keep(r->arena, &shown);
}

static void pass(void (*to)(void *user, pond_sv line), pond_report *r, pond_sv line) {
    if (to != NULL)
        to(r->user, line);
}

void pond_report_say(pond_report *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pass(r->say, r, line_of(r, "", fmt, args));
    va_end(args);
}

void pond_report_warn(pond_report *r, const char *fmt, ...) {
    enum { MOST_KEPT = 5 };
    static const char mark[] = "warning: ";
    va_list args;
    va_start(args, fmt);
    pond_sv line = line_of(r, mark, fmt, args);
    va_end(args);
    pass(r->warn, r, line);
    if (r->n_warnings++ >= MOST_KEPT)
        return;
    if (r->warnings.n > 0)
        pond_buf_char(&r->warnings, '\n');
    for (size_t i = sizeof mark - 1; i < line.n; i++) // a name may have a line break in it
        pond_buf_char(&r->warnings, line.p[i] == '\n' ? ' ' : line.p[i]);
}

void pond_report_free(pond_report *r) {
    pond_buf_free(&r->warnings);
}

void pond_report_done(pond_report *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    r->done = line_of(r, "", fmt, args);
    pass(r->say, r, r->done);
    va_end(args);
}

void pond_report_print(pond_report *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pass(r->print, r, line_of(r, "", fmt, args));
    va_end(args);
}
