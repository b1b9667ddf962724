// list-factories: the factories, and what each makes.
#include "cli/cli.h"
#include "factory/factory.h"

static pond_code run_list_factories(cli *c, pond_err *err) {
    (void)c, (void)err;
    printf("Available dynamic factories:\n\n");
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        printf("  %s - %s\n", f->name, f->summary);
        const char *sep = "    supports: ";
        const struct {
            bool applies;
            const char *word;
        } words[] = {{f->makes_directory, "directory"},
                     {f->makes_file, "file"},
                     {f->n_actions > 0, "executable"}};
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            if (words[j].applies) {
                printf("%s%s", sep, words[j].word);
                sep = ", ";
            }
        printf(f->makes_directory || f->makes_file || f->n_actions > 0 ? "\n\n" : "\n");
    }
    return POND_OK;
}

const cli_command cli_list_factories = {
    .name = "list-factories",
    .args = "",
    .pond = CLI_NO_POND,
    .summary = "List the factories for mknod",
    .example = "pond list-factories",
    .run = run_list_factories,
};
