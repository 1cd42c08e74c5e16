/*
 * view/live_message.h: what a page is told: one kind of message, which says all from the start, or what has come since the last one.
 *
 *     {"reset": true, "title": "digits", "epochs": 10, "first": 0, "names": ["loss", "val_loss"],
 *      "epoch_rows": [[1, 0.5, 0.6]], "batch_rows": [[0.25, 0.9, null]],
 *      "state": "running", "epoch": 1, "step": 3, "steps": 100, "seconds": 1.5, "epoch_row": [1, 0.5, 0.6], "batch_row": [1.03, 0.4, null]}
 *
 * A row is x, in epochs that are made, and a value for each name: null where there is none, "NaN", "Infinity" or "-Infinity" where it is
 * not finite. With reset the rows are all there are, otherwise they come behind those that were sent.
 */
#ifndef CORNU_VIEW_LIVE_MESSAGE_H
#define CORNU_VIEW_LIVE_MESSAGE_H

#include "base/text.h"
#include "view/live_record.h"

/* How far a page has been told. Start from {0}: nothing yet. */
typedef struct cornu__live_cursor {
    uint64_t version;
    uint64_t epochs_thinned, batches_thinned;
    int epoch_rows, batch_rows;
} cornu__live_cursor;

/* Adds the message that leads from `cursor` to what the record says, and moves the cursor there. The record is the caller's own: no lock is taken.
 * Numbers in the thread's locale. */
void cornu__live_message(cornu__text *to, const cornu__live_record *record, cornu__live_cursor *cursor);

#endif
