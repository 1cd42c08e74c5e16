/* Batches of datasets: every sample once in an epoch, and the same bits whoever makes them and however many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/dataset.h>
#include <cornu/layers.h>

#include "base/memory.h"
#include "data/enqueuer.h"
#include "data/sample_order.h"

#define SAMPLES 103 /* neither batches nor blocks divide it */
#define MOST_EPOCHS 4

static void assert_says(const char *wanted)
{
    if (!strstr(cornu_error_message(), wanted))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
}

/* --- A dataset that knows what was asked of it --- */

typedef struct counted {
    int64_t last;   /* the sample read last by this process */
    int64_t begins; /* how often a sample came that is not behind the one before */
    bool unwanted_read;
    int64_t fails_at; /* -1: never */
} counted;

/* x = (index, bits of the sample), y = index, weight = 1 + index, other: not wanted */
static cornu_status counted_read(void *state, int64_t index, cornu_sample *sample)
{
    counted *self = state;
    if (index == self->fails_at)
        return cornu_error_set(CORNU_ERROR_IO, "a bad sector");
    self->begins += index != self->last + 1;
    self->last = index;
    float *x = cornu_sample_data(sample, 0);
    x[0] = (float)index;
    x[1] = (float)(cornu_sample_seed(sample) % 65536) + 65536 * (float)cornu_sample_epoch(sample);
    *(float *)cornu_sample_data(sample, 1) = (float)index;
    *(float *)cornu_sample_data(sample, 2) = (float)(1 + index);
    memset(cornu_sample_data(sample, 3), 7, 5);
    self->unwanted_read |= cornu_sample_wants(sample, 3);
    return CORNU_OK;
}

static const cornu_field counted_fields[] = {
    {.name = "x", .rank = 1, .shape = {2}},
    {.name = "y"},
    {.name = "weight"},
    {.name = "other", .dtype = CORNU_UINT8, .rank = 1, .shape = {5}},
};

typedef enum kind { RANDOM, BLOCKS, IN_ORDER } kind;

static cornu_dataset *counted_dataset(counted *self, kind of)
{
    *self = (counted){.last = -1, .fails_at = -1};
    return cornu_dataset_create(.name = "counted", .count = SAMPLES, .fields = counted_fields, .field_count = 4,
                                .read = counted_read, .state = self, .random_access = of != IN_ORDER,
                                .block_size = of == BLOCKS ? 5 : 0);
}

/* --- Streams as fit makes them --- */

typedef struct stream {
    cornu_model *model;
    cornu__ports ports;
} stream;

static int set_up(void **state)
{
    stream *self = test_calloc(1, sizeof *self);
    self->model = cornu_sequential(.seed = 5);
    cornu_add(self->model, cornu_dense(1, .input_shape = {2}));
    if (cornu_compile(self->model, .loss = "mse") != CORNU_OK ||
        cornu__ports_of(self->model, CORNU__STEP_TRAIN, NULL, &self->ports) != CORNU_OK)
        return 1;
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    stream *self = *state;
    cornu_model_release(self->model);
    test_free(self);
    return cornu__allocation_live() != 0;
}

typedef struct taken {
    int64_t count;
    float x[MOST_EPOCHS * SAMPLES][2], y[MOST_EPOCHS * SAMPLES];
    int64_t batches;
    int64_t sizes[MOST_EPOCHS * SAMPLES];
} taken;

/* All batches of some epochs, made by `workers` threads or processes. */
static void take_all(const stream *self, cornu_sequence *sequence, cornu__enqueuer_options options, taken *all)
{
    memset(all, 0, sizeof *all);
    options.max_queue_size = options.max_queue_size > 0 ? options.max_queue_size : 10;
    cornu__enqueuer *ring =
        cornu__enqueuer_start(cornu__generator_source(&self->ports, sequence, true, 0, NULL), &options);
    assert_non_null(ring);
    for (;;) {
        const cornu__batch *batch;
        if (cornu__enqueuer_get(ring, &batch) != CORNU_OK)
            fail_msg("%s", cornu_error_message());
        if (!batch)
            break;
        memcpy(all->x[all->count], batch->inputs[0].data, (size_t)batch->rows * sizeof *all->x);
        memcpy(&all->y[all->count], batch->targets[0].data, (size_t)batch->rows * sizeof *all->y);
        for (int64_t i = 0; i < batch->rows; i++)
            assert_float_equal(batch->samples[i], all->y[all->count + i], 0); /* y is the sample's number */
        all->count += batch->rows;
        all->sizes[all->batches++] = batch->rows;
        assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    }
    cornu__enqueuer_stop(ring);
}

static void assert_each_once(const taken *all, int64_t epoch)
{
    bool seen[SAMPLES] = {0};
    for (int64_t i = 0; i < SAMPLES; i++) {
        float x = all->x[epoch * SAMPLES + i][0];
        assert_true(x >= 0 && x < SAMPLES);
        assert_false(seen[(int)x]);
        seen[(int)x] = true;
        assert_float_equal(all->y[epoch * SAMPLES + i], x, 0);
    }
}

static int64_t places_kept(const taken *all, int64_t epoch, int64_t other)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < SAMPLES; i++)
        kept += all->x[epoch * SAMPLES + i][0] == (other < 0 ? (float)i : all->x[other * SAMPLES + i][0]);
    return kept;
}

/* --- Orders --- */

static void every_sample_is_in_an_epoch_once_and_orders_differ(void **state)
{
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        counted self;
        cornu_dataset *dataset = counted_dataset(&self, of);
        static taken all;
        for (int64_t buffer_size = 1; buffer_size < 200; buffer_size = 3 * buffer_size + 7) {
            cornu_sequence *sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8,
                                                              .seed = 3, .buffer_size = buffer_size);
            assert_int_equal(cornu_sequence_length(sequence), 13);
            take_all(*state, sequence, (cornu__enqueuer_options){.epochs = 4}, &all);
            cornu_sequence_release(sequence);
            assert_int_equal(all.count, 4 * SAMPLES);
            for (int64_t epoch = 0; epoch < 4; epoch++) {
                assert_each_once(&all, epoch);
                if (of != IN_ORDER || buffer_size > 10)
                    assert_true(places_kept(&all, epoch, -1) < SAMPLES / 4);
                if (epoch > 0 && buffer_size > 10)
                    assert_true(places_kept(&all, epoch, epoch - 1) < SAMPLES / 4);
            }
            assert_false(self.unwanted_read);
        }
        cornu_dataset_release(dataset);
    }
}

static void without_shuffle_samples_keep_their_order(void **state)
{
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        counted self;
        cornu_dataset *dataset = counted_dataset(&self, of);
        cornu_sequence *sequence =
            cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8, .shuffle = false);
        for (int64_t index = 0; index < 13; index++) {
            cornu_batch batch;
            assert_int_equal(cornu_sequence_get(sequence, index, &batch), CORNU_OK);
            for (int64_t i = 0; i < cornu_array_size(batch.x, 0); i++)
                assert_float_equal(cornu_array_float32(batch.x)[2 * i], (double)(8 * index + i), 0);
            cornu_batch_clear(&batch);
        }
        assert_int_equal(self.begins, 0);
        cornu_sequence_release(sequence);
        cornu_dataset_release(dataset);
    }
    (void)state;
}

static void the_same_bits_for_any_workers_threads_processes_and_queues(void **state)
{
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        static taken expected, got;
        for (int workers = 0; workers <= 7; workers++) {
            for (int queue = 1; queue <= 10; queue += workers == 0 ? 10 : 3) {
                for (int processes = 0; processes <= (workers > 0 && queue < 5); processes++) {
                    counted self;
                    cornu_dataset *dataset = counted_dataset(&self, of);
                    cornu_sequence *sequence =
                        cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8, .buffer_size = 20);
                    take_all(*state, sequence,
                             (cornu__enqueuer_options){
                                 .workers = workers, .epochs = 3, .max_queue_size = queue, .processes = processes},
                             workers == 0 ? &expected : &got);
                    if (of == IN_ORDER && !processes)
                        assert_int_equal(self.begins, 2); /* each epoch but the first begins anew, nothing else does */
                    if (workers > 0)
                        assert_memory_equal(&got, &expected, sizeof got);
                    cornu_sequence_release(sequence);
                    cornu_dataset_release(dataset);
                }
            }
        }
    }
}

static void a_seed_is_an_order(void **state)
{
    static taken first, again, other;
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        counted self;
        cornu_dataset *dataset = counted_dataset(&self, of);
        for (int run = 0; run < 3; run++) {
            cornu_sequence *sequence =
                cornu_dataset_sequence(dataset, .x = cornu_names("x"), .seed = run == 2 ? 9 : 4, .buffer_size = 40);
            take_all(*state, sequence, (cornu__enqueuer_options){.epochs = 1},
                     run == 0   ? &first
                     : run == 1 ? &again
                                : &other);
            cornu_sequence_release(sequence);
        }
        assert_memory_equal(&first, &again, sizeof first);
        assert_memory_not_equal(&first, &other, sizeof first);
        cornu_dataset_release(dataset);
    }
}

static void a_training_goes_on_from_any_batch(void **state)
{
    static taken whole, rest;
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        for (int64_t cut = 1; cut < 25; cut += 5) {
            counted self;
            cornu_dataset *dataset = counted_dataset(&self, of);
            cornu_sequence *sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8);
            take_all(*state, sequence, (cornu__enqueuer_options){.epochs = 3}, &whole);
            cornu_sequence_release(sequence);

            sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8);
            const cornu__enqueuer_options options = {
                .max_queue_size = 3, .epochs = 3, .keep_states = true, .workers = 2};
            const stream *fit = *state;
            cornu__enqueuer *ring =
                cornu__enqueuer_start(cornu__generator_source(&fit->ports, sequence, true, 0, NULL), &options);
            for (int64_t i = 0; i < cut; i++) {
                const cornu__batch *batch;
                assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
                assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
            }
            cornu__position position;
            cornu__enqueuer_position(ring, &position);
            cornu__enqueuer_stop(ring);
            cornu_sequence_release(sequence);

            sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 8);
            take_all(*state, sequence, (cornu__enqueuer_options){.epochs = 3, .from = &position, .keep_states = true},
                     &rest);
            cornu_sequence_release(sequence);
            int64_t before = whole.count - rest.count;
            assert_int_equal(rest.batches, whole.batches - cut);
            assert_memory_equal(rest.x, whole.x + before, (size_t)rest.count * sizeof *rest.x);
            cornu__position_clear(&position);
            cornu_dataset_release(dataset);
        }
    }
}

static void a_state_of_another_dataset_is_refused(void **state)
{
    (void)state;
    counted self;
    cornu_dataset *dataset = counted_dataset(&self, RANDOM);
    cornu_sequence *sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x"));
    cornu_array *saved = NULL;
    assert_int_equal(cornu__generator_save_state(sequence, &saved), CORNU_OK);
    ((int64_t *)cornu_array_data(saved))[2]--;
    assert_int_equal(sequence->load_state(sequence->state, saved), CORNU_ERROR_DATA);
    assert_says("had 102 samples when this training was interrupted, and has 103 now");
    ((int64_t *)cornu_array_data(saved))[0]++;
    assert_int_equal(sequence->load_state(sequence->state, saved), CORNU_ERROR_DATA);
    cornu_array_release(saved);
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
}

/* --- Batches --- */

static void fields_become_x_y_and_weights(void **state)
{
    (void)state;
    counted self;
    cornu_dataset *dataset = counted_dataset(&self, RANDOM);
    cornu_sequence *sequence = cornu_dataset_sequence(dataset, .x = cornu_names("weight", "x"), .sample_weight = "y",
                                                      .y = cornu_names("other"), .shuffle = false);
    cornu_batch batch;
    assert_int_equal(cornu_sequence_get(sequence, 1, &batch), CORNU_OK);
    assert_int_equal(cornu_array_item_count(batch.x), 2);
    assert_string_equal(cornu_array_item_name(batch.x, 0), "weight");
    assert_int_equal(cornu_array_rank(cornu_array_item(batch.x, 0)), 1);
    assert_int_equal(cornu_array_size(cornu_array_item_named(batch.x, "x"), 1), 2);
    assert_float_equal(cornu_array_get(cornu_array_item(batch.x, 0), 3), 36, 0);
    assert_false(cornu_array_is_collection(batch.y));
    assert_int_equal(cornu_array_dtype(batch.y), CORNU_UINT8);
    assert_float_equal(cornu_array_get(batch.sample_weight, 3), 35, 0);
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
}

static void fields_that_are_not_named_are_chosen(void **state)
{
    (void)state;
    counted self;
    cornu_dataset *dataset = counted_dataset(&self, RANDOM);
    cornu_batch batch;
    cornu_sequence *sequence = cornu_dataset_sequence(dataset); /* x and y */
    assert_int_equal(cornu_sequence_get(sequence, 0, &batch), CORNU_OK);
    assert_int_equal(cornu_array_size(batch.x, 1), 2);
    assert_int_equal(cornu_array_rank(batch.y), 1);
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
    /* no field x that is free: all that remain */
    sequence = cornu_dataset_sequence(dataset, .y = cornu_names("x"), .sample_weight = "weight");
    assert_int_equal(cornu_sequence_get(sequence, 0, &batch), CORNU_OK);
    assert_int_equal(cornu_array_item_count(batch.x), 2);
    assert_string_equal(cornu_array_item_name(batch.x, 0), "y");
    assert_string_equal(cornu_array_item_name(batch.x, 1), "other");
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
}

static void a_smaller_last_batch_can_be_left_out(void **state)
{
    static taken all;
    counted self;
    cornu_dataset *dataset = counted_dataset(&self, RANDOM);
    cornu_sequence *sequence =
        cornu_dataset_sequence(dataset, .x = cornu_names("x"), .batch_size = 50, .drop_remainder = true);
    take_all(*state, sequence, (cornu__enqueuer_options){.epochs = 2}, &all);
    assert_int_equal(all.batches, 4);
    assert_int_equal(all.count, 200);
    cornu_sequence_release(sequence);
    assert_null(cornu_dataset_sequence(dataset, .batch_size = 104, .drop_remainder = true));
    assert_says("nothing would be left");
    sequence = cornu_dataset_sequence(dataset, .batch_size = 1000000000);
    assert_int_equal(cornu_sequence_length(sequence), 1);
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    counted self;
    cornu_dataset *dataset = counted_dataset(&self, RANDOM);
    assert_null(cornu_dataset_sequence(NULL));
    assert_null(cornu_dataset_sequence(dataset, .batch_size = 0));
    assert_null(cornu_dataset_sequence(dataset, .buffer_size = 0));
    assert_null(cornu_dataset_sequence(dataset, .x = cornu_names("othre")));
    assert_says("dataset_sequence: x: 'counted' has no field 'othre'; did you mean 'other'?");
    assert_null(cornu_dataset_sequence(dataset, .x = cornu_names("x", "x")));
    assert_says("'x' is named twice");
    assert_null(cornu_dataset_sequence(dataset, .x = cornu_names("x"), .y = cornu_names("x")));
    assert_null(cornu_dataset_sequence(dataset, .sample_weight = "other"));
    assert_says("several numbers");
    assert_null(cornu_dataset_sequence(dataset, .x = cornu_names("x"), .y = cornu_names("wieght")));
    assert_says("did you mean 'weight'?");
    cornu_dataset_release(dataset);
}

static void a_failing_sample_ends_the_stream_with_its_number(void **state)
{
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        counted self;
        cornu_dataset *dataset = counted_dataset(&self, of);
        self.fails_at = 77;
        cornu_sequence *sequence = cornu_dataset_sequence(dataset, .batch_size = 8);
        const stream *fit = *state;
        const cornu__enqueuer_options options = {.max_queue_size = 3, .epochs = 1, .workers = 3};
        cornu__enqueuer *ring =
            cornu__enqueuer_start(cornu__generator_source(&fit->ports, sequence, true, 0, NULL), &options);
        const cornu__batch *batch;
        cornu_status status;
        while ((status = cornu__enqueuer_get(ring, &batch)) == CORNU_OK && batch)
            cornu__enqueuer_done(ring);
        assert_int_equal(status, CORNU_ERROR_IO);
        assert_says("'counted', sample 77: a bad sector");
        cornu__enqueuer_stop(ring);
        cornu_sequence_release(sequence);
        cornu_dataset_release(dataset);
    }
}

static void refused_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    for (kind of = RANDOM; of <= IN_ORDER; of++) {
        counted self;
        cornu_dataset *dataset = counted_dataset(&self, of);
        uint64_t live = cornu__allocation_live();
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        for (uint64_t n = 1; status != CORNU_OK; n++) {
            cornu__allocation_fail_at(n);
            cornu_batch batch = {0};
            cornu_sequence *sequence = cornu_dataset_sequence(dataset, .x = cornu_names("x", "other"));
            status = sequence ? cornu_sequence_get(sequence, 1, &batch) : cornu_error_status();
            cornu__allocation_fail_at(0);
            if (status != CORNU_OK)
                assert_int_equal(status, CORNU_ERROR_OUT_OF_MEMORY);
            cornu_batch_clear(&batch);
            cornu_sequence_release(sequence);
            assert_int_equal(cornu__allocation_live(), live);
        }
        cornu_dataset_release(dataset);
    }
}

/* --- The order itself --- */

static void the_bijection_is_one(void **state)
{
    (void)state;
    static bool seen[5000];
    for (int64_t count = 2; count < 5000; count += 1 + count / 7) {
        cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_SHUFFLE, (uint64_t)count, 0);
        memset(seen, 0, sizeof seen);
        for (int64_t i = 0; i < count; i++) {
            int64_t to = cornu__bijection(key, count, i);
            assert_true(to >= 0 && to < count);
            assert_false(seen[to]);
            seen[to] = true;
        }
    }
}

/* Neighbours of a large set go as far apart as by chance, and each tenth of it goes to all tenths. */
static void the_bijection_mixes(void **state)
{
    (void)state;
    const int64_t count = ((int64_t)1 << 20) + 12345;
    enum { DRAWN = 100000 };
    cornu__random_key key = cornu__random_key_make(7, CORNU__RANDOM_SHUFFLE, 3, 0);
    int64_t cells[10][10] = {{0}};
    double distance = 0;
    for (int64_t i = 0; i < DRAWN; i++) {
        int64_t from = i * count / DRAWN, to = cornu__bijection(key, count, from);
        int64_t next = cornu__bijection(key, count, from + 1);
        cells[from * 10 / count][to * 10 / count]++;
        distance += (double)(to > next ? to - next : next - to) / (double)count;
    }
    /* the mean of |u - v| is 1/3, its deviation over so many 0.00075; a cell's is 1000 +- 30 */
    assert_true(distance / DRAWN > 1.0 / 3 - 0.005 && distance / DRAWN < 1.0 / 3 + 0.005);
    for (int i = 0; i < 100; i++)
        assert_in_range(cells[i / 10][i % 10], 1000 - 200, 1000 + 200);
}

static void a_large_order_takes_no_memory_and_covers_all(void **state)
{
    (void)state;
    const int64_t count = CORNU__ORDER_TABLE + 1000;
    cornu__sample_order order;
    uint64_t live = cornu__allocation_live();
    assert_int_equal(cornu__sample_order_begin(&order, count, 1, 1000, true, 5), CORNU_OK);
    assert_int_equal(cornu__allocation_live(), live);
    uint8_t *seen = test_calloc((size_t)count, 1);
    int64_t samples[1000];
    for (int64_t first = 0; first < count; first += 1000) {
        int64_t some = count - first < 1000 ? count - first : 1000;
        cornu__sample_order_get(&order, first, some, samples, NULL);
        for (int64_t i = 0; i < some; i++)
            assert_int_equal(seen[samples[i]]++, 0);
    }
    test_free(seen);
    cornu__sample_order_end(&order);
}

static int64_t blocks_in(const int64_t *samples, int64_t count, int64_t block_size)
{
    bool seen[2000] = {0};
    int64_t blocks = 0;
    for (int64_t i = 0; i < count; i++) {
        blocks += !seen[samples[i] / block_size];
        seen[samples[i] / block_size] = true;
    }
    return blocks;
}

static void blocks_are_read_once_and_their_samples_mixed(void **state)
{
    (void)state;
    enum { COUNT = 10007, BLOCK = 20, BUFFER = 200 };
    static int64_t samples[COUNT], scratch[COUNT];
    static bool seen[COUNT];
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        cornu__sample_order order;
        assert_int_equal(cornu__sample_order_begin(&order, COUNT, BLOCK, BUFFER, true, 1), CORNU_OK);
        assert_true(order.group == BUFFER);
        cornu__sample_order_set_epoch(&order, epoch);
        memset(seen, 0, sizeof seen);
        /* cut as batches are: it makes no difference */
        for (int64_t first = 0, some; first < COUNT; first += some) {
            some = COUNT - first < 64 ? COUNT - first : 64;
            cornu__sample_order_get(&order, first, some, samples + first, scratch);
            assert_true(blocks_in(samples + first, some, BLOCK) <= 2 * BUFFER / BLOCK + 1);
        }
        int64_t neighbours = 0;
        for (int64_t i = 0; i < COUNT; i++) {
            assert_false(seen[samples[i]]);
            seen[samples[i]] = true;
            neighbours += i > 0 && samples[i] == samples[i - 1] + 1;
        }
        assert_true(neighbours < COUNT / 50);
        cornu__sample_order_end(&order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_sample_is_in_an_epoch_once_and_orders_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_shuffle_samples_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_bits_for_any_workers_threads_processes_and_queues, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_seed_is_an_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_training_goes_on_from_any_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_state_of_another_dataset_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_become_x_y_and_weights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_that_are_not_named_are_chosen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_smaller_last_batch_can_be_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failing_sample_ends_the_stream_with_its_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_memory_is_an_error_that_leaves_nothing, set_up, tear_down),
        cmocka_unit_test(the_bijection_is_one),
        cmocka_unit_test(the_bijection_mixes),
        cmocka_unit_test(a_large_order_takes_no_memory_and_covers_all),
        cmocka_unit_test(blocks_are_read_once_and_their_samples_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
