/* view/live_server.h: who is answered what, by the thread that calls. */
#ifndef CORNU_VIEW_LIVE_SERVER_H
#define CORNU_VIEW_LIVE_SERVER_H

#include "view/live_stream.h"

#define CORNU__LIVE_MOST_CONNECTIONS 32
#define CORNU__LIVE_REQUEST_SECONDS 10.0 /* that a connection may take until its request is whole */

/* A connection, from when it is accepted. */
typedef struct cornu__live_connection {
    int socket; /* -1: a free place */
    double since;
    bool answered;
} cornu__live_connection;

typedef struct cornu__live_server {
    struct MHD_Daemon *daemon;
    int listener, port, events; /* events: of epoll */
    char *page;
    cornu__live_record *mirror;
    cornu__live_streams streams;
    cornu__live_connection connections[CORNU__LIVE_MOST_CONNECTIONS];
    double now; /* seconds, of a clock that does not jump */
    double request_seconds;
    double page_given_at; /* 0: never */
    double stream_begun_at;
} cornu__live_server;

double cornu__live_seconds(void);

/* Begins to listen; `port` 0: one that is free. What it tells is the mirror's, of which it is given the ownership. */
cornu_status cornu__live_server_open(cornu__live_server *server, int port, cornu__live_record *mirror);
/* Does what can be done now, and lets go of connections that take too long. */
void cornu__live_server_run(cornu__live_server *server);
/* How many milliseconds may pass until it must run again, even if nothing comes; at most `most`. */
int cornu__live_server_patience(cornu__live_server *server, int most);
/* Whether a page is being told something, or has just been given out and has yet to ask. */
bool cornu__live_server_is_needed(const cornu__live_server *server);
void cornu__live_server_close(cornu__live_server *server);

#endif
