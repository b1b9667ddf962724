// Workbooks: their parts as XML, and the rows of a sheet as CSV. The lines of the CSV keep the rows of
// the sheet, so empty ones are there, too.
#include "translate.h"

#include <zip.h>

#define NAMESPACE "\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define RELATIONSHIP(id, type, target)                                                             \
    "<Relationship Id=\"" id "\" Type=\"http://x/relationships/" type "\" Target=\"" target "\"/>"

static const char *const package_parts =
    "<Relationships>" RELATIONSHIP("rId1", "officeDocument", "xl/workbook.xml") "</Relationships>";
static const char *const book_parts =
    "<Relationships>" RELATIONSHIP("rId1", "worksheet", "worksheets/sheet1.xml")
        RELATIONSHIP("rId2", "worksheet", "/xl/worksheets/../worksheets/sheet2.xml")
            RELATIONSHIP("rId3", "sharedStrings", "sharedStrings.xml")
                RELATIONSHIP("rId4", "styles", "styles.xml")
                    RELATIONSHIP("rId5", "chartsheet", "chartsheets/sheet1.xml") "</Relationships>";
static const char *const one_sheet =
    "<workbook xmlns=" NAMESPACE
    " xmlns:r=\"http://r\"><sheets><sheet name=\"A &amp; B\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"
    "</workbook>";
static const char *const many_sheets =
    "<workbook xmlns:r=\"http://r\"><workbookPr date1904=\"1\"/><sheets>"
    "<sheet name=\"chart\" r:id=\"rId5\"/><sheet name=\"A\" r:id=\"rId1\"/>"
    "<sheet name=\"1\" r:id=\"rId2\"/></sheets></workbook>";
static const char *const shared_texts =
    "<sst><si><t>Time</t></si><si><r><t>De</t></r><r><t xml:space=\"preserve\">pth </t></r></si>"
    "<si><t>a_x000D_b_x005F_x0041_ _x00e9_</t></si><si><t>\xE6\x9D\xB1</t><rPh><t>to</t></rPh></si>"
    "<si/><si><t>#N/A</t></si></sst>";
static const char *const styles =
    "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd hh:mm\"/>"
    "<numFmt numFmtId=\"165\" formatCode=\"0.0 &quot;d&quot;\"/></numFmts>"
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
    "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf "
    "numFmtId=\"14\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>";

typedef struct part {
    const char *name, *text; // text NULL: it is missing
} part;

static void make_archive(const char *path, const part *parts, size_t n) {
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].text == NULL)
            continue;
        zip_source_t *source = zip_source_buffer(zip, parts[i].text, strlen(parts[i].text), 0);
        zip_int64_t at = zip_file_add(zip, parts[i].name, source, ZIP_FL_ENC_UTF_8);
        assert_true(at >= 0);
        assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 1), 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

// A workbook whose first sheet has these rows.
static void make_book(fixture *f, const char *book, const char *sheet) {
    const part parts[] = {
        {"_rels/.rels", package_parts},
        {"xl/_rels/workbook.xml.rels", book_parts},
        {"xl/workbook.xml", book},
        {"xl/sharedStrings.xml", shared_texts},
        {"xl/styles.xml", styles},
        {"xl/worksheets/sheet1.xml", sheet},
        {"xl/Worksheets/SHEET2.xml", "<worksheet><sheetData><row><c><v>2</v></c></row>"
                                     "</sheetData></worksheet>"},
    };
    make_archive(in_dir(f, "in"), parts, sizeof parts / sizeof *parts);
}

typedef struct sheet_case {
    const char *name, *options, *sheet; // the sheet: what is in its sheetData
    const char *csv;                    // NULL: it is refused
    const char *message;                // the warning, or the error; NULL: none
    const char *detail;                 // of an error
} sheet_case;

static void check_case(fixture *f, const char *book, const sheet_case *c) {
    pond_translation to;
    pond_buf csv = POND_BUF_EMPTY;
    char line[POND_ERR_LINE];
    make_book(f, book,
              strstr(c->sheet, "<?xml") != NULL
                  ? c->sheet
                  : pond_printf(&f->arena,
                                "<worksheet xmlns=" NAMESPACE "><c><v>x</v></c><sheetData>%s"
                                "</sheetData><f>x</f><mergeCells/></worksheet>",
                                c->sheet));
    pond_err_clear(&f->err);
    pond_code rc = translate_file(f, pond_printf(&f->arena, "xlsx:///f%s", c->options), &csv, &to);
    pond_err_line(&f->err, line);
    if ((rc == POND_OK) != (c->csv != NULL))
        fail_msg("%s: %s", c->name, rc == POND_OK ? csv.p : line);
    if (c->csv != NULL && strcmp(pond_buf_view(&csv).p, c->csv) != 0)
        fail_msg("%s: got\n%s", c->name, csv.p);
    const char *message = rc != POND_OK ? line : to.warning.n > 0 ? to.warning.p : "";
    if (strcmp(message, c->message == NULL ? "" : c->message) != 0)
        fail_msg("%s: says '%s'", c->name, message);
    if (c->detail != NULL && strcmp(f->err.detail, c->detail) != 0)
        fail_msg("%s: adds '%s'", c->name, f->err.detail);
    pond_buf_free(&csv);
}
#define CHECK(f, book, cases)                                                                      \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++)                                \
    check_case((f), (book), &(cases)[i_])

#define TEXT(text) "<c t=\"inlineStr\"><is><t>" text "</t></is></c>"
#define NUMBER(text) "<c><v>" text "</v></c>"
#define ROW(cells) "<row>" cells "</row>"
#define AB ROW(TEXT("a") TEXT("b"))

static void cells_keep_their_kind(void **state) {
    static const sheet_case cases[] = {
        {"texts", "",
         ROW("<c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>")
             ROW("<c t=\"s\"><v>2</v></c><c t=\"s\"><v>3</v></c>") ROW("<c t=\"s\"><v>4</v></c>")
                 ROW(TEXT("say \"x\", y") "<c t=\"str\"><f>A1</f><v> 007</v></c>"),
         "\"Time\",\"Depth \",\n\n\"a\rb_x0041_ _x00e9_\",\"\xE6\x9D\xB1\",\n\n"
         "\"say \"\"x\"\", y\",\" 007\",\n",
         NULL, NULL},
        {"numbers, truth values and errors", "",
         AB ROW(NUMBER("1.50") NUMBER(" 1E-3 ")) ROW(NUMBER("3.00") NUMBER("-12345678901234567"))
             ROW("<c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c>")
                 ROW("<c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c><c t=\"n\" s=\"2\"><v>7</v></c>"),
         "\"a\",\"b\",\n\n1.50,1E-3,\n3,-12345678901234567,\ntrue,false,\n\"#DIV/0!\",7,\n", NULL,
         NULL},
        {"times", "",
         AB ROW("<c s=\"1\"><v>45123.5</v></c><c s=\"3\"><v>45123</v></c>")
             ROW("<c s=\"4\"><v>1.5</v></c><c t=\"d\"><v>2024-01-01T00:00:00</v></c>")
                 ROW("<c s=\"3\"><v>-1</v></c><c s=\"99\"><v>45123</v></c>"),
         "\"a\",\"b\",\n\n2023-07-16T12:00:00,2023-07-16,\n36:00:00,\"2024-01-01T00:00:00\",\n"
         "-1,45123,\n",
         NULL, NULL},
        {"what is not there", "",
         AB ROW("<c r=\"B2\"><v>1</v></c>") ROW("<c/>")
             ROW(TEXT("") "<c><v/></c>") "<row r=\"7\"><c r=\"A7\"><v>2</v></c></row>",
         "\"a\",\"b\",\n\n,1,\n\n\n\n\n2,,\n", NULL, NULL},
        {"formulas that nothing has computed", "",
         AB ROW("<c><f>1+1</f></c><c><f>1+1</f><v></v></c>") ROW("<c t=\"str\"><f/><v/></c>")
             ROW(NUMBER("1")),
         "\"a\",\"b\",\n\n\n\n1,,\n",
         "no value is stored for 2 formulas (first in A2), so NULL is read; a spreadsheet program "
         "stores values when it saves the file",
         NULL},
        {"what is no number", "", AB ROW(NUMBER("1,5")), NULL,
         "in:2: cell A2 has '1,5' for a number", ""},
        {"what is no truth value", "", AB ROW("<c t=\"b\"><v>x</v></c>"), NULL,
         "in:2: cell A2 has 'x' for a truth value", ""},
        {"a text that is not there", "", ROW("<c t=\"s\"><v>6</v></c>"), NULL,
         "in:1: cell A1 has text number '6', and the workbook has 6 texts", ""},
        {"an unknown type", "", ROW("<c t=\"x\"/>"), NULL,
         "in:1: cell A1 is of the type 'x', which is not known", ""},
    };
    CHECK(*state, one_sheet, cases);
}

#define TABLE                                                                                      \
    ROW(TEXT("Report"))                                                                            \
    "<row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t>t\nime</t></is></c>" TEXT(                    \
        "v") "</row>"                                                                              \
             "<row r=\"4\"><c r=\"B4\" t=\"inlineStr\"><is><t>s</t></is></c>" TEXT(                \
                 "m") "</row>"                                                                     \
                      "<row r=\"6\"><c r=\"B6\"><v>1</v></c><c r=\"C6\"><v>2</v></c></row>"        \
                      "<row r=\"7\"><c r=\"B7\"><v>3</v></c></row>"

static void options_say_where_the_table_is(void **state) {
    static const sheet_case cases[] = {
        {"header", "?header=3", TABLE, "\"t ime\",\"v\",\n\n\n\n\"s\",\"m\",\n\n1,2,\n3,,\n", NULL,
         NULL},
        {"skip", "?skip=1", TABLE, "\"t ime\",\"v\",\n\n\n\n\"s\",\"m\",\n\n1,2,\n3,,\n", NULL,
         NULL},
        {"units", "?header=3&units=4", TABLE, "\"t ime\",\"v\",\n\"s\",\"m\",\n\n\n\n\n1,2,\n3,,\n",
         NULL, NULL},
        {"range", "?range=B3:C6", TABLE, "\"t ime\",\"v\",\n\n\n\n\"s\",\"m\",\n\n1,2,\n", NULL,
         NULL},
        {"columns of a range without names", "?range=a3:D&units=4", TABLE,
         "\"\",\"t ime\",\"v\",\"\",\n\"\",\"s\",\"m\",\"\",\n\n\n\n\n,1,2,,\n,3,,,\n", NULL, NULL},
        {"whole columns", "?range=C:C", TABLE, "\"v\",\n\n\n\n\"m\",\n\n2,\n", NULL, NULL},
        {"whole rows", "?range=6:9", TABLE, "\"1\",\"2\",\n\n\n\n\n\n\n3,,\n", NULL, NULL},
        {"units above the names", "?header=4&units=3", TABLE,
         "\"s\",\"m\",\n\"t ime\",\"v\",\n\n\n\n\n1,2,\n3,,\n", NULL, NULL},
        {"a title is no header", "", TABLE, NULL,
         "in:3: cell B3 has 't\nime', and its column has no name in row 1",
         "  &range=A1:B reads it as a column without a name; &range=A1:A reads those with names "
         "alone\n"},
        {"what is before the first name", "?skip=1",
         ROW() "<row r=\"2\"><c r=\"B2\" t=\"s\"><v>0</v></c></row>" ROW(NUMBER("5")), NULL,
         "in:3: cell A3 has '5', and its column has no name in row 2",
         "  &range=A2:B reads it as a column without a name; &range=B2:B reads those with names "
         "alone\n"},
        {"no header", "?header=2", TABLE, NULL,
         "'in': sheet 'A & B' has no text in row 2, which &header names", ""},
        {"no units", "?header=4&units=5", TABLE, NULL,
         "'in': sheet 'A & B' has no text in row 5, which &units names", ""},
        {"units after the end", "?header=4&units=9", TABLE, NULL,
         "'in': sheet 'A & B' has no text in row 9, which &units names", ""},
        {"an empty sheet", "", "", NULL, "'in': sheet 'A & B' is empty: it has no header", ""},
        {"names alone", "?units=2", AB ROW(TEXT("m")), "\"a\",\"b\",\n\"m\",\"\",\n", NULL, NULL},
    };
    CHECK(*state, one_sheet, cases);
}

static void wrong_options_are_refused(void **state) {
    static const struct {
        const char *url, *message;
    } cases[] = {
        {"xlsx:///f?range=A1",
         "'xlsx:///f?range=A1': the range 'A1' is not FIRST:LAST, as in B3:F900, B3:F or B:F"},
        {"xlsx:///f?range=B2:A3",
         "'xlsx:///f?range=B2:A3': the range 'B2:A3' is not FIRST:LAST, as in B3:F900, B3:F or "
         "B:F"},
        {"xlsx:///f?range=XFE:XFE",
         "'xlsx:///f?range=XFE:XFE': the range 'XFE:XFE' is not FIRST:LAST, as in B3:F900, B3:F "
         "or B:F"},
        {"xlsx:///f?range=A0:B1",
         "'xlsx:///f?range=A0:B1': the range 'A0:B1' is not FIRST:LAST, as in B3:F900, B3:F or "
         "B:F"},
        {"xlsx:///f?range=:",
         "'xlsx:///f?range=:': the range ':' is not FIRST:LAST, as in B3:F900, "
         "B3:F or B:F"},
        {"xlsx:///f?units=2&header=2",
         "'xlsx:///f?units=2&header=2': header and units are both row 2"},
        {"xlsx:///f?skip=3&header=2",
         "'xlsx:///f?skip=3&header=2': row 2, which header names, is left out by range or skip"},
        {"xlsx+gzip:///f", "'xlsx+gzip:///f': 'xlsx' files cannot be read with compression gzip; "
                           "only uncompressed files can be read"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_url u;
        pond_reader r;
        char line[POND_ERR_LINE];
        assert_int_equal(pond_url_parse(&f->arena, pond_sv_of(cases[i].url), &u, &f->err), POND_OK);
        assert_int_equal(pond_reader_open(&f->arena, &u, &r, &f->err), POND_ERR_INVALID);
        pond_err_line(&f->err, line);
        assert_string_equal(line, cases[i].message);
    }
}

static void sheets_have_names_and_numbers(void **state) {
    static const sheet_case cases[] = {
        {"the first one with cells", "", ROW(TEXT("a")) ROW("<c s=\"3\"><v>0</v></c>"),
         "\"a\",\n\n1904-01-01,\n", "sheet 'A' was read; &sheet=NAME reads another one: '1'", NULL},
        {"by name", "?sheet=A", ROW(TEXT("a")), "\"a\",\n", NULL, NULL},
        {"a name before a number", "?sheet=1", ROW(TEXT("a")), "\"2\",\n", NULL, NULL},
        {"by number", "?sheet=2", ROW(TEXT("a")), "\"a\",\n", NULL, NULL},
        {"a chart", "?sheet=chart", ROW(), NULL,
         "'in': sheet 'chart' has no cells: it is a chart, or a macro",
         "  the sheets are 'A', '1'\n"},
        {"none", "?sheet=4", ROW(), NULL, "'in' has no sheet '4', which &sheet names",
         "  the sheets are 'A', '1'\n"},
    };
    CHECK(*state, many_sheets, cases);
}

static void merged_areas_are_counted(void **state) {
    static const sheet_case cases[] = {
        {"in rows", "?sheet=1",
         "<?xml version=\"1.0\"?><worksheet><sheetData>" AB ROW(NUMBER("1"))
             ROW("<c r=\"B3\"><v>2</v></c>") "</sheetData><mergeCells><mergeCell ref=\"A2:A3\"/>"
                                             "</mergeCells></worksheet>",
         "\"a\",\"b\",\n\n1,,\n,2,\n",
         "1 merged area: the first cell of an area has its value, the others are NULL", NULL},
        {"in the names", "",
         "<?xml version=\"1.0\"?><worksheet><sheetData>" AB "</sheetData><mergeCells><mergeCell "
         "ref=\"A1:B1\"/></mergeCells></worksheet>",
         "\"a\",\"b\",\n", NULL, NULL},
    };
    CHECK(*state, one_sheet, cases);
}

static void damage_is_an_error(void **state) {
    static const sheet_case cases[] = {
        {"cut off", "", "<?xml version=\"1.0\"?><worksheet><sheetData><row>", NULL,
         "'in' is damaged, in its part 'xl/worksheets/sheet1.xml': it ends too early", NULL},
        {"a document type", "",
         "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
         "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>&e;</t></is></c></row></sheetData>"
         "</worksheet>",
         NULL,
         "'in' is damaged, in its part 'xl/worksheets/sheet1.xml': it has a document type, which "
         "no "
         "workbook has",
         NULL},
        {"rows out of order", "", "<row r=\"2\"/><row r=\"2\"/>", NULL,
         "in:2: the row after this one has the number 2", NULL},
        {"too many rows", "", "<row r=\"1048577\"/>", NULL,
         "in: the row after this one has the number 1048577", NULL},
        {"a cell of another row", "", "<row r=\"2\"><c r=\"A3\"/></row>", NULL,
         "in:2: the row has a cell 'A3' where that cannot be", NULL},
        {"a cell twice", "", "<row><c r=\"A1\"/><c r=\"A1\"/></row>", NULL,
         "in:1: the row has a cell 'A1' where that cannot be", NULL},
        {"a cell within a cell", "", "<row><c r=\"XFD1\"><c/><v>1</v></c></row>", NULL,
         "in:1: the row has more than 16384 cells", NULL},
        {"a NUL character", "", ROW(TEXT("_x0000_")), NULL, "'in' has a text with a NUL character",
         NULL},
    };
    CHECK(*state, one_sheet, cases);
}

// The list of an archive's parts is at its end.
static void what_is_cut_off_is_refused(void **state) {
    fixture *f = *state;
    pond_buf whole = POND_BUF_EMPTY, csv = POND_BUF_EMPTY;
    pond_translation to;
    make_book(f, one_sheet,
              "<worksheet xmlns=" NAMESPACE
              "><sheetData>" AB ROW(NUMBER("1") NUMBER("2")) "</sheetData></worksheet>");
    assert_int_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_OK);
    assert_string_equal(csv.p, "\"a\",\"b\",\n\n1,2,\n");
    assert_int_equal(pond_file_read(in_dir(f, "in"), &whole, &f->err), POND_OK);
    for (size_t n = 0; n < whole.n; n++) {
        pond_err_clear(&f->err);
        pond_buf_clear(&csv);
        assert_int_equal(pond_file_replace(in_dir(f, "in"), (pond_sv){whole.p, n}, &f->err),
                         POND_OK);
        assert_int_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_ERR_INVALID);
        assert_true(f->err.msg[0] != '\0');
    }
    pond_buf_free(&whole);
    pond_buf_free(&csv);
}

static void what_is_no_workbook_is_told(void **state) {
    static const struct {
        const char *bytes, *message;
    } cases[] = {
        {"a,b\n1,2\n", "'in' is not an Excel workbook: Not a zip archive"},
        {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
         "'in' is a workbook of the format before .xlsx, or one "
         "with a password; save it as .xlsx, without a password"},
    };
    fixture *f = *state;
    pond_buf csv = POND_BUF_EMPTY;
    pond_translation to;
    char line[POND_ERR_LINE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pond_file_replace(in_dir(f, "in"), pond_sv_of(cases[i].bytes), &f->err),
                         POND_OK);
        assert_int_not_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_OK);
        pond_err_line(&f->err, line);
        assert_string_equal(line, cases[i].message);
    }
    static const part parts[] = {
        {"_rels/.rels", "<Relationships>" RELATIONSHIP("rId1", "officeDocument",
                                                       "xl/workbook.bin") "</Relationships>"}};
    make_archive(in_dir(f, "in"), parts, 1);
    assert_int_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_ERR_UNSUPPORTED);
    pond_err_line(&f->err, line);
    assert_string_equal(line, "'in' is a binary workbook (.xlsb); save it as .xlsx");
    static const part others[] = {{"word/document.xml", "<x/>"}};
    make_archive(in_dir(f, "in"), others, 1);
    assert_int_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_ERR_INVALID);
    pond_err_line(&f->err, line);
    assert_string_equal(line, "'in' has no part '_rels/.rels'");
    pond_buf_free(&csv);
}

// Which are in memory. A few kilobytes of an archive may be gigabytes of text.
static void texts_are_limited(void **state) {
    fixture *f = *state;
    pond_buf texts = POND_BUF_EMPTY, csv = POND_BUF_EMPTY;
    pond_translation to;
    char line[POND_ERR_LINE];
    pond_buf_str(&texts, "<sst>");
    pond_buf_fill(&texts, ' ', 256 << 20);
    pond_buf_str(&texts, "</sst>");
    const part parts[] = {
        {"_rels/.rels", package_parts},
        {"xl/_rels/workbook.xml.rels", book_parts},
        {"xl/workbook.xml", one_sheet},
        {"xl/sharedStrings.xml", texts.p},
    };
    make_archive(in_dir(f, "in"), parts, sizeof parts / sizeof *parts);
    assert_int_equal(translate_file(f, "xlsx:///f", &csv, &to), POND_ERR_LIMIT);
    pond_err_line(&f->err, line);
    assert_string_equal(line, "'in': its part 'xl/sharedStrings.xml' unpacks to more than 256 MB");
    pond_buf_free(&texts);
    pond_buf_free(&csv);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cells_keep_their_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_say_where_the_table_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_options_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sheets_have_names_and_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merged_areas_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cut_off_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_workbook_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_limited, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
