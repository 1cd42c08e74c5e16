/* Tables of text as datasets: what columns become, what missing values become, what is refused, and the same batches for any workers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/dataset_checks.h"
#include "data/oracle_values.h"
#include "support/another_user.h"

static char path[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    scratch_path(path, "table.csv");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return cornu__allocation_live() != 0;
}

static const char people[] = "name,age,height,sex,note\n"
                             "Ada,36,1.65,f,\"wrote \"\"notes\"\"\"\n"
                             "Alan,41,1.78,m,\n"
                             "Grace,85,1.7e0,f,\"two\nlines, one field\"\n"
                             "Edsger,72,1.8,m,  blanks stay \n";

static void expect_field(const cornu_dataset *dataset, const char *name, cornu_dtype dtype, int rank, int64_t size,
                         int64_t classes)
{
    int number = cornu_dataset_field_named(dataset, name);
    if (number < 0)
        fail_msg("%s", cornu_error_message());
    const cornu_field *field = cornu_dataset_field(dataset, number);
    assert_int_equal(field->dtype, dtype);
    assert_int_equal(field->rank, rank);
    if (rank > 0)
        assert_int_equal(field->shape[0], size);
    assert_int_equal(field->num_classes, classes);
}

static void columns_become_what_their_fields_are(void **state)
{
    (void)state;
    write_text(path, people);
    cornu_dataset *dataset = made(cornu_csv_dataset(path));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), 4);
    assert_int_equal(cornu_dataset_field_count(dataset), 5);
    expect_field(dataset, "name", CORNU_UINT8, 1, CORNU_NONE, 0);
    expect_field(dataset, "age", CORNU_INT64, 0, 0, 0);
    expect_field(dataset, "height", CORNU_FLOAT32, 0, 0, 0);
    expect_field(dataset, "sex", CORNU_INT32, 0, 0, 2);
    expect_field(dataset, "note", CORNU_UINT8, 1, CORNU_NONE, 0);
    assert_string_equal(cornu_dataset_field(dataset, 3)->class_names[0], "f");
    assert_string_equal(cornu_dataset_field(dataset, 3)->class_names[1], "m");
    read_sample(dataset, 2, sample);
    expect_bytes(dataset, sample, "name", "Grace", 5);
    expect_bytes(dataset, sample, "note", "two\nlines, one field", 20);
    assert_true(value_of(dataset, sample, "age", 0) == 85 && value_of(dataset, sample, "height", 0) == 1.7f);
    read_sample(dataset, 0, sample);
    expect_bytes(dataset, sample, "note", "wrote \"notes\"", 13);
    assert_true(value_of(dataset, sample, "sex", 0) == 0);
    read_sample(dataset, 3, sample);
    expect_bytes(dataset, sample, "note", "  blanks stay ", 14);
    read_sample(dataset, 1, sample);
    expect_bytes(dataset, sample, "note", "", 0);
    assert_true(value_of(dataset, sample, "sex", 0) == 1);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void a_table_is_known_by_its_name(void **state)
{
    (void)state;
    write_text(path, people);
    cornu_dataset *dataset = made(cornu_dataset_open(path));
    assert_int_equal(cornu_dataset_count(dataset), 4);
    assert_int_equal(cornu_dataset_field_count(dataset), 5);
    cornu_dataset_release(dataset);
}

static void a_target_gathers_the_others_in_x(void **state)
{
    (void)state;
    write_text(path, "a,b,kind,w\n1,2.5,x,1\n3,4,y,2\n5,6,x,3\n");
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .target = "kind", .fields = cornu_names("w")));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_field_count(dataset), 3);
    expect_field(dataset, "x", CORNU_FLOAT32, 1, 2, 0);
    expect_field(dataset, "y", CORNU_INT32, 0, 0, 2);
    expect_field(dataset, "w", CORNU_INT64, 0, 0, 0);
    read_sample(dataset, 1, sample);
    assert_true(value_of(dataset, sample, "x", 0) == 3 && value_of(dataset, sample, "x", 1) == 4);
    assert_true(value_of(dataset, sample, "y", 0) == 1 && value_of(dataset, sample, "w", 0) == 2);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    dataset = made(cornu_csv_dataset(path, .x = cornu_names("w", "kind", "0"), .target = "1",
                                     .columns = cornu_csv_columns({"kind", "one_hot"}, {"b", "float64"})));
    sample = made(cornu_sample_create(dataset));
    expect_field(dataset, "x", CORNU_FLOAT32, 1, 4, 0);
    expect_field(dataset, "y", CORNU_FLOAT64, 0, 0, 0);
    read_sample(dataset, 1, sample);
    const double wanted[] = {2, 0, 1, 3};
    for (int i = 0; i < 4; i++)
        assert_true(value_of(dataset, sample, "x", i) == wanted[i]);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void whole_numbers_of_classes_are_in_their_order(void **state)
{
    (void)state;
    write_text(path, "q,v\n10,1\n9,2\n9,3\n10,4\n-1,5\n");
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .target = "q", .columns = cornu_csv_columns({"q", "class"})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    expect_field(dataset, "y", CORNU_INT32, 0, 0, 3);
    assert_string_equal(cornu_dataset_field(dataset, cornu_dataset_field_named(dataset, "y"))->class_names[0], "-1");
    const double wanted[] = {2, 1, 1, 2, 0};
    for (int i = 0; i < 5; i++) {
        read_sample(dataset, i, sample);
        assert_true(value_of(dataset, sample, "y", 0) == wanted[i]);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

/* --- Missing values --- */

static double read_one(const char *missing, const char *type, int64_t row)
{
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .missing = missing, .na_values = cornu_names("?", "-9"),
                                                    .columns = cornu_csv_columns({"v", type})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    read_sample(dataset, row, sample);
    double value = value_of(dataset, sample, "v", 0);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    return value;
}

static void missing_values_become_what_is_said(void **state)
{
    (void)state;
    const char *const spellings[] = {"", "NA", "N/A", "nan", "-NaN", "NULL", "None", "n/a", "?", "-9", "<NA>"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char text[100];
        snprintf(text, sizeof text, "v,k\n1,a\n%s,b\n4,a\n", spellings[i]);
        write_text(path, text);
        assert_true(isnan(read_one("nan", NULL, 1)));
        assert_true(read_one("mean", NULL, 1) == 2.5 && read_one("mean", NULL, 2) == 4);
        assert_true(read_one("-3", NULL, 1) == -3 && read_one("0.5", NULL, 1) == 0.5);
        assert_true(read_one("-3", "int16", 1) == -3);
        expect_refusal(cornu_csv_dataset(path, .na_values = cornu_names("?", "-9")), "line 3, column 1 (v): ");
        expect_refusal(cornu_csv_dataset(path, .missing = "nan", .na_values = cornu_names("?", "-9"),
                                         .columns = cornu_csv_columns({"v", "int32"})),
                       "int32 does not hold nan");
    }
    expect_refusal(cornu_csv_dataset(path, .missing = "medium"), "is no number; wanted");
    write_text(path, "v,w\nNA,1\nNA,2\n");
    expect_refusal(cornu_csv_dataset(path, .missing = "mean"), "no mean");
}

static void policies_of_columns_go_before_the_tables(void **state)
{
    (void)state;
    write_text(path, "a,b,k\n,,x\n2,4,\n4,8,y\n3,6,x\n3,6,y\n");
    expect_refusal(
        cornu_csv_dataset(path, .columns = cornu_csv_columns({"a", .missing = "mean"}, {"b", .missing = "0"})),
        "line 3, column 3 (k): the field is empty");
    cornu_dataset *dataset =
        made(cornu_csv_dataset(path, .columns = cornu_csv_columns({"a", .missing = "mean"}, {"b", .missing = "0"},
                                                                  {"k", "class", .missing = "x"})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    read_sample(dataset, 0, sample);
    assert_true(value_of(dataset, sample, "a", 0) == 3 && value_of(dataset, sample, "b", 0) == 0);
    expect_field(dataset, "k", CORNU_INT32, 0, 0, 2);
    read_sample(dataset, 1, sample);
    assert_true(value_of(dataset, sample, "k", 0) == 0);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void a_test_table_has_the_training_tables_classes_and_means(void **state)
{
    (void)state;
    char other[PATH_SIZE];
    scratch_path(other, "test.csv");
    write_text(path, "v,k\n1,b\n,c\n4,a\n4,a\n7,b\n9,c\n");
    write_text(other, "k,v\nc,\nb,3\n");
    cornu_dataset *train = made(cornu_csv_dataset(path, .missing = "mean"));
    cornu_dataset *test = made(cornu_csv_dataset(other, .like = train));
    cornu_sample *sample = made(cornu_sample_create(test));
    expect_field(test, "k", CORNU_INT32, 0, 0, 3);
    read_sample(test, 0, sample);
    assert_true(value_of(test, sample, "v", 0) == 5 && value_of(test, sample, "k", 0) == 2);
    read_sample(test, 1, sample);
    assert_true(value_of(test, sample, "v", 0) == 3 && value_of(test, sample, "k", 0) == 1);
    cornu_sample_release(sample);
    cornu_dataset_release(test);
    write_text(other, "k,v\nd,1\n");
    expect_refusal(cornu_csv_dataset(other, .like = train), "line 2, column 1 (k): 'd' is none of the 3 classes");
    write_text(other, "k,v\na,red\n");
    expect_refusal(cornu_csv_dataset(other, .like = train), "line 2, column 2 (v): 'red' is no number");
    cornu_dataset_release(train);
    write_text(path, "n\n1\n2\n");
    write_text(other, "n\n3\n1.5\n");
    train = made(cornu_csv_dataset(path));
    expect_refusal(cornu_csv_dataset(other, .like = train), "line 3, column 1 (n): '1.5' is no whole number");
    expect_refusal(cornu_csv_dataset(other, .like = train), ".columns = cornu_csv_columns({NAME, \"float32\"})");
    cornu_dataset_release(train);
    unlink(other);
}

static void files_of_one_pattern_are_one_table(void **state)
{
    (void)state;
    char first[PATH_SIZE], second[PATH_SIZE], pattern[PATH_SIZE];
    write_text(scratch_path(first, "shard-1.csv"), "k,v\nb,1\na,\nc,3\n");
    write_text(scratch_path(second, "shard-2.csv"), "k,v\nc,8\nb,\nb,7\n");
    scratch_path(pattern, "shard-*.csv");
    cornu_dataset *all = made(cornu_csv_dataset(pattern, .target = "k", .missing = "mean"));
    cornu_sample *sample = made(cornu_sample_create(all));
    assert_int_equal(cornu_dataset_count(all), 6);
    expect_field(all, "y", CORNU_INT32, 0, 0, 3);
    const double wanted[][2] = {{1, 1}, {2, 0}, {3, 2}, {8, 2}, {2, 1}, {7, 1}}; /* 2: the mean of the first */
    for (int i = 5; i >= 0; i--) {
        read_sample(all, i, sample);
        assert_true(value_of(all, sample, "x", 0) == wanted[i][0]);
        assert_true(value_of(all, sample, "y", 0) == wanted[i][1]);
    }
    cornu_sample_release(sample);
    write_text(path, "k,v\nc,\n");
    cornu_dataset *test = made(cornu_csv_dataset(path, .target = "k", .missing = "mean", .like = all));
    sample = made(cornu_sample_create(test));
    read_sample(test, 0, sample);
    assert_true(value_of(test, sample, "x", 0) == 2 && value_of(test, sample, "y", 0) == 2);
    cornu_sample_release(sample);
    cornu_dataset_release(test);
    cornu_dataset_release(all);

    write_text(second, "k,v\nd,8\n");
    expect_refusal(cornu_csv_dataset(pattern, .target = "k", .missing = "0"),
                   "shard-2.csv', line 2, column 1 (k): 'd'");
    write_text(second, "v,k\n8,c\n");
    expect_refusal(cornu_csv_dataset(pattern, .target = "k", .missing = "0"), "shard-2.csv' is 'v', and of '");
    write_text(second, "k,v,w\nb,8,1\n");
    expect_refusal(cornu_csv_dataset(pattern, .target = "k", .missing = "0"), "shard-2.csv' has 3 columns, and '");
    unlink(first);
    unlink(second);
    expect_refusal(cornu_csv_dataset(pattern), "there is no file of a name like");
}

static void a_text_that_comes_late_makes_classes_of_all(void **state)
{
    (void)state;
    write_text(path, "v,w,k\n1,1,a\n2,1,a\n1,1,b\n2,1,b\nred,1,b\nred,1,b\n");
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .columns = cornu_csv_columns({"k", "one_hot"})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    expect_field(dataset, "v", CORNU_INT32, 0, 0, 3);
    read_sample(dataset, 1, sample);
    assert_true(value_of(dataset, sample, "v", 0) == 1);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

/* --- What others write --- */

static void what_pythons_csv_module_writes_comes_back(void **state)
{
    (void)state;
    json_t *values = oracle_json("tables"), *rows = json_object_get(values, "rows");
    cornu_dataset *dataset = made(cornu_csv_dataset(
        fixture_path(path, "table.csv"), .columns = cornu_csv_columns({"real", "float64"}, {"text", "text"})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), json_array_size(rows));
    expect_field(dataset, "whole", CORNU_INT64, 0, 0, 0);
    expect_field(dataset, "kind", CORNU_INT32, 0, 0, 4);
    const cornu_field *kind = cornu_dataset_field(dataset, cornu_dataset_field_named(dataset, "kind"));
    for (size_t i = json_array_size(rows); i-- > 0;) {
        const json_t *row = json_array_get(rows, i), *text = json_object_get(row, "text");
        read_sample(dataset, (int64_t)i, sample);
        assert_true(*(int64_t *)cornu_sample_data(sample, 0) == json_integer_value(json_object_get(row, "whole")));
        assert_true(value_of(dataset, sample, "real", 0) == json_real_value(json_object_get(row, "real")));
        assert_true(value_of(dataset, sample, "narrow", 0) ==
                    (double)(float)json_real_value(json_object_get(row, "narrow")));
        assert_string_equal(kind->class_names[(int)value_of(dataset, sample, "kind", 0)],
                            json_string_value(json_object_get(row, "kind")));
        expect_bytes(dataset, sample, "text", json_string_value(text), json_string_length(text));
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    json_decref(values);
    path[0] = '\0'; /* not a file of ours to remove */
}

static void expect_real_table(const char *name, const json_t *wanted)
{
    char file[PATH_SIZE], part[100];
    snprintf(part, sizeof part, "tabular/%s.csv", name);
    shared_data_path(file, part);
    cornu_dataset *dataset = made(cornu_csv_dataset(file, .missing = "nan"));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), json_integer_value(json_object_get(wanted, "rows")));
    const json_t *columns = json_object_get(wanted, "columns");
    for (size_t c = 0; c < json_array_size(columns); c++) {
        const char *column = json_string_value(json_array_get(columns, c));
        double sum = 0;
        int64_t missing = 0;
        for (int64_t i = 0; i < cornu_dataset_count(dataset); i++) {
            read_sample(dataset, i, sample);
            double value = value_of(dataset, sample, column, 0);
            missing += isnan(value);
            sum += isnan(value) ? 0 : value;
        }
        double mean = json_real_value(json_array_get(json_object_get(wanted, "means"), c));
        assert_int_equal(missing, json_integer_value(json_array_get(json_object_get(wanted, "missing"), c)));
        assert_true(fabs(sum / (double)(cornu_dataset_count(dataset) - missing) - mean) < 1e-6 * fabs(mean) + 1e-9);
    }
    const char *column;
    json_t *names;
    json_object_foreach(json_object_get(wanted, "distinct"), column, names)
    {
        const cornu_field *field = cornu_dataset_field(dataset, cornu_dataset_field_named(dataset, column));
        assert_int_equal(field->num_classes, json_array_size(names));
        for (int64_t i = 0; i < field->num_classes; i++)
            assert_string_equal(field->class_names[i], json_string_value(json_array_get(names, (size_t)i)));
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void real_tables_are_what_pandas_reads(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    shared_data_path(folder, "tabular");
    json_t *values = oracle_json("tables"), *wanted;
    const char *name;
    json_object_foreach(json_object_get(values, "tables"), name, wanted) expect_real_table(name, wanted);
    json_decref(values);
}

static void messages_and_news_are_texts_with_labels(void **state)
{
    (void)state;
    char file[PATH_SIZE];
    shared_data_path(file, "sms_spam/sms.tsv");
    expect_refusal(cornu_csv_dataset(file, .quotes = false), "say so with header = 1, or header = 0");
    cornu_dataset *messages = made(cornu_csv_dataset(file, .header = 0, .quotes = false));
    cornu_sample *sample = made(cornu_sample_create(messages));
    assert_int_equal(cornu_dataset_count(messages), 5574);
    expect_field(messages, "0", CORNU_INT32, 0, 0, 2);
    expect_field(messages, "1", CORNU_UINT8, 1, CORNU_NONE, 0);
    int64_t spam = 0;
    for (int64_t i = 0; i < 5574; i++) {
        read_sample(messages, i, sample);
        spam += (int64_t)value_of(messages, sample, "0", 0);
    }
    assert_int_equal(spam, 747);
    cornu_sample_release(sample);
    cornu_dataset_release(messages);
    shared_data_path(file, "ag_news/test.csv");
    cornu_dataset *news = made(cornu_csv_dataset(file));
    assert_int_equal(cornu_dataset_count(news), 7600);
    expect_field(news, "0", CORNU_INT64, 0, 0, 0);
    expect_field(news, "2", CORNU_UINT8, 1, CORNU_NONE, 0);
    cornu_dataset_release(news);
}

/* --- Many rows --- */

/* Rows i, i / 2, i % 7; lines are of very different lengths. */
static char *long_table(int64_t rows, size_t *size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    fprintf(stream, "a,b,y,text\r\n");
    for (int64_t i = 0; i < rows; i++) {
        fprintf(stream, "%lld,%g,%lld,\"", (long long)i, (double)i / 2, (long long)(i % 7));
        for (int64_t j = 0; j < i * i % 611; j++)
            fputs(j % 50 == 49 ? "\"\"\n" : "w", stream);
        fprintf(stream, "\"\r\n");
    }
    fclose(stream);
    return text;
}

static void rows_are_found_in_any_order_and_by_any_workers(void **state)
{
    (void)state;
    size_t size;
    char *text = long_table(3000, &size);
    for (int compressed = 0; compressed < 2; compressed++) {
        if (compressed)
            write_gzip(path, text, size);
        else
            write_bytes(path, text, size);
        cornu_dataset *dataset = made(cornu_csv_dataset(path, .x = cornu_names("a", "b"), .target = "y"));
        cornu_sample *sample = made(cornu_sample_create(dataset));
        assert_int_equal(cornu_dataset_count(dataset), 3000);
        assert_true(cornu_dataset_random_access(dataset) == !compressed);
        for (int64_t i = 0, row = 0; i < (compressed ? 60 : 3000); i++, row = (row + 1789) % 3000) {
            read_sample(dataset, row, sample);
            assert_true(value_of(dataset, sample, "x", 0) == (double)row &&
                        value_of(dataset, sample, "x", 1) == (double)row / 2 &&
                        value_of(dataset, sample, "y", 0) == (double)(row % 7));
        }
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
        dataset = made(cornu_csv_dataset(path, .x = cornu_names("a", "b"), .target = "y"));
        expect_same_batches_for_any_workers(dataset, 2);
        cornu_dataset_release(dataset);
    }
    free(text);
}

static void a_sequence_comes_in_one_call(void **state)
{
    (void)state;
    write_text(path, "a,b,y,w\n1,2,0,1\n3,4,1,2\n5,6,1,3\n");
    cornu_sequence *sequence =
        made(cornu_csv_sequence(path, .target = "y", .sample_weight = "w", .batch_size = 2, .shuffle = false));
    cornu_batch batch;
    assert_int_equal(cornu_sequence_length(sequence), 2);
    assert_int_equal(cornu_sequence_get(sequence, 0, &batch), CORNU_OK);
    assert_int_equal(cornu_array_size(batch.x, 0), 2);
    assert_int_equal(cornu_array_size(batch.x, 1), 2);
    assert_true(cornu_array_get(batch.x, 3) == 4 && cornu_array_get(batch.y, 1) == 1 &&
                cornu_array_get(batch.sample_weight, 1) == 2);
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
}

/* --- Hostile files --- */

static void what_is_wrong_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"a,b\n", "no rows"},
        {"a,b\n1\n", "line 2: wanted 2 fields like the first line, got 1"},
        {"a,b\n1,2\n3,4,5\n", "line 3: wanted 2 fields like the first line, got 3"},
        {"a,b\n1,2\n\n3,4\n", "line 3: the line is empty"},
        {"a,b\n1,\"2\n3,4\n", "line 2, column 2: a quote is opened and never closed"},
        {"a,b\n1,\"2\"3\n", "line 2, column 2: text behind a closing quote"},
        {"a,b\n1,2\n,4\n", "line 3, column 1 (a): the field is empty"},
        {"a,a\n1,2\n", "two fields are named 'a'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text(path, wrong[i].text);
        expect_refusal(cornu_csv_dataset(path), wrong[i].part);
    }
    write_bytes(path, "a,b\n1,2\n3\0,4\n", 14);
    expect_refusal(cornu_csv_dataset(path), "byte 9 is zero");
    write_text(path, "a,b\n1,2\n");
    expect_refusal(cornu_csv_dataset(path, .target = "bb"), "has no column 'bb'; did you mean 'b'?");
    expect_refusal(cornu_csv_dataset(path, .x = cornu_names("a", "c")), "has no column 'c'");
    expect_refusal(cornu_csv_dataset(path, .fields = cornu_names("7")), "its columns are 0 to 1");
    expect_refusal(cornu_csv_dataset(path, .columns = cornu_csv_columns({"a", "flaot32"})),
                   "there is no type 'flaot32'");
    expect_refusal(cornu_csv_dataset(path, .separator = '"'), "a quote or a line's end");
    expect_refusal(cornu_csv_dataset("/nowhere/x.csv"), "cannot read '/nowhere/x.csv'");
    expect_refusal(cornu_csv_dataset("/dev/null"), "pipe or device");
    write_text(path, "a,n\n1,x\n2,y\n3,z\n");
    expect_refusal(cornu_csv_dataset(path, .target = "a"), "column 2 (n) holds texts");
    write_text(path, "300,1\n1,2\n");
    expect_refusal(cornu_csv_dataset(path, .columns = cornu_csv_columns({"0", "uint8"})),
                   "line 1, column 1: '300' is no number that uint8 holds");
}

static void bytes_that_are_no_utf8_stay_what_they_are(void **state)
{
    (void)state;
    write_text(path, "t,v\n\xff\xfe,1\n\xc3,2\n");
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .columns = cornu_csv_columns({"t", "text"})));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    read_sample(dataset, 0, sample);
    expect_bytes(dataset, sample, "t", "\xff\xfe", 2);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void a_table_cut_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length <= sizeof people - 1; length++) {
        write_bytes(path, people, length);
        cornu_error_clear();
        cornu_dataset *dataset = cornu_csv_dataset(path, .missing = "nan");
        assert_true(dataset || cornu_error_message()[0] != '\0');
        cornu_sample *sample = dataset ? made(cornu_sample_create(dataset)) : NULL;
        for (int64_t i = 0; i < cornu_dataset_count(dataset); i++)
            read_sample(dataset, i, sample);
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
        write_gzip(path, people, sizeof people - 1);
        size_t size;
        unsigned char *bytes = read_bytes(path, &size);
        if (length < size) {
            write_bytes(path, bytes, length);
            if (length >= 2) /* the mark of gzip is there */
                expect_refusal(cornu_csv_dataset(path), "'");
        }
        free(bytes);
    }
}

static void very_wide_and_very_long_rows_have_a_limit(void **state)
{
    (void)state;
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 1000001; i++)
        fputs("1,", file);
    fclose(file);
    expect_refusal(cornu_csv_dataset(path), "more than 1000000 fields");
    file = fopen(path, "wb");
    for (int i = 0; i < 999999; i++)
        fputs("1,", file);
    fputs("2\n", file);
    fclose(file);
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .target = "-1"));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    expect_field(dataset, "x", CORNU_FLOAT32, 1, 999999, 0);
    read_sample(dataset, 0, sample);
    assert_true(value_of(dataset, sample, "x", 999998) == 1 && value_of(dataset, sample, "y", 0) == 2);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    file = fopen(path, "wb");
    fputs("a,b\n1,\"", file);
    for (int i = 0; i < 70 << 10; i++)
        fprintf(file, "%1023d\n", i);
    fclose(file);
    expect_refusal(cornu_csv_dataset(path), "line 2: a row of more than");
}

static void a_table_that_shrinks_or_goes_while_it_is_read_is_told_of(void **state)
{
    (void)state;
    size_t size;
    char *text = long_table(2000, &size);
    write_bytes(path, text, size);
    cornu_dataset *dataset = made(cornu_csv_dataset(path, .x = cornu_names("a", "b"), .target = "y"));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    read_sample(dataset, 0, sample);
    assert_int_equal(truncate(path, (off_t)(size / 2)), 0);
    assert_int_equal(cornu_dataset_read(dataset, 1990, sample), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "was changed while it was read"));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    write_gzip(path, text, size);
    dataset = made(cornu_csv_dataset(path, .x = cornu_names("a", "b"), .target = "y"));
    sample = made(cornu_sample_create(dataset));
    unlink(path);
    assert_int_equal(cornu_dataset_read(dataset, 0, sample), CORNU_ERROR_IO);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    free(text);
}

/* In a process of its own: whether it was refused with the right words, as its exit status. */
static int read_forbidden_table(void)
{
    if (!is_nobody())
        return CANNOT_BE_TRIED;
    return !cornu_csv_dataset(path) && strstr(cornu_error_message(), "Permission denied") ? 0 : 1;
}

static void a_table_without_permission_is_refused(void **state)
{
    (void)state;
    write_text(path, people);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(exit_status_of(read_forbidden_table), 0);
}

static cornu_dataset *open_people(void)
{
    return cornu_csv_dataset(path, .missing = "mean", .columns = cornu_csv_columns({"sex", "one_hot"}));
}

static void memory_that_is_refused_is_told_of(void **state)
{
    (void)state;
    write_text(path, people);
    fail_every_allocation_of_reading(open_people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_become_what_their_fields_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_is_known_by_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_target_gathers_the_others_in_x, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_numbers_of_classes_are_in_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_values_become_what_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(policies_of_columns_go_before_the_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_test_table_has_the_training_tables_classes_and_means, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_of_one_pattern_are_one_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_text_that_comes_late_makes_classes_of_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_pythons_csv_module_writes_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(real_tables_are_what_pandas_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_and_news_are_texts_with_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_are_found_in_any_order_and_by_any_workers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sequence_comes_in_one_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_utf8_stay_what_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_cut_anywhere_is_read_or_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(very_wide_and_very_long_rows_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_that_shrinks_or_goes_while_it_is_read_is_told_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_without_permission_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_refused_is_told_of, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
