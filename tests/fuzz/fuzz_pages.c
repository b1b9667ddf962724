// Parquet files: the first byte pair says how long the footer is, the rest is what is between the
// magic bytes. So an input that became longer or shorter still has its footer at the end.
#include "reading.h"

#include "format/pages.h"

void fuzz_pages(pond_sv input) {
    static pond_err err;
    pond_arena a;
    const char *path;
    pond_buf bytes = POND_BUF_EMPTY;
    if (input.n < 2)
        return;
    size_t n = (size_t)(unsigned char)input.p[0] | (size_t)(unsigned char)input.p[1] << 8;
    pond_arena_init(&a);
    pond_err_clear(&err);
    pond_buf_str(&bytes, "PAR1");
    pond_buf_sv(&bytes, pond_sv_sub(input, 2, input.n));
    for (int i = 0; i < 4; i++)
        pond_buf_char(&bytes, (char)(n >> (8 * i)));
    pond_buf_str(&bytes, "PAR1");
    int fd = fuzz_file(&a, pond_buf_view(&bytes), &path);
    fuzz_check_error(pond_parquet_check(path, POND_SV("fuzz"), NULL, &err), &err);
    close(fd);
    pond_buf_free(&bytes);
    pond_arena_deinit(&a);
}
