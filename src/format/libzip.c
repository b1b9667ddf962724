// Loads libzip.
#include "format/libzip.h"

#include "base/library.h"

pond_code format_libzip_load(format_libzip *z, const char *format, pond_err *err) {
    static const char *const names[] = {"libzip.so.5", "libzip.so.4"}; // alike in what is used here
    *z = (format_libzip){0};
    const pond_symbol symbols[] = {
        {"zip_open", &z->open},
        {"zip_discard", &z->discard},
        {"zip_strerror", &z->flaw},
        {"zip_name_locate", &z->locate},
        {"zip_stat_index", &z->stat},
        {"zip_fopen_index", &z->open_part},
        {"zip_fread", &z->read},
        {"zip_file_strerror", &z->flaw_of_part},
        {"zip_fclose", &z->close_part},
        {"zip_error_init_with_code", &z->init_error},
        {"zip_error_strerror", &z->text_of_error},
        {"zip_error_fini", &z->free_error},
    };
    return pond_library_load(&z->library, names, sizeof names / sizeof *names, symbols,
                             sizeof symbols / sizeof *symbols, format, err);
}

void format_libzip_release(format_libzip *z) {
    pond_library_release(&z->library);
}
