/* test_memory.c: the allocator counts exactly, aligns, and refuses when told; the last error belongs to its thread;
 * warnings arrive. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/log.h>

#include "base/log.h"
#include "base/memory.h"

static void blocks_are_zero_aligned_and_counted(void **state)
{
    (void)state;
    uint64_t count = cornu__allocation_count(), live = cornu__allocation_live();
    char *blocks[200];
    for (size_t size = 0; size < 200; size++) {
        blocks[size] = cornu__alloc(size);
        assert_non_null(blocks[size]);
        assert_int_equal((uintptr_t)blocks[size] % CORNU_ALIGNMENT, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(blocks[size][i], 0);
    }
    assert_int_equal(cornu__allocation_count(), count + 200);
    assert_int_equal(cornu__allocation_live(), live + 200);
    for (size_t size = 0; size < 200; size++)
        cornu__free(blocks[size]);
    cornu__free(NULL);
    assert_int_equal(cornu__allocation_count(), count + 200);
    assert_int_equal(cornu__allocation_live(), live);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    assert_null(cornu__alloc_array(SIZE_MAX / 2, 3));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
    assert_null(cornu__alloc_uninitialized(SIZE_MAX));
    assert_null(cornu__alloc(SIZE_MAX - 10));
}

static void realloc_keeps_the_contents_and_the_old_block_on_failure(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    char *block = cornu__copy_text("0123456789");
    char *grown = cornu__realloc(block, 11, 5000);
    assert_string_equal(grown, "0123456789");
    cornu__allocation_fail_at(1);
    assert_null(cornu__realloc(grown, 11, 10000));
    assert_string_equal(grown, "0123456789");
    char *shrunk = cornu__realloc(grown, 5000, 4);
    assert_memory_equal(shrunk, "0123", 4);
    cornu__free(shrunk);
    char *fresh = cornu__realloc(NULL, 0, 8);
    assert_non_null(fresh);
    cornu__free(fresh);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_list_grows_and_stays_where_there_is_no_memory(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    size_t capacity = 0;
    int *list = NULL;
    for (int i = 0; i < 1000; i++) {
        int *grown = cornu__grow(list, (size_t)i, &capacity, sizeof *list);
        assert_non_null(grown);
        assert_true(capacity > (size_t)i);
        list = grown;
        list[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    size_t before = capacity;
    cornu__allocation_fail_at(1);
    assert_null(cornu__grow(list, capacity, &capacity, sizeof *list));
    cornu__allocation_fail_at(0);
    assert_int_equal(capacity, before);
    assert_null(cornu__grow(list, capacity, &capacity, SIZE_MAX / 100));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
    assert_int_equal(list[999], 999);
    cornu__free(list);
    assert_int_equal(cornu__allocation_live(), live);
}

static void the_nth_allocation_fails_and_only_that(void **state)
{
    (void)state;
    cornu__allocation_fail_at(3);
    for (int n = 1; n <= 6; n++) {
        void *block = cornu__alloc(10);
        assert_int_equal(block == NULL, n == 3);
        cornu__free(block);
    }
    assert_null(cornu__copy_text(NULL));
}

static void *allocate_much(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10000; i++)
        cornu__free(cornu__alloc_uninitialized(16));
    return NULL;
}

static void counts_are_exact_across_threads(void **state)
{
    (void)state;
    uint64_t count = cornu__allocation_count(), live = cornu__allocation_live();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, allocate_much, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(cornu__allocation_count(), count + 40000);
    assert_int_equal(cornu__allocation_live(), live);
}

static char fail_elsewhere_worked;

/* Fails in a thread of its own; NULL if that thread had an error before, or has none after. */
static void *fail_elsewhere(void *unused)
{
    (void)unused;
    bool was_clear = cornu_error_status() == CORNU_OK;
    cornu__fail(CORNU_ERROR_WORKER, "another thread's");
    return was_clear && cornu_error_status() == CORNU_ERROR_WORKER ? &fail_elsewhere_worked : NULL;
}

static void the_last_error_belongs_to_its_thread(void **state)
{
    (void)state;
    cornu_error_clear();
    assert_int_equal(cornu_error_status(), CORNU_OK);
    assert_string_equal(cornu_error_message(), "");
    assert_int_equal(cornu__fail(CORNU_ERROR_SHAPE, "got %d", 3), CORNU_ERROR_SHAPE);
    assert_int_equal(cornu__fail_context("layer '%s'", "dense"), CORNU_ERROR_SHAPE);
    assert_string_equal(cornu_error_message(), "layer 'dense': got 3");
    assert_int_equal(cornu__fail_from(CORNU_ERROR_DATA, cornu_error_message()), CORNU_ERROR_DATA);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    void *as_it_should_be;
    pthread_join(thread, &as_it_should_be);
    assert_non_null(as_it_should_be);
    assert_string_equal(cornu_error_message(), "layer 'dense': got 3");
    assert_null(cornu__fail_null(CORNU_ERROR_IO, "%s again", cornu_error_message()));
    assert_string_equal(cornu_error_message(), "layer 'dense': got 3 again");
}

static void long_messages_are_cut_not_overrun(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cornu__fail(CORNU_ERROR_DATA, "%s", text);
    size_t length = strlen(cornu_error_message());
    assert_true(length > 1000 && length < sizeof text);
    cornu__fail_context("%s", text);
    cornu__fail_context("front");
    assert_int_equal(strncmp(cornu_error_message(), "front: mmm", 10), 0);
    for (int status = CORNU_OK; status <= CORNU_ERROR_STOPPED; status++)
        assert_string_not_equal(cornu_status_name(status), "unknown status");
    assert_string_equal(cornu_status_name(1000), "unknown status");
}

static void keep_warning(const char *message, void *user_data)
{
    snprintf(user_data, 100, "%s", message);
}

static void warnings_reach_the_programs_handler(void **state)
{
    (void)state;
    char got[100] = "";
    cornu_set_warning_handler(keep_warning, got);
    cornu__warn("%d of %d", 1, 2);
    cornu_set_warning_handler(NULL, NULL);
    assert_string_equal(got, "1 of 2");
}

static void warn_again(const char *message, void *user_data)
{
    cornu_set_warning_handler(keep_warning, user_data);
    cornu__warn("%s again", message);
}

static void a_handler_may_warn_and_set_another(void **state)
{
    (void)state;
    char got[100] = "";
    cornu_set_warning_handler(warn_again, got);
    cornu__warn("one");
    assert_string_equal(got, "one again");
    cornu__warn("two");
    assert_string_equal(got, "two");
    cornu_set_warning_handler(NULL, NULL);
}

/* What a child process that only warns writes on its standard error. */
static void warning_on_standard_error(const char *text, char *got, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        cornu__warn("%s", text);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t count; (count = read(ends[0], got + length, size - 1 - length)) > 0;)
        length += (size_t)count;
    got[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_name_in_a_warning_cannot_speak_to_the_terminal(void **state)
{
    (void)state;
    char got[200], kept[100];
    const char *text = "cannot read 'a/\033[31mred\n\xff.png'";
    warning_on_standard_error(text, got, sizeof got);
    assert_string_equal(got, "cornu: warning: cannot read 'a/\\x1b[31mred\\x0a\\xff.png'\n");
    cornu_set_warning_handler(keep_warning, kept);
    cornu__warn("%s", text);
    cornu_set_warning_handler(NULL, NULL);
    assert_string_equal(kept, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zero_aligned_and_counted),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(realloc_keeps_the_contents_and_the_old_block_on_failure),
        cmocka_unit_test(a_list_grows_and_stays_where_there_is_no_memory),
        cmocka_unit_test(the_nth_allocation_fails_and_only_that),
        cmocka_unit_test(counts_are_exact_across_threads),
        cmocka_unit_test(the_last_error_belongs_to_its_thread),
        cmocka_unit_test(long_messages_are_cut_not_overrun),
        cmocka_unit_test(warnings_reach_the_programs_handler),
        cmocka_unit_test(a_handler_may_warn_and_set_another),
        cmocka_unit_test(a_name_in_a_warning_cannot_speak_to_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
