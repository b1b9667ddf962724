// Widths of characters. Most texts are ASCII, where each byte takes a column.
#include "tera/width.h"

#include "tera/unicode.h"

#include <uniwidth.h>

enum { PICTURE = 0xFE0F, FLAG_FIRST = 0x1F1E6, FLAG_LAST = 0x1F1FF };

// A cluster is as wide as its widest character: a joined picture takes the place of one. Two letters
// of a flag are one picture, and so is a sign that is followed by the mark for pictures.
static size_t cluster_width(pond_sv cluster) {
    size_t width = 0, n_flag = 0;
    for (size_t at = 0; at < cluster.n;) {
        uint32_t c;
        at += tera_char_at(cluster, at, &c);
        n_flag += c >= FLAG_FIRST && c <= FLAG_LAST;
        int w = c == PICTURE ? 2 : uc_width(c, "UTF-8");
        if (w > (int)width)
            width = (size_t)w;
    }
    return n_flag == 2 ? 2 : width;
}

pond_sv pond_text_fit(pond_sv s, size_t most, size_t *width) {
    size_t at = 0;
    *width = 0;
    while (at < s.n) {
        size_t n = tera_grapheme_at(s, at);
        size_t w =
            n == 1 && (unsigned char)s.p[at] < 0x80 ? 1 : cluster_width(pond_sv_sub(s, at, at + n));
        if (*width + w > most)
            break;
        *width += w;
        at += n;
    }
    return pond_sv_sub(s, 0, at);
}

size_t pond_text_width(pond_sv s) {
    size_t width;
    if (tera_is_ascii(s))
        return s.n;
    pond_text_fit(s, SIZE_MAX, &width);
    return width;
}
