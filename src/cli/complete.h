// complete: what a command line that is being typed may go on with. The scripts that `pond
// completion` prints ask for it with each press of the tab key, through `pond __complete`.
//
// The answer comes from the tables of commands, options, formats and factories, from the names in
// the pond and from directories of the host. The query engine is not started. Whoever types cannot
// be shown an error: what cannot be read (no pond, a wrong config, a missing directory) has no
// candidates.
#ifndef POND_CLI_COMPLETE_H
#define POND_CLI_COMPLETE_H

#include "base/map.h"
#include "cli/cli.h"

typedef struct cli_candidate {
    pond_sv text; // the whole word; one that ends in '/', '=', ':' or '?' is likely to go on
    pond_sv help; // empty: none
} cli_candidate;
typedef POND_VEC(cli_candidate) cli_candidate_vec;

// The word that is being typed.
typedef struct cli_typing {
    cli *cli;
    pond_session *session; // whose pond is open; NULL: not opened yet
    bool has_no_pond;      // it could not be opened
    pond_sv lead;          // the part of the word that stays in front of each candidate
    pond_sv word;          // the part that candidates begin with
    cli_candidate_vec found;
    pond_map *seen; // the texts of those
} cli_typing;

// `words` follow the program's name, and the last one, which may be empty, is being typed. Each is
// NUL-terminated. Candidates live in the arena of the command.
void cli_complete(cli *c, const pond_sv *words, size_t n, cli_candidate_vec *out);

// complete_places.c -------------------------------------------------------------------------------
// Adds a candidate, if it begins with the word that is being typed.
void cli_offer(cli_typing *t, pond_sv text, const char *help);
// Adds what fits the words that name a value: "COMMAND|FACTORY", "text|json". False: a word is
// neither in places.def nor in lower case.
bool cli_complete_place(cli_typing *t, const char *names);
// Closes what had to be opened.
void cli_typing_close(cli_typing *t);

#endif
