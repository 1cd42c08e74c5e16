/*
 * image/picture_survey.h: what a whole tree of pictures holds, and what is wrong with it, before anything is trained on it.
 *
 * Everything in the folder is listed: pictures as the command takes them (flow_from_directory with all white_list_formats), what
 * it passes over, and what cannot be read. Classes are the
 * folder's sub-folders. Each picture is then looked at, by several threads: all of it is decoded, or its header alone is read. Of the
 * large pictures one at a time is decoded, so that memory holds one of them, whatever a file promises.
 */
#ifndef CORNU_IMAGE_PICTURE_SURVEY_H
#define CORNU_IMAGE_PICTURE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cornu/array.h>

#include "base/status.h"

/* What flow_from_directory makes of an entry. */
typedef enum cornu__survey_place {
    CORNU__SURVEY_PICTURE, /* it takes it */
    CORNU__SURVEY_LOOSE,   /* a picture that lies in the folder itself, in no class */
    CORNU__SURVEY_ENDING,  /* a picture by its first bytes, whose name does not end as those it takes */
    CORNU__SURVEY_OTHER,   /* no picture; told of only where it cannot be read: a folder, say */
} cornu__survey_place;

typedef struct cornu__surveyed {
    char *name; /* below the folder, with the class in front: "cat/1.jpg" */
    cornu__survey_place place;
    int32_t class_number; /* -1: none */
    /* What it is; kind NULL: it cannot be read */
    const char *kind;
    int32_t height, width;
    int16_t channels;
    bool cmyk;
    cornu_dtype dtype;
    char *problem; /* why it cannot be read: a sentence with its path. NULL: it can */
    char *remark;  /* what is odd about one that can be read: a sentence with its path; or NULL */
} cornu__surveyed;

typedef struct cornu__survey_class {
    char *name;
    int64_t pictures; /* that flow_from_directory takes, the bad ones too */
    int64_t bad;
    bool
        nested; /* all its pictures lie in folders below it, of which there are several: these may be the classes that are meant */
} cornu__survey_class;

typedef struct cornu__survey {
    char *path;
    size_t class_count, class_capacity;
    cornu__survey_class *classes; /* in the order of their numbers */
    size_t count, capacity;
    cornu__surveyed *files; /* folders in byte order of their names, and so what is in them */
    int64_t hidden;         /* entries that begin with a dot, passed over with all that is in them */
    int64_t others;         /* files that are no pictures, neither by their names nor by their first bytes */
    int64_t links;          /* to folders below a class, which are not followed */
    int64_t bad;            /* files, and folders, that cannot be read */
    int64_t remarks;
} cornu__survey;

typedef struct cornu__survey_options {
    bool header_only;
    bool follow_links; /* to folders below a class */
    int jobs;          /* threads, at least 1 */
    /* Told now and then how many pictures were looked at, by one thread at a time; or NULL */
    void (*progress)(void *state, size_t done, size_t of);
    void *progress_state;
} cornu__survey_options;

/* `survey` needs no beginning, and cornu__survey_free after success. What cannot be read of the folder's contents is no failure; that the folder itself cannot is one. */
cornu_status cornu__survey_make(cornu__survey *survey, const char *path, const cornu__survey_options *options);

void cornu__survey_free(cornu__survey *survey);

#endif
