/*
 * image/picture_reader.h: the pictures of a dataset's samples, out of files or of bytes, in one size and one order of colours, for any number of threads.
 *
 * It has a loader for each thread that reads at once. What is no picture ends the reading or is black, as bad_files says.
 */
#ifndef CORNU_IMAGE_PICTURE_READER_H
#define CORNU_IMAGE_PICTURE_READER_H

#include <cornu/image_dataset.h>

#include "image/bad_files.h"
#include "image/load.h"

typedef struct cornu__picture_reader {
    cornu__load_options options;
    cornu_dtype dtype; /* float32 or uint8 */
    cornu__bad_files bad;
    pthread_mutex_t lock; /* of `idle` */
    struct cornu__idle_loader *idle;
} cornu__picture_reader;

/* `caller` is for messages. Also after a failure there is something to end. */
cornu_status cornu__picture_reader_begin(cornu__picture_reader *reader, const char *caller,
                                         const cornu_decode_images_options *options);
void cornu__picture_reader_end(cornu__picture_reader *reader);

/* What its pictures are as a field of that name, which the field points at. */
cornu_field cornu__picture_reader_field(const cornu__picture_reader *reader, const char *name);

/* Any thread may call these. `to` has room for such a field. */
cornu_status cornu__picture_reader_file(cornu__picture_reader *reader, const char *path, void *to);
cornu_status cornu__picture_reader_bytes(cornu__picture_reader *reader, const char *name, const unsigned char *bytes,
                                         size_t size, void *to);

#endif
