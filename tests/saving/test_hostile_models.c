/*
 * test_hostile_models.c: a model file is data. Code, unknown classes, links, bombs, deep JSON and lying sizes in it are refused by name; no damage
 * crashes the loader, makes it leak, or passes for a whole file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "fixtures.h"
#include "format/hdf5_write.h"

static char path[PATH_SIZE];

static unsigned char *read_bytes(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    if (!file)
        fail_msg("cannot read %s", name);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static void write_bytes(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void say_nothing(const char *message, void *data)
{
    (void)message;
    (void)data;
}

/* Whether the file at `path` loads; an error must be said, and nothing may stay allocated. */
static bool loads(void)
{
    uint64_t live = cornu__allocation_live();
    cornu_error_clear();
    cornu_model *model = cornu_load_model(path);
    bool loaded = model != NULL;
    assert_true(loaded || (cornu_error_status() != CORNU_OK && cornu_error_status() != CORNU_ERROR_INTERNAL));
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
    return loaded;
}

static void expect_refusal(cornu_status status, const char *part)
{
    assert_false(loads());
    if (cornu_error_status() != status || !strstr(cornu_error_message(), part))
        fail_msg("wanted '%s' in: %s", part, cornu_error_message());
}

/* --- archives made here --- */

struct member {
    const char *name;
    const void *bytes;
    size_t size;
};

static void write_archive(const struct member *members, size_t count, bool deflated)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(archive);
    for (size_t i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(archive, members[i].bytes, members[i].size, 0);
        zip_int64_t index = zip_file_add(archive, members[i].name, source, ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        zip_set_file_compression(archive, (zip_uint64_t)index, deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 1);
    }
    assert_int_equal(zip_close(archive), 0);
}

static void write_model(const char *config, const void *weights, size_t size)
{
    const struct member members[] = {{"config.json", config, strlen(config)}, {"model.weights.h5", weights, size}};
    write_archive(members, 2, false);
}

static unsigned char *read_member(const char *archive_path, const char *name, size_t *size)
{
    int code;
    zip_t *archive = zip_open(archive_path, ZIP_RDONLY, &code);
    assert_non_null(archive);
    zip_stat_t about;
    assert_int_equal(zip_stat(archive, name, 0, &about), 0);
    unsigned char *bytes = malloc(about.size + 1);
    assert_non_null(bytes);
    zip_file_t *file = zip_fopen(archive, name, 0);
    assert_int_equal(zip_fread(file, bytes, about.size), (zip_int64_t)about.size);
    bytes[about.size] = 0;
    *size = about.size;
    zip_fclose(file);
    zip_discard(archive);
    return bytes;
}

static unsigned char *fixture_member(const char *name, const char *member, size_t *size)
{
    char from[PATH_SIZE];
    return read_member(fixture_path(from, name), member, size);
}

/* --- what is refused by name --- */

#define MODEL_OF(layer) "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": [" layer "]}}"
#define INPUT                                                                                                          \
    "{\"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": [null, 6], \"dtype\": \"float32\", \"name\": "     \
    "\"i\"}},"

static void code_and_unknown_classes_are_refused_by_name(void **state)
{
    (void)state;
    size_t size;
    unsigned char *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    write_model(MODEL_OF(INPUT
                         "{\"class_name\": \"Lambda\", \"config\": {\"name\": \"f\", \"function\": {\"class_name\": "
                         "\"__lambda__\", \"config\": {\"code\": \"4wEAAAAA\"}}}}"),
                weights, size);
    expect_refusal(CORNU_ERROR_UNSUPPORTED, "a Lambda holds Python code, which is not run");
    write_model(
        MODEL_OF(INPUT "{\"class_name\": \"Evil\", \"module\": \"os\", \"registered_name\": \"os>system\", \"config\": "
                       "{\"command\": \"true\"}}"),
        weights, size);
    expect_refusal(CORNU_ERROR_UNKNOWN_NAME, "there is no layer \"Evil\"");
    write_model("{\"class_name\": \"Thing\", \"config\": {}}", weights, size);
    expect_refusal(CORNU_ERROR_UNKNOWN_NAME, "'Thing' is no class of models");
    write_model("[1, 2", weights, size);
    expect_refusal(CORNU_ERROR_FORMAT, "no valid JSON");
    write_model("[]", weights, size);
    expect_refusal(CORNU_ERROR_FORMAT, "class_name");
    free(weights);
    unlink(path);
}

static void links_in_weights_are_refused_in_archives_too(void **state)
{
    (void)state;
    size_t config_size, size;
    unsigned char *config = fixture_member("mlp.keras", "config.json", &config_size);
    static const char *const links[] = {"refused_soft_link.h5", "refused_external_link.h5"};
    for (int i = 0; i < 2; i++) {
        char from[PATH_SIZE], name[100];
        snprintf(name, sizeof name, "../../format/fixtures/%s", links[i]);
        unsigned char *weights = read_bytes(fixture_path(from, name), &size);
        write_model((const char *)config, weights, size);
        expect_refusal(CORNU_ERROR_UNSUPPORTED, "link, which is not followed");
        free(weights);
    }
    free(config);
    unlink(path);
}

static void names_of_members_lead_nowhere(void **state)
{
    (void)state;
    size_t config_size, size;
    unsigned char *config = fixture_member("mlp.keras", "config.json", &config_size),
                  *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    char outside[PATH_SIZE], relative[PATH_SIZE + 40];
    scratch_path(outside, "outside");
    snprintf(relative, sizeof relative, "../../../../../../..%s", outside);
    const struct member members[] = {{"config.json", config, config_size},
                                     {"model.weights.h5", weights, size},
                                     {outside, "evil", 4},
                                     {relative, "evil", 4},
                                     {"assets/../../evil", "evil", 4}};
    write_archive(members, 5, false);
    assert_true(loads());
    assert_int_not_equal(access(outside, F_OK), 0);
    const struct member without[] = {{"config.json", config, config_size}, {"../model.weights.h5", weights, size}};
    write_archive(without, 2, false);
    expect_refusal(CORNU_ERROR_UNSUPPORTED, "has no member model.weights.h5");
    free(config);
    free(weights);
    unlink(path);
}

/* The most memory that this process ever had, in KiB. */
static long most_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void bombs_are_refused_before_they_unpack(void **state)
{
    (void)state;
    const size_t large = 80u << 20;
    char *zeros = calloc(1, large);
    assert_non_null(zeros);
    memset(zeros, ' ', large);
    size_t size;
    unsigned char *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    const struct member json[] = {{"config.json", zeros, large}, {"model.weights.h5", weights, size}};
    write_archive(json, 2, true);
    long before = most_memory();
    expect_refusal(CORNU_ERROR_LIMIT, "which no model does");
    const struct member numbers[] = {{"config.json", "{}", 2}, {"model.weights.h5", zeros, large}};
    write_archive(numbers, 2, true);
    expect_refusal(CORNU_ERROR_LIMIT, "which no model does");
    assert_true(most_memory() - before < 64 * 1024);
    free(zeros);
    free(weights);
    unlink(path);
}

/* A value of JSON takes up to a hundred times its text in memory, so that JSON has limits of its own. */
static void json_of_many_values_is_refused(void **state)
{
    (void)state;
    const size_t large = 30u << 20, packed = 3u << 20;
    size_t size;
    unsigned char *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    char *text = malloc(large + 1);
    assert_non_null(text);
    for (size_t i = 0; i < large; i++)
        text[i] = "{},"[i % 3];
    text[0] = '[';
    text[1] = ' ';
    text[2] = ' ';
    text[large - 1] = ']';
    text[large] = '\0';
    long before = most_memory();
    write_model(text, weights, size);
    expect_refusal(CORNU_ERROR_LIMIT, "of memory; at most");
    const struct member members[] = {{"config.json", text, packed}, {"model.weights.h5", weights, size}};
    write_archive(members, 2, true);
    expect_refusal(CORNU_ERROR_LIMIT, "which no model does");
    cornu_error_clear();
    assert_null(cornu_model_from_json(text, 0));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
    assert_true(most_memory() - before < 128 * 1024);
    free(text);
    free(weights);
    unlink(path);
}

static void deep_json_is_refused(void **state)
{
    (void)state;
    size_t size, depth = 100000;
    unsigned char *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    char *deep = malloc(depth + 1);
    assert_non_null(deep);
    memset(deep, '[', depth);
    deep[depth] = '\0';
    write_model(deep, weights, size);
    expect_refusal(CORNU_ERROR_LIMIT, "deep");
    free(deep);
    free(weights);
    unlink(path);
}

static void weights_that_cannot_be_in_the_file_take_no_memory(void **state)
{
    (void)state;
    size_t size;
    unsigned char *weights = fixture_member("mlp.keras", "model.weights.h5", &size);
    write_model(MODEL_OF(INPUT "{\"class_name\": \"Dense\", \"config\": {\"name\": \"first\", \"units\": 300000000}}"),
                weights, size);
    long before = most_memory();
    expect_refusal(CORNU_ERROR_FORMAT, "its model has 2100000000 weights, the file has");
    assert_true(most_memory() - before < 64 * 1024);
    free(weights);
    unlink(path);
}

/* Found by tests/fuzz/fuzz_h5.c: behind a layer without weights, the names of its weights were freed twice. */
static void a_layer_that_is_named_and_not_there_is_refused(void **state)
{
    (void)state;
    static const char *const layers[] = {"flatten", "dense"};
    cornu__hdf5_writer *writer = cornu__hdf5_writer_create(path);
    assert_non_null(writer);
    assert_int_equal(cornu__hdf5_write_texts(writer, "", "layer_names", 2, layers), CORNU_OK);
    assert_int_equal(cornu__hdf5_write_group(writer, "flatten"), CORNU_OK);
    assert_int_equal(cornu__hdf5_write_texts(writer, "flatten", "weight_names", 0, NULL), CORNU_OK);
    uint64_t size, live;
    void *bytes = cornu__hdf5_writer_finish(writer, &size);
    assert_non_null(bytes);
    write_bytes(bytes, size);
    cornu__free(bytes);
    cornu__hdf5_writer_release(writer);
    cornu_model *model = make_fixture_model("mlp");
    assert_int_equal(cornu_build(model, CORNU_NONE, 6), CORNU_OK);
    live = cornu__allocation_live();
    assert_int_equal(cornu_load_weights(model, path), CORNU_ERROR_FORMAT);
    assert_non_null(strstr(cornu_error_message(), "layer 'dense' is named and not there"));
    assert_int_equal(cornu__allocation_live(), live);
    cornu_model_release(model);
    unlink(path);
}

/* --- damage --- */

static const char *const whole[] = {"mlp.keras",     "mlp.h5",           "two_inputs.keras",
                                    "two_inputs.h5", "mlp_packed.keras", "mlp_packed.h5"};
#define WHOLE_COUNT (sizeof whole / sizeof *whole)

static void no_part_of_a_model_is_taken_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < WHOLE_COUNT; i++) {
        char from[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(from, whole[i]), &size);
        for (size_t length = 0; length < size; length += 211) {
            write_bytes(bytes, length);
            if (loads())
                fail_msg("%s: %zu of %zu bytes were taken for the whole", whole[i], length, size);
        }
        free(bytes);
    }
    unlink(path);
}

static void change_bytes(unsigned char *bytes, size_t size, cornu__random_key key, uint64_t *draw)
{
    for (uint64_t changes = 1 + cornu__random_below(key, (*draw)++, 3); changes > 0; changes--) {
        uint64_t place = cornu__random_below(key, (*draw)++, size);
        bytes[place] = (unsigned char)cornu__random_below(key, (*draw)++, 256);
    }
}

static void flipped_bits_crash_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < WHOLE_COUNT; i++) {
        char from[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(from, whole[i]), &size), *copy = malloc(size);
        cornu__random_key key = cornu__random_key_make(8, CORNU__RANDOM_USER, i, 0);
        uint64_t draw = 0;
        for (int round = 0; round < 300; round++) {
            memcpy(copy, bytes, size);
            change_bytes(copy, size, key, &draw);
            write_bytes(copy, size);
            loads();
        }
        free(copy);
        free(bytes);
    }
    unlink(path);
}

/* Behind an archive's check sums: its members changed, and packed again. */
static void changed_members_crash_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < WHOLE_COUNT; i += 2) {
        size_t config_size, size;
        unsigned char *config = fixture_member(whole[i], "config.json", &config_size),
                      *weights = fixture_member(whole[i], "model.weights.h5", &size);
        unsigned char *config_copy = malloc(config_size), *copy = malloc(size);
        cornu__random_key key = cornu__random_key_make(9, CORNU__RANDOM_USER, i, 0);
        uint64_t draw = 0;
        for (int round = 0; round < 600; round++) {
            memcpy(config_copy, config, config_size);
            memcpy(copy, weights, size);
            if (round % 2 == 0)
                change_bytes(config_copy, config_size, key, &draw);
            else
                change_bytes(copy, size < 8192 ? size : 8192, key, &draw);
            const struct member members[] = {{"config.json", config_copy, config_size},
                                             {"model.weights.h5", copy, size}};
            write_archive(members, 2, false);
            loads();
        }
        free(config_copy);
        free(copy);
        free(config);
        free(weights);
    }
    unlink(path);
}

static void want_of_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < WHOLE_COUNT; i++) {
        char from[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(from, whole[i]), &size);
        write_bytes(bytes, size);
        for (uint64_t n = 1; n < 20000; n += 1 + n / 15) {
            cornu__allocation_fail_at(n);
            loads();
            cornu__allocation_fail_at(0);
        }
        free(bytes);
    }
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    scratch_path(path, "hostile.keras");
    cornu_set_warning_handler(say_nothing, NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_and_unknown_classes_are_refused_by_name),
        cmocka_unit_test(links_in_weights_are_refused_in_archives_too),
        cmocka_unit_test(names_of_members_lead_nowhere),
        cmocka_unit_test(bombs_are_refused_before_they_unpack),
        cmocka_unit_test(json_of_many_values_is_refused),
        cmocka_unit_test(deep_json_is_refused),
        cmocka_unit_test(weights_that_cannot_be_in_the_file_take_no_memory),
        cmocka_unit_test(a_layer_that_is_named_and_not_there_is_refused),
        cmocka_unit_test(no_part_of_a_model_is_taken_for_the_whole),
        cmocka_unit_test(flipped_bits_crash_nothing),
        cmocka_unit_test(changed_members_crash_nothing),
        cmocka_unit_test(want_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
