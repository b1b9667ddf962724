// Names data files of Delta tables by their content.
#include "export/delta/names.h"

#include "export/delta/slots.h"
#include "export/stale.h"

#include <sys/stat.h>

// Naming ------------------------------------------------------------------------------------------

enum { MORE_DIGITS = 4 }; // for each attempt to find a name that is free

static pond_sv file_of(pond_arena *a, const export_record *r, size_t n_digits) {
    char hex[65];
    pond_sha256_hex(&r->checksum, hex);
    int n_dir = (int)(pond_sv_rfind_char(r->slot, '/') + 1);
    return pond_svf(a, "%.*s" DELTA_PREFIX "%.*s" DELTA_ENDING, n_dir, r->slot.p, (int)n_digits,
                    hex);
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
    size_t n_digits = DELTA_FEWEST_DIGITS;
    const manifest_file *before = stale_find_before(run, r);
    if (before != NULL && pond_sha256_eq(&before->output.record.checksum, &r->checksum) &&
        delta_count_digits(before->output.record.file) > 0) {
        n_digits = delta_count_digits(before->output.record.file);
        if (stale_is_as_recorded(run, &before->output.record)) {
            r->file = before->output.record.file;
            o->is_there = true;
            return POND_OK;
        }
    }
    for (bool is_taken = true; is_taken; n_digits += MORE_DIGITS) {
        r->file = file_of(run->arena, r, n_digits);
        POND_TRY(look(run, o, &is_taken, err));
        if (n_digits + MORE_DIGITS > DELTA_ALL_DIGITS)
            break; // the whole hash: that file is damaged
    }
    return POND_OK;
}
