/* view/live_page.h: the page that shows a training, as one document without anything from elsewhere: its style and its program stand in it, and are
 * all that its content security policy lets run. */
#ifndef CORNU_VIEW_LIVE_PAGE_H
#define CORNU_VIEW_LIVE_PAGE_H

#include "base/text.h"
#include "view/live_record.h"

/* The document as HTML. `message` (live_message.h) is what it shows; NULL: it asks the server that it came from. New (cornu__free it), NULL on
 * failure. */
char *cornu__live_page(const char *message);

/* Writes the page as a file that shows what the record, the caller's own, says. It appears whole or not at all. */
cornu_status cornu__live_page_save(const cornu__live_record *record, const char *path);

/* Whether the name is that of a page: .html or .htm. */
cornu_status cornu__live_page_check_name(const char *path);

#endif
