/* flow: batches of transformed pictures: Keras's own for the same seed, the same for any number of workers, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/generator.h"
#include "image/augmentation_values.h"

#define TOLERANCE 1e-3

static void assert_ok(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static void assert_made(const void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
}

static cornu_batch get(cornu_sequence *batches, int64_t index)
{
    cornu_batch batch = {0};
    assert_ok(cornu_sequence_get(batches, index, &batch));
    return batch;
}

static void end_epoch(cornu_sequence *batches)
{
    batches->on_epoch_end(batches->state);
}

static cornu_array *numbers(int64_t count, double factor)
{
    cornu_array *array = cornu_array_zeros(CORNU_FLOAT32, 1, &count);
    for (int64_t i = 0; i < count; i++)
        cornu_array_float32(array)[i] = (float)((double)i * factor);
    return array;
}

static bool same(const cornu_array *a, const cornu_array *b)
{
    return cornu_array_dtype(a) == cornu_array_dtype(b) && cornu_array_count(a) == cornu_array_count(b) &&
           memcmp(cornu_array_data(a), cornu_array_data(b),
                  (size_t)cornu_array_count(a) * cornu_dtype_size(cornu_array_dtype(a))) == 0;
}

/* --- against Keras --- */

static cornu_image_data_generator *like_keras(const char *affine_compat)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.2,
                                          .shear_range = 10, .zoom_range = cornu_range(0.8, 1.2),
                                          .channel_shift_range = 20, .horizontal_flip = true, .vertical_flip = true,
                                          .rescale = 1.0 / 255, .affine_compat = affine_compat, .rng_compat = "numpy");
    assert_made(generator);
    return generator;
}

static void two_epochs_are_kerass_for_the_same_seed(void **state)
{
    (void)state;
    cornu_array *x = value_array("flow.x"), *y = numbers(10, 1), *w = numbers(10, 0.5);
    cornu_image_data_generator *generator = like_keras("kp112");
    for (int shuffle = 0; shuffle < 2; shuffle++) {
        const char *name = shuffle ? "shuffled" : "ordered";
        cornu_sequence *batches =
            cornu_flow(generator, x, y, .batch_size = 4, .shuffle = shuffle, .seed = 42, .sample_weight = w);
        assert_made(batches);
        assert_int_equal(cornu_sequence_length(batches), 3);
        for (int number = 0; number < 6; number++) {
            cornu_batch batch = get(batches, number % 3);
            assert_near(cornu_array_float32(batch.y), value_array("flow.%s.%d.y", name, number), 0, "y");
            assert_near(cornu_array_float32(batch.sample_weight), value_array("flow.%s.%d.w", name, number), 0, "w");
            assert_near(cornu_array_float32(batch.x), value_array("flow.%s.%d.x", name, number), TOLERANCE / 255, "x");
            cornu_batch_clear(&batch);
            if (number % 3 == 2)
                end_epoch(batches);
        }
        cornu_sequence_release(batches);
    }
    cornu_image_data_generator_release(generator);
    cornu_array_release(y);
    cornu_array_release(w);
}

static cornu_array *channels_first(const cornu_array *last)
{
    const int64_t *n = cornu_array_shape(last);
    cornu_array *first = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){n[0], n[3], n[1], n[2]});
    const uint8_t *from = cornu_array_data(last);
    uint8_t *to = cornu_array_data(first);
    for (int64_t i = 0; i < cornu_array_count(last); i++) {
        int64_t channel = i % n[3], pixel = i / n[3] % (n[1] * n[2]), picture = i / (n[1] * n[2] * n[3]);
        to[(picture * n[3] + channel) * n[1] * n[2] + pixel] = from[i];
    }
    return first;
}

static void channels_first_splines_and_a_subset_are_kerass_too(void **state)
{
    (void)state;
    cornu_array *x = channels_first(value_array("flow.x"));
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 90, .zoom_range = 0.2, .fill_mode = "reflect",
                                          .data_format = "channels_first", .validation_split = 0.3,
                                          .samplewise_center = true, .samplewise_std_normalization = true,
                                          .interpolation_order = 3, .affine_compat = "kp112", .rng_compat = "numpy");
    cornu_sequence *batches = cornu_flow(generator, x, NULL, .batch_size = 5, .seed = 7, .subset = "training");
    assert_made(batches);
    for (int number = 0; number < 4; number++) {
        cornu_batch batch = get(batches, number % 2);
        assert_near(cornu_array_float32(batch.x), value_array("flow.channels_first.%d.x", number), TOLERANCE / 40, "x");
        assert_null(batch.y);
        cornu_batch_clear(&batch);
        if (number == 1)
            end_epoch(batches);
    }
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
    cornu_array_release(x);
}

static void tf29_is_keras_3s(void **state)
{
    (void)state;
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.2,
                                          .shear_range = 10, .zoom_range = cornu_range(0.8, 1.2),
                                          .horizontal_flip = true, .affine_compat = "tf29", .rng_compat = "numpy");
    cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = 4, .seed = 42);
    for (int number = 0; number < 6; number++) {
        cornu_batch batch = get(batches, number % 3);
        assert_near(cornu_array_float32(batch.x), keras3_array("flow.%d.x", number), TOLERANCE, "x");
        cornu_batch_clear(&batch);
        if (number == 2)
            end_epoch(batches);
    }
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
}

/* --- our own --- */

static cornu_image_data_generator *everything(void)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 40, .width_shift_range = 0.2, .height_shift_range = 0.2,
                                          .shear_range = 10, .zoom_range = 0.2, .channel_shift_range = 20,
                                          .brightness_range = cornu_range(0.5, 1.5), .horizontal_flip = true,
                                          .rescale = 1.0 / 255, .seed = 3);
    assert_made(generator);
    return generator;
}

static void each_epoch_has_every_sample_once_in_another_order_and_look(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = everything();
    cornu_array *y = numbers(10, 1);
    cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), y, .batch_size = 10);
    cornu_batch first = get(batches, 0), again = get(batches, 0);
    assert_true(same(first.x, again.x) && same(first.y, again.y));
    end_epoch(batches);
    cornu_batch second = get(batches, 0);
    assert_false(same(first.x, second.x));
    assert_false(same(first.y, second.y));
    double sum = 0;
    unsigned seen = 0;
    for (int i = 0; i < 10; i++) {
        seen |= 1u << (int)cornu_array_get(second.y, i);
        sum += cornu_array_get(second.y, i);
    }
    assert_true(seen == 0x3ff && sum == 45);
    cornu_batch_clear(&first);
    cornu_batch_clear(&again);
    cornu_batch_clear(&second);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
    cornu_array_release(y);
}

/* A sample's look depends on seed, epoch and index, not on its place, the batch size or the dtype in which it is stored. */
static void a_samples_look_does_not_depend_on_its_place(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = everything();
    cornu_array *bytes = value_array("flow.x"), *floats = cornu_array_cast(bytes, CORNU_FLOAT32), *y = numbers(10, 1);
    cornu_sequence *one = cornu_flow(generator, bytes, y, .batch_size = 10, .shuffle = false);
    cornu_sequence *other = cornu_flow(generator, floats, y, .batch_size = 3);
    cornu_batch whole = get(one, 0);
    int64_t size = cornu_array_count(whole.x) / 10;
    for (int64_t index = 0; index < 4; index++) {
        cornu_batch part = get(other, index);
        for (int64_t i = 0; i < cornu_array_size(part.x, 0); i++) {
            int64_t sample = (int64_t)cornu_array_get(part.y, i);
            assert_memory_equal(cornu_array_float32(part.x) + i * size, cornu_array_float32(whole.x) + sample * size,
                                (size_t)size * sizeof(float));
        }
        cornu_batch_clear(&part);
    }
    cornu_batch_clear(&whole);
    cornu_sequence_release(one);
    cornu_sequence_release(other);
    cornu_sequence *another = cornu_flow(generator, bytes, y, .batch_size = 10, .shuffle = false, .seed = 4);
    cornu_sequence *same_seed = cornu_flow(generator, bytes, y, .batch_size = 10, .shuffle = false, .seed = 3);
    cornu_batch a = get(another, 0), b = get(same_seed, 0);
    assert_false(same(a.x, b.x));
    cornu_batch_clear(&a);
    cornu_batch_clear(&b);
    cornu_sequence_release(another);
    cornu_sequence_release(same_seed);
    cornu_image_data_generator_release(generator);
    cornu_array_release(floats);
    cornu_array_release(y);
}

static void a_training_that_goes_on_has_the_same_epoch(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = everything();
    cornu_sequence *first = cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = 4);
    cornu_sequence *second = cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = 4);
    for (int i = 0; i < 5; i++)
        end_epoch(first);
    cornu_array *saved = first->save_state(first->state);
    assert_ok(second->load_state(second->state, saved));
    for (int64_t i = 0; i < 3; i++) {
        cornu_batch a = get(first, i), b = get(second, i);
        assert_true(same(a.x, b.x));
        cornu_batch_clear(&a);
        cornu_batch_clear(&b);
    }
    assert_int_equal(second->load_state(second->state, value_array("flow.x")), CORNU_ERROR_DATA);
    cornu_array_release(saved);
    cornu_sequence_release(first);
    cornu_sequence_release(second);
    cornu_image_data_generator_release(generator);
}

static void a_list_of_arrays_comes_along_row_by_row(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = everything();
    cornu_array *tens = numbers(10, 10), *thirds = cornu_array_zeros(CORNU_INT32, 2, (int64_t[]){10, 3});
    for (int i = 0; i < 30; i++)
        ((int32_t *)cornu_array_data(thirds))[i] = i;
    cornu_array *x = cornu_array_list(3, (cornu_array *[]){value_array("flow.x"), tens, thirds});
    cornu_array *y = cornu_array_dict(1, (const char *[]){"out"}, &tens);
    cornu_sequence *batches = cornu_flow(generator, x, y, .batch_size = 4);
    for (int64_t index = 0; index < 3; index++) {
        cornu_batch batch = get(batches, index);
        assert_int_equal(cornu_array_item_count(batch.x), 3);
        const cornu_array *row = cornu_array_item(batch.x, 1), *ints = cornu_array_item(batch.x, 2);
        assert_true(same(row, cornu_array_item_named(batch.y, "out")));
        assert_int_equal(cornu_array_dtype(ints), CORNU_INT32);
        for (int64_t i = 0; i < cornu_array_count(row); i++)
            assert_true(cornu_array_get(ints, 3 * i + 1) == cornu_array_get(row, i) * 3 / 10 + 1);
        cornu_batch_clear(&batch);
    }
    cornu_sequence_release(batches);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(tens);
    cornu_array_release(thirds);
    cornu_image_data_generator_release(generator);
}

static void other_dtypes_are_the_float32_result_cast(void **state)
{
    (void)state;
    cornu_image_data_generator *single = cornu_image_data_generator_create(.rotation_range = 40),
                               *twice = cornu_image_data_generator_create(.rotation_range = 40, .dtype = "float64"),
                               *half = cornu_image_data_generator_create(.rotation_range = 40, .dtype = "float16");
    cornu_sequence *a = cornu_flow(single, value_array("flow.x"), NULL),
                   *b = cornu_flow(twice, value_array("flow.x"), NULL),
                   *c = cornu_flow(half, value_array("flow.x"), NULL);
    cornu_batch x = get(a, 0), y = get(b, 0), z = get(c, 0);
    assert_int_equal(cornu_array_dtype(y.x), CORNU_FLOAT64);
    assert_int_equal(cornu_array_dtype(z.x), CORNU_FLOAT16);
    for (int64_t i = 0; i < cornu_array_count(x.x); i++) {
        assert_true(cornu_array_get(x.x, i) == cornu_array_get(y.x, i));
        assert_true(fabs(cornu_array_get(x.x, i) - cornu_array_get(z.x, i)) < 0.1);
    }
    cornu_batch_clear(&x);
    cornu_batch_clear(&y);
    cornu_batch_clear(&z);
    cornu_sequence_release(a);
    cornu_sequence_release(b);
    cornu_sequence_release(c);
    cornu_image_data_generator_release(single);
    cornu_image_data_generator_release(twice);
    cornu_image_data_generator_release(half);
}

/* Blocks that one batch takes once a worker has its memory. */
static uint64_t allocations_of(int batch_size)
{
    cornu_image_data_generator *generator = everything();
    cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = batch_size);
    cornu_batch first = get(batches, 0);
    uint64_t before = cornu__allocation_count();
    cornu_batch second = get(batches, 0);
    uint64_t count = cornu__allocation_count() - before;
    cornu_batch_clear(&first);
    cornu_batch_clear(&second);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
    return count;
}

static void a_running_stream_allocates_for_a_batch_and_not_for_a_picture(void **state)
{
    (void)state;
    assert_int_equal(allocations_of(2), allocations_of(10));
    assert_true(allocations_of(10) <= 4); /* two arrays, of pictures and of sample numbers, and their elements */
}

/* A mask that marks what is bright in its picture marks it still after both were moved, and has no new classes. */
static void masks_move_with_their_pictures(void **state)
{
    (void)state;
    const char *const formats[] = {"channels_last", "channels_first"};
    for (int format = 0; format < 2; format++) {
        const int64_t shape[] = {6, format ? 1 : 12, format ? 12 : 10, format ? 10 : 1};
        cornu_array *x = cornu_array_zeros(CORNU_UINT8, 4, shape), *y = cornu_array_zeros(CORNU_INT32, 4, shape);
        uint8_t *bytes = cornu_array_data(x);
        int32_t *classes = cornu_array_data(y);
        for (int64_t i = 0; i < cornu_array_count(x); i++) {
            bytes[i] = (uint8_t)(i * 37 % 11 > 6 ? 200 : 10);
            classes[i] = bytes[i] == 200 ? 70001 : -3;
        }
        cornu_image_data_generator *generator =
            cornu_image_data_generator_create(.rotation_range = 60, .zoom_range = cornu_range(0.7, 1.3),
                                              .height_shift_range = 0.2, .fill_mode = "reflect",
                                              .horizontal_flip = true, .vertical_flip = true,
                                              .brightness_range = cornu_range(0.9, 1.1), .interpolation_order = 0,
                                              .rescale = 0.5, .data_format = formats[format]);
        cornu_sequence *batches = cornu_flow(generator, x, y, .batch_size = 4, .mask_y = true);
        assert_made(batches);
        int marked = 0, moved = 0;
        for (int64_t index = 0; index < 2; index++) {
            cornu_batch batch = get(batches, index);
            assert_int_equal(cornu_array_dtype(batch.y), CORNU_INT32);
            assert_int_equal(cornu_array_count(batch.x), cornu_array_count(batch.y));
            for (int64_t i = 0; i < cornu_array_count(batch.y); i++) {
                int32_t class = ((const int32_t *)cornu_array_data(batch.y))[i];
                assert_int_equal(class, cornu_array_get(batch.x, i) > 50 ? 70001 : -3);
                marked += class == 70001;
                moved += class != classes[i];
            }
            cornu_batch_clear(&batch);
        }
        assert_true(marked > 50 && moved > 50);
        cornu_sequence_release(batches);
        cornu_image_data_generator_release(generator);
        cornu_array_release(x);
        cornu_array_release(y);
    }
}

/* Keras's own way: two generators, one for pictures and one for masks, and one seed. */
static void two_flows_of_one_seed_draw_alike(void **state)
{
    (void)state;
    cornu_image_data_generator *plain = cornu_image_data_generator_create(.rotation_range = 60, .zoom_range = 0.3);
    cornu_image_data_generator *scaled =
        cornu_image_data_generator_create(.rotation_range = 60, .zoom_range = 0.3, .rescale = 2);
    cornu_sequence *a = cornu_flow(plain, value_array("flow.x"), NULL, .batch_size = 4, .seed = 1);
    cornu_sequence *b = cornu_flow(scaled, value_array("flow.x"), NULL, .batch_size = 4, .seed = 1);
    for (int64_t index = 2; index >= 0; index--) {
        cornu_batch x = get(a, index), y = get(b, index);
        for (int64_t i = 0; i < cornu_array_count(x.x); i++)
            assert_true(2 * cornu_array_float32(x.x)[i] == cornu_array_float32(y.x)[i]);
        cornu_batch_clear(&x);
        cornu_batch_clear(&y);
    }
    cornu_sequence_release(a);
    cornu_sequence_release(b);
    cornu_image_data_generator_release(plain);
    cornu_image_data_generator_release(scaled);
}

/* --- workers --- */

#define THREADS 4
#define ROUNDS 20

typedef struct reader {
    pthread_t thread;
    cornu_sequence *batches;
    cornu_batch *wanted;
    int64_t count;
    int first;
    bool right;
} reader;

static void *read_batches(void *argument)
{
    reader *self = argument;
    self->right = true;
    for (int64_t i = 0; i < ROUNDS * self->count; i++) {
        int64_t index = (i * (2 * self->first + 1) + self->first) % self->count;
        cornu_batch batch = {0};
        self->right = self->right && cornu_sequence_get(self->batches, index, &batch) == CORNU_OK &&
                      same(batch.x, self->wanted[index].x);
        cornu_batch_clear(&batch);
    }
    return NULL;
}

static void several_threads_get_the_same_batches(void **state)
{
    (void)state;
    for (int numpy = 0; numpy < 2; numpy++) {
        cornu_image_data_generator *generator = numpy ? like_keras(NULL) : everything();
        cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = 2);
        int64_t count = cornu_sequence_length(batches);
        cornu_batch wanted[5];
        assert_int_equal(count, 5);
        for (int64_t i = 0; i < count; i++)
            wanted[i] = get(batches, i);
        reader readers[THREADS];
        for (int i = 0; i < THREADS; i++) {
            readers[i] = (reader){.batches = batches, .wanted = wanted, .count = count, .first = i};
            assert_int_equal(pthread_create(&readers[i].thread, NULL, read_batches, &readers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(readers[i].thread, NULL);
            assert_true(readers[i].right);
        }
        for (int64_t i = 0; i < count; i++)
            cornu_batch_clear(&wanted[i]);
        cornu_sequence_release(batches);
        cornu_image_data_generator_release(generator);
    }
}

static cornu_model *small_network(void)
{
    cornu_model *model = cornu_sequential(.name = "small", .seed = 5);
    cornu_add(model, cornu_conv2d(4, 3, .activation = "relu", .input_shape = {8, 6, 3}));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(1));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    return model;
}

static double train(int workers, bool processes, int queue, int64_t steps)
{
    cornu_image_data_generator *generator = everything();
    cornu_array *y = numbers(10, 0.1);
    cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), y, .batch_size = 3);
    cornu_model *model = small_network();
    cornu_history *history =
        cornu_fit_generator(model, batches, .epochs = 4, .workers = workers, .use_multiprocessing = processes,
                            .max_queue_size = queue, .steps_per_epoch = steps, .verbose = 0);
    assert_made(history);
    int64_t count;
    const double *losses = cornu_history_values(history, "loss", &count);
    assert_int_equal(count, 4);
    double last = losses[3];
    assert_true(isfinite(last) && losses[0] != losses[1]);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
    cornu_array_release(y);
    return last;
}

static void training_is_the_same_for_any_workers_and_queue(void **state)
{
    (void)state;
    double alone = train(0, false, 10, 0), steps = train(0, false, 10, 10 / 3);
    for (int workers = 1; workers <= 4; workers++) {
        assert_true(train(workers, false, 10, 0) == alone);
        assert_true(train(workers, false, 1, 0) == alone);
        assert_true(train(workers, false, 2, 10 / 3) == steps);
    }
}

static void training_is_the_same_with_worker_processes(void **state)
{
    (void)state;
    assert_true(train(2, true, 3, 0) == train(0, false, 3, 0));
    assert_true(train(3, true, 10, 10 / 3) == train(0, false, 10, 10 / 3));
}

/* --- files --- */

static void pictures_are_saved_where_asked(void **state)
{
    (void)state;
    char folder[] = "/tmp/cornu-flow-XXXXXX";
    assert_non_null(mkdtemp(folder));
    cornu_image_data_generator *generator = everything();
    cornu_sequence *batches =
        cornu_flow(generator, value_array("flow.x"), NULL, .batch_size = 10, .save_to_dir = folder, .save_prefix = "a");
    cornu_batch batch = get(batches, 0);
    cornu_batch_clear(&batch);
    int files = 0;
    DIR *listing = opendir(folder);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        if (entry->d_name[0] == '.')
            continue;
        int index, hash;
        char ending[8], path[600], head[8];
        assert_int_equal(sscanf(entry->d_name, "a_%d_%d.%7s", &index, &hash, ending), 3);
        assert_true(index >= 0 && index < 10 && hash >= 0 && hash < 10000 && strcmp(ending, "png") == 0);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_int_equal(fread(head, 1, 8, file), 8);
        assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
        fclose(file);
        unlink(path);
        files++;
    }
    closedir(listing);
    assert_int_equal(files, 10);
    rmdir(folder);
    assert_int_equal(cornu_sequence_get(batches, 0, &batch), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), folder));
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
}

/* The tutorials' way to look at augmentation: one picture, taken as often as one likes. */
static void a_loop_of_ones_own_gets_a_new_look_each_epoch(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = everything();
    cornu_array *picture = cornu_array_rows(value_array("flow.x"), 0, 1);
    cornu_sequence *batches = cornu_flow(generator, picture, NULL, .batch_size = 1);
    cornu_batch looks[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(cornu_generator_next(batches, &looks[i]), CORNU_OK);
        for (int before = 0; before < i; before++)
            assert_memory_not_equal(cornu_array_data(looks[i].x), cornu_array_data(looks[before].x),
                                    (size_t)cornu_array_count(looks[i].x) * sizeof(float));
    }
    for (int i = 0; i < 4; i++)
        cornu_batch_clear(&looks[i]);
    cornu_sequence_release(batches);
    cornu_array_release(picture);
    cornu_image_data_generator_release(generator);
}

/* --- what cannot be --- */

static cornu_status refuse(void *state, float *picture, const int64_t shape[3])
{
    (void)state, (void)shape;
    return picture[0] >= 0 ? cornu_error_set(CORNU_ERROR_DATA, "no") : CORNU_OK;
}

static void an_error_names_the_sample(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = cornu_image_data_generator_create(.preprocessing_function = refuse);
    cornu_sequence *batches = cornu_flow(generator, value_array("flow.x"), NULL, .shuffle = false, .batch_size = 4);
    cornu_batch batch = {0};
    assert_int_equal(cornu_sequence_get(batches, 1, &batch), CORNU_ERROR_DATA);
    assert_string_equal(cornu_error_message(), "sample 4: preprocessing_function: no");
    assert_null(batch.x);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
}

static void assert_refused(cornu_sequence *batches, cornu_status status, const char *part)
{
    assert_null(batches);
    assert_int_equal(cornu_error_status(), status);
    if (!strstr(cornu_error_message(), part))
        fail_msg("'%s' does not say '%s'", cornu_error_message(), part);
}

static void bad_arguments_get_a_sentence(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = cornu_image_data_generator_create(.validation_split = 0.3),
                               *numpy = cornu_image_data_generator_create(.rng_compat = "numpy");
    cornu_array *x = value_array("flow.x"), *y = numbers(10, 1), *nine = numbers(9, 1);
    cornu_array *none = cornu_array_rows(x, 0, 0), *pair = cornu_array_list(2, (cornu_array *[]){x, nine});
    assert_refused(cornu_flow(NULL, x, y), CORNU_ERROR_INVALID_ARGUMENT, "there is no generator");
    assert_refused(cornu_flow(generator, NULL, y), CORNU_ERROR_INVALID_ARGUMENT, "there is no x");
    assert_refused(cornu_flow(generator, y, y), CORNU_ERROR_SHAPE, "got shape (10,)");
    assert_refused(cornu_flow(generator, x, nine), CORNU_ERROR_SHAPE, "y has 9 samples where x has 10 pictures");
    assert_refused(cornu_flow(generator, x, y, .sample_weight = nine), CORNU_ERROR_SHAPE,
                   "sample_weight has 9 samples");
    assert_refused(cornu_flow(generator, pair, y), CORNU_ERROR_SHAPE, "x has 9 samples");
    assert_refused(cornu_flow(generator, none, NULL), CORNU_ERROR_DATA, "x has no pictures");
    assert_refused(cornu_flow(generator, x, y, .batch_size = 0), CORNU_ERROR_INVALID_ARGUMENT, "batch_size is 0");
    assert_refused(cornu_flow(generator, x, y, .seed = -2), CORNU_ERROR_INVALID_ARGUMENT, "seed is -2");
    assert_refused(cornu_flow(numpy, x, y, .seed = INT64_C(1) << 32), CORNU_ERROR_INVALID_ARGUMENT, "0 to 4294967295");
    assert_refused(cornu_flow(generator, x, y, .subset = "test"), CORNU_ERROR_INVALID_ARGUMENT, "subset is \"test\"");
    assert_refused(cornu_flow(generator, x, y, .subset = "training"), CORNU_ERROR_DATA, "(7 and 3 values of y)");
    assert_refused(cornu_flow(numpy, x, y, .subset = "validation"), CORNU_ERROR_DATA, "has no pictures");
    assert_refused(cornu_flow(generator, x, y, .save_to_dir = "x", .save_format = "bmp"), CORNU_ERROR_UNSUPPORTED,
                   "save_format is \"bmp\"");
    assert_refused(cornu_flow(numpy, x, y, .mask_y = true), CORNU_ERROR_SHAPE, "mask_y wants y of rank 4");
    cornu_array *wide = cornu_array_reshape(x, 4, (int64_t[]){10, 4, 12, 3});
    assert_refused(cornu_flow(numpy, x, wide, .mask_y = true), CORNU_ERROR_SHAPE,
                   "the masks have shape (10, 4, 12, 3)");
    cornu_array_release(wide);
    cornu_sequence *split = cornu_flow(generator, x, y, .subset = "validation", .ignore_class_split = true);
    assert_made(split);
    cornu_batch batch = get(split, 0);
    assert_int_equal(cornu_array_size(batch.x, 0), 3);
    cornu_batch_clear(&batch);
    cornu_sequence_release(split);
    cornu_array_release(y);
    cornu_array_release(nine);
    cornu_array_release(none);
    cornu_array_release(pair);
    cornu_image_data_generator_release(generator);
    cornu_image_data_generator_release(numpy);
}

static void nothing_is_lost_where_memory_ends(void **state)
{
    (void)state;
    cornu_array *tens = numbers(10, 10), *y = numbers(10, 1);
    cornu_array *x = cornu_array_list(2, (cornu_array *[]){value_array("flow.x"), tens});
    cornu_array *named = cornu_array_dict(2, (const char *[]){"a", "b"}, (cornu_array *[]){y, y});
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    int failures = 0;
    for (uint64_t n = 1; failed && n < 1000; n++) {
        cornu__allocation_fail_at(n);
        cornu_image_data_generator *generator =
            cornu_image_data_generator_create(.rotation_range = 20, .dtype = "float64", .interpolation_order = 2);
        cornu_sequence *batches =
            generator ? cornu_flow(generator, x, named, .sample_weight = y, .save_to_dir = "/proc", .save_prefix = "p")
                      : NULL;
        cornu_batch batch = {0};
        /* The end of an undisturbed run: a file cannot be made there. */
        failed = !batches || cornu_sequence_get(batches, 0, &batch) != CORNU_ERROR_IO;
        cornu__allocation_fail_at(0);
        failures += failed;
        if (failed)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        cornu_sequence_release(batches);
        batches = generator ? cornu_flow(generator, x, named, .sample_weight = y) : NULL;
        if (batches) {
            cornu__allocation_fail_at(n % 30 + 1);
            cornu_status status = cornu_sequence_get(batches, 0, &batch);
            cornu__allocation_fail_at(0);
            assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
            cornu_batch_clear(&batch);
        }
        cornu_sequence_release(batches);
        cornu_image_data_generator_release(generator);
        assert_int_equal(cornu__allocation_live(), live);
    }
    assert_false(failed);
    assert_true(failures > 10);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(tens);
    cornu_array_release(named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_epochs_are_kerass_for_the_same_seed),
        cmocka_unit_test(channels_first_splines_and_a_subset_are_kerass_too),
        cmocka_unit_test(tf29_is_keras_3s),
        cmocka_unit_test(each_epoch_has_every_sample_once_in_another_order_and_look),
        cmocka_unit_test(a_samples_look_does_not_depend_on_its_place),
        cmocka_unit_test(a_training_that_goes_on_has_the_same_epoch),
        cmocka_unit_test(a_list_of_arrays_comes_along_row_by_row),
        cmocka_unit_test(other_dtypes_are_the_float32_result_cast),
        cmocka_unit_test(a_running_stream_allocates_for_a_batch_and_not_for_a_picture),
        cmocka_unit_test(masks_move_with_their_pictures),
        cmocka_unit_test(two_flows_of_one_seed_draw_alike),
        cmocka_unit_test(several_threads_get_the_same_batches),
        cmocka_unit_test(training_is_the_same_for_any_workers_and_queue),
        cmocka_unit_test(training_is_the_same_with_worker_processes),
        cmocka_unit_test(pictures_are_saved_where_asked),
        cmocka_unit_test(a_loop_of_ones_own_gets_a_new_look_each_epoch),
        cmocka_unit_test(an_error_names_the_sample),
        cmocka_unit_test(bad_arguments_get_a_sentence),
        cmocka_unit_test(nothing_is_lost_where_memory_ends),
    };
    return cmocka_run_group_tests(tests, values_open, values_close);
}
