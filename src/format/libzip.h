// libzip: archives, by libzip, loaded when it is needed (library.h).
#ifndef POND_FORMAT_LIBZIP_H
#define POND_FORMAT_LIBZIP_H

#include "base/err.h"

#include <zip.h>

typedef struct format_libzip {
    void *library;
    __typeof__(&zip_open) open;
    __typeof__(&zip_discard) discard;
    __typeof__(&zip_strerror) flaw;
    __typeof__(&zip_name_locate) locate;
    __typeof__(&zip_stat_index) stat;
    __typeof__(&zip_fopen_index) open_part;
    __typeof__(&zip_fread) read;
    __typeof__(&zip_file_strerror) flaw_of_part;
    __typeof__(&zip_fclose) close_part;
    __typeof__(&zip_error_init_with_code) init_error;
    __typeof__(&zip_error_strerror) text_of_error;
    __typeof__(&zip_error_fini) free_error;
} format_libzip;

// UNSUPPORTED if the machine has none. `format` is who asks, in the message. Released in any case.
pond_code format_libzip_load(format_libzip *z, const char *format, pond_err *err) POND_MUST;
void format_libzip_release(format_libzip *z);

#endif
