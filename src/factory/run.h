// run: executable factories, and how a node is run.
//
// What such a factory can do are its actions (`pond run PATH ACTION ARGUMENT…`), rows of a table.
// Each is called inside one transaction of the session, which the caller commits when it has
// succeeded: rows come in through relation/ingest.h, how far it has read goes into the node's state
// (state.h), and both become visible together or not at all. So an action that is killed at any
// instant has done nothing, and an action that only looks (`only_reads`) gets a transaction that
// reads.
//
//     static pond_code pull(pond_run *r, pond_err *err) {
//         pond_sv cursor;
//         POND_TRY(pond_state_get(r->session, r->node, POND_SV("cursor"), &cursor, err));
//         …                                       // pond_ingest_made, pond_ingest_rows
//         POND_TRY(pond_state_set(r->session, r->node, POND_SV("cursor"), cursor, err));
//         pond_report_done(r->report, "stored %zu records", n);
//         return POND_OK;
//     }
#ifndef POND_FACTORY_RUN_H
#define POND_FACTORY_RUN_H

#include "factory/report.h"
#include "relation/session.h"
#include "value/conf.h"

typedef struct pond_run {
    pond_session *session;
    const pond_node *node;   // whose config it is
    const pond_conf *config; // with environment references expanded
    const pond_sv *args;     // what follows the action
    size_t n_args;
    pond_report *report;
} pond_run;

typedef struct pond_action {
    const char *name, *args; // "build", "DIR"; "" if it takes none
    const char *summary;
    size_t min_args, max_args;
    bool only_reads;
    pond_code (*run)(pond_run *r, pond_err *err);
} pond_action;

// When a node is to be run, and when something is to come of it, in microseconds; 0: nobody has said.
typedef struct pond_schedule {
    int64_t every_us; // how often `pond run --all` runs it
    int64_t stale_us; // nothing new for longer than this is worth a warning
} pond_schedule;

// The keys of a schedule in the table of options of an executable factory. pond_run_schedule reads
// them; the factory's own struct only has a member for them, a pond_schedule.
#define POND_SCHEDULE_OPTIONS(type, member)                                                        \
    POND_OPTION("every", POND_OPT_DURATION, type, member.every_us,                                 \
                .help = "how often `pond run --all` runs the node, as 10m; without it, never"),    \
        POND_OPTION("stale_after", POND_OPT_DURATION, type, member.stale_us,                       \
                    .help = "`pond status` warns when nothing new has come in for so long, as 1d")

// Finds the node that `pond run` names. A name without '/' at its start is one of /system/run or of
// /system/etc, in this order. NOT_FOUND, and INVALID for what cannot be run.
pond_code pond_run_find(pond_session *s, pond_sv path, pond_report *report, const pond_node **out,
                        pond_err *err) POND_MUST;
// Whether the arguments name an action that only reads, whatever the factory.
bool pond_run_only_reads(const pond_sv *args, size_t n_args);
// Runs a node that pond_run_find has found: the action that args[0] names, or the first one of the
// factory. USAGE for arguments that do not fit. The secrets of its config are hidden in *err.
pond_code pond_run_node(pond_session *s, const pond_node *node, const pond_sv *args, size_t n_args,
                        pond_report *report, pond_err *err) POND_MUST;

// The schedule in the stored config of a node.
pond_code pond_run_schedule(pond_session *s, const pond_node *node, pond_schedule *out,
                            pond_err *err) POND_MUST;
// All nodes that can be run, in path order; nothing below computed directories is looked at. Lives
// in the session's arena.
pond_code pond_run_list(pond_session *s, pond_node_vec *out, pond_err *err) POND_MUST;

#endif
