/*
 * view/live.h: a page that shows a training while it runs, at http://127.0.0.1:<port>/.
 *
 *     cornu__live *live = cornu__live_open(&options);
 *     cornu__live_record_epoch(cornu__live_record_of(live), ...);     // and so on
 *     cornu__live_close(live);
 *
 * The training thread writes into the record; a thread of the server's own takes from there and speaks with browsers, so that a browser that is
 * slow or hangs costs training nothing. It answers GET of / and /events, to those who call it by its own name, and no one else.
 */
#ifndef CORNU_VIEW_LIVE_H
#define CORNU_VIEW_LIVE_H

#include "view/live_record.h"

typedef struct cornu__live cornu__live;

typedef struct cornu__live_options {
    const char *title; /* the model's name */
    int value_count;   /* how many names of values there will be, about */
    int64_t epochs, initial_epoch;
    bool served; /* false: there is only the record */
    int port;    /* 0: one that is free */
} cornu__live_options;

/* Opens the port, if it is to be served, and begins. NULL on failure. */
cornu__live *cornu__live_open(const cornu__live_options *options);

cornu__live_record *cornu__live_record_of(cornu__live *live);
const char *cornu__live_address(const cornu__live *live); /* "http://127.0.0.1:43210/"; NULL: it is not served */

/* Waits until a page is connected, for at most so many seconds: for one that was asked for just now. */
void cornu__live_wait_for_page(const cornu__live *live, double seconds);

/* Pages that are connected are told the end; then the port is closed. One that does not listen is given a second. NULL is allowed. */
void cornu__live_close(cornu__live *live);

#endif
