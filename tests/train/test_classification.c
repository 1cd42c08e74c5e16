/* Judging a classifier: counts, scores and mistakes, for every way of giving classes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/classification.h"

/* Six samples of three classes: four right, 2 mistaken. */
static const float probabilities[6][3] = {{0.7F, 0.2F, 0.1F}, {0.1F, 0.8F, 0.1F},   {0.2F, 0.2F, 0.6F},
                                          {0.5F, 0.4F, 0.1F}, {0.05F, 0.9F, 0.05F}, {0.3F, 0.3F, 0.4F}};
static const int32_t truths[6] = {0, 1, 2, 1, 2, 2};

static cornu_array *floats(int64_t rows, int64_t columns, const float *values)
{
    return cornu_array_copy_of(CORNU_FLOAT32, 2, (int64_t[]){rows, columns}, values);
}

static cornu_array *numbers(int64_t rows, const int32_t *values)
{
    return cornu_array_copy_of(CORNU_INT32, 1, &rows, values);
}

static void check_six(const cornu_array *outputs, const cornu_array *targets)
{
    cornu__classification found;
    assert_null(cornu__no_classification(outputs, targets));
    assert_int_equal(cornu__classify(outputs, targets, &found), CORNU_OK);
    static const int64_t counts[9] = {1, 0, 0, 1, 1, 0, 0, 1, 2};
    assert_int_equal(found.class_count, 3);
    assert_int_equal(found.sample_count, 6);
    assert_int_equal(found.right_count, 4);
    assert_memory_equal(found.counts, counts, sizeof counts);
    assert_int_equal(found.mistake_count, 2);
    assert_int_equal(found.mistakes[0].sample, 4); /* the worst first */
    assert_int_equal(found.mistakes[0].truth, 2);
    assert_int_equal(found.mistakes[0].said, 1);
    assert_true(fabs(found.mistakes[0].probability - 0.9) < 1e-5);
    assert_true(fabs(found.mistakes[0].loss + log(0.05)) < 1e-5);
    assert_int_equal(found.mistakes[1].sample, 3);
    cornu__class_score score = cornu__score_of_class(&found, 1);
    assert_true(score.precision == 0.5 && score.recall == 0.5 && score.f1 == 0.5 && score.support == 2);
    score = cornu__score_of_class(&found, 2);
    assert_true(score.precision == 1 && fabs(score.recall - 2.0 / 3) < 1e-15 && fabs(score.f1 - 0.8) < 1e-15);
    cornu__classification_free(&found);
}

static void class_numbers_and_one_hot_rows_are_counted_alike(void **state)
{
    (void)state;
    float one_hot[6][3] = {{0}}, logits[6][3];
    for (int i = 0; i < 6; i++) {
        one_hot[i][truths[i]] = 1;
        for (int k = 0; k < 3; k++)
            logits[i][k] = logf(probabilities[i][k]) + 7;
    }
    cornu_array *outputs = floats(6, 3, probabilities[0]), *raw = floats(6, 3, logits[0]);
    cornu_array *labels = numbers(6, truths), *rows = floats(6, 3, one_hot[0]);
    check_six(outputs, labels);
    check_six(outputs, rows);
    check_six(raw, labels);
    cornu_array_release(outputs);
    cornu_array_release(raw);
    cornu_array_release(labels);
    cornu_array_release(rows);
}

static void one_output_is_the_probability_of_class_1(void **state)
{
    (void)state;
    static const float values[2][4] = {{0.9F, 0.2F, 0.6F, 0.4F}, {2.1972246F, -1.3862944F, 0.4054651F, -0.4054651F}};
    static const int32_t classes[4] = {1, 0, 0, 1};
    cornu_array *targets = numbers(4, classes);
    for (int logits = 0; logits < 2; logits++) {
        cornu_array *outputs = floats(4, 1, values[logits]);
        cornu__classification found;
        assert_int_equal(cornu__classify(outputs, targets, &found), CORNU_OK);
        static const int64_t counts[4] = {1, 1, 1, 1};
        assert_memory_equal(found.counts, counts, sizeof counts);
        assert_int_equal(found.mistakes[0].sample, 2); /* equal losses: in the order of samples */
        assert_true(fabs(found.mistakes[0].probability - 0.6) < 1e-5);
        assert_true(fabs(found.mistakes[0].loss + log(0.4)) < 1e-5);
        cornu__classification_free(&found);
        cornu_array_release(outputs);
    }
    cornu_array_release(targets);
}

static void what_is_not_about_classes_is_told(void **state)
{
    (void)state;
    static const float real[6] = {0.5F, 1.5F, -2, 0, 1, 2}, several[6] = {1, 1, 0, 0, 1, 0};
    cornu_array *three = floats(6, 3, probabilities[0]), *two = floats(2, 3, probabilities[0]);
    cornu_array *one = floats(6, 1, probabilities[0]), *values = floats(6, 1, real), *hot = floats(2, 3, several);
    int64_t cube[3] = {2, 3, 3};
    cornu_array *picture = cornu_array_zeros(CORNU_FLOAT32, 3, cube);
    assert_non_null(strstr(cornu__no_classification(one, values), "numbers"));
    assert_non_null(strstr(cornu__no_classification(three, values), "numbers"));
    assert_non_null(strstr(cornu__no_classification(two, hot), "several classes"));
    assert_non_null(cornu__no_classification(picture, values));
    assert_non_null(cornu__no_classification(three, two));
    cornu__classification found;
    assert_int_equal(cornu__classify(one, values, &found), CORNU_ERROR_DATA);
    cornu_array *const all[] = {three, two, one, values, hot, picture};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

static void a_class_that_the_model_does_not_know_is_an_error(void **state)
{
    (void)state;
    static const int32_t classes[6] = {0, 1, 2, 1, 3, 2};
    cornu_array *outputs = floats(6, 3, probabilities[0]), *targets = numbers(6, classes);
    cornu__classification found;
    assert_int_equal(cornu__classify(outputs, targets, &found), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "target 4 is class 3"));
    assert_null(found.counts);
    cornu_array_release(outputs);
    cornu_array_release(targets);
}

static void classes_without_samples_have_no_scores(void **state)
{
    (void)state;
    static const int32_t classes[2] = {0, 1};
    cornu_array *outputs = floats(2, 3, probabilities[0]), *targets = numbers(2, classes);
    cornu__classification found;
    assert_int_equal(cornu__classify(outputs, targets, &found), CORNU_OK);
    cornu__class_score score = cornu__score_of_class(&found, 2);
    assert_true(isnan(score.precision) && isnan(score.recall) && isnan(score.f1) && score.support == 0);
    cornu__classification_free(&found);
    cornu_array_release(outputs);
    cornu_array_release(targets);
}

static void outputs_that_are_no_numbers_are_the_worst_mistakes(void **state)
{
    (void)state;
    float values[4] = {NAN, 0.9F, 0.2F, 0.8F};
    static const int32_t classes[4] = {1, 0, 0, 1};
    cornu_array *outputs = floats(4, 1, values), *targets = numbers(4, classes);
    cornu__classification found;
    assert_int_equal(cornu__classify(outputs, targets, &found), CORNU_OK);
    assert_int_equal(found.sample_count, 4);
    assert_true(found.mistake_count >= 1);
    assert_int_equal(found.mistakes[0].sample, 0);
    cornu__classification_free(&found);
    cornu_array_release(outputs);
    cornu_array_release(targets);
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    cornu_array *outputs = floats(6, 3, probabilities[0]), *targets = numbers(6, truths);
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    uint64_t before = cornu__allocation_live();
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu__classification found;
        cornu__allocation_fail_at(n);
        status = cornu__classify(outputs, targets, &found);
        cornu__allocation_fail_at(0);
        cornu__classification_free(&found);
        assert_int_equal(cornu__allocation_live(), before);
        assert_true(n < 50);
    }
    assert_int_equal(status, CORNU_OK);
    cornu_array_release(outputs);
    cornu_array_release(targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_numbers_and_one_hot_rows_are_counted_alike),
        cmocka_unit_test(one_output_is_the_probability_of_class_1),
        cmocka_unit_test(what_is_not_about_classes_is_told),
        cmocka_unit_test(a_class_that_the_model_does_not_know_is_an_error),
        cmocka_unit_test(classes_without_samples_have_no_scores),
        cmocka_unit_test(outputs_that_are_no_numbers_are_the_worst_mistakes),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests_name("classification", tests, NULL, NULL);
}
