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

/* What was added can be read from now on. */
cornu_status cornu__event_file_flush(cornu__event_file *file);

cornu_status cornu__event_file_close(cornu__event_file *file); /* NULL is allowed */

#endif
