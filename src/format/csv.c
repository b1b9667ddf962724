// csv: text with one record on each line and delimiters between the fields.
#include "format/format.h"
#include "format/presets.h"
#include "format/text_options.h"

typedef struct csv_config {
    pond_text_options text; // the first member: a pond_reader's options are it
    pond_sv delimiter, comment;
    pond_sv encoding;
    char quote, escape, decimal, thousands;
    pond_sv batch_size, sample_rows;
    int preset;
} csv_config;

static const pond_option rows[] = {
    POND_OPTION("delimiter", POND_OPT_TEXT, csv_config, delimiter, .value = "CHARACTER",
                .help =
                    "what is between the fields: a character, `tab`, or `blanks` for any number "
                    "of blanks and tabs (default: a comma)"),
    POND_OPTION("quote", POND_OPT_CHAR, csv_config, quote,
                .help =
                    "character around fields that contain delimiters (default: a double quote)"),
    POND_OPTION("escape", POND_OPT_CHAR, csv_config, escape,
                .help = "character before a quote inside quotes (default: the quote itself)"),
    POND_OPTION("has_header", POND_OPT_BOOL, csv_config, text.has_header,
                .help = "whether the first line has the names of the columns (default: true); "
                        "without, they are column_1, column_2, …"),
    POND_OPTION("columns", POND_OPT_TEXTS, csv_config, text.columns, .value = "NAME",
                .help = "the names of the columns, in order, instead of those in the file; "
                        "repeatable"),
    POND_OPTION("skip", POND_OPT_INT, csv_config, text.skip, .min = 0, .max = INT32_MAX,
                .value = "N", .help = "number of lines at the top that are left out"),
    POND_OPTION("header", POND_OPT_INT, csv_config, text.header, .min = 1, .max = INT32_MAX,
                .value = "LINE",
                .help = "the line of the names, from 1; those above it are left out"),
    POND_OPTION("units", POND_OPT_INT, csv_config, text.units, .min = 1, .max = INT32_MAX,
                .value = "LINE",
                .help = "the line of the units: a column is then called NAME.UNIT"),
    POND_OPTION("skip_after_header", POND_OPT_INT, csv_config, text.skip_after_header, .min = 0,
                .max = INT32_MAX, .value = "N",
                .help = "number of lines below names and units that are left out"),
    POND_OPTION("short_rows", POND_OPT_BOOL, csv_config, text.may_be_short,
                .help = "whether a row may have fewer fields than there are names: the last "
                        "columns are then NULL (default: false, it is an error)"),
    POND_OPTION("comment", POND_OPT_TEXT, csv_config, comment,
                .help = "lines that begin with this text are left out"),
    FORMAT_NULL_OPTION(csv_config, text),
    POND_OPTION("decimal", POND_OPT_CHAR, csv_config, decimal,
                .help = "character before the fraction of a number (default: a point)"),
    POND_OPTION("thousands", POND_OPT_CHAR, csv_config, thousands,
                .help = "character between groups of three digits (default: none)"),
    FORMAT_TIME_OPTIONS(csv_config, text),
    POND_OPTION("encoding", POND_OPT_TEXT, csv_config, encoding, .value = "CHARSET",
                .help = "the charset of the file, as iconv knows it: `latin1` (default: UTF-8, or "
                        "what a byte order mark says)"),
    POND_OPTION("preset", POND_OPT_CHOICE, csv_config, preset, .value = POND_CSV_PRESETS,
                .help = "options for the files of a kind of loggers; the others of the URL go "
                        "before them"),
    POND_OPTION("schema_infer_max_records", POND_OPT_TEXT, csv_config, sample_rows, .value = "N",
                .help = "ignored: all rows decide the types of the columns"),
    POND_OPTION("batch_size", POND_OPT_TEXT, csv_config, batch_size, .value = "N",
                .help = "ignored: the engine decides the size of its batches"),
};
static const pond_options options = POND_OPTIONS("csv", rows);

static pond_code read_delimiter(const pond_url *url, csv_config *c, pond_err *err) {
    pond_sv d = c->delimiter;
    if (pond_sv_is(d, "tab") || pond_sv_is(d, "\\t"))
        c->text.form.delimiter = '\t';
    else if (pond_sv_is(d, "blanks"))
        c->text.form.delimiter = '\0';
    else if (d.n == 1 && d.p[0] != '\n' && d.p[0] != '\r')
        c->text.form.delimiter = d.p[0];
    else if (d.n > 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': the delimiter '%.*s' is not one character, `tab` or `blanks`",
                         POND_SV_ARG(url->text), POND_SV_ARG(d));
    return POND_OK;
}

static pond_code check_options(const pond_url *url, const csv_config *c, pond_err *err) {
    const pond_text_options *o = &c->text;
    if (o->form.delimiter != '\0' && o->form.delimiter == o->form.quote)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': delimiter and quote are both '%c'",
                         POND_SV_ARG(url->text), o->form.quote);
    if (o->number.decimal == o->number.thousands)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': decimal and thousands are both '%c'; say both, as in "
                         "decimal=,&thousands=.",
                         POND_SV_ARG(url->text), o->number.decimal);
    if (o->header > 0 && !o->has_header)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': header=LINE and has_header=false contradict each other",
                         POND_SV_ARG(url->text));
    return format_check_text_options(url, o, err);
}

// The preset of the URL, whose options come first.
static pond_code apply_preset(pond_arena *a, const pond_url *url, csv_config *c, pond_err *err) {
    typedef struct preset_only {
        int preset;
    } preset_only;
    static const pond_option only[] = {
        POND_OPTION("preset", POND_OPT_CHOICE, preset_only, preset, .value = POND_CSV_PRESETS)};
    static const pond_options table = POND_OPTIONS("csv", only);
    preset_only found = {0};
    for (size_t i = 0; i < url->options.n; i++) {
        pond_pairs one = {&url->options.items[i], 1, url->options.where};
        if (pond_sv_is(one.items[0].key, "preset"))
            POND_TRY(pond_options_read_pairs(a, &one, &table, &found, err));
    }
    const pond_csv_preset *preset = pond_csv_preset_at((size_t)found.preset);
    pond_pairs pairs = {preset->options, preset->n_options, url->options.where};
    c->text.names_have_units = preset->names_have_units;
    return pond_options_read_pairs(a, &pairs, &options, c, err);
}

static pond_code read_options(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    csv_config *c = POND_NEW(a, csv_config);
    *c = (csv_config){.text = {.has_header = true}, .quote = '"', .decimal = '.'};
    c->text.form.delimiter = ',';
    POND_TRY(apply_preset(a, url, c, err));
    POND_TRY(pond_options_read_pairs(a, &url->options, &options, c, err));
    POND_TRY(read_delimiter(url, c, err));
    c->text.form.quote = c->quote;
    c->text.form.escape = c->escape != '\0' ? c->escape : c->quote;
    c->text.form.comment = c->comment;
    c->text.number = (pond_number_form){c->decimal, c->thousands};
    out->text = &c->text;
    out->encoding = c->encoding;
    return check_options(url, c, err);
}

static const pond_pair tab[] = {{{"delimiter", 9}, {"\t", 1}}};
static const pond_ending endings[] = {{.text = ".csv"}, {".tsv", {.items = tab, .n = 1}}};

extern const pond_format pond_format_csv;
const pond_format pond_format_csv = {
    .name = "csv",
    .has_lines = true,
    .endings = endings,
    .n_endings = sizeof endings / sizeof *endings,
    .content = "CSV",
    .summary = "Text with one record on each line and delimiters between the fields",
    .options = &options,
    .codecs = FORMAT_ANY_CODEC,
    .read_options = read_options,
};
