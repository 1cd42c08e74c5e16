/* What a tree of pictures is found to hold: every entry has its place, and what is wrong with it is said. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/image.h>

#include "base/memory.h"
#include "image/load.h"
#include "image/picture_survey.h"
#include "image/pictures.h"

static char folder[PATH_SIZE];

static int make_folder(void **state)
{
    (void)state;
    scratch_path(folder, "survey");
    return mkdir(folder, 0755);
}

static int remove_folder(void **state)
{
    (void)state;
    return remove_tree(folder);
}

/* The path of something in the folder; good until the next call but one. */
static const char *in_folder(const char *name)
{
    static char paths[2][2 * PATH_SIZE];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static void add_folder(const char *name)
{
    assert_int_equal(mkdir(in_folder(name), 0755), 0);
}

static void add_copy(const char *name, const char *fixture)
{
    char path[PATH_SIZE];
    size_t size;
    uint8_t *bytes = read_bytes(picture_path(path, fixture), &size);
    write_bytes(in_folder(name), bytes, size);
    free(bytes);
}

static void make(cornu__survey *survey, bool header_only, int jobs)
{
    const cornu__survey_options options = {.header_only = header_only, .jobs = jobs};
    assert_ok(cornu__survey_make(survey, folder, &options));
}

/* NULL: it is not in the survey. */
static const cornu__surveyed *look_for(const cornu__survey *survey, const char *name)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (strcmp(survey->files[i].name, name) == 0)
            return &survey->files[i];
    }
    return NULL;
}

static const cornu__surveyed *find(const cornu__survey *survey, const char *name)
{
    const cornu__surveyed *file = look_for(survey, name);
    if (!file)
        fail_msg("%s is not in the survey", name);
    return file;
}

static void assert_says(const char *sentence, const char *part)
{
    if (!sentence || !strstr(sentence, part))
        fail_msg("'%s' is not in: %s", part, sentence ? sentence : "(nothing)");
}

/* --- */

static void a_header_tells_what_decoding_finds(void **state)
{
    (void)state;
    char **names, path[PATH_SIZE];
    cornu__loader loader = {0};
    size_t count = list_names(NULL, NULL, &names), compared = 0;
    for (size_t i = 0; i < count; i++) {
        cornu__image_facts all, header;
        picture_path(path, names[i]);
        if (cornu__image_check(&loader, path, false, &all) != CORNU_OK)
            continue;
        assert_ok(cornu__image_check(&loader, path, true, &header));
        if (strcmp(all.kind, header.kind) != 0 || all.height != header.height || all.width != header.width ||
            all.channels != header.channels || all.dtype != header.dtype)
            fail_msg("%s: by its header %d x %d x %d", names[i], header.height, header.width, header.channels);
        compared++;
    }
    assert_true(compared > 50);
    assert_null(loader.decoder.raw.data);
    free_names(count, names);
    cornu__loader_free(&loader);
}

static void every_entry_has_its_place(void **state)
{
    (void)state;
    add_folder("ant");
    add_folder("ant/below");
    add_folder("bee");
    add_folder("empty");
    add_folder(".hidden");
    add_copy("ant/1.jpg", "rgb_444.jpg");
    add_copy("ant/below/2.png", "palette8_alpha.png");
    add_copy("ant/.3.jpg", "rgb_444.jpg");
    add_copy(".hidden/4.jpg", "rgb_444.jpg");
    add_copy("bee/\xc3\xa4\xe8\x9c\x82.JPG", "rgb_444.jpg");
    add_copy("bee/\xff.jpg", "rgb_444.jpg");
    add_copy("bee/named.png", "rgb_444.jpg");
    add_copy("bee/photo.dat", "rgb_444.jpg");
    add_copy("loose.jpg", "rgb_444.jpg");
    write_bytes(in_folder("notes.txt"), "notes", 5);
    write_bytes(in_folder("bee/empty.jpg"), "", 0);
    write_bytes(in_folder("bee/text.jpg"), "no picture", 10);
    assert_int_equal(symlink("/nonexistent/file.jpg", in_folder("bee/dangling.jpg")), 0);
    assert_int_equal(symlink("..", in_folder("ant/below/circle")), 0);
    for (int jobs = 1; jobs <= 4; jobs += 3) {
        cornu__survey survey;
        make(&survey, jobs == 1, jobs);
        assert_int_equal(survey.class_count, 3);
        assert_string_equal(survey.classes[0].name, "ant");
        assert_int_equal(survey.classes[0].pictures, 2);
        assert_false(survey.classes[0].nested);
        assert_int_equal(survey.classes[1].pictures, 6);
        assert_int_equal(survey.classes[1].bad, 3);
        assert_int_equal(survey.classes[2].pictures, 0);
        assert_int_equal(survey.hidden, 2);
        assert_int_equal(survey.others, 1);
        assert_int_equal(survey.links, 1);
        assert_int_equal(survey.bad, 3);
        assert_int_equal(survey.count, 10);
        assert_null(find(&survey, "ant/1.jpg")->remark);
        assert_string_equal(find(&survey, "ant/below/2.png")->kind, "PNG");
        assert_int_equal(find(&survey, "ant/below/2.png")->height, 13);
        assert_int_equal(find(&survey, "ant/below/2.png")->class_number, 0);
        assert_null(find(&survey, "bee/\xc3\xa4\xe8\x9c\x82.JPG")->remark);
        assert_says(find(&survey, "bee/\xff.jpg")->remark, "not UTF-8");
        assert_says(find(&survey, "bee/named.png")->remark, "is a JPEG file, whatever its name says");
        assert_int_equal(find(&survey, "bee/photo.dat")->place, CORNU__SURVEY_ENDING);
        assert_says(find(&survey, "bee/photo.dat")->remark, "passed over");
        assert_int_equal(find(&survey, "loose.jpg")->place, CORNU__SURVEY_LOOSE);
        assert_says(find(&survey, "loose.jpg")->remark, "lies in no class");
        assert_says(find(&survey, "bee/empty.jpg")->problem, "bee/empty.jpg' is empty");
        assert_says(find(&survey, "bee/text.jpg")->problem, "no picture that can be read");
        assert_says(find(&survey, "bee/dangling.jpg")->problem, "No such file");
        assert_int_equal(survey.remarks, 4);
        cornu__survey_free(&survey);
    }
}

static void what_is_cut_short_is_found_by_decoding_alone(void **state)
{
    (void)state;
    add_folder("ant");
    add_copy("ant/1.jpg", "rgb_444.jpg");
    add_copy("ant/2.jpg", "rgb_444.jpg");
    struct stat about;
    assert_int_equal(stat(in_folder("ant/2.jpg"), &about), 0);
    assert_int_equal(truncate(in_folder("ant/2.jpg"), about.st_size - 20), 0);
    cornu__survey survey;
    make(&survey, true, 1);
    assert_int_equal(survey.bad, 0);
    cornu__survey_free(&survey);
    make(&survey, false, 2);
    assert_int_equal(survey.bad, 1);
    assert_says(find(&survey, "ant/2.jpg")->problem, "it ends too early, in row");
    cornu__survey_free(&survey);
}

static void folders_of_classes_within_a_class_are_noticed(void **state)
{
    (void)state;
    add_folder("train");
    add_folder("train/ant");
    add_folder("train/bee");
    add_folder("other");
    add_folder("other/below");
    add_copy("train/ant/1.jpg", "rgb_444.jpg");
    add_copy("train/bee/1.jpg", "rgb_444.jpg");
    add_copy("train/bee/2.jpg", "rgb_444.jpg");
    add_copy("other/below/1.jpg", "rgb_444.jpg");
    add_copy("other/below/2.jpg", "rgb_444.jpg");
    cornu__survey survey;
    make(&survey, true, 1);
    assert_string_equal(survey.classes[0].name, "other");
    assert_false(survey.classes[0].nested);
    assert_true(survey.classes[1].nested);
    cornu__survey_free(&survey);
}

/* Exits with 0 if all is as it should be. */
static int survey_without_rights(void)
{
    if (!is_nobody())
        return CANNOT_BE_TRIED;
    cornu__survey survey;
    const cornu__survey_options options = {.jobs = 2};
    if (cornu__survey_make(&survey, folder, &options) != CORNU_OK)
        return 1;
    const cornu__surveyed *file = look_for(&survey, "ant/1.jpg"), *closed = look_for(&survey, "closed"),
                          *good = look_for(&survey, "ant/2.jpg");
    bool right = survey.bad == 2 && survey.class_count == 2 && file && closed && good && !good->problem;
    right = right && strstr(file->problem, "Permission denied") && strstr(closed->problem, "cannot read the folder");
    cornu__survey_free(&survey);
    return right ? 0 : 1;
}

static void what_may_not_be_read_is_bad(void **state)
{
    (void)state;
    add_folder("ant");
    add_folder("closed");
    add_copy("ant/1.jpg", "rgb_444.jpg");
    add_copy("ant/2.jpg", "rgb_444.jpg");
    assert_int_equal(chmod(in_folder("ant/1.jpg"), 0), 0);
    assert_int_equal(chmod(in_folder("ant/2.jpg"), 0644), 0);
    assert_int_equal(chmod(in_folder("closed"), 0), 0);
    int status = exit_status_of(survey_without_rights);
    assert_int_equal(chmod(in_folder("closed"), 0755), 0);
    assert_int_equal(status, 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* freed memory is kept for a while */
#else
#define SANITIZED false
#endif

/* 25 million pixels of 75 MB in a file of 73 kilobytes; eight threads would hold 600 MB. Exits with 0 if they did not. */
static int survey_large_pictures(void)
{
    cornu__survey survey;
    const cornu__survey_options options = {.jobs = 8};
    struct rusage used;
    if (cornu__survey_make(&survey, folder, &options) != CORNU_OK || survey.bad > 0 ||
        getrusage(RUSAGE_SELF, &used) != 0)
        return 1;
    cornu__survey_free(&survey);
    return SANITIZED || used.ru_maxrss < 250 * 1024 ? 0 : 2;
}

static void large_pictures_are_decoded_one_at_a_time(void **state)
{
    (void)state;
    add_folder("ant");
    cornu_array *black = cornu_array_zeros(CORNU_UINT8, 3, (int64_t[]){5000, 5000, 3});
    assert_non_null(black);
    assert_ok(cornu_save_img(in_folder("ant/0.png"), black, .scale = false));
    cornu_array_release(black);
    for (int i = 1; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "ant/%d.png", i);
        assert_int_equal(link(in_folder("ant/0.png"), in_folder(name)), 0);
    }
    assert_int_equal(exit_status_of(survey_large_pictures), 0);
}

static void what_is_no_folder_is_an_error(void **state)
{
    (void)state;
    cornu__survey survey;
    const cornu__survey_options options = {.jobs = 1};
    assert_failed(cornu__survey_make(&survey, in_folder("none"), &options), CORNU_ERROR_IO, "No such file");
    write_bytes(in_folder("file"), "x", 1);
    assert_failed(cornu__survey_make(&survey, in_folder("file"), &options), CORNU_ERROR_IO, "it is none");
    add_folder("trailing");
    char path[2 * PATH_SIZE + 8];
    snprintf(path, sizeof path, "%s///", in_folder("trailing"));
    assert_ok(cornu__survey_make(&survey, path, &options));
    assert_int_equal(survey.count, 0);
    cornu__survey_free(&survey);
}

static void refused_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    add_folder("ant");
    add_copy("ant/1.jpg", "rgb_444.jpg");
    add_copy("ant/2.png", "rgb_444.jpg");
    write_bytes(in_folder("ant/3.png"), "no picture", 10);
    uint64_t live = cornu__allocation_live();
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    const cornu__survey_options options = {.jobs = 2};
    for (uint64_t n = 1; status != CORNU_OK; n++) {
        cornu__survey survey;
        cornu__allocation_fail_at(n);
        status = cornu__survey_make(&survey, folder, &options);
        cornu__allocation_fail_at(0);
        assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
        if (status == CORNU_OK)
            cornu__survey_free(&survey);
        assert_int_equal(cornu__allocation_live(), live);
        assert_true(n < 1000);
    }
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_tells_what_decoding_finds),
        IN_A_FOLDER(every_entry_has_its_place),
        IN_A_FOLDER(what_is_cut_short_is_found_by_decoding_alone),
        IN_A_FOLDER(folders_of_classes_within_a_class_are_noticed),
        IN_A_FOLDER(what_may_not_be_read_is_bad),
        IN_A_FOLDER(large_pictures_are_decoded_one_at_a_time),
        IN_A_FOLDER(what_is_no_folder_is_an_error),
        IN_A_FOLDER(refused_memory_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
