/* cli/picture_folder.h: a folder of pictures as --data: a sub-folder for each class, read while the model works. */
#ifndef CORNU_CLI_PICTURE_FOLDER_H
#define CORNU_CLI_PICTURE_FOLDER_H

#include <cornu/flow.h>

#include "cli/augmentation_options.h"
#include "cli/compile.h"

/* What the options say; NULL, 0 and false: nothing. */
typedef struct cornu__picture_arguments {
    const char *target_size, *color_mode, *class_mode, *interpolation, *bad_files;
    int bad_files_at_most; /* CORNU__BAD_FILES_NOT_GIVEN */
    bool exif_orientation, keep_aspect_ratio, other_classes;
} cornu__picture_arguments;

#define CORNU__BAD_FILES_NOT_GIVEN (-1)
#define CORNU__PICTURE_DEFAULTS                                                                                        \
    {                                                                                                                  \
        .bad_files_at_most = CORNU__BAD_FILES_NOT_GIVEN                                                                \
    }

extern const cornu__argument cornu__picture_argument_table[]; /* --target-size, --color-mode, ... --bad-files-at-most */

/* Whether they can be read, and whether they go with the data: with a folder, or with anything else. */
cornu_status cornu__pictures_check(const cornu__picture_arguments *arguments, const cornu__data_arguments *data);

/* Whether --data names a folder. */
bool cornu__is_picture_folder(const char *data);

/* Whether there is something else, or nothing is named. What is named and is not there is told of when it is read. */
bool cornu__is_no_picture_folder(const char *data);

/* What a subcommand wants of a folder. */
typedef struct cornu__picture_request {
    const cornu__picture_arguments *arguments;
    const cornu__augmentation_arguments *augmentation; /* NULL: pictures as they are */
    const char *option, *folder;                       /* "--data" and what it names */
    const char *subset;                                /* "training", "validation"; NULL: all */
    double validation_split;
    double divisor;   /* of all values; 0: none */
    const char *loss; /* --loss; or NULL */
    int batch_size, seed;
    bool shuffle;
    bool labels;        /* the sub-folders are classes; false: pictures alone */
    cornu_model *model; /* what is not said follows its input; NULL: it is made for the pictures */
} cornu__picture_request;

/* dataset->pictures := the batches. x and y are then a picture and a target of each class that say what the others are like, for whom a model and a loss are chosen;
 * the names are the classes'. */
cornu_status cornu__pictures_load(const cornu__picture_request *request, cornu__dataset *dataset);

/* The same and the model, whichever is made for the other: a model from a file says what the pictures must be, and an architecture by name is made for them.
 * `compile` NULL: it need not be compiled. Sets the request's model and divisor. */
cornu_status cornu__pictures_load_with_model(cornu__picture_request *request,
                                             const cornu__model_arguments *model_arguments,
                                             const cornu__compile_arguments *compile, cornu__dataset *dataset,
                                             cornu_model **model);

/* Fails, with the difference, where two folders do not have the same classes. */
cornu_status cornu__pictures_check_classes(const cornu__dataset *training, const cornu__dataset *validation);

#endif
