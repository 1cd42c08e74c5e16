/*
 * format/event_file.h: TensorBoard's event files: TFRecord files of Event messages (tensorflow/core/util/event.proto and
 * framework/summary.proto, read for field numbers).
 *
 * Unlike other files of ours an event file is there from its first moment and grows: TensorBoard shows it while training runs.
 */
#ifndef CORNU_FORMAT_EVENT_FILE_H
#define CORNU_FORMAT_EVENT_FILE_H

#include <stdint.h>

#include "base/status.h"

typedef struct cornu__event_file cornu__event_file;

/* A new file of a name of its own in this folder, which is made if need be; NULL on failure. */
cornu__event_file *cornu__event_file_create(const char *folder);

/* A number under `tag` for a step, stamped with the time of day. */
cornu_status cornu__event_file_add(cornu__event_file *file, const char *tag, int64_t step, double value);

/* Names of TensorBoard's dashboards ("plugins"), which say how it shows a tensor. */
#define CORNU__PLUGIN_HISTOGRAMS "histograms"         /* (buckets, 3): left edge, right edge, count */
#define CORNU__PLUGIN_IMAGES "images"                 /* width, height, then a PNG file for each image */
#define CORNU__PLUGIN_TEXT "text"                     /* Markdown */
#define CORNU__PLUGIN_KERAS_MODEL "graph_keras_model" /* Keras's JSON of a model: a graph of its layers */

/* A matrix of doubles under `tag`, for a plugin. */
cornu_status cornu__event_file_add_matrix(cornu__event_file *file, const char *tag, const char *plugin, int64_t step,
                                          int64_t rows, int64_t columns, const double *values);

/* A text, or some bytes. */
typedef struct cornu__event_bytes {
    const char *data;
    size_t size;
} cornu__event_bytes;

/* Texts under `tag`, for a plugin: `count` of them, or with count 0 one alone. */
cornu_status cornu__event_file_add_texts(cornu__event_file *file, const char *tag, const char *plugin, int64_t step,
                                         int64_t count, const cornu__event_bytes *texts);

/* What was added can be read from now on. */
cornu_status cornu__event_file_flush(cornu__event_file *file);

cornu_status cornu__event_file_close(cornu__event_file *file); /* NULL is allowed */

#endif
