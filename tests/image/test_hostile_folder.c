/* Folders that change or resist while a model trains on them: a sentence or the policy, never a crash, a hang or a wrong picture. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "image/flow_files.h"

#define PICTURES 12

static char folder[PATH_SIZE];
static char warnings[4096];

static void note_warning(const char *message, void *state)
{
    (void)state;
    size_t length = strlen(warnings);
    snprintf(warnings + length, sizeof warnings - length, "%s\n", message);
}

static const char *in_folder(const char *name)
{
    static char paths[2][2 * PATH_SIZE];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static const char *picture(int number)
{
    char name[32];
    snprintf(name, sizeof name, "%c/%02d.png", number % 2 ? 'b' : 'a', number);
    return in_folder(name);
}

static int make_folder(void **state)
{
    (void)state;
    scratch_path(folder, "hostile_folder");
    mkdir(folder, 0755);
    mkdir(in_folder("a"), 0755);
    mkdir(in_folder("b"), 0755);
    for (int number = 0; number < PICTURES; number++)
        paint_file(picture(number), number);
    warnings[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    cornu_set_warning_handler(NULL, NULL);
    return remove_tree(folder);
}

/* --- Training --- */

typedef struct trial {
    const char *policy;
    int workers;
    bool processes;
    void (*harm)(void); /* what befalls the folder behind the first epoch */
    int64_t bad;        /* files that were found bad, by the program itself */
} trial;

static cornu_status harm(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training, (void)logs;
    if (epoch == 0)
        ((const trial *)state)->harm();
    return CORNU_OK;
}

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.name = "small", .seed = 5);
    cornu_add(model, cornu_flatten(.input_shape = {6, 6, 3}));
    cornu_add(model, cornu_dense(1, .activation = "sigmoid"));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "binary_crossentropy"));
    return model;
}

/* Three epochs; NULL when training ended with an error. */
static cornu_history *train(trial *one)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rescale = 1.0 / 255, .rotation_range = 10);
    cornu_sequence *files =
        cornu_flow_from_directory(generator, folder, .target_size = cornu_pair(6, 6), .batch_size = 3,
                                  .class_mode = "binary", .bad_files = one->policy, .interpolation = "bilinear");
    assert_made(files);
    cornu_model *model = make_model();
    cornu_history *history =
        cornu_fit_generator(model, files, .epochs = 3, .workers = one->workers, .use_multiprocessing = one->processes,
                            .verbose = 0, .callbacks = {cornu_callback_create(.on_epoch_end = harm, .state = one)});
    one->bad = cornu_flow_bad_file_count(files);
    cornu_model_release(model);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    return history;
}

static void assert_trained(cornu_history *history)
{
    assert_made(history);
    int64_t epochs;
    const double *loss = cornu_history_values(history, "loss", &epochs);
    assert_int_equal(epochs, 3);
    assert_true(isfinite(loss[2]));
    cornu_history_release(history);
}

/* `why`: what is said of at least one of the files. */
static void try_all(void (*befalls)(void), int64_t bad, const char *why)
{
    static const trial trials[] = {
        {.policy = "skip", .workers = 0},    {.policy = "skip", .workers = 3},
        {.policy = "replace", .workers = 3}, {.policy = "skip", .workers = 2, .processes = true},
        {.policy = "error", .workers = 2},
    };
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        trial one = trials[i];
        one.harm = befalls;
        assert_int_equal(remove_folder(NULL), 0);
        make_folder(NULL);
        cornu_history *history = train(&one);
        if (strcmp(one.policy, "error") == 0) {
            assert_null(history);
            assert_non_null(strstr(cornu_error_message(), folder));
            continue;
        }
        assert_trained(history);
        assert_int_equal(one.bad, bad);
        if (!one.processes) /* those have said it on their own standard error */
            assert_non_null(strstr(warnings, why));
    }
}

static void remove_half(void)
{
    for (int number = 0; number < PICTURES / 2; number++)
        unlink(picture(number));
}

static void a_training_survives_that_its_files_go(void **state)
{
    (void)state;
    try_all(remove_half, PICTURES / 2, "No such file");
}

/* Nobody writes into the pipe: who waited for it would wait for ever. Its file is a pipe from one moment to the next, as workers read meanwhile. */
static void put_others_in_their_places(void)
{
    mkfifo(in_folder("pipe"), 0644);
    if (rename(in_folder("pipe"), picture(0)) != 0)
        abort();
    for (int number = 1; number < 4; number++)
        unlink(picture(number));
    mkdir(picture(1), 0755);
    write_bytes(picture(2), "", 0);
    if (symlink(picture(3), picture(3)) != 0)
        abort();
}

static void a_training_survives_that_files_become_pipes_folders_and_circles(void **state)
{
    (void)state;
    try_all(put_others_in_their_places, 4, "a pipe or device");
}

static void remove_all(void)
{
    for (int number = 0; number < PICTURES; number++)
        unlink(picture(number));
}

static void a_training_without_any_file_left_ends_with_a_sentence(void **state)
{
    (void)state;
    for (int workers = 0; workers <= 3; workers += 3) {
        trial one = {.policy = workers ? "skip" : "replace", .workers = workers, .harm = remove_all};
        assert_int_equal(remove_folder(NULL), 0);
        make_folder(NULL);
        assert_null(train(&one));
        assert_non_null(strstr(cornu_error_message(), "none of the 12 pictures can be read"));
    }
}

/* --- What may not be read --- */

static int read_forbidden_file(void)
{
    if (!is_nobody())
        return CANNOT_BE_TRIED;
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .batch_size = PICTURES, .bad_files = "skip");
    cornu_batch batch = {0};
    if (!files || cornu_sequence_get(files, 0, &batch) != CORNU_OK)
        return 1;
    bool right = cornu_array_size(batch.x, 0) == PICTURES - 1 && cornu_flow_bad_file_count(files) == 1 &&
                 strstr(cornu_flow_bad_file(files, 0), "a/04.png': Permission denied") && strstr(warnings, "a/04.png");
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    return right ? 0 : 2;
}

static void a_file_that_may_not_be_read_is_a_bad_one(void **state)
{
    (void)state;
    assert_int_equal(chmod(picture(4), 0), 0);
    assert_int_equal(exit_status_of(read_forbidden_file), 0);
}

static int read_forbidden_class(void)
{
    if (!is_nobody())
        return CANNOT_BE_TRIED;
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    bool refused = !cornu_flow_from_directory(generator, folder) && cornu_error_status() == CORNU_ERROR_IO &&
                   strstr(cornu_error_message(), "/b': Permission denied");
    cornu_image_data_generator_release(generator);
    return refused ? 0 : 2;
}

static void a_class_that_may_not_be_read_is_an_error_at_once(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_folder("b"), 0), 0);
    int status = exit_status_of(read_forbidden_class);
    assert_int_equal(chmod(in_folder("b"), 0755), 0);
    assert_int_equal(status, 0);
}

/* --- What is in them --- */

static void a_wrong_ending_changes_no_pixel(void **state)
{
    (void)state;
    remove_all();
    char path[PATH_SIZE];
    size_t size;
    uint8_t *bytes = read_bytes(picture_path(path, "rgb_444.jpg"), &size);
    write_bytes(in_folder("a/right.jpg"), bytes, size);
    write_bytes(in_folder("a/wrong.png"), bytes, size);
    write_bytes(in_folder("b/wrong.TIFF"), bytes, size);
    free(bytes);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .shuffle = false);
    cornu_batch batch = get_batch(files, 0);
    assert_int_equal(cornu_array_size(batch.x, 0), 3);
    size_t picture_size = (size_t)cornu_array_count(batch.x) / 3;
    const float *values = cornu_array_data(batch.x);
    assert_memory_equal(values, values + picture_size, picture_size * sizeof *values);
    assert_memory_equal(values, values + 2 * picture_size, picture_size * sizeof *values);
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
}

/* Files that promise gigabytes: 100 bytes of header, or deflated zeros. */
static int read_bombs(void)
{
    write_bytes(picture(0), "P6 60000 60000 255\n", 19);
    write_bytes(picture(2),
                "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\0\0\xff\xff\0\0\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                "\0\0\0\0\0\0\0\0\0\0\0",
                54);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *files = cornu_flow_from_directory(generator, folder, .target_size = cornu_pair(8, 8),
                                                      .batch_size = PICTURES, .bad_files = "skip");
    cornu_batch batch = {0};
    if (!files || cornu_sequence_get(files, 0, &batch) != CORNU_OK)
        return 1;
    getrusage(RUSAGE_SELF, &after);
    bool right = cornu_array_size(batch.x, 0) == PICTURES - 2 && cornu_flow_bad_file_count(files) == 2 &&
                 after.ru_maxrss - before.ru_maxrss < 64 * 1024;
    cornu_batch_clear(&batch);
    cornu_sequence_release(files);
    cornu_image_data_generator_release(generator);
    return right ? 0 : 2;
}

static void what_promises_gigabytes_is_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(exit_status_of(read_bombs), 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_training_survives_that_its_files_go),
        IN_A_FOLDER(a_training_survives_that_files_become_pipes_folders_and_circles),
        IN_A_FOLDER(a_training_without_any_file_left_ends_with_a_sentence),
        IN_A_FOLDER(a_file_that_may_not_be_read_is_a_bad_one),
        IN_A_FOLDER(a_class_that_may_not_be_read_is_an_error_at_once),
        IN_A_FOLDER(a_wrong_ending_changes_no_pixel),
        IN_A_FOLDER(what_promises_gigabytes_is_refused_before_memory_is_asked_for),
    };
    return cmocka_run_group_tests(tests, flow_files_open, flow_files_close);
}
