// list-factories: the factories, and what each makes.
#include "cli/output.h"
#include "cli/table.h"
#include "factory/factory.h"

typedef struct factories_options {
    int format; // cli_format
} factories_options;

static const pond_option rows[] = {
    CLI_RECORD_FORMAT_OPTION(factories_options, format),
};

// "directory, executable"; empty if it is none of these.
static pond_sv supports(cli *c, const pond_factory *f) {
    const struct {
        bool applies;
        const char *word;
    } words[] = {{f->makes_directory, "directory"},
                 {f->makes_file, "file"},
                 {f->n_actions > 0, "executable"}};
    pond_buf text = POND_BUF_EMPTY;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].applies)
            pond_buf_printf(&text, "%s%s", text.n == 0 ? "" : ", ", words[i].word);
    return pond_buf_keep(c->arena, &text);
}

static void print_text(cli *c) {
    cli_printf(c, "Available dynamic factories:\n\n");
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        pond_sv what = supports(c, f);
        cli_printf(c, "  %s - %s\n", f->name, f->summary);
        if (what.n > 0)
            cli_printf(c, "    supports: %.*s\n", POND_SV_ARG(what));
        cli_printf(c, "\n");
    }
}

static void print_records(cli *c, cli_format format) {
    static const cli_column columns[] = {
        CLI_COLUMN("name", CLI_TEXT),          CLI_COLUMN("makes_directory", CLI_BOOLEAN),
        CLI_COLUMN("makes_file", CLI_BOOLEAN), CLI_COLUMN("is_executable", CLI_BOOLEAN),
        CLI_COLUMN("summary", CLI_TEXT),
    };
    cli_table *t = cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        cli_table_text(t, pond_sv_of(f->name));
        cli_table_bool(t, f->makes_directory);
        cli_table_bool(t, f->makes_file);
        cli_table_bool(t, f->n_actions > 0);
        cli_table_text(t, pond_sv_of(f->summary));
    }
    cli_table_end(t);
}

static pond_code run_list_factories(cli *c, pond_err *err) {
    const factories_options *o = c->options;
    cli_format format;
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    if (format == CLI_TEXT_FORM)
        print_text(c);
    else
        print_records(c, format);
    return POND_OK;
}

const cli_command cli_list_factories = {
    .name = "list-factories",
    .args = "",
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, factories_options),
    .summary = "List the factories for mknod",
    .example = "pond list-factories",
    .run = run_list_factories,
};
