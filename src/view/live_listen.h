/* view/live_listen.h: the place where a page can be reached: a port of this machine, for this machine. */
#ifndef CORNU_VIEW_LIVE_LISTEN_H
#define CORNU_VIEW_LIVE_LISTEN_H

#include "base/status.h"

/* Opens a socket that listens on 127.0.0.1. `port`: 0: one that is free; *port := which it is. The socket, or -1 with the error set. */
int cornu__live_listen(int *port);

#endif
