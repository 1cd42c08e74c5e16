/*
 * dataset_cifar.c: the binary files of CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): records
 * of a label (CIFAR-100: the coarse one, then the fine one) and the red, green and blue plane of a picture of 32 by 32 pixels.
 */
#include <errno.h>
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"
#include "format/bytes.h"

#define SIDE 32
#define PIXELS (SIDE * SIDE)
#define PICTURE (3 * PIXELS)
#define CLASSES_10 10
#define CLASSES_100 100
#define COARSE_CLASSES 20
#define NAMES_BYTES 65536 /* of a list of classes */

typedef struct cifar {
    cornu__bytes bytes;
    uint64_t size; /* of the file's contents */
    int labels;    /* in a record */
    bool channels_first;
} cifar;

static void cifar_release(void *state)
{
    cifar *self = state;
    cornu__bytes_close(&self->bytes);
    cornu__free(self);
}

/* --- Reading --- */

static void interleave(const unsigned char *planes, unsigned char *to)
{
    for (int pixel = 0; pixel < PIXELS; pixel++) {
        to[3 * pixel] = planes[pixel];
        to[3 * pixel + 1] = planes[PIXELS + pixel];
        to[3 * pixel + 2] = planes[2 * PIXELS + pixel];
    }
}

/* The label that belongs to field 1 is the last one before the picture, the coarse one the first. */
static cornu_status put_labels(const cifar *self, const unsigned char *record, cornu_sample *sample)
{
    for (int field = 1; field <= self->labels; field++) {
        int label = record[self->labels - field];
        int64_t classes = sample->dataset->fields[field].num_classes;
        if (label >= classes)
            return cornu__fail(CORNU_ERROR_DATA, "its %s is %d, and there are %lld classes",
                               sample->dataset->fields[field].name, label, (long long)classes);
        *(int32_t *)(void *)sample->places[field].data = label;
    }
    return CORNU_OK;
}

static cornu_status cifar_read(void *state, int64_t index, cornu_sample *sample)
{
    cifar *self = state;
    unsigned char record[2 + PICTURE];
    size_t size = (size_t)self->labels + PICTURE;
    CORNU_TRY(cornu__bytes_read(&self->bytes, (uint64_t)index * size, record, size, "a record"));
    CORNU_TRY(put_labels(self, record, sample));
    unsigned char *picture = (unsigned char *)sample->places[0].data;
    if (self->channels_first)
        memcpy(picture, record + self->labels, PICTURE);
    else
        interleave(record + self->labels, picture);
    return CORNU_OK;
}

/* --- Names of classes: a text file beside the pictures, a line each --- */

typedef struct class_list {
    char *bytes;
    const char *names[CLASSES_100];
} class_list;

/* The path of a file in the same folder. NULL on failure. */
static char *path_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    cornu__text text = {0};
    cornu__text_add_bytes(&text, path, slash ? (size_t)(slash + 1 - path) : 0);
    cornu__text_add(&text, "%s", name);
    return cornu__text_take(&text);
}

/* Cuts `bytes` into lines; whether there are as many, not counting empty ones, as there are classes. */
static bool cut_lines(class_list *list, int classes)
{
    int count = 0;
    char *rest = list->bytes;
    for (char *line = strtok_r(rest, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        if (count < classes)
            list->names[count] = line;
        count++;
    }
    return count == classes;
}

/* Names are good to have: without a list, or with one that does not fit, there are none. */
static cornu_status read_class_names(const char *path, const char *name, int classes, class_list *list)
{
    char *beside = path_beside(path, name);
    if (!beside)
        return CORNU_ERROR_OUT_OF_MEMORY;
    uint64_t size;
    list->bytes = cornu__read_file(beside, NAMES_BYTES, &size);
    cornu__free(beside);
    if (!list->bytes)
        return cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY ? CORNU_ERROR_OUT_OF_MEMORY : CORNU_OK;
    if (strlen(list->bytes) == size && cut_lines(list, classes))
        return CORNU_OK;
    cornu__free(list->bytes);
    list->bytes = NULL;
    return CORNU_OK;
}

/* --- Making it --- */

/* What is compressed does not say how much it holds: it is read once. */
static cornu_status measure(cifar *self)
{
    char piece[1 << 14];
    cornu__stream stream;
    self->size = self->bytes.size;
    if (self->bytes.random_access)
        return CORNU_OK;
    CORNU_TRY(cornu__stream_open(&stream, self->bytes.path));
    uint64_t got = 1;
    cornu_status status = CORNU_OK;
    while (status == CORNU_OK && got > 0)
        status = cornu__stream_read_some(&stream, piece, sizeof piece, &got);
    self->size = stream.done;
    cornu__stream_close(&stream);
    return status;
}

/* A record's labels, by the file's size; a size that both kinds could have is CIFAR-10's, as the files of CIFAR-100 are not such. */
static cornu_status count_labels(cifar *self, int64_t num_classes)
{
    CORNU_TRY(measure(self));
    uint64_t size = self->size;
    bool may_be_10 = size > 0 && size % (1 + PICTURE) == 0 && num_classes != CLASSES_100;
    bool may_be_100 = size > 0 && size % (2 + PICTURE) == 0 && num_classes != CLASSES_10;
    self->labels = may_be_10 ? 1 : 2;
    if (may_be_10 || may_be_100)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT,
                       "'%s' has %llu bytes, which are no records of CIFAR-10 (%d bytes each) or CIFAR-100 (%d)",
                       self->bytes.name, (unsigned long long)size, 1 + PICTURE, 2 + PICTURE);
}

static cornu_dataset *create(cifar *self, const char *path, const class_list *fine, const class_list *coarse)
{
    int64_t classes = self->labels == 1 ? CLASSES_10 : CLASSES_100;
    cornu_field fields[] = {{.name = "image", .dtype = CORNU_UINT8, .rank = 3, .shape = {SIDE, SIDE, 3}},
                            {.name = "label",
                             .dtype = CORNU_INT32,
                             .num_classes = classes,
                             .class_names = fine->bytes ? fine->names : NULL},
                            {.name = "coarse_label",
                             .dtype = CORNU_INT32,
                             .num_classes = COARSE_CLASSES,
                             .class_names = coarse->bytes ? coarse->names : NULL}};
    if (self->channels_first) {
        fields[0].shape[0] = 3;
        fields[0].shape[2] = SIDE;
    }
    return cornu_dataset_create(.name = path, .count = (int64_t)(self->size / (uint64_t)(self->labels + PICTURE)),
                                .fields = fields, .field_count = 1 + self->labels, .read = cifar_read, .state = self,
                                .release = cifar_release, .random_access = self->bytes.random_access,
                                .thread_safe = self->bytes.random_access);
}

static cornu_dataset *open_cifar(cifar *self, const char *path, const cornu_cifar_dataset_options *given)
{
    class_list fine = {0}, coarse = {0};
    cornu_dataset *dataset = NULL;
    self->channels_first = strcmp(given->data_format, "channels_first") == 0;
    if (cornu__bytes_open(&self->bytes, path) != CORNU_OK || count_labels(self, given->num_classes) != CORNU_OK)
        return NULL;
    cornu_status status = self->labels == 1 ? read_class_names(path, "batches.meta.txt", CLASSES_10, &fine)
                                            : read_class_names(path, "fine_label_names.txt", CLASSES_100, &fine);
    if (status == CORNU_OK && self->labels == 2)
        status = read_class_names(path, "coarse_label_names.txt", COARSE_CLASSES, &coarse);
    if (status == CORNU_OK)
        dataset = create(self, path, &fine, &coarse);
    cornu__free(fine.bytes);
    cornu__free(coarse.bytes);
    return dataset;
}

static cornu_status check_options(const cornu_cifar_dataset_options *given)
{
    if (given->num_classes != 0 && given->num_classes != CLASSES_10 && given->num_classes != CLASSES_100)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cifar_dataset: num_classes is %lld; wanted 10, 100 or 0",
                           (long long)given->num_classes);
    if (given->data_format &&
        (strcmp(given->data_format, "channels_first") == 0 || strcmp(given->data_format, "channels_last") == 0))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "cifar_dataset: data_format is \"%s\"; wanted \"channels_last\" or \"channels_first\"",
                       given->data_format ? given->data_format : "NULL");
}

cornu_dataset *cornu_cifar_dataset_with(const char *path, const cornu_cifar_dataset_options *options)
{
    cornu_cifar_dataset_options given = {.struct_size = sizeof given, CORNU_CIFAR_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (check_options(&given) != CORNU_OK)
        return NULL;
    cifar *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->bytes.descriptor = -1;
    cornu_dataset *dataset = open_cifar(self, path, &given);
    if (!dataset)
        cifar_release(self);
    return dataset;
}
