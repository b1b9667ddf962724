// Counts, and looks at the clock now and then.
#include "base/meter.h"

#include "base/time.h"

#include <stddef.h>

enum { REDRAW_US = 100000 };

void pond_meter_begin(pond_meter *m, const char *what, bool counts_rows, uint64_t total) {
    if (m == NULL)
        return;
    int64_t now = pond_now_us();
    atomic_store(&m->what, what);
    atomic_store(&m->counts_rows, counts_rows);
    atomic_store(&m->total, total);
    atomic_store(&m->done, 0);
    atomic_store(&m->began_us, now);
}

static void draw(pond_meter *m) {
    int64_t now = pond_now_us();
    if (now < atomic_load(&m->next_us) || atomic_flag_test_and_set(&m->is_drawing))
        return;
    atomic_store(&m->next_us, now + REDRAW_US);
    m->draw(m->user, m);
    atomic_flag_clear(&m->is_drawing);
}

void pond_meter_add(pond_meter *m, uint64_t n) {
    if (m == NULL)
        return;
    atomic_fetch_add(&m->done, n);
    draw(m);
}

void pond_meter_reach(pond_meter *m, uint64_t done) {
    if (m == NULL)
        return;
    atomic_store(&m->done, done);
    draw(m);
}
