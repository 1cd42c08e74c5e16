/* Trainings in a process of their own, which may be killed at any moment, and go on in the next one (cornu_backup_and_restore). */
#ifndef CORNU_TESTS_KILLED_TRAINING_H
#define CORNU_TESTS_KILLED_TRAINING_H

#include "train/scripted.h"

#define KILLED_EPOCHS 4
#define KILLED_BATCH_SIZE 10
#define KILLED_STEPS (SCRIPTED_ROWS / KILLED_BATCH_SIZE) /* of an epoch */
#define KILLED_VALIDATION_STEPS 3                        /* of a generator, which goes on over epochs */
#define NEVER (-1)

/* Where batches come from. */
typedef enum door {
    BY_FIT,             /* arrays */
    BY_SEQUENCE,        /* by two workers */
    BY_GENERATOR,       /* without hooks: it is asked again */
    BY_SAVED_GENERATOR, /* with save_state and load_state, by a worker that is ahead */
    BY_SOUGHT_GENERATOR /* with seek, likewise */
} door;

typedef enum validates { NOT_AT_ALL, ON_ARRAYS, ON_GENERATOR } validates;

/* What is trained. All zero: by arrays, no validation, backups after epochs. */
typedef struct killed_training {
    door way;
    validates validates;
    int64_t save_freq;
    bool odd_steps;      /* of a Sequence: its epochs are longer than training's */
    bool many_callbacks; /* all that remember something, and one of the test's own */
    bool ends_early;     /* EarlyStopping stops it after three epochs */
    bool accumulates;    /* gradients, over three steps */
    bool doubles;        /* double_checkpoint */
    bool processes;      /* batches are made by worker processes */
} killed_training;

/* When a training ends before its time. */
typedef struct killer {
    int left;         /* batches, of training and validation, until it kills itself; NEVER */
    bool stop;        /* then: asks for its end instead */
    bool full;        /* then: the disk has no room any more, and training must fail */
    int microseconds; /* until the parent kills it; 0: never */
    int made;         /* batches, of training and validation */
} killer;

/* How many batches an epoch has of training and of validation, and how many epochs there are. */
int killed_training_steps(const killed_training *what);
int killed_training_validation_steps(const killed_training *what);
int killed_training_epochs(const killed_training *what);

/* Trains in a child with a backup and other files in the test's folder. Whether it came to its end, and then *result: the weights' digest, the
 * history and the CSV log, new (free); NULL: it is not wanted. false: it was killed, or the disk was full. */
bool killed_training_run(const scripted *test, const killed_training *what, killer kills, char **result);

/* How many batches the last training that came to its end made itself. */
int killed_training_made(const scripted *test);

#endif
