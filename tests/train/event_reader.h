/* tests/train/event_reader.h: TensorBoard's event files, read by a reader that shares nothing with the writer. */
#ifndef CORNU_TESTS_EVENT_READER_H
#define CORNU_TESTS_EVENT_READER_H

#include <stddef.h>
#include <stdint.h>

#define MOST_EVENTS 200
#define MOST_STRINGS 8

typedef struct event {
    double wall_time;
    int64_t step;
    char version[50];
    char tag[100];
    float value;
    /* of a tensor, else 0 */
    char plugin[50], content[10];
    int dtype; /* 2: double, 7: string */
    int rank;
    int64_t shape[4];
    size_t size;
    const unsigned char *bytes; /* of doubles; valid until the next file is read */
    int string_count;
    size_t string_sizes[MOST_STRINGS];
    const unsigned char *strings[MOST_STRINGS];
} event;

/* The events of the one file in a folder; -1: no folder. Fails the test where the file is not as it should be. */
int read_folder(const char *folder, event *events);

/* The event of that tag and step; fails the test if there is none. */
const event *find(const event *events, int count, const char *tag, int64_t step);
void check_value(const event *events, int count, const char *tag, int64_t step, double wanted);
/* That the file says its version first, and the time is now. */
void check_head(const event *events, int count);

#endif
