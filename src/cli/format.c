// Which format the results of a command have: by its option, the environment, and the place where
// they go.
#include "cli/format.h"

#include "cli/screen.h"
#include "value/option.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The environment ---------------------------------------------------------------------------------

// Every word that POND_FORMAT may have.
static const pond_option any_format = {.name = "POND_FORMAT",
                                       .kind = POND_OPT_CHOICE,
                                       .min = CLI_TEXT_FORM,
                                       .value = "text|" CLI_ROW_FORMATS};

static pond_code format_of_env(cli_format *out, pond_err *err) {
    pond_arena a;
    pond_sv text = pond_sv_of(getenv("POND_FORMAT"));
    int format = CLI_FORMAT_UNSAID;
    if (text.n > 0 && !pond_option_set(NULL, &any_format, text, &format)) {
        pond_arena_init(&a);
        pond_fail(err, POND_ERR_USAGE, "the environment variable POND_FORMAT is '%.*s', and not %s",
                  POND_SV_ARG(text), pond_option_expects(&a, &any_format, text));
        pond_arena_deinit(&a);
        pond_option_advise(&any_format, text, err);
        return POND_ERR_USAGE;
    }
    *out = (cli_format)format;
    return POND_OK;
}

pond_code cli_record_format(cli_format said, cli_format *out, pond_err *err) {
    *out = said;
    if (said == CLI_FORMAT_UNSAID)
        POND_TRY(format_of_env(out, err));
    if (*out == CLI_FORMAT_UNSAID || *out > CLI_MARKDOWN) // Parquet is for rows
        *out = CLI_TEXT_FORM;
    return POND_OK;
}

pond_code cli_row_format(const cli *c, cli_format said, cli_format otherwise, cli_format *out,
                         pond_err *err) {
    *out = said;
    if (said == CLI_FORMAT_UNSAID)
        POND_TRY(format_of_env(out, err));
    if (*out == CLI_FORMAT_UNSAID || *out == CLI_TEXT_FORM) // text is the form for records
        *out = otherwise;
    if (*out == CLI_AUTO)
        *out = c->is_terminal ? CLI_TABLE : CLI_RAW;
    return POND_OK;
}

// The place ---------------------------------------------------------------------------------------

// By the name that the system has for an open file; empty if it does not tell.
static cli_format format_of_name(int fd) {
    static const struct {
        const char *ending;
        cli_format format;
    } endings[] = {{".csv", CLI_CSV},    {".tsv", CLI_TSV},       {".json", CLI_JSON},
                   {".txt", CLI_TABLE},  {".ndjson", CLI_NDJSON}, {".jsonl", CLI_NDJSON},
                   {".md", CLI_MARKDOWN}};
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name);
    for (size_t i = 0; n > 0 && i < sizeof endings / sizeof *endings; i++)
        if (pond_sv_ends((pond_sv){name, (size_t)n}, pond_sv_of(endings[i].ending)))
            return endings[i].format;
    return CLI_PARQUET;
}

cli_format cli_format_of_place(const cli *c) {
    struct stat st;
    int fd = fileno(c->screen->to);
    if (c->is_terminal)
        return CLI_TABLE;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return CLI_CSV;
    // A file with something in it would be no Parquet file.
    bool is_new = (fcntl(fd, F_GETFL) & O_APPEND) == 0 && st.st_size == 0;
    return is_new ? format_of_name(fd) : CLI_CSV;
}
