/*
 * train/progress_json.h: progress for programs: one JSON object per line.
 *
 *     cornu__json_line line;
 *     cornu__json_line_begin(&line, "epoch_end");
 *     cornu__json_line_count(&line, "epoch", 3);
 *     cornu__json_line_write(&line);
 */
#ifndef CORNU_TRAIN_PROGRESS_JSON_H
#define CORNU_TRAIN_PROGRESS_JSON_H

#include <cornu/history.h>

#include "base/plain_locale.h"
#include "base/text.h"

typedef struct cornu__json_line {
    cornu__text text;
    cornu__plain_locale locale;
} cornu__json_line;

/* Begins {"event":"<event>"; from here to the write, numbers are written in the "C" locale. */
void cornu__json_line_begin(cornu__json_line *line, const char *event);
void cornu__json_line_text(cornu__json_line *line, const char *key, const char *value);
void cornu__json_line_count(cornu__json_line *line, const char *key, int64_t value); /* negative: null, not known */
void cornu__json_line_truth(cornu__json_line *line, const char *key, bool value);
void cornu__json_line_seconds(cornu__json_line *line, const char *key, double value);
/* "values":{"loss":0.5}: shortest texts that read back as the same number; what is not finite is null. */
void cornu__json_line_values(cornu__json_line *line, const cornu_logs *values);
/* "waited":1.5,"waited_for":{"decoding":1.2,"augmenting":0.3}: seconds. */
void cornu__json_line_waiting(cornu__json_line *line, const cornu_waiting *waiting);
/* Ends the line and hands it over (cornu__free it); NULL with the error set for want of memory. */
char *cornu__json_line_take(cornu__json_line *line);
/* Ends the line and writes it to standard output at once, in one piece. */
cornu_status cornu__json_line_write(cornu__json_line *line);

/* A whole line {"event":event,"message":message}. */
cornu_status cornu__json_message(const char *event, const char *message);

#endif
