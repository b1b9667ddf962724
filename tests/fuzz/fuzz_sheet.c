// Excel workbooks as their XML: a line with the URL, and the parts of the package, each after a line
// `--- NAME`. The archive around them is made here, whole, so that an input that changed is still
// one that is read. Parts that an input does not have are those of a workbook with one sheet.
#include "reading.h"

#include <zlib.h>

typedef struct usual_part {
    const char *name, *text;
} usual_part;

static const usual_part usual[] = {
    {"_rels/.rels",
     "<R><Relationship Id='1' Type='/officeDocument' Target='xl/workbook.xml'/></R>"},
    {"xl/workbook.xml",
     "<workbook xmlns:r='r'><sheets><sheet name='S' r:id='1'/></sheets></workbook>"},
    {"xl/_rels/workbook.xml.rels", "<R><Relationship Id='1' Type='/worksheet' Target='sheet.xml'/>"
                                   "<Relationship Id='2' Type='/sharedStrings' Target='texts.xml'/>"
                                   "<Relationship Id='3' Type='/styles' Target='styles.xml'/></R>"},
    {"xl/sheet.xml", "<worksheet/>"},
    {"xl/texts.xml", "<sst/>"},
    {"xl/styles.xml", "<styleSheet/>"},
};

// Archives ----------------------------------------------------------------------------------------

typedef struct archive {
    pond_buf bytes, directory;
    unsigned n;
} archive;

static void put(pond_buf *out, uint32_t value, int n_bytes) {
    for (int i = 0; i < n_bytes; i++)
        pond_buf_char(out, (char)(value >> (8 * i)));
}

// What the header of a part and its row of the directory share.
static void put_part(pond_buf *out, const fuzz_part *part) {
    put(out, 20, 2);         // the version that it needs
    put(out, 0, 2);          // flags
    put(out, 0, 2);          // not compressed
    put(out, 0x00210000, 4); // the first day that archives have
    put(out, (uint32_t)crc32_z(0, (const Bytef *)part->text.p, part->text.n), 4);
    put(out, (uint32_t)part->text.n, 4);
    put(out, (uint32_t)part->text.n, 4);
    put(out, (uint32_t)part->name.n, 2);
    put(out, 0, 2); // nothing extra
}

static void add_part(archive *z, const fuzz_part *part) {
    uint32_t at = (uint32_t)z->bytes.n;
    pond_buf_str(&z->bytes, "PK\3\4");
    put_part(&z->bytes, part);
    pond_buf_sv(&z->bytes, part->name);
    pond_buf_sv(&z->bytes, part->text);
    pond_buf_str(&z->directory, "PK\1\2");
    put(&z->directory, 20, 2); // the version that made it
    put_part(&z->directory, part);
    put(&z->directory, 0, 4); // no comment, the first disk
    put(&z->directory, 0, 2);
    put(&z->directory, 0, 4); // no attributes
    put(&z->directory, at, 4);
    pond_buf_sv(&z->directory, part->name);
    z->n++;
}

static void end_archive(archive *z) {
    uint32_t at = (uint32_t)z->bytes.n;
    pond_buf_sv(&z->bytes, pond_buf_view(&z->directory));
    pond_buf_str(&z->bytes, "PK\5\6");
    put(&z->bytes, 0, 4); // the first disk
    put(&z->bytes, z->n, 2);
    put(&z->bytes, z->n, 2);
    put(&z->bytes, (uint32_t)z->directory.n, 4);
    put(&z->bytes, at, 4);
    put(&z->bytes, 0, 2); // no comment
}

// The target --------------------------------------------------------------------------------------

static bool has_part(const fuzz_parts *parts, pond_sv name) {
    for (size_t i = 0; i < parts->n; i++)
        if (pond_sv_eq(parts->items[i].name, name))
            return true;
    return false;
}

void fuzz_sheet(pond_sv input) {
    pond_arena a;
    fuzz_parts parts;
    archive z = {.bytes = POND_BUF_EMPTY, .directory = POND_BUF_EMPTY};
    pond_arena_init(&a);
    pond_sv scheme = fuzz_line(&input);
    fuzz_split(input, &parts);
    for (size_t i = 0; i < parts.n; i++)
        if (parts.items[i].name.n > 0 && !pond_sv_is(parts.items[i].name, "main"))
            add_part(&z, &parts.items[i]);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        fuzz_part part = {pond_sv_of(usual[i].name), pond_sv_of(usual[i].text)};
        if (!has_part(&parts, part.name))
            add_part(&z, &part);
    }
    end_archive(&z);
    fuzz_translate(&a, scheme, pond_buf_view(&z.bytes));
    pond_buf_free(&z.bytes);
    pond_buf_free(&z.directory);
    pond_arena_deinit(&a);
}
