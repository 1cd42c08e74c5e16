/* flow_from_dataframe: Keras's rows, classes and batches, out of memory and out of a CSV file; and what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include <cornu/cornu.h>
#include <cornu/log.h>

#include "base/memory.h"
#include "image/flow_files.h"

#define MOST_ROWS 16

static int warnings;
static char last_warning[1000];

static void count_warning(const char *message, void *state)
{
    (void)state;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

static int open_files(void **state)
{
    cornu_set_warning_handler(count_warning, NULL);
    return flow_files_open(state);
}

static int close_files(void **state)
{
    cornu_set_warning_handler(NULL, NULL);
    return flow_files_close(state);
}

/* --- The script's table --- */

static const char *const text_columns[] = {"filename", "class", "two"};
static const char *const number_columns[] = {"age", "height", "weight"};

static const json_t *cell(const char *column, size_t row)
{
    return json_array_get(json_object_get(flow_fact("table"), column), row);
}

static size_t row_count(void)
{
    return json_array_size(json_object_get(flow_fact("table"), "filename"));
}

/* The classes of a row of column "many", as "x|y". */
static const char *many_text(char out[32], size_t row)
{
    const json_t *list = cell("many", row);
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        strcat(out, i > 0 ? "|" : "");
        strcat(out, json_string_value(json_array_get(list, i)));
    }
    return out;
}

static cornu_dataframe *table_in_memory(void)
{
    cornu_dataframe *table = cornu_dataframe_create();
    int64_t rows = (int64_t)row_count();
    const char *texts[MOST_ROWS];
    char many[MOST_ROWS][32];
    for (size_t column = 0; column < 3; column++) {
        for (size_t row = 0; row < row_count(); row++)
            texts[row] = json_string_value(cell(text_columns[column], row));
        assert_ok(cornu_dataframe_add_texts(table, text_columns[column], rows, texts));
    }
    for (size_t row = 0; row < row_count(); row++)
        texts[row] = many_text(many[row], row);
    assert_ok(cornu_dataframe_add_texts(table, "many", rows, texts));
    for (size_t column = 0; column < 3; column++) {
        cornu_array *numbers = cornu_array_zeros(CORNU_FLOAT64, 1, &rows);
        for (size_t row = 0; row < row_count(); row++)
            ((double *)cornu_array_data(numbers))[row] = json_number_value(cell(number_columns[column], row));
        assert_ok(cornu_dataframe_add_array(table, number_columns[column], numbers));
        cornu_array_release(numbers);
    }
    assert_int_equal(cornu_dataframe_rows(table), rows);
    return table;
}

static cornu_dataframe *table_in_a_file(void)
{
    char path[PATH_SIZE], many[32];
    FILE *file = fopen(scratch_path(path, "table.csv"), "w");
    fprintf(file, "filename;class;two;many;age;height;weight\n");
    for (size_t row = 0; row < row_count(); row++) {
        for (size_t column = 0; column < 3; column++)
            fprintf(file, "\"%s\";", json_string_value(cell(text_columns[column], row)));
        fprintf(file, "%s", many_text(many, row));
        for (size_t column = 0; column < 3; column++)
            fprintf(file, ";%.17g", json_number_value(cell(number_columns[column], row)));
        fprintf(file, "\n");
    }
    fclose(file);
    cornu_dataframe *table = cornu_read_csv(path);
    unlink(path);
    assert_made(table);
    return table;
}

/* --- against Keras --- */

#define SMALL .directory = flow_folder(), .target_size = cornu_pair(6, 7), .batch_size = 3

static void expect_class_modes(const cornu_dataframe *table, cornu_image_data_generator *plain)
{
    assert_golden("table.sparse",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 7, .class_mode = "sparse",
                                            .classes = cornu_names("a", "c")),
                  0);
    assert_golden("table.binary",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 8, .class_mode = "binary", .y_col = "two"), 0);
    assert_golden("table.many",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 9, .y_col = "many", .class_separator = "|"),
                  0);
    assert_golden("table.some",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 9, .y_col = "many", .class_separator = "|",
                                            .classes = cornu_names("x", "z")),
                  0);
    assert_golden("table.raw",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 10, .class_mode = "raw", .y_col = "age",
                                            .weight_col = "weight"),
                  0);
    assert_golden("table.columns",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 11, .class_mode = "raw",
                                            .y_cols = cornu_names("age", "height")),
                  0);
    assert_golden("table.outputs",
                  cornu_flow_from_dataframe(plain, table, SMALL, .seed = 12, .class_mode = "multi_output",
                                            .y_cols = cornu_names("age", "height")),
                  0);
    assert_golden("table.input", cornu_flow_from_dataframe(plain, table, SMALL, .seed = 13, .class_mode = "input"), 0);
    assert_golden("table.none", cornu_flow_from_dataframe(plain, table, SMALL, .seed = 14, .class_mode = "none"), 0);
}

static void expect_kerass(cornu_dataframe *table)
{
    cornu_image_data_generator *plain = cornu_image_data_generator_create(.rng_compat = "numpy");
    cornu_image_data_generator *split =
        cornu_image_data_generator_create(.rng_compat = "numpy", .validation_split = 0.4);
    cornu_image_data_generator *augmented =
        cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.2,
                                          .shear_range = 10, .zoom_range = cornu_range(0.8, 1.2),
                                          .channel_shift_range = 20, .horizontal_flip = true, .rescale = 1.0 / 255,
                                          .affine_compat = "kp112", .rng_compat = "numpy");
    warnings = 0;
    assert_golden("table.categorical",
                  cornu_flow_from_dataframe(augmented, table, SMALL, .seed = 6, .weight_col = "weight"), 1e-3 / 255);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(last_warning, "2 of 10 names in x_col 'filename'"));
    expect_class_modes(table, plain);
    assert_golden("table.training", cornu_flow_from_dataframe(split, table, SMALL, .seed = 15, .subset = "training"),
                  0);
    assert_golden("table.validation",
                  cornu_flow_from_dataframe(split, table, SMALL, .seed = 15, .subset = "validation"), 0);
    cornu_image_data_generator_release(plain);
    cornu_image_data_generator_release(split);
    cornu_image_data_generator_release(augmented);
    cornu_dataframe_release(table);
}

static void a_table_in_memory_gives_kerass_batches(void **state)
{
    (void)state;
    expect_kerass(table_in_memory());
}

static void a_csv_file_gives_the_same(void **state)
{
    (void)state;
    expect_kerass(table_in_a_file());
}

/* --- beyond Keras --- */

static void whole_numbers_are_classes_in_their_order(void **state)
{
    (void)state;
    cornu_dataframe *table = cornu_dataframe_create();
    const char *const names[] = {"ant/0.png", "ant/1.png", "ant/2.png"}, *const texts[] = {"10", "9", "-1"};
    cornu_array *numbers = cornu_array_copy_of(CORNU_INT32, 1, (int64_t[]){3}, (int32_t[]){10, 9, -1});
    assert_ok(cornu_dataframe_add_texts(table, "filename", 3, names));
    assert_ok(cornu_dataframe_add_texts(table, "texts", 3, texts));
    assert_ok(cornu_dataframe_add_array(table, "numbers", numbers));
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    for (int i = 0; i < 2; i++) {
        cornu_sequence *files = cornu_flow_from_dataframe(generator, table, SMALL, .class_mode = "sparse",
                                                          .y_col = i ? "texts" : "numbers", .shuffle = false);
        assert_made(files);
        assert_string_equal(cornu_flow_class_name(files, 0), "-1");
        assert_string_equal(cornu_flow_class_name(files, 1), "9");
        assert_int_equal(cornu_flow_class_of(files, 0), 2);
        cornu_sequence_release(files);
    }
    cornu_sequence *given = cornu_flow_from_dataframe(generator, table, SMALL, .y_col = "numbers",
                                                      .classes = cornu_names("9", "10"), .shuffle = false);
    assert_made(given);
    assert_string_equal(cornu_flow_class_name(given, 0), "9"); /* in the order in which they are given */
    assert_int_equal(cornu_flow_samples(given), 2);
    cornu_batch batch = get_batch(given, 0);
    assert_true(cornu_array_get(batch.y, 0) == 0 && cornu_array_get(batch.y, 1) == 1);
    cornu_batch_clear(&batch);
    cornu_sequence_release(given);
    cornu_image_data_generator_release(generator);
    cornu_array_release(numbers);
    cornu_dataframe_release(table);
}

static void names_that_are_not_validated_are_bad_files_when_they_are_read(void **state)
{
    (void)state;
    cornu_dataframe *table = table_in_memory();
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    warnings = 0;
    cornu_sequence *files =
        cornu_flow_from_dataframe(generator, table, .directory = flow_folder(), .target_size = cornu_pair(6, 7),
                                  .batch_size = 10, .validate_filenames = false, .bad_files = "skip",
                                  .class_mode = "raw", .y_col = "age", .weight_col = "weight", .shuffle = false);
    assert_made(files);
    cornu_batch batch = get_batch(files, 0);
    assert_int_equal(cornu_array_size(batch.x, 0), 8);
    assert_int_equal(cornu_array_size(batch.y, 0), 8);
    assert_true(cornu_array_get(batch.y, 3) == 5.25 && cornu_array_get(batch.sample_weight, 3) == 1.5);
    assert_int_equal(warnings, 2);
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    cornu_dataframe_release(table);
}

/* --- workers --- */

static double train(int workers, bool processes)
{
    cornu_dataframe *table = table_in_memory();
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 40, .horizontal_flip = true, .rescale = 1.0 / 255);
    cornu_sequence *files = cornu_flow_from_dataframe(generator, table, .directory = flow_folder(), .batch_size = 2,
                                                      .target_size = cornu_pair(8, 6), .class_mode = "raw",
                                                      .y_col = "age", .weight_col = "weight");
    cornu_dataframe_release(table); /* it is read already */
    assert_made(files);
    cornu_model *model = cornu_sequential(.name = "small", .seed = 5);
    cornu_add(model, cornu_flatten(.input_shape = {8, 6, 3}));
    cornu_add(model, cornu_dense(1));
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 1e-3), .loss = "mse"));
    double losses = losses_of_training(model, files, NULL, workers, processes);
    cornu_image_data_generator_release(generator);
    return losses;
}

static void training_is_the_same_for_any_workers(void **state)
{
    (void)state;
    double alone = train(0, false);
    assert_true(train(1, false) == alone && train(3, false) == alone && train(2, true) == alone);
}

/* --- what cannot be --- */

static void bad_arguments_get_a_sentence(void **state)
{
    (void)state;
    cornu_dataframe *table = table_in_memory();
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    assert_flow_refused(cornu_flow_from_dataframe(generator, NULL), CORNU_ERROR_INVALID_ARGUMENT, "there is no table");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, .x_col = "filenames"), CORNU_ERROR_UNKNOWN_NAME,
                        "did you mean 'filename'?");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, .x_col = "age"), CORNU_ERROR_DTYPE,
                        "x_col 'age' holds numbers");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table), CORNU_ERROR_DATA, "none of the table's 10 rows");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .y_col = "clas"), CORNU_ERROR_UNKNOWN_NAME,
                        "did you mean 'class'?");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .y_col = "age"), CORNU_ERROR_DATA,
                        "column 'age', row 0: a class is a text or a whole number");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .class_mode = "binary"), CORNU_ERROR_DATA,
                        "column 'class' has 3");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .class_mode = "multi_output"),
                        CORNU_ERROR_INVALID_ARGUMENT, "wants .y_cols");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .y_cols = cornu_names("age")),
                        CORNU_ERROR_INVALID_ARGUMENT, "y_cols is for class_mode");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .class_mode = "raw", .y_col = "two"),
                        CORNU_ERROR_DATA, "column 'two', row 0: 'yes' is no number");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .weight_col = "two"), CORNU_ERROR_DATA,
                        "'yes' is no number");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .classes = cornu_names("a", "a")),
                        CORNU_ERROR_INVALID_ARGUMENT, "class 'a' is given twice");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .classes = cornu_names("q")),
                        CORNU_ERROR_DATA, "none of the table's 10 rows");
    assert_flow_refused(cornu_flow_from_dataframe(generator, table, SMALL, .subset = "validation"),
                        CORNU_ERROR_INVALID_ARGUMENT, "validation_split");
    assert_int_equal(cornu_dataframe_add_texts(table, "class", 10, text_columns), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_dataframe_add_texts(table, "short", 3, text_columns), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "column 'short' has 3 rows, and the table 10"));
    assert_int_equal(cornu_dataframe_add_array(table, "none", NULL), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_image_data_generator_release(generator);
    cornu_dataframe_release(table);
}

static void refuse_csv(const char *text, cornu_status status, const char *part)
{
    char path[PATH_SIZE];
    write_bytes(scratch_path(path, "bad.csv"), text, strlen(text));
    cornu_dataframe *table = cornu_read_csv(path);
    unlink(path);
    assert_null(table);
    assert_failed(status, status, part);
}

static void bad_tables_get_a_sentence(void **state)
{
    (void)state;
    assert_null(cornu_read_csv("/no/such.csv"));
    assert_non_null(strstr(cornu_error_message(), "/no/such.csv"));
    refuse_csv("", CORNU_ERROR_DATA, "is empty");
    refuse_csv("a,b\n1\n", CORNU_ERROR_FORMAT, "line 2: wanted 2 fields");
    refuse_csv("a,a\n1,2\n", CORNU_ERROR_INVALID_ARGUMENT, "has a column 'a' already");
    refuse_csv("a,\n1,2\n", CORNU_ERROR_INVALID_ARGUMENT, "wants a name");
}

static void a_quote_may_be_a_character_like_others(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    const char text[] = "filename\tremark\n1.png\t\"so\" he said\n2.png\t\"\n";
    refuse_csv(text, CORNU_ERROR_FORMAT, ".quotes = false");
    write_bytes(scratch_path(path, "said.tsv"), text, sizeof text - 1);
    cornu_dataframe *table = cornu_read_csv(path, .quotes = false);
    assert_non_null(table);
    assert_int_equal(cornu_dataframe_rows(table), 2);
    cornu_dataframe_release(table);
    unlink(path);
}

static void nothing_is_lost_where_memory_ends(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    int failures = 0;
    char path[PATH_SIZE];
    const char text[] = "filename,class,age,weight\nant/0.png,a|b,1,2\nbee/0.png,b,3,4\n";
    write_bytes(scratch_path(path, "memory.csv"), text, sizeof text - 1);
    for (uint64_t n = 1; failed && n < 2000; n++) {
        cornu__allocation_fail_at(n);
        cornu_dataframe *table = cornu_read_csv(path);
        cornu_image_data_generator *generator = table ? cornu_image_data_generator_create() : NULL;
        cornu_sequence *files = generator ? cornu_flow_from_dataframe(generator, table, SMALL, .class_separator = "|",
                                                                      .weight_col = "weight")
                                          : NULL;
        cornu_sequence *outputs = files ? cornu_flow_from_dataframe(generator, table, SMALL, .class_mode = "raw",
                                                                    .y_cols = cornu_names("age", "weight"))
                                        : NULL;
        cornu_batch batch = {0};
        failed = !outputs || cornu_sequence_get(files, 0, &batch) != CORNU_OK;
        cornu__allocation_fail_at(0);
        failures += failed;
        if (failed)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        cornu_batch_clear(&batch);
        cornu_sequence_release(files);
        cornu_sequence_release(outputs);
        cornu_image_data_generator_release(generator);
        cornu_dataframe_release(table);
        assert_int_equal(cornu__allocation_live(), live);
    }
    unlink(path);
    assert_false(failed);
    assert_true(failures > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_in_memory_gives_kerass_batches),
        cmocka_unit_test(a_csv_file_gives_the_same),
        cmocka_unit_test(whole_numbers_are_classes_in_their_order),
        cmocka_unit_test(names_that_are_not_validated_are_bad_files_when_they_are_read),
        cmocka_unit_test(training_is_the_same_for_any_workers),
        cmocka_unit_test(bad_arguments_get_a_sentence),
        cmocka_unit_test(bad_tables_get_a_sentence),
        cmocka_unit_test(a_quote_may_be_a_character_like_others),
        cmocka_unit_test(nothing_is_lost_where_memory_ends),
    };
    return cmocka_run_group_tests(tests, open_files, close_files);
}
