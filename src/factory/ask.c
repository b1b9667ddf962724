// How a render asks: the functions that templates call, and what they see of the fields.
#include "factory/ask_internal.h"

void pond_ask_add(pond_tera *t) {
    static const pond_tera_function_def functions[] = {
        {.name = "rows", .arguments = ask_rows_arguments, .fn = ask_rows},
        {.name = "query", .arguments = ask_query_arguments, .fn = ask_query},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        pond_tera_add_function(t, &functions[i]);
}

void pond_ask_begin(pond_tera_run *run, pond_asks *asks) {
    run->host = asks;
    run->late = asks->matched == NULL ? NULL : ask_stat;
}

pond_code pond_ask_end(pond_asks *asks, pond_code rc, pond_err *err) {
    ask_end_stats(asks);
    if (asks->failed == POND_OK)
        return rc;
    if (err != NULL)
        *err = *asks->why;
    return asks->failed;
}
