// Reads and writes what is remembered of files of the host.
#include "export/remember.h"

#include "relation/recall.h"

// With --rebuild nothing is believed, with --verify everything is hashed.
void export_recall(const export_run *run) {
    struct stat st;
    pond_buf text = POND_BUF_EMPTY;
    if (!export_is_of_host(run))
        return;
    bool is_wanted = !run->options->rebuild && pond_below_stat(&run->dir.meta, "host.json", &st) &&
                     st.st_size <= POND_RECALL_MAX_BYTES;
    if (is_wanted && pond_below_read(&run->dir.meta, "host.json", &text, NULL) != POND_OK)
        text.n = 0;
    pond_recall_begin(run->session, pond_buf_keep(run->arena, &text), run->options->verify);
}

void export_remember(export_run *run) {
    pond_buf text = POND_BUF_EMPTY;
    if (!export_is_of_host(run) || !pond_recall_write(run->session, &text))
        return;
    if (export_dir_replace(&run->dir, ".pond/host.json", pond_buf_view(&text), NULL) != POND_OK)
        pond_session_warn(run->session,
                          "warning: cannot write '%s/.pond/host.json'; the next export reads all "
                          "files again",
                          run->dir.path);
    pond_buf_free(&text);
}
