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

#include "base/memory.h"
#include "data/generator.h"
#include "image/flow_files.h"

static char folder[PATH_SIZE];
static json_t *facts;
static cornu_array *golden;

const char *flow_folder(void)
{
    return folder;
}

const json_t *flow_fact(const char *name)
{
    const json_t *fact = json_object_get(facts, name);
    if (!fact)
        fail_msg("flow_from_files.json says nothing about '%s'", name);
    return fact;
}

void paint_file(const char *path, int number)
{
    int64_t shape[] = {5 + number % 4, 6 + number % 3, 3};
    cornu_array *picture = cornu_array_zeros(CORNU_UINT8, 3, shape);
    uint8_t *bytes = cornu_array_data(picture);
    for (int64_t i = 0; i < cornu_array_count(picture); i++) {
        int64_t row = i / (shape[1] * 3), column = i / 3 % shape[1], channel = i % 3;
        bytes[i] = (uint8_t)((row * 37 + column * 11 + channel * 71 + number * 53) % 256);
    }
    assert_ok(cornu_save_img(path, picture, .scale = false));
    cornu_array_release(picture);
}

/* Does `act` to each picture's path, and to the class folders: before them, or behind. */
static void visit(void (*act)(const char *path, int number))
{
    static const struct {
        const char *name;
        int count;
    } classes[] = {{"ant", 3}, {"bee", 5}, {"cow", 4}};
    char path[2 * PATH_SIZE];
    int number = 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, classes[i].name);
        mkdir(path, 0700);
        for (int j = 0; j < classes[i].count; j++) {
            snprintf(path, sizeof path, "%s/%s/%d.png", folder, classes[i].name, j);
            act(path, number++);
        }
        snprintf(path, sizeof path, "%s/%s", folder, classes[i].name);
        rmdir(path); /* where it is empty now */
    }
}

static void unlink_file(const char *path, int number)
{
    (void)number;
    unlink(path);
}

int flow_files_open(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    scratch_path(folder, "flow");
    mkdir(folder, 0700);
    visit(paint_file);
    snprintf(path, sizeof path, "%s/notes.txt", folder);
    write_bytes(path, "", 0);
    facts = oracle_json("flow_from_files");
    golden = oracle_arrays("flow_from_files");
    return facts && golden ? 0 : 1;
}

int flow_files_close(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    visit(unlink_file);
    snprintf(path, sizeof path, "%s/notes.txt", folder);
    unlink(path);
    rmdir(folder);
    json_decref(facts);
    cornu_array_release(golden);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

void assert_made(const void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
}

cornu_batch get_batch(cornu_sequence *files, int64_t index)
{
    cornu_batch batch = {0};
    assert_ok(cornu_sequence_get(files, index, &batch));
    return batch;
}

/* --- against the golden values --- */

static void assert_part(const char *name, const cornu_array *got, double tolerance)
{
    const cornu_array *wanted = cornu_array_item_named(golden, name);
    if (!got != !wanted)
        fail_msg("%s is %s", name, wanted ? "missing" : "there, which is not Keras's");
    if (!got)
        return;
    assert_int_equal(cornu_array_rank(got), cornu_array_rank(wanted));
    assert_memory_equal(cornu_array_shape(got), cornu_array_shape(wanted),
                        (size_t)cornu_array_rank(wanted) * sizeof(int64_t));
    for (int64_t i = 0; i < cornu_array_count(got); i++) {
        double a = cornu_array_get(got, i), b = cornu_array_get(wanted, i);
        if (!(fabs(a - b) <= tolerance))
            fail_msg("%s, element %lld: %.9g, wanted %.9g", name, (long long)i, a, b);
    }
}

static void assert_batch(const char *name, const cornu_batch *batch, double tolerance)
{
    char part[200];
    snprintf(part, sizeof part, "%s.x", name);
    assert_part(part, batch->x, tolerance);
    snprintf(part, sizeof part, "%s.w", name);
    assert_part(part, batch->sample_weight, 0);
    snprintf(part, sizeof part, "%s.y", name);
    if (!batch->y || !cornu_array_is_collection(batch->y)) {
        assert_part(part, batch->y, batch->y == batch->x ? tolerance : 0);
        return;
    }
    for (size_t i = 0; i < cornu_array_item_count(batch->y); i++) {
        snprintf(part, sizeof part, "%s.y%zu", name, i);
        assert_part(part, cornu_array_item(batch->y, i), 0);
    }
}

static void assert_known(const json_t *fact, const cornu_sequence *files)
{
    const json_t *names = json_object_get(fact, "filenames"), *classes = json_object_get(fact, "classes"),
                 *class_names = json_object_get(fact, "class_names");
    assert_int_equal(cornu_flow_samples(files), json_array_size(names));
    for (size_t i = 0; i < json_array_size(names); i++) {
        assert_string_equal(cornu_flow_filename(files, (int64_t)i), json_string_value(json_array_get(names, i)));
        if (classes)
            assert_int_equal(cornu_flow_class_of(files, (int64_t)i), json_integer_value(json_array_get(classes, i)));
    }
    assert_int_equal(cornu_flow_num_classes(files), json_array_size(class_names));
    for (size_t i = 0; i < json_array_size(class_names); i++)
        assert_string_equal(cornu_flow_class_name(files, (int)i), json_string_value(json_array_get(class_names, i)));
}

void assert_golden(const char *name, cornu_sequence *files, double tolerance)
{
    assert_made(files);
    const json_t *fact = flow_fact(name);
    assert_known(fact, files);
    int64_t length = cornu_sequence_length(files);
    assert_int_equal(length, json_integer_value(json_object_get(fact, "batches")));
    for (int64_t number = 0; number < 2 * length; number++) {
        char batch_name[100];
        cornu_batch batch = get_batch(files, number % length);
        snprintf(batch_name, sizeof batch_name, "%s.%lld", name, (long long)number);
        assert_batch(batch_name, &batch, tolerance);
        cornu_batch_clear(&batch);
        if (number % length == length - 1)
            files->on_epoch_end(files->state);
    }
    cornu_sequence_release(files);
}

double losses_of_training(cornu_model *model, cornu_sequence *files, cornu_sequence *held_out, int workers,
                          bool processes)
{
    cornu_history *history =
        cornu_fit_generator(model, files, .epochs = 3, .workers = workers, .use_multiprocessing = processes,
                            .validation_data = {.generator = held_out}, .verbose = 0);
    assert_made(history);
    double losses = cornu_history_get(history, "loss", -1);
    if (held_out)
        losses += cornu_history_get(history, "val_loss", -1);
    assert_true(isfinite(losses));
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_sequence_release(files);
    return losses;
}

void assert_flow_refused(const cornu_sequence *files, cornu_status status, const char *part)
{
    assert_null(files);
    assert_failed(status, status, part);
}
