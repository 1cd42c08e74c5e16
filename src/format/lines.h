/* format/lines.h: lines of text as records. */
#ifndef CORNU_FORMAT_LINES_H
#define CORNU_FORMAT_LINES_H

#include "format/record_file.h"

/* Lines end with LF or CRLF; the last one may do without. An empty line is a line. */
extern const cornu__record_format cornu__lines_format;

/* The line at which the cursor stands, without its end and, in a file's first line, a byte order mark; the cursor steps over it. Valid until the cursor is used again. */
cornu_status cornu__lines_read(cornu__cursor *cursor, const char **line, size_t *length);

#endif
