// Completion: every word by which a command names an argument or a value is in places.def.
#include "cli/complete.h"

#include <setjmp.h>
#include <cmocka.h>

static void is_known(const char *command, const char *names, cli_typing *t) {
    if (!cli_complete_place(t, names))
        fail_msg(
            "'%s' of %s: add a row to src/cli/places.def, so that the shell knows what to offer",
            names, command);
}

static void check_options(const char *command, const pond_options *table, cli_typing *t) {
    for (size_t i = 0; i < table->n; i++)
        if (table->rows[i].kind != POND_OPT_BOOL && table->rows[i].value != NULL)
            is_known(command, table->rows[i].value, t);
}

static void check_arguments(const cli_command *c, pond_arena *a, cli_typing *t) {
    pond_sv rest = pond_sv_of(c->args), word;
    while (rest.n > 0 && pond_sv_split(&rest, ' ', &word)) {
        pond_buf name = POND_BUF_EMPTY;
        for (size_t i = 0;
             i < word.n && !pond_sv_starts(pond_sv_sub(word, i, word.n), POND_SV("...")); i++)
            if (strchr("[]", word.p[i]) == NULL)
                pond_buf_char(&name, word.p[i]);
        is_known(c->name, pond_buf_keep(a, &name).p, t);
    }
}

static void test_every_word_has_a_place(void **state) {
    (void)state;
    pond_arena a;
    pond_map seen;
    pond_arena_init(&a);
    pond_map_init(&seen, &a);
    cli c = {.arena = &a, .host_dir = "", .pond_dir = "/nonexistent"};
    // No candidate begins with this.
    cli_typing t = {.cli = &c, .lead = POND_SV(""), .word = POND_SV("\n"), .seen = &seen};
    for (size_t i = 0; i < cli_n_commands(); i++) {
        check_arguments(cli_command_at(i), &a, &t);
        check_options(cli_command_at(i)->name, &cli_command_at(i)->options, &t);
    }
    check_options("all commands", &cli_global_options, &t);
    assert_int_equal(t.found.n, 0);
    assert_false(cli_complete_place(&t, "NO_SUCH_WORD"));
    pond_arena_deinit(&a);
}

static void test_names_are_unique(void **state) {
    (void)state;
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        assert_ptr_equal(cli_find_command(pond_sv_of(c->name)), c);
        if (c->alias != NULL)
            assert_ptr_equal(cli_find_command(pond_sv_of(c->alias)), c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_word_has_a_place),
        cmocka_unit_test(test_names_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
