/* Trainings in a process of their own, which may be killed at any moment, and go on in the next one (cornu_backup_and_restore). */
#ifndef CORNU_TESTS_KILLED_TRAINING_H
#define CORNU_TESTS_KILLED_TRAINING_H

#include "train/scripted.h"

#define KILLED_EPOCHS 4
#define KILLED_BATCH_SIZE 10
#define KILLED_BATCHES (KILLED_EPOCHS * SCRIPTED_ROWS / KILLED_BATCH_SIZE)
#define NEVER (-1)

typedef enum door { BY_FIT, BY_SEQUENCE, BY_GENERATOR } door;

/* When a training ends before its time. */
typedef struct killer {
    int left;         /* batches until it kills itself; NEVER */
    bool stop;        /* then: asks for its end instead */
    int microseconds; /* until the parent kills it; 0: never */
} killer;

/* Trains in a child with a backup in `folder` and writes the weights' digest. Whether it came to its end; false: it was killed. */
bool killed_training_run(door way, const char *folder, const char *digest_path, killer kills);

void killed_training_digest(const char *path, char digest[CORNU_SHA256_TEXT_SIZE]);

#endif
