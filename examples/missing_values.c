/*
 * missing_values.c: a table that is read row by row while a model trains, with holes in it, and another for the test.
 *
 *     missing_values share/digits.npz
 *
 * The tables are written by the program first, from the handwritten digits: 64 columns of grey values, of which every tenth is missing, the paper they are on, and which digit it
 * is. Where a value is missing the training table's mean of its column stands for it; the paper, a text, becomes a row of 0 with a 1. The test table is
 * read `like` the training table: with its means and its classes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cornu/cornu.h>

enum { PIXELS = 64, ROWS = 1797, TRAINED = 1500, CLASSES = 10, PAPERS = 2 };

/* Rows first .. last - 1: the names p0, p1, ..., paper and digit above them. */
static bool write_table(const char *path, const uint8_t *pixels, const uint8_t *digits, int first, int last)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return false;
    }
    for (int i = 0; i < PIXELS; i++)
        fprintf(file, "p%d,", i);
    fprintf(file, "paper,digit\n");
    for (int row = first; row < last; row++) {
        for (int i = 0; i < PIXELS; i++) {
            if ((row * 7 + i * 3) % 10 == 0)
                fprintf(file, i % 2 ? "," : "NA,");
            else
                fprintf(file, "%.4f,", pixels[row * PIXELS + i] / 16.0);
        }
        fprintf(file, "%s,%d\n", row % 3 ? "\"plain, white\"" : "squared", digits[row]);
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
                 cornu_array_count(x) == ROWS * PIXELS && cornu_array_count(y) == ROWS;
    if (!right)
        fprintf(stderr, "missing_values: %s\n", digits ? "these are not the digits" : cornu_error_message());
    bool written = right && write_table("train.csv", cornu_array_data(x), cornu_array_data(y), 0, TRAINED) &&
                   write_table("test.csv", cornu_array_data(x), cornu_array_data(y), TRAINED, ROWS);
    cornu_array_release(digits);
    return written;
}

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 3);
    cornu_add(model, cornu_dense(64, .activation = "relu", .input_shape = {PIXELS + PAPERS}));
    cornu_add(model, cornu_dropout(0.2));
    cornu_add(model, cornu_dense(CLASSES, .activation = "softmax"));
    cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

static bool train(cornu_model *model, cornu_dataset *table, cornu_dataset *test_table)
{
    cornu_sequence *batches = cornu_dataset_sequence(table, .batch_size = 32, .seed = 1);
    cornu_sequence *test_batches = cornu_dataset_sequence(test_table, .batch_size = 64, .shuffle = false);
    cornu_history *history = NULL;
    if (batches && test_batches)
        history = cornu_fit_generator(model, batches, .epochs = 20, .workers = 2, .verbose = 2,
                                      .validation_data = {.generator = test_batches});
    if (history)
        printf("accuracy on rows never trained on: %.3f\n", cornu_history_get(history, "val_accuracy", -1));
    cornu_sequence_release(batches);
    cornu_sequence_release(test_batches);
    cornu_history_release(history);
    return history != NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: missing_values share/digits.npz\n");
        return 2;
    }
    if (!write_tables(argv[1]))
        return 1;
    cornu_dataset *table = cornu_csv_dataset("train.csv", .target = "digit", .missing = "mean",
                                             .columns = cornu_csv_columns({"paper", "one_hot"}));
    cornu_dataset *test_table = table ? cornu_csv_dataset("test.csv", .target = "digit", .like = table) : NULL;
    cornu_model *model = make_model();
    bool done = test_table && train(model, table, test_table);
    if (!done)
        fprintf(stderr, "missing_values: %s\n", cornu_error_message());
    cornu_model_release(model);
    cornu_dataset_release(test_table);
    cornu_dataset_release(table);
    return done ? 0 : 1;
}
