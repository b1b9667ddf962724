// Recognises the names of data files in Delta tables, and finds what the last run made in a slot.
#include "export/delta/slots.h"

#include "export/delta/tables.h"

// Names -------------------------------------------------------------------------------------------

static size_t dir_length(pond_sv path) {
    return (size_t)(pond_sv_rfind_char(path, '/') + 1);
}

size_t delta_count_digits(pond_sv path) {
    pond_sv name = pond_sv_sub(path, dir_length(path), path.n);
    size_t n_prefix = strlen(DELTA_PREFIX), n_ending = strlen(DELTA_ENDING);
    if (name.n < n_prefix + n_ending || !pond_sv_starts(name, POND_SV(DELTA_PREFIX)) ||
        !pond_sv_ends(name, POND_SV(DELTA_ENDING)))
        return 0;
    pond_sv digits = pond_sv_sub(name, n_prefix, name.n - n_ending);
    for (size_t i = 0; i < digits.n; i++)
        if (!(digits.p[i] >= '0' && digits.p[i] <= '9') &&
            !(digits.p[i] >= 'a' && digits.p[i] <= 'f'))
            return 0;
    return digits.n >= DELTA_FEWEST_DIGITS && digits.n <= DELTA_ALL_DIGITS ? digits.n : 0;
}

// "year=2024" for POND_YEAR.
static bool is_partition(pond_sv segment, pond_period period) {
    int64_t value;
    ptrdiff_t equals = pond_sv_find_char(segment, '=');
    return equals > 0 &&
           pond_sv_is(pond_sv_sub(segment, 0, (size_t)equals), pond_period_name(period)) &&
           pond_sv_to_int(pond_sv_sub(segment, (size_t)equals + 1, segment.n), &value);
}

bool delta_is_our_name(pond_sv path) {
    pond_sv segment;
    for (int depth = 0; pond_sv_split(&path, '/', &segment); depth++) {
        if (path.p == NULL)
            return delta_count_digits(segment) > 0;
        if (depth >= POND_N_PERIODS || !is_partition(segment, (pond_period)depth))
            return false;
    }
    return false;
}

// Slots -------------------------------------------------------------------------------------------

// Most runs change nothing and look for no slot, so the map is made when it is first needed.
static void fill_slots(const export_run *run) {
    manifest *m = run->before;
    m->has_slots = true;
    if (m->tables.n > 0)
        manifest_index(m);
    for (size_t i = 0; m->tables.n > 0 && i < m->files.n; i++) {
        pond_sv file = m->files.entries[i].key;
        if (delta_count_digits(file) > 0 && delta_table_of(&m->tables, file) != NULL)
            *pond_map_at(&m->slots,
                         pond_svf(run->arena, "%.*sdata.parquet", (int)dir_length(file), file.p),
                         NULL) = m->files.entries[i].value;
    }
}

manifest_file *delta_find_slot(const export_run *run, pond_sv slot) {
    if (!run->before->has_slots)
        fill_slots(run);
    return pond_map_get(&run->before->slots, slot);
}
