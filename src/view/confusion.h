/* view/confusion.h: the picture of a confusion matrix. */
#ifndef CORNU_VIEW_CONFUSION_H
#define CORNU_VIEW_CONFUSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define CORNU__MOST_CLASSES_DRAWN 100

typedef struct cornu__confusion {
    int class_count;
    const int64_t *counts;    /* (truth, said) */
    const char *const *names; /* of the classes, or NULL: their numbers */
    const char *title;
    bool dark;
} cornu__confusion;

/* Draws rows of truth and columns of what was said, coloured by their share of the row: right ones blue, mistakes orange. Counts and shares stand
 * in the cells where there is room. Of more than CORNU__MOST_CLASSES_DRAWN classes, those with the most mistakes are drawn, and all others as
 * one; the picture says so. */
cornu_status cornu__confusion_draw(const char *path, const cornu__confusion *confusion);

#endif
