/* live_server.c: requests and answers, by libmicrohttpd, in the server's one thread. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/private_descriptor.h"
#include "view/live_listen.h"
#include "view/live_page.h"
#include "view/live_server.h"

#define REQUEST_BYTES 16384        /* of a request with its headers */
#define SILENT_SECONDS 30          /* until a connection that takes nothing is given up */
#define PAGE_TO_STREAM_SECONDS 1.0 /* between a page and its first question */

double cornu__live_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- Connections --- */

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static cornu__live_connection *find_connection(cornu__live_server *server, int descriptor)
{
    for (int i = 0; i < CORNU__LIVE_MOST_CONNECTIONS; i++) {
        if (server->connections[i].socket == descriptor)
            return &server->connections[i];
    }
    return NULL;
}

static void note_connection(void *state, struct MHD_Connection *connection, void **unused,
                            enum MHD_ConnectionNotificationCode code)
{
    cornu__live_server *server = state;
    int descriptor = socket_of(connection);
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    cornu__live_connection *place = find_connection(server, begins ? -1 : descriptor);
    (void)unused;
    if (begins)
        cornu__descriptor_keep_private(descriptor);
    else
        cornu__descriptor_forget(descriptor);
    if (place)
        *place = (cornu__live_connection){.socket = begins ? descriptor : -1, .since = server->now};
}

/* Who sends a request byte by byte does not keep a place. */
static void end_slow_requests(cornu__live_server *server)
{
    for (int i = 0; i < CORNU__LIVE_MOST_CONNECTIONS; i++) {
        const cornu__live_connection *each = &server->connections[i];
        if (each->socket >= 0 && !each->answered && server->now - each->since > server->request_seconds)
            shutdown(each->socket, SHUT_RDWR);
    }
}

/* --- Answers --- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy", "frame-ancestors 'none'");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Connection", "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text,
                                   const char *type)
{
    return answer(connection, status, type,
                  MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *sentence)
{
    return answer_text(connection, status, sentence, "text/plain; charset=utf-8");
}

/* A page from elsewhere, whose name was made to mean this machine, says that name here; so only the server's own names are answered. */
static bool is_called_by_its_name(const cornu__live_server *server, struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    char by_number[32], by_name[32];
    snprintf(by_number, sizeof by_number, "127.0.0.1:%d", server->port);
    snprintf(by_name, sizeof by_name, "localhost:%d", server->port);
    return host && (strcmp(host, by_number) == 0 || strcasecmp(host, by_name) == 0);
}

static enum MHD_Result answer_request(void *state, struct MHD_Connection *connection, const char *path,
                                      const char *method, const char *version, const char *upload, size_t *upload_size,
                                      void **unused)
{
    cornu__live_server *server = state;
    cornu__live_connection *place = find_connection(server, socket_of(connection));
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)unused;
    if (place)
        place->answered = true;
    if (!is_called_by_its_name(server, connection))
        return refuse(connection, MHD_HTTP_FORBIDDEN, "This page answers to 127.0.0.1 and localhost only.\n");
    if (strcmp(method, "GET") != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET is answered here.\n");
    if (strcmp(path, "/") == 0) {
        server->page_given_at = server->now;
        return answer_text(connection, MHD_HTTP_OK, server->page, "text/html; charset=utf-8");
    }
    if (strcmp(path, "/events") == 0) {
        server->stream_begun_at = server->now;
        return answer(connection, MHD_HTTP_OK, "text/event-stream",
                      cornu__live_stream_response(&server->streams, connection));
    }
    return refuse(connection, MHD_HTTP_NOT_FOUND, "There is a page at / and nothing else.\n");
}

/* --- The server --- */

static cornu_status start_daemon(cornu__live_server *server)
{
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer_request, server,
                                      MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_CONNECTION_LIMIT,
                                      (unsigned)CORNU__LIVE_MOST_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                      (size_t)REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_SECONDS,
                                      MHD_OPTION_NOTIFY_CONNECTION, note_connection, server, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return cornu__fail(CORNU_ERROR_IO, "libmicrohttpd refused to serve at port %d", server->port);
    server->events = info->epoll_fd;
    cornu__descriptor_keep_private(server->events);
    return CORNU_OK;
}

cornu_status cornu__live_server_open(cornu__live_server *server, int port, cornu__live_record *mirror)
{
    *server = (cornu__live_server){.listener = -1, .events = -1, .port = port, .mirror = mirror};
    for (int i = 0; i < CORNU__LIVE_MOST_CONNECTIONS; i++)
        server->connections[i].socket = -1;
    server->streams = (cornu__live_streams){.record = mirror, .now = &server->now};
    server->now = cornu__live_seconds();
    server->request_seconds = CORNU__LIVE_REQUEST_SECONDS;
    server->page = cornu__live_page(NULL);
    if (server->page)
        server->listener = cornu__live_listen(&server->port);
    if (server->listener < 0)
        return cornu_error_status();
    return start_daemon(server);
}

void cornu__live_server_run(cornu__live_server *server)
{
    server->now = cornu__live_seconds();
    cornu__live_streams_wake(&server->streams, false);
    MHD_run(server->daemon);
    end_slow_requests(server);
}

int cornu__live_server_patience(cornu__live_server *server, int most)
{
    MHD_UNSIGNED_LONG_LONG wanted;
    return MHD_get_timeout(server->daemon, &wanted) == MHD_YES && wanted < (unsigned)most ? (int)wanted : most;
}

bool cornu__live_server_is_needed(const cornu__live_server *server)
{
    bool page_asks_soon =
        server->page_given_at > server->stream_begun_at && server->now - server->page_given_at < PAGE_TO_STREAM_SECONDS;
    return server->streams.first || page_asks_soon;
}

void cornu__live_server_close(cornu__live_server *server)
{
    if (server->daemon) {
        cornu__live_streams_wake(&server->streams, true);
        if (server->events >= 0)
            cornu__descriptor_forget(server->events);
        cornu__descriptor_forget(server->listener); /* the daemon closes it */
        MHD_stop_daemon(server->daemon);
    } else if (server->listener >= 0) {
        cornu__descriptor_forget(server->listener);
        close(server->listener);
    }
    cornu__free(server->page);
    cornu__live_record_free(server->mirror);
}
