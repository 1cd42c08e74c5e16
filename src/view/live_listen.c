/* live_listen.c: a socket that only this machine can reach. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/private_descriptor.h"
#include "view/live_listen.h"

#define WAITING_CONNECTIONS 16

static cornu_status fail_bind(int port, int reason)
{
    if (reason == EADDRINUSE)
        return cornu__fail(CORNU_ERROR_IO, "port %d is in use by another program or training; 0 takes a free one",
                           port);
    if (reason == EACCES)
        return cornu__fail(CORNU_ERROR_IO,
                           "port %d needs a permission that this program does not have; 0 takes a free one", port);
    return cornu__fail(CORNU_ERROR_IO, "the system refused port %d: %s", port, strerror(reason));
}

/* SO_REUSEADDR: the connections of a training that has just ended do not keep its port. */
static cornu_status bind_and_listen(int listener, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, WAITING_CONNECTIONS) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return fail_bind(*port, errno);
    *port = ntohs(address.sin_port);
    return CORNU_OK;
}

int cornu__live_listen(int *port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) {
        cornu__fail(CORNU_ERROR_IO, "the system refused a socket: %s", strerror(errno));
        return -1;
    }
    cornu__descriptor_keep_private(listener);
    if (bind_and_listen(listener, port) == CORNU_OK)
        return listener;
    cornu__descriptor_forget(listener);
    close(listener);
    return -1;
}
