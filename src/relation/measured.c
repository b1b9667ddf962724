// Answers about time ranges, from the bounds and the days of measured rows.
#include "relation/measured.h"

#include "relation/hidden.h"

bool relation_measured_slices(const pond_measured *m) {
    return m->time_column.n > 0 && m->facts.is_finite;
}

pond_range relation_measured_bounds(const pond_measured *m) {
    return m->rows == 0 ? POND_RANGE_NONE : (pond_range){m->t_min_us, m->t_max_us + 1, false};
}

bool relation_measured_overlaps(const pond_measured *m, pond_range range) {
    if (m->rows == 0 || m->t_max_us < range.lo_us || m->t_min_us >= range.hi_us)
        return false;
    return !m->facts.has_days ||
           stored_has_days_in(&m->facts, m->facts.days, m->facts.n_days, range);
}

pond_row_count relation_measured_count(const pond_measured *m, pond_range range) {
    bool is_within =
        pond_range_is_all(range) || (m->t_min_us >= range.lo_us && m->t_max_us < range.hi_us);
    return (pond_row_count){is_within ? m->rows : 0,
                            is_within || relation_measured_overlaps(m, range) ? m->rows : 0};
}

static double length_us(pond_range r) { // the difference may have more than 64 bits
    return (double)r.hi_us - (double)r.lo_us;
}

int64_t relation_measured_rows(const pond_measured *m, pond_range range) {
    pond_range own = relation_measured_bounds(m), cut = pond_range_intersect(own, range);
    if (!relation_measured_overlaps(m, range) || pond_range_is_empty(cut))
        return 0;
    return (int64_t)((double)m->rows * length_us(cut) / length_us(own));
}
