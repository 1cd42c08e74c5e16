/*
 * train/progress.h: the progress bar as bytes: what is to be written to the terminal, and nothing else.
 *
 * Two looks: Keras 3's (a thin coloured line, UTF-8) and Keras 2's (ASCII). The layouts are those of the specification, sections 6.1 and 6.3.
 */
#ifndef CORNU_TRAIN_PROGRESS_H
#define CORNU_TRAIN_PROGRESS_H

#include <cornu/history.h>

#include <stdbool.h>
#include <stddef.h>

#define CORNU__PROGRESS_INTERVAL 0.05 /* seconds between two drawings */
#define CORNU__PROGRESS_LINE_SIZE 16384

typedef struct cornu__progress_style {
    bool keras3;         /* else Keras 2's look */
    bool keras2_summary; /* the line of verbose = 2 as Keras 2 has it; else Keras 3's */
    bool color;          /* escape sequences for bold and green; Keras 3's look only */
    bool dynamic;        /* a terminal, where a line is drawn over the last one; else only the final line is written */
    int columns;         /* of the terminal: a running line is made to fit; 0: not known */
} cornu__progress_style;

typedef struct cornu__progress {
    cornu__progress_style style;
    int64_t target; /* steps of the pass; -1: not known */
    int64_t seen;   /* steps made */
    int64_t before; /* of them, steps that an earlier training made: they took none of the time. Set after the start */
    double start, drawn; /* seconds: when the pass began, when the line was last drawn */
    double after_first;  /* when the first step was over; the first step compiles, so the others tell the pace */
    int width;           /* visible columns of the line last drawn */
} cornu__progress;

void cornu__progress_start(cornu__progress *progress, cornu__progress_style style, int64_t target, double now);

/* Counts steps; true when it is time to draw again. */
bool cornu__progress_advance(cornu__progress *progress, int64_t seen, double now);

/* Writes the line with `values` into `out` (CORNU__PROGRESS_LINE_SIZE bytes) and returns its length. `final`: the pass is over. */
size_t cornu__progress_draw(cornu__progress *progress, char *out, double now, const cornu_logs *values, bool final);

/* The one line of verbose = 2. */
size_t cornu__progress_summary(const cornu__progress *progress, char *out, double now, const cornu_logs *values);

#endif
