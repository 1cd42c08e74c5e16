/*
 * data/worker_process.h: one worker process as the program sees it: forked, asked, answering, and its end, however it comes.
 *
 * The two talk over a socket pair in messages of fixed size; what is large lies in shared memory. A worker process ends when the program
 * does, however that ends; it leaves signals that are meant for the program (Ctrl-C reaches the whole group) to the program; its exit runs nothing that
 * the program registered. Its work runs in a thread of its own, because a thread that was forked cannot enter the program's OpenMP
 * threads, which are not there; a new one has its own.
 *
 * Nobody waits for "any child" here, so other children of the program are left alone; and a program that itself waits for any child, or
 * ignores SIGCHLD, takes only the knowledge of how a worker process ended.
 */
#ifndef CORNU_DATA_WORKER_PROCESS_H
#define CORNU_DATA_WORKER_PROCESS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"
#include "data/stages.h"

/* How long a worker process may go on with what it does when all is over; then it is killed. */
#define CORNU__GRACE_MILLISECONDS 5000

#define CORNU__ANSWER_MESSAGE_SIZE 1024

typedef enum cornu__request_kind {
    CORNU__REQUEST_BATCH,      /* make batch `index`, and write it into the block if it fits */
    CORNU__REQUEST_WRITE,      /* the block is large enough now: write what was made */
    CORNU__REQUEST_END_EPOCH,  /* no batch is being made anywhere */
    CORNU__REQUEST_NEXT_EPOCH, /* begin `epoch` */
    CORNU__REQUEST_STATE       /* write the generator's state into the block */
} cornu__request_kind;

typedef struct cornu__request {
    cornu__request_kind kind;
    int block; /* of shared memory, which lies at `offset` and has `size` bytes */
    size_t offset, size;
    int64_t index, epoch;
    uint64_t updates;
} cornu__request;

typedef enum cornu__answer_kind {
    CORNU__ANSWER_MADE,
    CORNU__ANSWER_ENDED, /* the generator has no more */
    CORNU__ANSWER_LARGE, /* the block must have `size` bytes: ask to write again */
    CORNU__ANSWER_FAILED /* status and message say why */
} cornu__answer_kind;

typedef struct cornu__answer {
    cornu__answer_kind kind;
    cornu_status status;
    int64_t length; /* of the epoch that began */
    size_t size;
    cornu__stage_times times; /* that making the batch took */
    char message[CORNU__ANSWER_MESSAGE_SIZE];
} cornu__answer;

/* --- The time that is left when all is over, shared by all worker processes of a stream --- */

typedef struct cornu__grace {
    int event;               /* readable from the moment it begins; -1: closed */
    _Atomic int64_t over_at; /* milliseconds of the monotonic clock; 0: it has not begun */
} cornu__grace;

cornu_status cornu__grace_open(cornu__grace *grace);
void cornu__grace_begin(cornu__grace *grace); /* again: does nothing */
bool cornu__grace_has_begun(const cornu__grace *grace);
void cornu__grace_close(cornu__grace *grace);

/* --- The program's side --- */

typedef struct cornu__worker {
    pid_t pid;  /* 0: there is none */
    int socket; /* to it */
    int pidfd;  /* readable when it has ended; -1: this system has none */
} cornu__worker;
#define CORNU__NO_WORKER ((cornu__worker){.pid = 0, .socket = -1, .pidfd = -1})

typedef enum cornu__worker_outcome {
    CORNU__WORKER_ANSWERED,
    CORNU__WORKER_DIED,
    CORNU__WORKER_OUT_OF_TIME /* the grace is over */
} cornu__worker_outcome;

/* What a worker process does: serves requests until the connection ends, and returns. */
typedef void (*cornu__worker_function)(void *state, int connection);

/* Forks. `signals`: the mask of signals that the program's own threads have. */
cornu_status cornu__worker_start(cornu__worker *worker, const sigset_t *signals, cornu__worker_function serve,
                                 void *state);

/* Whether it could be sent; if not, the worker process is dead. */
bool cornu__worker_send(const cornu__worker *worker, const cornu__request *request);
cornu__worker_outcome cornu__worker_wait(const cornu__worker *worker, cornu__grace *grace, cornu__answer *answer);

/* Sets the error for a worker process that died: its pid and signal or exit status. Frees what there is of it. */
cornu_status cornu__worker_fail_dead(cornu__worker *worker);

/* Ends the connection, waits until the worker process has ended, at most until the grace is over, then kills it. Frees what there is of it. */
void cornu__worker_end(cornu__worker *worker, cornu__grace *grace);

/* --- The worker process's side --- */

bool cornu__worker_receive(int connection, cornu__request *request); /* false: the program is gone */
void cornu__worker_answer(int connection, const cornu__answer *answer);

#endif
