// markdown: Markdown as text for terminals: paragraphs and lists are wrapped, tables have columns of
// equal width, code is indented. It knows what the pages of docs/ use: headings, paragraphs, lists with
// "- ", tables, fenced code, code in lines, emphasis and links.
#ifndef POND_CLI_MARKDOWN_H
#define POND_CLI_MARKDOWN_H

#include "base/str.h"

enum { CLI_MARKDOWN_WIDTH = 100 }; // characters of a line; code and long words may have more

void cli_markdown_text(pond_sv markdown, pond_buf *out);

#endif
