// Shows how far a copy has come: one line of a terminal, which is drawn again.
#include "cli/copy.h"

#include "base/time.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>
#include <sys/stat.h>

// "reading 120.0 MB of 900.0 MB (13 %), 85.0 MB/s, 9 s left"; what is not known is left out.
static void write_amounts(pond_buf *b, const pond_meter *m, int64_t now) {
    uint64_t done = atomic_load(&m->done), total = atomic_load(&m->total);
    double seconds = (double)(now - atomic_load(&m->began_us)) / POND_US_PER_S;
    uint64_t rate = seconds > 0 ? (uint64_t)((double)done / seconds) : 0;
    bool counts_rows = atomic_load(&m->counts_rows);
    char sizes[3][24];
    for (int i = 0; i < 3; i++) {
        uint64_t n = i == 0 ? done : i == 1 ? total : rate;
        if (counts_rows)
            snprintf(sizes[i], sizeof sizes[i], "%" PRIu64, n);
        else
            cli_size(n, sizes[i]);
    }
    pond_buf_printf(b, "%s %s", atomic_load(&m->what), sizes[0]);
    if (total > 0)
        pond_buf_printf(b, " of %s", sizes[1]);
    pond_buf_printf(b, "%s", counts_rows ? " rows" : "");
    if (total > 0)
        pond_buf_printf(b, " (%.0f %%)", 100.0 * (double)done / (double)total);
    pond_buf_printf(b, ", %s%s/s", sizes[2], counts_rows ? " rows" : "");
    if (total >= done && done > 0)
        pond_buf_printf(b, ", %.0f s left", seconds / (double)done * (double)(total - done));
}

static void show(cli_copy_meter *m, const char *text) {
    atomic_store(&m->is_drawn, true);
    if (m->n_files > 1)
        cli_progress(m->cli, "%zu of %zu files: %s", m->file + 1, m->n_files, text);
    else
        cli_progress(m->cli, "%s", text);
}

static void draw(void *user, const pond_meter *meter) {
    cli_copy_meter *m = user;
    int64_t now = pond_now_us();
    if (now - m->began_us < POND_US_PER_S)
        return;
    pond_buf text = POND_BUF_EMPTY;
    write_amounts(&text, meter, now);
    show(m, text.p);
    pond_buf_free(&text);
}

cli_copy_meter *cli_copy_watch(cli *c, size_t n_files, bool is_shown) {
    cli_copy_meter *m = POND_NEW(c->arena, cli_copy_meter);
    *m = (cli_copy_meter){.cli = c, .n_files = n_files, .began_us = pond_now_us()};
    m->meter = (pond_meter){.draw = draw, .user = m, .is_drawing = ATOMIC_FLAG_INIT};
    m->is_shown = is_shown && c->errors_to_terminal;
    if (m->is_shown)
        pond_session_watch(c->session, &m->meter);
    return m;
}

void cli_copy_watch_bytes(cli_copy_meter *m, const char *host_path) {
    enum { LONG_BYTES = 64 << 20 };
    struct stat st;
    char size[16], text[32];
    if (!m->is_shown || stat(host_path, &st) != 0 ||
        (st.st_size < LONG_BYTES && pond_now_us() - m->began_us < POND_US_PER_S))
        return;
    cli_size((uint64_t)st.st_size, size);
    snprintf(text, sizeof text, "copying %s", size);
    show(m, text);
}

void cli_copy_watch_end(cli_copy_meter *m) {
    if (atomic_exchange(&m->is_drawn, false))
        cli_progress_end(m->cli);
}
