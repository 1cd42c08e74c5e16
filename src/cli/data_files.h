/* cli/data_files.h: inputs and targets from the files that --data, --x and --y name. */
#ifndef CORNU_CLI_DATA_FILES_H
#define CORNU_CLI_DATA_FILES_H

#include <cornu/array.h>
#include <cornu/data.h>
#include <cornu/model.h>

#include "cli/arguments.h"
#include "format/csv.h"

/* What the options say. All may be NULL. */
typedef struct cornu__data_arguments {
    const char
        *data; /* an .npz with "x" and "y" (or the names of the model's inputs and outputs), a table, or a folder */
    const char *target;        /* the table's target column */
    const char *x, *y;         /* files of one array each */
    const char *sample_weight; /* a file of one array */
    bool no_quotes;            /* a quote in a table is a character like others */
    bool classes;              /* targets are class numbers, also where the file has them as real numbers (tables) */
} cornu__data_arguments;

extern const cornu__argument cornu__input_arguments[];  /* --data, --target, --x, --no-quotes */
extern const cornu__argument cornu__target_arguments[]; /* --y, --classes */
extern const cornu__argument cornu__weight_arguments[]; /* --sample-weight */

/* Inputs, targets and weights; NULL: none were named. All hold a reference. */
typedef struct cornu__dataset {
    cornu_array *x, *y, *sample_weight;
    cornu__csv_names names;   /* of a table; the classes of a folder of pictures */
    cornu_sequence *pictures; /* of a folder: its batches. x and y only say what they are like (cli/picture_folder.h) */
    bool one_hot;             /* their targets are rows with a 1 for the class */
} cornu__dataset;

/* Whether the options name any data. */
bool cornu__data_given(const cornu__data_arguments *arguments);

/* Whether they go together and name inputs. `prefix` is "" or "validation-": for messages about options. */
cornu_status cornu__data_check(const cornu__data_arguments *arguments, const char *prefix);

/* Reads them. With targets_wanted, there must be some. */
cornu_status cornu__data_load(const cornu__data_arguments *arguments, const char *prefix, bool targets_wanted,
                              cornu__dataset *dataset);

/* For a model with named inputs and outputs: turns an .npz that has no "x" and "y" into dictionaries for them. */
cornu_status cornu__data_bind(cornu__dataset *dataset, cornu_model *model, bool targets_wanted);

/* The classes of a table's text target are numbered in the order of their names, in each table by itself. So these fail where a class that
 * one has is missing in the other, as the numbers would then say different things: data to validate on against data to train on; and a
 * table against the number of classes that a trained model tells apart. */
cornu_status cornu__data_check_classes(const cornu__dataset *training, const cornu__dataset *validation);
cornu_status cornu__data_check_class_count(const cornu__dataset *dataset, cornu_model *model);

/* Whether `targets` are class numbers, one per sample. (Tables give whole numbers as float: those are values.) */
bool cornu__holds_classes(const cornu_array *targets);

void cornu__data_free(cornu__dataset *dataset);

#endif
