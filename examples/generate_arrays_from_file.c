/*
 * generate_arrays_from_file.c: the generator of Keras's own tutorial: a file is read line by line, over and over; each batch has two named
 * inputs and one named output.
 *
 *     generate_arrays_from_file share/digits.npz
 *
 * The file is a table that the program writes first, from the handwritten digits: a line holds the upper half of a picture, the lower half, and which digit it is. The model
 * gets the halves as `input_1` and `input_2`. Where the generator stands is one number, the position in the file, so a training with backups
 * (cornu_backup_and_restore) would go on at the line behind the last that was used.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cornu/cornu.h>

enum { HALF = 32, LINES = 1797, TRAINED = 1500, BATCH = 25, CLASSES = 10 };

static const char TABLE[] = "digits.csv", TEST_TABLE[] = "digits_test.csv";

/* --- The table --- */

/* Lines first .. last - 1 of the digits: 64 pixels and the digit. */
static bool write_table(const char *path, const uint8_t *pixels, const uint8_t *digits, int first, int last)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return false;
    }
    for (int n = first; n < last; n++) {
        for (int i = 0; i < 2 * HALF; i++)
            fprintf(file, "%d,", pixels[n * 2 * HALF + i]);
        fprintf(file, "%d\n", digits[n]);
    }
    bool written = !ferror(file);
    return fclose(file) == 0 && written;
}

static bool write_tables(const char *digits_path)
{
    cornu_array *digits = cornu_load_npz(digits_path);
    const cornu_array *x = digits ? cornu_array_item_named(digits, "x") : NULL;
    const cornu_array *y = digits ? cornu_array_item_named(digits, "y") : NULL;
    bool right = x && y && cornu_array_dtype(x) == CORNU_UINT8 && cornu_array_dtype(y) == CORNU_UINT8 &&
                 cornu_array_count(x) == LINES * 2 * HALF && cornu_array_count(y) == LINES;
    if (!right)
        fprintf(stderr, "generate_arrays_from_file: %s\n", digits ? "these are not the digits" : cornu_error_message());
    bool written = right && write_table(TABLE, cornu_array_data(x), cornu_array_data(y), 0, TRAINED) &&
                   write_table(TEST_TABLE, cornu_array_data(x), cornu_array_data(y), TRAINED, LINES);
    cornu_array_release(digits);
    return written;
}

/* --- The generator --- */

typedef struct line_reader {
    const char *path;
    FILE *file;
} line_reader;

/* Ends what asked for the batch, with a sentence. */
static cornu_status refuse(const line_reader *reader, cornu_status status, const char *what)
{
    char message[200];
    snprintf(message, sizeof message, "%.100s %s", reader->path, what);
    return cornu_error_set(status, message);
}

/* One line as numbers; at the end of the file the first line comes again. */
static cornu_status process_line(line_reader *reader, float *input_1, float *input_2, int32_t *output)
{
    char line[1024];
    if (!fgets(line, sizeof line, reader->file)) {
        rewind(reader->file);
        if (!fgets(line, sizeof line, reader->file))
            return refuse(reader, CORNU_ERROR_IO, "has no lines");
    }
    char *at = line;
    for (int i = 0; i <= 2 * HALF; i++) {
        char *end;
        long number = strtol(at, &end, 10);
        if (end == at || (*end != ',' && *end != '\n'))
            return refuse(reader, CORNU_ERROR_FORMAT, "has a line that is not 65 numbers");
        if (i < 2 * HALF)
            (i < HALF ? input_1 : input_2)[i % HALF] = (float)number / 16;
        else
            *output = (int32_t)number;
        at = end + 1;
    }
    return CORNU_OK;
}

/* A dictionary of arrays; it keeps them. */
static cornu_array *named(size_t count, const char *const *names, cornu_array **items)
{
    cornu_array *dictionary = cornu_array_dict(count, names, items);
    for (size_t i = 0; i < count; i++)
        cornu_array_release(items[i]);
    return dictionary;
}

/* yield ({'input_1': x1, 'input_2': x2}, {'output': y}) */
static cornu_status next_batch(void *state, cornu_batch *batch)
{
    const int64_t half[] = {BATCH, HALF}, one[] = {BATCH};
    cornu_array *inputs[] = {cornu_array_zeros(CORNU_FLOAT32, 2, half), cornu_array_zeros(CORNU_FLOAT32, 2, half)};
    cornu_array *outputs[] = {cornu_array_zeros(CORNU_INT32, 1, one)};
    cornu_status status = inputs[0] && inputs[1] && outputs[0] ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; status == CORNU_OK && i < BATCH; i++)
        status =
            process_line(state, (float *)cornu_array_data(inputs[0]) + i * HALF,
                         (float *)cornu_array_data(inputs[1]) + i * HALF, (int32_t *)cornu_array_data(outputs[0]) + i);
    batch->x = named(2, (const char *[]){"input_1", "input_2"}, inputs);
    batch->y = named(1, (const char *[]){"output"}, outputs);
    if (status == CORNU_OK && (!batch->x || !batch->y))
        status = cornu_error_status();
    return status;
}

/* Where the generator stands, for a backup; and back there. */
static cornu_array *save_position(void *state)
{
    const line_reader *reader = state;
    int64_t position = ftell(reader->file);
    return cornu_array_copy_of(CORNU_INT64, 0, NULL, &position);
}

static cornu_status load_position(void *state, const cornu_array *saved)
{
    const line_reader *reader = state;
    if (fseek(reader->file, (long)cornu_array_get(saved, 0), SEEK_SET) != 0)
        return refuse(reader, CORNU_ERROR_IO, "cannot be read from there");
    return CORNU_OK;
}

static void close_file(void *state)
{
    line_reader *reader = state;
    fclose(reader->file);
    free(reader);
}

static cornu_generator *generate_arrays_from_file(const char *path)
{
    line_reader *reader = malloc(sizeof *reader);
    FILE *file = fopen(path, "r");
    if (!reader || !file) {
        perror(path);
        free(reader);
        if (file)
            fclose(file);
        return NULL;
    }
    *reader = (line_reader){path, file};
    cornu_generator *generator = cornu_generator_create(.next = next_batch, .state = reader, .release = close_file,
                                                        .save_state = save_position, .load_state = load_position);
    if (!generator)
        close_file(reader);
    return generator;
}

/* --- The model --- */

static cornu_model *make_model(void)
{
    cornu_tensor *upper = cornu_input(.shape = {HALF}, .name = "input_1");
    cornu_tensor *lower = cornu_input(.shape = {HALF}, .name = "input_2");
    cornu_tensor *joined = cornu_call(cornu_concatenate(), cornu_call(cornu_dense(48, .activation = "relu"), upper),
                                      cornu_call(cornu_dense(48, .activation = "relu"), lower));
    cornu_tensor *output = cornu_call(cornu_dense(CLASSES, .activation = "softmax", .name = "output"), joined);
    cornu_model *model = cornu_functional(.inputs = {upper, lower}, .outputs = {output}, .name = "halves", .seed = 1);
    cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

static bool train(cornu_model *model)
{
    cornu_generator *lines = generate_arrays_from_file(TABLE), *test_lines = generate_arrays_from_file(TEST_TABLE);
    cornu_history *history = NULL;
    if (lines && test_lines)
        history = cornu_fit_generator(model, lines, .steps_per_epoch = TRAINED / BATCH, .epochs = 12, .verbose = 2,
                                      .validation_data = {.generator = test_lines},
                                      .validation_steps = (LINES - TRAINED) / BATCH);
    bool trained = history != NULL;
    if (trained)
        printf("accuracy on lines never trained on: %.4f\n", cornu_history_get(history, "val_accuracy", -1));
    else
        fprintf(stderr, "generate_arrays_from_file: %s\n", cornu_error_message());
    cornu_history_release(history);
    cornu_generator_release(lines);
    cornu_generator_release(test_lines);
    return trained;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: generate_arrays_from_file share/digits.npz\n");
        return 2;
    }
    if (!write_tables(argv[1]))
        return 1;
    cornu_model *model = make_model();
    bool done = train(model);
    cornu_model_release(model);
    return done ? 0 : 1;
}
