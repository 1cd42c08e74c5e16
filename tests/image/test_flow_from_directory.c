/* flow_from_directory: Keras's files, labels and batches; the same for any workers; and what becomes of files that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cornu/cornu.h>
#include <cornu/log.h>

#include "base/memory.h"
#include "data/generator.h"
#include "image/flow_files.h"

static cornu_image_data_generator *like_keras(void)
{
    return cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.2,
                                             .shear_range = 10, .zoom_range = cornu_range(0.8, 1.2),
                                             .channel_shift_range = 20, .horizontal_flip = true, .rescale = 1.0 / 255,
                                             .affine_compat = "kp112", .rng_compat = "numpy");
}

#define SMALL .target_size = cornu_pair(6, 7), .batch_size = 5

/* --- against Keras --- */

static void batches_are_kerass_for_the_same_seed(void **state)
{
    (void)state;
    cornu_image_data_generator *plain = cornu_image_data_generator_create(.rng_compat = "numpy"),
                               *augmented = like_keras(),
                               *first = cornu_image_data_generator_create(.rng_compat = "numpy",
                                                                          .data_format = "channels_first");
    assert_golden("plain", cornu_flow_from_directory(plain, flow_folder(), SMALL, .seed = 42), 0);
    assert_golden("augmented",
                  cornu_flow_from_directory(augmented, flow_folder(), SMALL, .seed = 42, .interpolation = "bilinear",
                                            .class_mode = "sparse", .color_mode = "grayscale"),
                  1e-3 / 255);
    assert_golden("binary",
                  cornu_flow_from_directory(plain, flow_folder(), SMALL, .class_mode = "binary",
                                            .classes = cornu_names("cow", "ant"), .shuffle = false,
                                            .interpolation = "bicubic"),
                  0);
    assert_golden(
        "input",
        cornu_flow_from_directory(first, flow_folder(), SMALL, .class_mode = "input", .color_mode = "rgba", .seed = 3),
        0);
    assert_golden("none",
                  cornu_flow_from_directory(plain, flow_folder(), SMALL, .class_mode = "none", .seed = 4,
                                            .interpolation = "lanczos"),
                  0);
    cornu_image_data_generator_release(plain);
    cornu_image_data_generator_release(augmented);
    cornu_image_data_generator_release(first);
}

static void subsets_are_kerass(void **state)
{
    (void)state;
    cornu_image_data_generator *split =
        cornu_image_data_generator_create(.rng_compat = "numpy", .validation_split = 0.3);
    assert_golden(
        "training",
        cornu_flow_from_directory(split, flow_folder(), SMALL, .subset = "training", .seed = 5, .class_mode = "sparse"),
        0);
    assert_golden("validation",
                  cornu_flow_from_directory(split, flow_folder(), SMALL, .subset = "validation", .seed = 5,
                                            .class_mode = "sparse"),
                  0);
    cornu_image_data_generator_release(split);
}

/* --- what it knows --- */

static void assert_same_numbers(const cornu_array *a, const cornu_array *b)
{
    assert_int_equal(cornu_array_dtype(a), CORNU_INT64);
    assert_int_equal(cornu_array_count(a), cornu_array_count(b));
    for (int64_t i = 0; i < cornu_array_count(b); i++)
        assert_true(cornu_array_get(a, i) == cornu_array_get(b, i));
}

static void classes_files_and_the_samples_of_a_batch_are_told(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = cornu_image_data_generator_create(.dtype = "float64");
    cornu_sequence *files = cornu_flow_from_directory(generator, flow_folder(), SMALL, .class_mode = "sparse");
    assert_made(files);
    assert_int_equal(cornu_flow_samples(files), 12);
    assert_int_equal(cornu_flow_num_classes(files), 3);
    assert_string_equal(cornu_flow_class_name(files, 1), "bee");
    assert_null(cornu_flow_class_name(files, 3));
    assert_int_equal(cornu_flow_class_index(files, "cow"), 2);
    assert_int_equal(cornu_flow_class_index(files, "dog"), -1);
    assert_string_equal(cornu_flow_filename(files, 3), "bee/0.png");
    assert_int_equal(cornu_flow_class_of(files, 3), 1);
    assert_null(cornu_flow_filename(files, 12));
    assert_int_equal(access(cornu_flow_filepath(files, 11), R_OK), 0);
    for (int epoch = 0; epoch < 2; epoch++) {
        int seen = 0;
        for (int64_t index = 0; index < 3; index++) {
            cornu_batch batch = get_batch(files, index);
            cornu_array *samples = cornu_flow_batch_samples(files, index);
            assert_int_equal(cornu_array_count(samples), cornu_array_size(batch.x, 0));
            assert_same_numbers(batch.samples, samples);
            assert_int_equal(cornu_array_dtype(batch.x), CORNU_FLOAT64);
            for (int64_t i = 0; i < cornu_array_count(samples); i++) {
                int64_t sample = (int64_t)cornu_array_get(samples, i);
                assert_true(cornu_flow_class_of(files, sample) == cornu_array_get(batch.y, i));
                seen |= 1 << sample;
            }
            cornu_array_release(samples);
            cornu_batch_clear(&batch);
        }
        assert_int_equal(seen, 0xfff);
        files->on_epoch_end(files->state);
    }
    cornu_sequence_release(files);
    cornu_array *x = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){3, 4, 4, 3});
    cornu_sequence *arrays = cornu_flow(generator, x, NULL);
    assert_int_equal(cornu_flow_samples(arrays), 3);
    assert_null(cornu_flow_filename(arrays, 0));
    assert_non_null(strstr(cornu_error_message(), "has no files"));
    cornu_sequence_release(arrays);
    cornu_sequence *other = cornu_array_sequence(x, NULL);
    assert_int_equal(cornu_flow_samples(other), -1);
    assert_null(cornu_flow_batch_samples(other, 0));
    cornu_sequence_release(other);
    cornu_array_release(x);
    cornu_image_data_generator_release(generator);
}

/* --- workers --- */

static double train(int workers, bool processes)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 40, .zoom_range = 0.2, .horizontal_flip = true,
                                          .rescale = 1.0 / 255, .validation_split = 0.3, .seed = 3);
    cornu_sequence *files = cornu_flow_from_directory(generator, flow_folder(), .target_size = cornu_pair(8, 6),
                                                      .batch_size = 2, .subset = "training");
    cornu_sequence *held_out = cornu_flow_from_directory(generator, flow_folder(), .target_size = cornu_pair(8, 6),
                                                         .subset = "validation", .shuffle = false);
    assert_made(files);
    assert_made(held_out);
    cornu_model *model = cornu_sequential(.name = "small", .seed = 5);
    cornu_add(model, cornu_conv2d(4, 3, .activation = "relu", .input_shape = {8, 6, 3}));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(3, .activation = "softmax"));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "categorical_crossentropy"));
    double losses = losses_of_training(model, files, held_out, workers, processes);
    cornu_sequence_release(held_out);
    cornu_image_data_generator_release(generator);
    return losses;
}

static void training_is_the_same_for_any_workers(void **state)
{
    (void)state;
    double alone = train(0, false);
    for (int workers = 1; workers <= 4; workers++)
        assert_true(train(workers, false) == alone);
}

static void training_is_the_same_with_worker_processes(void **state)
{
    (void)state;
    assert_true(train(2, true) == train(0, false));
}

/* --- files that cannot be read --- */

static int warnings;
static char last_warning[1000];

static void count_warning(const char *message, void *state)
{
    (void)state;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

/* A folder of this test's own: good pictures 0, 1, 2 of class a, one cut short, one that is no picture, and one of class b. */
static void make_hostile(char folder[PATH_SIZE])
{
    char path[2 * PATH_SIZE];
    scratch_path(folder, "hostile");
    mkdir(folder, 0700);
    for (int number = 0; number < 6; number++) {
        snprintf(path, sizeof path, "%s/%c", folder, number < 5 ? 'a' : 'b');
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%c/%d.png", folder, number < 5 ? 'a' : 'b', number);
        paint_file(path, number);
    }
    snprintf(path, sizeof path, "%s/a/1.png", folder);
    assert_int_equal(truncate(path, 50), 0);
    snprintf(path, sizeof path, "%s/a/3.png", folder);
    write_bytes(path, "no picture", 10);
}

static void a_bad_file_is_an_error_with_its_name(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_hostile(folder);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .batch_size = 3, .shuffle = false);
    cornu_batch batch = {0};
    assert_true(cornu_sequence_get(files, 0, &batch) != CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), "a/1.png"));
    assert_int_equal(cornu_flow_bad_file_count(files), 0);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    remove_tree(folder);
}

static void assert_samples(cornu_sequence *files, int64_t index, int64_t count, const int *wanted)
{
    for (int time = 0; time < 2; time++) { /* when the files are found bad, and when they are known to be */
        cornu_batch batch = get_batch(files, index);
        cornu_array *samples = cornu_flow_batch_samples(files, index);
        assert_int_equal(cornu_array_size(batch.x, 0), count);
        assert_int_equal(cornu_array_size(batch.y, 0), count);
        assert_int_equal(cornu_array_count(samples), count);
        assert_same_numbers(batch.samples, samples);
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(cornu_array_get(samples, i), wanted[i]);
            assert_int_equal(cornu_array_get(batch.y, i), wanted[i] == 5);
        }
        cornu_batch_clear(&batch);
        cornu_array_release(samples);
    }
}

static void bad_files_are_skipped_or_replaced_and_told_of(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_hostile(folder);
    warnings = 0;
    cornu_set_warning_handler(count_warning, NULL);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *skips = cornu_flow_from_directory(generator, folder, .batch_size = 3, .shuffle = false,
                                                      .class_mode = "binary", .bad_files = "skip");
    assert_samples(skips, 0, 2, (int[]){0, 2});
    assert_samples(skips, 1, 2, (int[]){4, 5});
    assert_int_equal(warnings, 2);
    assert_non_null(strstr(last_warning, "left out"));
    assert_int_equal(cornu_flow_bad_file_count(skips), 2);
    assert_non_null(strstr(cornu_flow_bad_file(skips, 0), "a/1.png"));
    assert_non_null(strstr(cornu_flow_bad_file(skips, 1), "a/3.png"));
    assert_null(cornu_flow_bad_file(skips, 2));
    cornu_sequence_release(skips);
    cornu_sequence *single = cornu_flow_from_directory(generator, folder, .batch_size = 1, .shuffle = false,
                                                       .class_mode = "binary", .bad_files = "skip");
    assert_samples(single, 3, 1, (int[]){4}); /* no batch is empty */
    cornu_sequence_release(single);
    cornu_sequence *replaces = cornu_flow_from_directory(generator, folder, .batch_size = 6, .shuffle = false,
                                                         .class_mode = "binary", .bad_files = "replace");
    assert_samples(replaces, 0, 6, (int[]){0, 2, 2, 4, 4, 5});
    assert_non_null(strstr(last_warning, "replaced"));
    cornu_sequence_release(replaces);
    cornu_sequence *one = cornu_flow_from_directory(generator, folder, .batch_size = 6, .shuffle = false,
                                                    .bad_files = "skip", .bad_files_at_most = 1);
    cornu_batch batch = {0};
    assert_true(cornu_sequence_get(one, 0, &batch) != CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), "at most 1 may be bad"));
    cornu_sequence_release(one);
    cornu_set_warning_handler(NULL, NULL);
    cornu_image_data_generator_release(generator);
    remove_tree(folder);
}

/* The last loss of a training on a hostile folder. */
static double train_on_hostile(const char *folder, const char *policy, int workers, bool processes)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 20, .rescale = 1.0 / 255);
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .target_size = cornu_pair(6, 6),
                                                      .batch_size = 2, .class_mode = "binary", .bad_files = policy);
    assert_made(files);
    cornu_model *model = cornu_sequential(.name = "small", .seed = 5);
    cornu_add(model, cornu_flatten(.input_shape = {6, 6, 3}));
    cornu_add(model, cornu_dense(1, .activation = "sigmoid"));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "binary_crossentropy"));
    double losses = losses_of_training(model, files, NULL, workers, processes);
    cornu_image_data_generator_release(generator);
    return losses;
}

static void bad_files_leave_the_batches_the_same_for_any_workers(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_hostile(folder);
    cornu_set_warning_handler(count_warning, NULL);
    static const char *const policies[] = {"skip", "replace"};
    for (int i = 0; i < 2; i++) {
        double alone = train_on_hostile(folder, policies[i], 0, false);
        assert_true(train_on_hostile(folder, policies[i], 3, false) == alone);
        assert_true(train_on_hostile(folder, policies[i], 2, true) == alone);
    }
    cornu_set_warning_handler(NULL, NULL);
    remove_tree(folder);
}

/* Sums up 1 << sample over the samples of all batches. */
static cornu_status see_samples(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index, (void)logs;
    int64_t count;
    const int64_t *samples = cornu_training_batch_samples(training, &count);
    for (int64_t i = 0; i < count; i++)
        *(int64_t *)state += (int64_t)1 << samples[i];
    return CORNU_OK;
}

/* Rows of predictions are joined to files behind the prediction; so what a worker process could not read must be known here. */
static void bad_files_that_worker_processes_find_are_known_to_the_program(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_hostile(folder);
    cornu_set_warning_handler(count_warning, NULL);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    for (int processes = 0; processes < 2; processes++) {
        cornu_sequence *files =
            cornu_flow_from_directory(generator, folder, .target_size = cornu_pair(4, 4), .batch_size = 2,
                                      .class_mode = "none", .bad_files = "skip", .shuffle = false);
        cornu_model *model = cornu_sequential();
        cornu_add(model, cornu_flatten(.input_shape = {4, 4, 3}));
        int64_t seen = 0, made = 0;
        cornu_callback *seeing = cornu_callback_create(.on_predict_batch_end = see_samples, .state = &seen);
        cornu_array *outputs = cornu_predict_generator(model, files, .workers = 2, .use_multiprocessing = processes,
                                                       .verbose = 0, .callbacks = {seeing});
        assert_made(outputs);
        int64_t rows = 0;
        for (int64_t i = 0; i < cornu_sequence_length(files); i++) {
            cornu_array *samples = cornu_flow_batch_samples(files, i);
            rows += cornu_array_count(samples);
            for (int64_t row = 0; row < cornu_array_count(samples); row++)
                made += (int64_t)1 << (int64_t)cornu_array_get(samples, row);
            cornu_array_release(samples);
        }
        assert_int_equal(seen, made);
        assert_int_equal(cornu_array_size(outputs, 0), rows);
        assert_int_equal(cornu_flow_bad_file_count(files), 2);
        assert_non_null(strstr(cornu_flow_bad_file(files, 0), "a/1.png"));
        assert_non_null(strstr(cornu_flow_bad_file(files, 1), "a/3.png"));
        cornu_array_release(outputs);
        cornu_model_release(model);
        cornu_sequence_release(files);
    }
    cornu_image_data_generator_release(generator);
    cornu_set_warning_handler(NULL, NULL);
    remove_tree(folder);
}

static void a_folder_may_lose_all_its_files(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_hostile(folder);
    warnings = 0;
    cornu_set_warning_handler(count_warning, NULL);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .batch_size = 4, .bad_files = "replace");
    cornu_batch batch = get_batch(files, 0);
    cornu_batch_clear(&batch);
    remove_tree(folder);
    assert_int_equal(cornu_sequence_get(files, 0, &batch), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "none of the 6 pictures can be read"));
    assert_int_equal(cornu_flow_bad_file_count(files), 6);
    assert_int_equal(warnings, 6);
    cornu_sequence_release(files);
    cornu_set_warning_handler(NULL, NULL);
    cornu_image_data_generator_release(generator);
}

static void names_may_be_any_utf_8_and_classes_empty(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[2 * PATH_SIZE];
    scratch_path(folder, "names");
    mkdir(folder, 0700);
    static const char *const classes[] = {"leer", "\xc3\x84pfel", "\xf0\x9f\x90\x9c ant"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, classes[i]);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%s/gr\xc3\xbcn %%s.png", folder, classes[i]);
        if (i > 0)
            paint_file(path, i);
    }
    warnings = 0;
    cornu_set_warning_handler(count_warning, NULL);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .shuffle = false, .class_mode = "sparse");
    assert_made(files);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(last_warning, "class 'leer'"));
    assert_string_equal(cornu_flow_filename(files, 1), "\xf0\x9f\x90\x9c ant/gr\xc3\xbcn %s.png");
    cornu_batch batch = get_batch(files, 0);
    assert_int_equal(cornu_array_get(batch.y, 0), 1);
    assert_int_equal(cornu_array_get(batch.y, 1), 2);
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    cornu_set_warning_handler(NULL, NULL);
    cornu_image_data_generator_release(generator);
    remove_tree(folder);
}

static void pictures_are_saved_where_asked(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    scratch_path(folder, "saved");
    mkdir(folder, 0700);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, flow_folder(), SMALL, .save_to_dir = folder,
                                                      .save_prefix = "seen", .save_format = "jpeg");
    cornu_batch batch = get_batch(files, 0);
    cornu_batch_clear(&batch);
    char **names;
    size_t count = list_names(folder, ".jpeg", &names);
    assert_int_equal(count, 5);
    assert_int_equal(strncmp(names[0], "seen_", 5), 0);
    free_names(count, names);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    remove_tree(folder);
}

/* --- what cannot be --- */

static void bad_arguments_get_a_sentence(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    const char *folder = flow_folder();
    assert_flow_refused(cornu_flow_from_directory(NULL, folder), CORNU_ERROR_INVALID_ARGUMENT, "there is no generator");
    assert_flow_refused(cornu_flow_from_directory(generator, NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    assert_flow_refused(cornu_flow_from_directory(generator, "/no/such/folder"), CORNU_ERROR_IO, "/no/such/folder");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .target_size = {0, 5}),
                        CORNU_ERROR_INVALID_ARGUMENT, "target_size is (0, 5)");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .target_size = {1 << 20, 1 << 20}),
                        CORNU_ERROR_LIMIT, "target_size (1048576, 1048576)");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .color_mode = "cmyk"), CORNU_ERROR_UNKNOWN_NAME,
                        "cmyk");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .class_mode = "categorial"),
                        CORNU_ERROR_UNKNOWN_NAME, "did you mean 'categorical'?");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .class_mode = "raw"), CORNU_ERROR_UNKNOWN_NAME,
                        "there is no class_mode 'raw'");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .class_mode = "binary"), CORNU_ERROR_DATA,
                        "wants 2 classes, and");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .classes = cornu_names("ant", "dog")),
                        CORNU_ERROR_DATA, "class 'dog' has no folder");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .classes = cornu_names("ant", "cow", "ant")),
                        CORNU_ERROR_INVALID_ARGUMENT, "class 'ant' is given twice");
    assert_flow_refused(cornu_image_dataset_from_directory(folder, .class_names = cornu_names("ant", "ant")),
                        CORNU_ERROR_INVALID_ARGUMENT, "class 'ant' is given twice");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .interpolation = "cubic"),
                        CORNU_ERROR_UNKNOWN_NAME, "cubic");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .subset = "test"), CORNU_ERROR_INVALID_ARGUMENT,
                        "subset is \"test\"");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .subset = "training"),
                        CORNU_ERROR_INVALID_ARGUMENT, "validation_split");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .batch_size = 0), CORNU_ERROR_INVALID_ARGUMENT,
                        "batch_size is 0");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .bad_files = "ignore"), CORNU_ERROR_UNKNOWN_NAME,
                        "no policy 'ignore'");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .bad_files_at_most = -2),
                        CORNU_ERROR_INVALID_ARGUMENT, "bad_files_at_most is -2");
    char empty[PATH_SIZE], class[2 * PATH_SIZE];
    scratch_path(empty, "empty");
    mkdir(empty, 0700);
    snprintf(class, sizeof class, "%s/one", empty);
    mkdir(class, 0700);
    assert_flow_refused(cornu_flow_from_directory(generator, empty), CORNU_ERROR_DATA, "have no pictures");
    remove_tree(empty);
    cornu_image_data_generator_release(generator);
}

/* --- Which files count, and why none does --- */

/* ant: 2 WebP and 1 GIF; bee: as many PNG files as asked for. */
static void make_mixed(char folder[PATH_SIZE], int bees)
{
    static const char *const ants[][2] = {
        {"lossy.webp", "1.webp"}, {"lossless.webp", "2.WEBP"}, {"plain.gif", "3.gif"}};
    char from[PATH_SIZE], path[2 * PATH_SIZE];
    size_t size;
    scratch_path(folder, "mixed");
    mkdir(folder, 0700);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i == 0 ? "ant" : "bee");
        mkdir(path, 0700);
    }
    for (int i = 0; i < 3; i++) {
        uint8_t *bytes = read_bytes(picture_path(from, ants[i][0]), &size);
        snprintf(path, sizeof path, "%s/ant/%s", folder, ants[i][1]);
        write_bytes(path, bytes, size);
        free(bytes);
    }
    for (int i = 0; i < bees; i++) {
        snprintf(path, sizeof path, "%s/bee/%d.png", folder, i);
        paint_file(path, i);
    }
}

static int64_t count_of(cornu_sequence *files)
{
    assert_made(files);
    cornu_batch batch = get_batch(files, 0); /* all can be read */
    int64_t count = cornu_flow_samples(files);
    assert_int_equal(cornu_array_shape(batch.x)[0], count);
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    return count;
}

static void all_kinds_that_can_be_read_count_where_asked(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_mixed(folder, 2);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_set_warning_handler(count_warning, NULL);
    assert_int_equal(count_of(cornu_flow_from_directory(generator, folder)), 2);
    assert_non_null(strstr(last_warning, "class 'ant' of"));
    assert_non_null(strstr(last_warning, "has no pictures; 3 files end in .gif, .webp: .white_list_formats = "
                                         "cornu_names(\"all\") takes them"));
    cornu_set_warning_handler(NULL, NULL);
    assert_int_equal(count_of(cornu_flow_from_directory(generator, folder, .white_list_formats = cornu_names("all"))),
                     5);
    assert_int_equal(
        count_of(cornu_flow_from_directory(generator, folder, .white_list_formats = cornu_names("webp", ".png"))), 4);
    assert_int_equal(count_of(cornu_image_dataset_from_directory(folder, .image_size = cornu_pair(6, 7))), 3);
    assert_int_equal(count_of(cornu_image_dataset_from_directory(folder, .image_size = cornu_pair(6, 7),
                                                                 .white_list_formats = cornu_names("all"))),
                     5);
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .white_list_formats = cornu_names("all", "png")),
                        CORNU_ERROR_INVALID_ARGUMENT, "\"all\" alone");
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .white_list_formats = cornu_names("png", ".")),
                        CORNU_ERROR_INVALID_ARGUMENT, "'.' is no ending");
    const char *const none[] = {NULL};
    assert_flow_refused(cornu_flow_from_directory(generator, folder, .white_list_formats = none),
                        CORNU_ERROR_INVALID_ARGUMENT, "white_list_formats is empty");
    cornu_image_data_generator_release(generator);
    remove_tree(folder);
}

static void the_true_reason_is_said_where_there_are_no_pictures(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    make_mixed(folder, 0);
    cornu_image_data_generator *whole = cornu_image_data_generator_create(),
                               *split = cornu_image_data_generator_create(.validation_split = 0.01);
    assert_flow_refused(cornu_flow_from_directory(whole, folder), CORNU_ERROR_DATA,
                        "have no pictures; 3 files end in .gif, .webp: .white_list_formats");
    assert_flow_refused(cornu_flow_from_directory(whole, folder, .white_list_formats = cornu_names("tiff")),
                        CORNU_ERROR_DATA, "3 files end in .gif, .webp");
    assert_flow_refused(cornu_image_dataset_from_directory(folder, .white_list_formats = cornu_names("png")),
                        CORNU_ERROR_DATA, "3 files end in .gif, .webp");
    assert_flow_refused(
        cornu_flow_from_directory(split, folder, .subset = "validation", .white_list_formats = cornu_names("all")),
        CORNU_ERROR_DATA,
        "have no pictures for this subset: validation_split 0.01 of the largest class's 3 is less than one; from "
        "0.3334 on");
    assert_flow_refused(cornu_image_dataset_from_directory(folder, .validation_split = 0.1, .subset = "validation",
                                                           .seed = 1, .white_list_formats = cornu_names("all")),
                        CORNU_ERROR_DATA, "validation_split 0.1 of its 3 is less than one");
    /* No share of one file is a file. */
    assert_flow_refused(
        cornu_flow_from_directory(split, folder, .subset = "validation", .white_list_formats = cornu_names("gif")),
        CORNU_ERROR_DATA, "have no pictures for this subset: the largest class's 1 cannot be divided; it takes 2");
    cornu_image_data_generator_release(whole);
    cornu_image_data_generator_release(split);
    remove_tree(folder);
}

static void nothing_is_lost_where_memory_ends(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    int failures = 0;
    for (uint64_t n = 1; failed && n < 2000; n++) {
        cornu__allocation_fail_at(n);
        cornu_image_data_generator *generator = cornu_image_data_generator_create(.rotation_range = 20);
        cornu_sequence *files =
            generator ? cornu_flow_from_directory(generator, flow_folder(), SMALL, .interpolation = "bilinear",
                                                  .bad_files = "skip", .save_prefix = "p")
                      : NULL;
        cornu_batch batch = {0};
        failed = !files || cornu_sequence_get(files, 0, &batch) != CORNU_OK;
        cornu__allocation_fail_at(0);
        failures += failed;
        if (failed)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        cornu_batch_clear(&batch);
        cornu_sequence_release(files);
        cornu_image_data_generator_release(generator);
        assert_int_equal(cornu__allocation_live(), live);
    }
    assert_false(failed);
    assert_true(failures > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_kerass_for_the_same_seed),
        cmocka_unit_test(subsets_are_kerass),
        cmocka_unit_test(classes_files_and_the_samples_of_a_batch_are_told),
        cmocka_unit_test(training_is_the_same_for_any_workers),
        cmocka_unit_test(training_is_the_same_with_worker_processes),
        cmocka_unit_test(a_bad_file_is_an_error_with_its_name),
        cmocka_unit_test(bad_files_are_skipped_or_replaced_and_told_of),
        cmocka_unit_test(bad_files_leave_the_batches_the_same_for_any_workers),
        cmocka_unit_test(bad_files_that_worker_processes_find_are_known_to_the_program),
        cmocka_unit_test(a_folder_may_lose_all_its_files),
        cmocka_unit_test(names_may_be_any_utf_8_and_classes_empty),
        cmocka_unit_test(all_kinds_that_can_be_read_count_where_asked),
        cmocka_unit_test(the_true_reason_is_said_where_there_are_no_pictures),
        cmocka_unit_test(pictures_are_saved_where_asked),
        cmocka_unit_test(bad_arguments_get_a_sentence),
        cmocka_unit_test(nothing_is_lost_where_memory_ends),
    };
    return cmocka_run_group_tests(tests, flow_files_open, flow_files_close);
}
