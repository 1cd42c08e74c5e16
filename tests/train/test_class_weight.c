/* class_weight: what a class is, for one output and several, times sample_weight, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 24
#define BATCH 7

static const cornu_class_weight uneven[] = {{0, 2}, {1, 0.25}, {2, 3}};
static const cornu_class_weight flags[] = {{1, 4}};

/* Input "x"; outputs "kind" (3 classes, by `loss`) and "flag" (one sigmoid). */
static cornu_model *two_outputs(const char *loss)
{
    cornu_tensor *x = cornu_input(.shape = {SMALL_FEATURES}, .name = "x");
    cornu_tensor *kind = cornu_call(cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "kind"), x);
    cornu_tensor *flag = cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "flag"), x);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {kind, flag}, .seed = 2);
    assert_int_equal(cornu_compile(model, .optimizer = "sgd", .losses = {loss, "binary_crossentropy"}), CORNU_OK);
    return model;
}

static cornu_model *one_output(const char *loss)
{
    cornu_model *model = cornu_sequential(.seed = 2);
    cornu_add(model,
              cornu_dense(SMALL_CLASSES, .activation = "softmax", .input_shape = {SMALL_FEATURES}, .name = "kind"));
    assert_int_equal(cornu_compile(model, .optimizer = "sgd", .loss = loss), CORNU_OK);
    return model;
}

typedef struct fixture {
    cornu_array *x, *numbers, *one_hot, *flags, *column;
    cornu_array *of_kind, *of_flag; /* the classes' weights, as weights of samples */
    cornu_array *y, *weights;       /* lists of both outputs */
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){.x = small_x(ROWS),
                  .numbers = small_y(ROWS),
                  .one_hot = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, SMALL_CLASSES}),
                  .flags = cornu_array_zeros(CORNU_BOOL, 1, (int64_t[]){ROWS}),
                  .column = cornu_array_zeros(CORNU_INT64, 2, (int64_t[]){ROWS, 1}),
                  .of_kind = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS}),
                  .of_flag = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS})};
    for (int i = 0; i < ROWS; i++) {
        int32_t number = ((const int32_t *)cornu_array_data(f.numbers))[i];
        bool flag = i % 3 == 0;
        cornu_array_float32(f.one_hot)[i * SMALL_CLASSES + number] = 1;
        ((int64_t *)cornu_array_data(f.column))[i] = number;
        ((bool *)cornu_array_data(f.flags))[i] = flag;
        cornu_array_float32(f.of_kind)[i] = (float)uneven[number].weight;
        cornu_array_float32(f.of_flag)[i] = flag ? 4 : 1;
    }
    f.y = cornu_array_list(2, (cornu_array *[]){f.numbers, f.flags});
    f.weights = cornu_array_list(2, (cornu_array *[]){f.of_kind, f.of_flag});
    *state = &f;
    return f.y && f.weights ? 0 : 1;
}

static int tear_down(void **state)
{
    const fixture *f = *state;
    cornu_array *const all[] = {f->x,       f->numbers, f->one_hot, f->flags,  f->column,
                                f->of_kind, f->of_flag, f->y,       f->weights};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
    return 0;
}

static void take_digest(cornu_model *model, cornu_history *history, char digest[CORNU_SHA256_TEXT_SIZE])
{
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(model, digest);
    cornu_model_release(model);
}

#define FIT(made, y_, digest, ...)                                                                                     \
    do {                                                                                                               \
        cornu_model *fitted = made;                                                                                    \
        take_digest(fitted, cornu_fit(fitted, f->x, y_, .batch_size = BATCH, .epochs = 2, .verbose = 0, __VA_ARGS__),  \
                    digest);                                                                                           \
    } while (0)

static void a_class_is_a_number_in_any_form_or_a_place_in_a_row(void **state)
{
    const fixture *f = *state;
    cornu_array *const forms[] = {f->numbers, f->column, f->one_hot};
    char wanted[CORNU_SHA256_TEXT_SIZE], plain[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    for (int i = 0; i < 3; i++) {
        const char *loss = i < 2 ? "sparse_categorical_crossentropy" : "categorical_crossentropy";
        FIT(one_output(loss), forms[i], plain, .shuffle = true);
        FIT(one_output(loss), forms[i], wanted, .sample_weight = f->of_kind);
        FIT(one_output(loss), forms[i], digest, .class_weight = uneven, .class_weight_count = 3);
        assert_string_equal(digest, wanted);
        assert_string_not_equal(digest, plain);
    }
}

static void each_output_has_its_own_by_order_or_name(void **state)
{
    const fixture *f = *state;
    const char *const loss = "sparse_categorical_crossentropy";
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    FIT(two_outputs(loss), f->y, wanted, .sample_weight = f->weights);
    FIT(two_outputs(loss), f->y, digest, .output_class_weights = {{NULL, uneven, 3}, {NULL, flags, 1}});
    assert_string_equal(digest, wanted);
    FIT(two_outputs(loss), f->y, digest, .output_class_weights = {{"flag", flags, 1}, {"kind", uneven, 3}});
    assert_string_equal(digest, wanted);
    cornu_array *only_flag = cornu_array_dict(1, (const char *[]){"flag"}, (cornu_array *[]){f->of_flag});
    FIT(two_outputs(loss), f->y, wanted, .sample_weight = only_flag);
    FIT(two_outputs(loss), f->y, digest, .output_class_weights = {{"flag", flags, 1}});
    assert_string_equal(digest, wanted);
    FIT(two_outputs(loss), f->y, digest, .output_class_weights = {{0}, {NULL, flags, 1}});
    assert_string_equal(digest, wanted);
    cornu_array_release(only_flag);
}

static void generators_and_single_batches_have_the_same(void **state)
{
    const fixture *f = *state;
    const char *const loss = "sparse_categorical_crossentropy";
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = BATCH);
    cornu_model *model = two_outputs(loss);
    take_digest(
        model,
        cornu_fit(model, f->x, f->y, .batch_size = BATCH, .shuffle = false, .sample_weight = f->weights, .verbose = 0),
        wanted);
    model = two_outputs(loss);
    take_digest(model,
                cornu_fit_generator(model, sequence, .shuffle = false, .verbose = 0,
                                    .output_class_weights = {{"flag", flags, 1}, {"kind", uneven, 3}}),
                digest);
    assert_string_equal(digest, wanted);
    model = two_outputs(loss);
    for (int64_t begin = 0; begin < ROWS; begin += BATCH) {
        int64_t end = begin + BATCH < ROWS ? begin + BATCH : ROWS;
        cornu_array *x = cornu_array_rows(f->x, begin, end), *y = cornu_array_rows(f->y, begin, end);
        assert_int_equal(
            cornu_train_on_batch(model, x, y, NULL, .output_class_weights = {{"flag", flags, 1}, {"kind", uneven, 3}}),
            CORNU_OK);
        cornu_array_release(x);
        cornu_array_release(y);
    }
    small_digest(model, digest);
    assert_string_equal(digest, wanted);
    cornu_model_release(model);
    cornu_sequence_release(sequence);
}

static void weights_of_samples_and_classes_multiply_for_each_output(void **state)
{
    const fixture *f = *state;
    const char *const loss = "sparse_categorical_crossentropy";
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_array *squared = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS});
    for (int i = 0; i < ROWS; i++)
        cornu_array_float32(squared)[i] = (float)(cornu_array_get(f->of_flag, i) * cornu_array_get(f->of_flag, i));
    cornu_array *product = cornu_array_list(2, (cornu_array *[]){f->of_kind, squared});
    FIT(two_outputs(loss), f->y, wanted, .sample_weight = product);
    FIT(two_outputs(loss), f->y, digest, .sample_weight = f->weights, .output_class_weights = {{"flag", flags, 1}});
    assert_string_equal(digest, wanted);
    cornu_array_release(squared);
    cornu_array_release(product);
}

/* Keras 3's choice: what is held out for validation is measured as it is. */
static void the_split_off_validation_rows_are_not_weighted(void **state)
{
    const fixture *f = *state;
    cornu_model *model = one_output("sparse_categorical_crossentropy");
    cornu_history *history = cornu_fit(model, f->x, f->numbers, .batch_size = BATCH, .validation_split = 0.5,
                                       .class_weight = uneven, .class_weight_count = 3, .verbose = 0);
    cornu_array *x = cornu_array_rows(f->x, ROWS / 2, ROWS), *y = cornu_array_rows(f->numbers, ROWS / 2, ROWS);
    cornu_logs results;
    assert_int_equal(cornu_evaluate(model, x, y, &results, .batch_size = BATCH, .verbose = 0), CORNU_OK);
    assert_true(cornu_history_get(history, "val_loss", 0) == results.values[0]);
    cornu_history_release(history);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_model_release(model);
}

static void says(cornu_status status, const char *words)
{
    assert_int_equal(cornu_error_status(), status);
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
}

static void a_strict_list_must_name_every_class_there_is(void **state)
{
    const fixture *f = *state;
    cornu_model *model = one_output("sparse_categorical_crossentropy"),
                *by_place = one_output("categorical_crossentropy");
    int64_t second = 0;
    while (((const int32_t *)cornu_array_data(f->numbers))[second] != 2)
        second++;
    char words[100];
    snprintf(words, sizeof words, "target 'kind': sample %d is of the class 2,", (int)second);
    assert_null(cornu_fit(model, f->x, f->numbers, .class_weight = uneven, .class_weight_count = 2,
                          .class_weight_strict = true, .verbose = 0));
    says(CORNU_ERROR_DATA, words);
    assert_null(cornu_fit(by_place, f->x, f->one_hot, .class_weight = uneven, .class_weight_count = 2,
                          .class_weight_strict = true, .verbose = 0));
    says(CORNU_ERROR_DATA, words);
    assert_int_not_equal(cornu_train_on_batch(model, f->x, f->numbers, NULL, .class_weight = uneven,
                                              .class_weight_count = 2, .class_weight_strict = true),
                         CORNU_OK);
    says(CORNU_ERROR_DATA, words);
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->numbers, .batch_size = ROWS);
    assert_null(cornu_fit_generator(model, sequence, .class_weight = uneven, .class_weight_count = 2,
                                    .class_weight_strict = true, .verbose = 0));
    says(CORNU_ERROR_DATA, "batch 0: target 'kind'");
    cornu_sequence_release(sequence);
    cornu_history *history = cornu_fit(model, f->x, f->numbers, .class_weight = uneven, .class_weight_count = 3,
                                       .class_weight_strict = true, .verbose = 0);
    assert_non_null(history);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_model_release(by_place);
}

static void what_cannot_be_is_refused_in_words(void **state)
{
    const fixture *f = *state;
    cornu_model *two = two_outputs("sparse_categorical_crossentropy");
    assert_null(cornu_fit(two, f->x, f->y, .class_weight = flags, .class_weight_count = 1, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "this one has 2 ('kind', 'flag'): output_class_weights says whose");
    assert_null(cornu_fit(two, f->x, f->y, .output_class_weights = {{"flags", flags, 1}}, .verbose = 0));
    says(CORNU_ERROR_UNKNOWN_NAME, "no output 'flags', but 'kind', 'flag'; was 'flag' meant?");
    assert_null(
        cornu_fit(two, f->x, f->y, .output_class_weights = {{0}, {NULL, flags, 1}, {NULL, flags, 1}}, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "item 3 of output_class_weights has no name, and the model has 2 outputs");
    assert_null(
        cornu_fit(two, f->x, f->y, .output_class_weights = {{"flag", flags, 1}, {NULL, flags, 1}}, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "output 'flag' has two lists");
    assert_null(cornu_fit(two, f->x, f->y, .output_class_weights = {{"flag", NULL, 1}}, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "the list is NULL");
    cornu_model_release(two);

    cornu_model *sequences = cornu_sequential();
    cornu_add(sequences, cornu_dense(1, .input_shape = {5, 2}, .name = "steps"));
    assert_int_equal(cornu_compile(sequences, .loss = "mse"), CORNU_OK);
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 3, (int64_t[]){4, 5, 2}),
                *y = cornu_array_zeros(CORNU_FLOAT32, 3, (int64_t[]){4, 5, 1});
    assert_null(cornu_fit(sequences, x, y, .class_weight = flags, .class_weight_count = 1, .verbose = 0));
    says(CORNU_ERROR_SHAPE, "target 'steps' has 3 axes");
    cornu_logs logs;
    assert_int_not_equal(cornu_test_on_batch(sequences, x, y, &logs, .output_class_weights = {{NULL, flags, 1}}),
                         CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, "class_weight is for training");
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_model_release(sequences);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_class_is_a_number_in_any_form_or_a_place_in_a_row),
        TEST(each_output_has_its_own_by_order_or_name),
        TEST(generators_and_single_batches_have_the_same),
        TEST(weights_of_samples_and_classes_multiply_for_each_output),
        TEST(the_split_off_validation_rows_are_not_weighted),
        TEST(a_strict_list_must_name_every_class_there_is),
        TEST(what_cannot_be_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
