/* Names of samples and classes: told by datasets that know them, passed on by those made of them, and known to their Sequences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/dataset_checks.h"

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() != 0;
}

/* --- A dataset whose samples are called "<letter>0", "<letter>1", ...; number 3 has no name --- */

#define ROWS 5

static char texts[2][ROWS][3];

static cornu_status read_number(void *state, int64_t index, cornu_sample *sample)
{
    (void)state;
    *(int32_t *)cornu_sample_data(sample, 0) = (int32_t)index % 2;
    return CORNU_OK;
}

static const char *name_of(void *state, int64_t index)
{
    char *text = texts[*(const char *)state == 'b'][index];
    snprintf(text, 3, "%c%d", *(const char *)state, (int)index);
    return index == 3 ? NULL : text;
}

static const char *const ant_bee[] = {"ant", "bee"}, *const ant_cow[] = {"ant", "cow"},
                         *const three[] = {"ant", "bee", "cow"};

static cornu_dataset *named(const char *letter, const char *field, int64_t classes, const char *const *class_names)
{
    const cornu_field fields[] = {
        {.name = field, .dtype = CORNU_INT32, .num_classes = classes, .class_names = class_names}};
    return made(cornu_dataset_create(.name = letter, .count = ROWS, .fields = fields, .field_count = 1,
                                     .read = read_number, .sample_name = *letter == '-' ? NULL : name_of,
                                     .state = (void *)(uintptr_t)letter, .thread_safe = true));
}

/* That the samples are called so, with "" for one without a name; releases the dataset. */
static void expect_names(cornu_dataset *dataset, const char *const *names)
{
    int64_t count = 0;
    for (made(dataset); names[count]; count++) {
        const char *name = cornu_dataset_sample_name(dataset, count);
        assert_string_equal(name ? name : "", names[count]);
    }
    assert_int_equal(cornu_dataset_count(dataset), count);
    assert_null(cornu_dataset_sample_name(dataset, count));
    assert_null(cornu_dataset_sample_name(dataset, -1));
    cornu_dataset_release(dataset);
}
#define EXPECT_NAMES(dataset, ...) expect_names(dataset, (const char *const[]){__VA_ARGS__, NULL})

static cornu_status leave(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state, (void)from, (void)to;
    return CORNU_OK;
}

static void datasets_of_datasets_pass_the_names_on(void **state)
{
    (void)state;
    cornu_dataset *a = named("a", "x", 0, NULL), *b = named("b", "x", 0, NULL), *none = named("-", "z", 0, NULL);
    cornu_array *chosen = cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){4}, (int64_t[]){4, 0, 3, 4});
    EXPECT_NAMES(cornu_dataset_slice(a, 1, 4), "a1", "a2", "");
    EXPECT_NAMES(cornu_dataset_subset(a, chosen), "a4", "a0", "", "a4");
    EXPECT_NAMES(cornu_dataset_rename(a, (const char *const[]){"y", NULL}), "a0", "a1", "a2", "", "a4");
    EXPECT_NAMES(cornu_dataset_map(b, .function = leave), "b0", "b1", "b2", "", "b4");
    EXPECT_NAMES(cornu_dataset_concatenate(2, (cornu_dataset *[]){a, b}), "a0", "a1", "a2", "", "a4", "b0", "b1", "b2",
                 "", "b4");
    EXPECT_NAMES(cornu_dataset_zip(2, (cornu_dataset *[]){none, b}), "b0", "b1", "b2", "", "b4");
    EXPECT_NAMES(cornu_windows_dataset(a, 2, .windows = cornu_names("x"), .targets = cornu_names("x")), "", "", "");
    EXPECT_NAMES(cornu_dataset_retain(none), "", "", "", "", "");
    cornu_array_release(chosen);
    cornu_dataset_release(none);
    cornu_dataset_release(a);
    cornu_dataset_release(b);
}

static void shards_with_other_classes_are_refused_with_the_difference(void **state)
{
    (void)state;
    cornu_dataset *a = named("a", "y", 2, ant_bee), *b = named("b", "y", 2, ant_cow), *c = named("c", "y", 3, three),
                  *none = named("-", "y", 0, NULL);
    expect_refusal(cornu_dataset_concatenate(2, (cornu_dataset *[]){a, b}),
                   "class 1 of field 'y' is 'cow' in 'b', and 'bee' in 'a'");
    expect_refusal(cornu_dataset_concatenate(2, (cornu_dataset *[]){a, c}), "has 3 classes in 'c', and 2 in 'a'");
    cornu_dataset *alike = made(cornu_dataset_concatenate(3, (cornu_dataset *[]){a, none, a}));
    assert_string_equal(cornu_dataset_field(alike, 0)->class_names[1], "bee");
    cornu_dataset_release(alike);
    cornu_dataset_release(none);
    cornu_dataset_release(a);
    cornu_dataset_release(b);
    cornu_dataset_release(c);
}

static void a_sequence_knows_what_its_dataset_does(void **state)
{
    (void)state;
    cornu_dataset *parts[] = {named("a", "x", 0, NULL), named("-", "label", 2, ant_bee), named("-", "other", 3, three)};
    cornu_dataset *all = made(cornu_dataset_zip(3, parts));
    cornu_sequence *batches =
        made(cornu_dataset_sequence(all, .x = cornu_names("x"), .y = cornu_names("label"), .batch_size = 2, .seed = 5));
    cornu_dataset_release(all);
    assert_int_equal(cornu_flow_samples(batches), ROWS);
    assert_int_equal(cornu_flow_num_classes(batches), 2);
    assert_string_equal(cornu_flow_class_name(batches, 1), "bee");
    assert_null(cornu_flow_class_name(batches, 2));
    assert_null(cornu_flow_class_name(batches, -1));
    assert_int_equal(cornu_flow_class_index(batches, "bee"), 1);
    assert_int_equal(cornu_flow_class_index(batches, "cow"), -1);
    assert_null(cornu_flow_filename(batches, ROWS));
    for (int64_t index = 0; index < 3; index++) {
        cornu_batch batch;
        assert_int_equal(cornu_sequence_get(batches, index, &batch), CORNU_OK);
        for (int64_t i = 0; i < cornu_array_count(batch.samples); i++) {
            int64_t sample = ((const int64_t *)cornu_array_data(batch.samples))[i];
            const char *name = cornu_flow_filename(batches, sample);
            assert_int_equal(cornu_array_get(batch.y, i), sample % 2);
            assert_int_equal(name ? name[1] - '0' : 3, sample);
        }
        cornu_batch_clear(&batch);
    }
    cornu_sequence_release(batches);
    all = made(cornu_dataset_zip(3, parts));
    batches = made(cornu_dataset_sequence(all, .x = cornu_names("x"), .y = cornu_names("label", "other")));
    assert_int_equal(cornu_flow_num_classes(batches), 0); /* of two targets: whose? */
    cornu_sequence_release(batches);
    cornu_dataset_release(all);
    for (int i = 0; i < 3; i++)
        cornu_dataset_release(parts[i]);
}

/* --- Files --- */

static void samples_of_an_archive_are_called_as_there(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_dataset *dataset =
        made(cornu_tar_dataset(fixture_path(path, "shard_*.tar"), .fields = cornu_names("cls", "__key__")));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    for (int64_t i = 0; i < cornu_dataset_count(dataset); i++) {
        read_sample(dataset, i, sample);
        const char *name = made((void *)(uintptr_t)cornu_dataset_sample_name(dataset, i));
        expect_bytes(dataset, sample, "__key__", name, strlen(name));
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

#define TEST(function) cmocka_unit_test_teardown(function, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(datasets_of_datasets_pass_the_names_on),
        TEST(shards_with_other_classes_are_refused_with_the_difference),
        TEST(a_sequence_knows_what_its_dataset_does),
        TEST(samples_of_an_archive_are_called_as_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
