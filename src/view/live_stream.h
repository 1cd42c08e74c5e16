/* view/live_stream.h: one page's stream of messages, as server-sent events (HTML Standard, section 9.2). */
#ifndef CORNU_VIEW_LIVE_STREAM_H
#define CORNU_VIEW_LIVE_STREAM_H

#include <microhttpd.h>

#include "view/live_message.h"

#define CORNU__LIVE_KEEP_ALIVE_SECONDS                                                                                 \
    15.0 /* between two signs of life, so that a connection that broke is found out */

/* All streams of a server: a list that only its thread touches. */
typedef struct cornu__live_streams {
    const cornu__live_record *record; /* what they tell; the server thread's own copy */
    struct cornu__live_stream *first;
    const double *now; /* seconds */
} cornu__live_streams;

/* A response that never ends before the training does. NULL for want of memory. */
struct MHD_Response *cornu__live_stream_response(cornu__live_streams *streams, struct MHD_Connection *connection);

/* Wakes those that have something to tell; all of them, where the server is to stop. */
void cornu__live_streams_wake(cornu__live_streams *streams, bool all);

#endif
