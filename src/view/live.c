/* live.c: a training's page: the record that the training writes, and the thread that serves it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/private_descriptor.h"
#include "view/live.h"
#include "view/live_server.h"

#define TICK_MILLISECONDS 100 /* at most so often a page is told something */
#define IDLE_MILLISECONDS 1000
#define CLOSING_SECONDS 1.0
#define ADDED_NAMES 16 /* by callbacks: room for so many */

struct cornu__live {
    cornu__live_record *record;
    cornu__live_server server; /* the thread's own, once that runs */
    char address[48];
    pthread_t thread;
    bool runs;
    int bell; /* rung when the training is over */
    atomic_bool closing, has_page;
};

/* --- The server's thread --- */

static void sleep_until_wanted(cornu__live *live, int milliseconds)
{
    struct pollfd wakers[] = {{.fd = live->server.events, .events = POLLIN}, {.fd = live->bell, .events = POLLIN}};
    bool closing = atomic_load(&live->closing); /* the bell has been heard */
    poll(wakers, closing ? 1 : 2, cornu__live_server_patience(&live->server, milliseconds));
}

static void *serve(void *state)
{
    cornu__live *live = state;
    cornu__live_server *server = &live->server;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    double closing_since = 0;
    for (;;) {
        bool closing = atomic_load(&live->closing);
        cornu__live_record_follow(server->mirror, live->record);
        cornu__live_server_run(server);
        atomic_store(&live->has_page, server->stream_begun_at > 0);
        if (closing && closing_since == 0)
            closing_since = server->now;
        if (closing && (!cornu__live_server_is_needed(server) || server->now - closing_since > CLOSING_SECONDS))
            break;
        sleep_until_wanted(live, server->streams.first || closing ? TICK_MILLISECONDS : IDLE_MILLISECONDS);
    }
    cornu__plain_locale_end(locale);
    return NULL;
}

/* The program's signals are not for this thread. */
static cornu_status start_thread(cornu__live *live)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int refused = pthread_create(&live->thread, NULL, serve, live);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    live->runs = refused == 0;
    return live->runs ? CORNU_OK
                      : cornu__fail(CORNU_ERROR_IO, "the system refused a thread for the page: %s", strerror(refused));
}

/* --- Opening and closing --- */

static cornu_status open_bell(cornu__live *live)
{
    live->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return live->bell >= 0 ? CORNU_OK : cornu__fail(CORNU_ERROR_IO, "the system refused an event: %s", strerror(errno));
}

static cornu__live_record *create_record(const cornu__live_options *options)
{
    int width = 2 * options->value_count + ADDED_NAMES;
    return cornu__live_record_create(options->title, width, options->epochs, options->initial_epoch);
}

static cornu_status make(cornu__live *live, const cornu__live_options *options)
{
    live->record = create_record(options);
    if (!live->record)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (!options->served)
        return CORNU_OK;
    CORNU_TRY(open_bell(live));
    cornu__live_record *mirror = create_record(options);
    if (!mirror)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(cornu__live_server_open(&live->server, options->port, mirror));
    snprintf(live->address, sizeof live->address, "http://127.0.0.1:%d/", live->server.port);
    return start_thread(live);
}

cornu__live *cornu__live_open(const cornu__live_options *options)
{
    cornu__live *live = cornu__alloc(sizeof *live);
    if (!live)
        return NULL;
    live->bell = live->server.listener = -1;
    if (make(live, options) == CORNU_OK)
        return live;
    cornu__live_close(live);
    return NULL;
}

cornu__live_record *cornu__live_record_of(cornu__live *live)
{
    return live->record;
}

const char *cornu__live_address(const cornu__live *live)
{
    return live->runs ? live->address : NULL;
}

void cornu__live_wait_for_page(const cornu__live *live, double seconds)
{
    const struct timespec while_waiting = {.tv_nsec = 20 * 1000 * 1000};
    for (double until = cornu__live_seconds() + seconds; live->runs && cornu__live_seconds() < until;) {
        if (atomic_load(&live->has_page))
            return;
        nanosleep(&while_waiting, NULL);
    }
}

void cornu__live_close(cornu__live *live)
{
    const uint64_t one = 1;
    if (!live)
        return;
    if (live->runs) {
        atomic_store(&live->closing, true);
        while (write(live->bell, &one, sizeof one) < 0 && errno == EINTR)
            ;
        pthread_join(live->thread, NULL);
    }
    cornu__live_server_close(&live->server);
    if (live->bell >= 0)
        close(live->bell);
    cornu__live_record_free(live->record);
    cornu__free(live);
}
