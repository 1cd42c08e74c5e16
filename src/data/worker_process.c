/* worker_process.c: one worker process: its begin, what is said, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "data/worker_process.h"

#define LOOK_MILLISECONDS 250    /* how often one looks where the system does not tell of an end */
#define CLOSING_MILLISECONDS 200 /* between the closing of a connection and the end of the process */

/* The thread sanitizer cannot follow a thread that begins in a process forked from one with threads. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WORKS_IN_THE_FORKED_THREAD true
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WORKS_IN_THE_FORKED_THREAD true
#endif
#ifndef WORKS_IN_THE_FORKED_THREAD
#define WORKS_IN_THE_FORKED_THREAD false
#endif

/* --- Time --- */

static int64_t now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

cornu_status cornu__grace_open(cornu__grace *grace)
{
    atomic_init(&grace->over_at, 0);
    grace->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (grace->event < 0)
        return cornu__fail(CORNU_ERROR_WORKER, "the system refused an event for worker processes: %s", strerror(errno));
    return CORNU_OK;
}

void cornu__grace_begin(cornu__grace *grace)
{
    int64_t not_begun = 0;
    if (!atomic_compare_exchange_strong(&grace->over_at, &not_begun, now_milliseconds() + CORNU__GRACE_MILLISECONDS))
        return;
    uint64_t one = 1;
    while (grace->event >= 0 && write(grace->event, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

bool cornu__grace_has_begun(const cornu__grace *grace)
{
    return atomic_load(&grace->over_at) != 0;
}

void cornu__grace_close(cornu__grace *grace)
{
    if (grace->event >= 0)
        close(grace->event);
    grace->event = -1;
}

/* For poll: -1 while the grace has not begun. */
static int milliseconds_left(cornu__grace *grace)
{
    int64_t over_at = atomic_load(&grace->over_at);
    if (over_at == 0)
        return -1;
    int64_t left = over_at - now_milliseconds();
    return left > 0 ? (int)left : 0;
}

/* --- The worker process --- */

typedef struct beginning {
    cornu__worker_function serve;
    void *state;
    int connection;
} beginning;

static void leave_at_once(int status, void *unused)
{
    (void)unused;
    fflush(stdout);
    _exit(status);
}

static void *work(void *state)
{
    const beginning *begin = state;
    omp_set_num_threads(1);
    begin->serve(begin->state, begin->connection);
    fflush(stdout);
    _exit(0);
}

/* What is meant for the program reaches its children too: Ctrl-C, a terminal that closes, a service that is stopped. The program decides then, and its
 * end ends them. */
static void leave_signals_to_the_program(void)
{
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_IGN);
}

/* All signals are blocked here, so that no handler of the program runs between the fork and this. What the program has written to stdout but
 * not sent yet is the program's to send; what it does when it exits is not done here, whoever calls exit. */
static void become_worker(pid_t program, const sigset_t *signals, beginning begin)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != program)
        _exit(0);
    leave_signals_to_the_program();
    __fpurge(stdout);
    on_exit(leave_at_once, NULL);
    pthread_t thread;
    pthread_sigmask(SIG_SETMASK, signals, NULL);
    if (WORKS_IN_THE_FORKED_THREAD || pthread_create(&thread, NULL, work, &begin) != 0)
        work(&begin);
    pthread_join(thread, NULL);
    _exit(0);
}

bool cornu__worker_receive(int connection, cornu__request *request)
{
    ssize_t size;
    do
        size = recv(connection, request, sizeof *request, 0);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof *request;
}

void cornu__worker_answer(int connection, const cornu__answer *answer)
{
    while (send(connection, answer, sizeof *answer, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

/* --- The program --- */

cornu_status cornu__worker_start(cornu__worker *worker, const sigset_t *signals, cornu__worker_function serve,
                                 void *state)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return cornu__fail(CORNU_ERROR_WORKER, "the system refused a connection to a worker process: %s",
                           strerror(errno));
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    cornu__log_before_fork();
    pid_t program = getpid(), pid = fork();
    int refused = pid < 0 ? errno : 0;
    cornu__log_after_fork(pid == 0);
    if (pid == 0) {
        close(pair[0]);
        become_worker(program, signals, (beginning){serve, state, pair[1]});
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pair[1]);
    if (refused) {
        close(pair[0]);
        return cornu__fail(CORNU_ERROR_WORKER, "the system refused a worker process: %s", strerror(refused));
    }
    *worker = (cornu__worker){pid, pair[0], (int)syscall(SYS_pidfd_open, pid, 0)};
    return CORNU_OK;
}

bool cornu__worker_send(const cornu__worker *worker, const cornu__request *request)
{
    ssize_t size;
    do
        size = send(worker->socket, request, sizeof *request, MSG_NOSIGNAL);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof *request;
}

/* By the pidfd, where there is one: if the program has waited for any child, the number may be another process's by now. */
static int wait_for(const cornu__worker *worker, siginfo_t *info, int options)
{
    int refused;
    do
        refused = worker->pidfd < 0 ? waitid(P_PID, (id_t)worker->pid, info, options)
                                    : waitid(P_PIDFD, (id_t)worker->pidfd, info, options);
    while (refused && errno == EINTR);
    return refused;
}

/* Whether the process has ended, leaving its status for waitpid. Gone, because the program has waited for it: so too. */
static bool has_ended(const cornu__worker *worker)
{
    siginfo_t info = {0};
    int refused = wait_for(worker, &info, WEXITED | WNOHANG | WNOWAIT);
    return refused ? errno == ECHILD : info.si_pid == worker->pid;
}

/* What lies in the connection is read before an end is believed: it may have answered before. */
static bool take_answer(const cornu__worker *worker, cornu__answer *answer, bool *closed)
{
    ssize_t size = recv(worker->socket, answer, sizeof *answer, MSG_DONTWAIT);
    *closed = size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
    return size == (ssize_t)sizeof *answer;
}

cornu__worker_outcome cornu__worker_wait(const cornu__worker *worker, cornu__grace *grace, cornu__answer *answer)
{
    for (;;) {
        int left = milliseconds_left(grace);
        struct pollfd ready[] = {{.fd = worker->socket, .events = POLLIN},
                                 {.fd = worker->pidfd, .events = POLLIN},
                                 {.fd = left < 0 ? grace->event : -1, .events = POLLIN}};
        bool looks = worker->pidfd < 0 && (left < 0 || left > LOOK_MILLISECONDS);
        poll(ready, sizeof ready / sizeof *ready, looks ? LOOK_MILLISECONDS : left);
        bool ended = worker->pidfd < 0 ? has_ended(worker) : ready[1].revents != 0;
        bool closed;
        if (take_answer(worker, answer, &closed))
            return CORNU__WORKER_ANSWERED;
        if (closed || ended)
            return CORNU__WORKER_DIED;
        if (left == 0)
            return CORNU__WORKER_OUT_OF_TIME;
    }
}

/* --- Its end --- */

static void kill_worker(const cornu__worker *worker)
{
    if (worker->pidfd < 0)
        kill(worker->pid, SIGKILL);
    else
        syscall(SYS_pidfd_send_signal, worker->pidfd, SIGKILL, NULL, 0);
}

static void wait_until_ended(const cornu__worker *worker, int64_t until)
{
    for (int64_t left = until - now_milliseconds(); !has_ended(worker) && left > 0; left = until - now_milliseconds()) {
        struct pollfd end = {.fd = worker->pidfd, .events = POLLIN};
        int look = worker->pidfd < 0 ? 1 : (int)left;
        poll(&end, 1, look < left ? look : (int)left);
    }
}

/* Waits for the end until a moment, then brings it about. False: how it ended is not known, because the program has waited for any child. */
static bool end(cornu__worker *worker, int64_t until, siginfo_t *how)
{
    wait_until_ended(worker, until);
    if (!has_ended(worker))
        kill_worker(worker);
    bool known = wait_for(worker, how, WEXITED) == 0;
    close(worker->socket);
    if (worker->pidfd >= 0)
        close(worker->pidfd);
    *worker = CORNU__NO_WORKER;
    return known;
}

cornu_status cornu__worker_fail_dead(cornu__worker *worker)
{
    siginfo_t how = {0};
    int pid = (int)worker->pid;
    if (pid == 0)
        return cornu__fail(CORNU_ERROR_WORKER, "the worker process ended before");
    if (!end(worker, now_milliseconds() + CLOSING_MILLISECONDS, &how))
        return cornu__fail(CORNU_ERROR_WORKER,
                           "worker process %d ended; by which signal or with which status is not known, because this "
                           "program ignores SIGCHLD or waits for any child",
                           pid);
    if (how.si_code == CLD_EXITED)
        return cornu__fail(
            CORNU_ERROR_WORKER,
            "worker process %d ended with exit status %d: the program's function called exit instead of returning", pid,
            how.si_status);
    const char *name = sigabbrev_np(how.si_status);
    return cornu__fail(CORNU_ERROR_WORKER, "worker process %d was killed by signal %d (SIG%s)%s", pid, how.si_status,
                       name ? name : "?", how.si_status == SIGKILL ? ", as the system does when memory runs out" : "");
}

void cornu__worker_end(cornu__worker *worker, cornu__grace *grace)
{
    siginfo_t how;
    shutdown(worker->socket, SHUT_RDWR);
    if (worker->pid != 0)
        end(worker, atomic_load(&grace->over_at), &how);
}
