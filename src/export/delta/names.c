// Names data files of Delta tables by their content.
#include "export/delta/names.h"

#include "export/stale.h"

#include <sys/stat.h>

static const char prefix[] = "part-", ending[] = ".parquet";
// Digits of the hash in a name. More are used only where a file of other bytes has the name.
enum { FEWEST_DIGITS = 12, MORE_DIGITS = 4, ALL_DIGITS = 64 };

// Recognising -------------------------------------------------------------------------------------

// The number of digits in "part-5b1f0c92a7de.parquet"; 0: it is another name.
static size_t count_digits(pond_sv name) {
    if (!pond_sv_starts(name, pond_sv_of(prefix)) || !pond_sv_ends(name, pond_sv_of(ending)) ||
        name.n < strlen(prefix) + strlen(ending))
        return 0;
    pond_sv digits = pond_sv_sub(name, strlen(prefix), name.n - strlen(ending));
    for (size_t i = 0; i < digits.n; i++)
        if (!(digits.p[i] >= '0' && digits.p[i] <= '9') &&
            !(digits.p[i] >= 'a' && digits.p[i] <= 'f'))
            return 0;
    return digits.n >= FEWEST_DIGITS && digits.n <= ALL_DIGITS ? digits.n : 0;
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
            return count_digits(segment) > 0;
        if (depth >= POND_N_PERIODS || !is_partition(segment, (pond_period)depth))
            return false;
    }
    return false;
}

// Naming ------------------------------------------------------------------------------------------

static pond_sv name_of(pond_sv file) {
    return pond_sv_sub(file, (size_t)(pond_sv_rfind_char(file, '/') + 1), file.n);
}

static pond_sv file_of(pond_arena *a, const export_record *r, size_t n_digits) {
    char hex[65];
    pond_sha256_hex(&r->checksum, hex);
    size_t n_dir = r->slot.n - name_of(r->slot).n;
    return pond_svf(a, "%.*s%s%.*s%s", (int)n_dir, r->slot.p, prefix, (int)n_digits, hex, ending);
}

// Looks whether the output's file exists. *is_taken: with other bytes.
static pond_code look(const export_run *run, export_output *o, bool *is_taken, pond_err *err) {
    const char *name = pond_cstr(run->arena, o->record.file);
    struct stat st;
    *is_taken = false;
    if (!pond_below_stat(&run->dir.root, name, &st) || !S_ISREG(st.st_mode))
        return POND_OK;
    if ((uint64_t)st.st_size == o->record.size_bytes)
        POND_TRY(export_has_bytes(&o->record, &run->dir.root, name, &o->is_there, err));
    *is_taken = !o->is_there;
    return POND_OK;
}

pond_code delta_name_output(const export_run *run, export_output *o, pond_err *err) {
    export_record *r = &o->record;
    if (!pond_sv_eq(r->slot, r->file))
        return POND_OK; // it has no slot, or has its name
    size_t n_digits = FEWEST_DIGITS;
    const manifest_file *before = stale_find_before(run, r);
    if (before != NULL && pond_sha256_eq(&before->output.record.checksum, &r->checksum) &&
        count_digits(name_of(before->output.record.file)) > 0) {
        n_digits = count_digits(name_of(before->output.record.file));
        if (stale_is_as_recorded(run, &before->output.record)) {
            r->file = before->output.record.file;
            o->is_there = true;
            return POND_OK;
        }
    }
    for (bool is_taken = true; is_taken; n_digits += MORE_DIGITS) {
        r->file = file_of(run->arena, r, n_digits);
        POND_TRY(look(run, o, &is_taken, err));
        if (n_digits + MORE_DIGITS > ALL_DIGITS)
            break; // the whole hash: that file is damaged
    }
    return POND_OK;
}
