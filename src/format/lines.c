/* lines.c: lines of text as records. */
#include <string.h>

#include "format/csv_record.h"
#include "format/limits.h"
#include "format/lines.h"

/* Brings the line at which the cursor stands into view. *size: with its end; 0: there is none. */
static cornu_status view_line(cornu__cursor *cursor, size_t *size)
{
    cornu__window *window = &cursor->window;
    size_t seen = 0;
    CORNU_TRY(cornu__window_want(window, 1));
    while (true) {
        size_t available = cornu__window_available(window);
        const unsigned char *text = window->bytes + window->begin;
        const unsigned char *end = available > seen ? memchr(text + seen, '\n', available - seen) : NULL;
        *size = end ? (size_t)(end - text) + 1 : available;
        if (end || window->ended)
            return CORNU_OK;
        if (available > CORNU__MAX_TEXT_RECORD)
            return cornu__fail(CORNU_ERROR_LIMIT, "'%s', line %lld: a line of more than %zu bytes (is it text?)",
                               cursor->of->file.path, (long long)cursor->number + 1, CORNU__MAX_TEXT_RECORD);
        seen = available;
        CORNU_TRY(cornu__window_want(window, available + 1));
    }
}

static cornu_status skip_line(cornu__cursor *cursor, bool *more)
{
    size_t size;
    CORNU_TRY(view_line(cursor, &size));
    cornu__window_take(&cursor->window, size);
    *more = size > 0;
    return CORNU_OK;
}

const cornu__record_format cornu__lines_format = {.skip = skip_line};

cornu_status cornu__lines_read(cornu__cursor *cursor, const char **line, size_t *length)
{
    size_t size;
    CORNU_TRY(view_line(cursor, &size));
    const char *text = (const char *)cursor->window.bytes + cursor->window.begin;
    cornu__window_take(&cursor->window, size);
    if (size > 0 && text[size - 1] == '\n')
        size -= size > 1 && text[size - 2] == '\r' ? 2 : 1;
    bool marked = cursor->number == 0 && cornu__has_byte_order_mark(text, size);
    *line = text + (marked ? CORNU__BYTE_ORDER_MARK_SIZE : 0);
    *length = size - (marked ? CORNU__BYTE_ORDER_MARK_SIZE : 0);
    cornu__cursor_passed(cursor);
    return CORNU_OK;
}
