/* test_file.c: a file appears whole or not at all, whatever happens in between. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"

static char folder[200], path[256];

static void expect_contents(const char *wanted)
{
    char got[100] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, wanted);
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count - 2; /* . and .. */
}

static void write_whole(const char *text)
{
    cornu__new_file file;
    assert_int_equal(cornu__file_begin(&file, path), CORNU_OK);
    fputs(text, file.stream);
    assert_int_equal(cornu__file_commit(&file), CORNU_OK);
    cornu__file_abandon(&file); /* harmless */
}

static void what_a_killed_process_left_can_be_removed(void **state)
{
    (void)state;
    char name[300];
    cornu__new_file file;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (cornu__file_begin(&file, path) == CORNU_OK)
            raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(cornu__file_begin(&file, path), CORNU_OK); /* of a process that runs: stays */
    snprintf(name, sizeof name, "%s.new-1x", path);             /* of somebody else: stays */
    fclose(fopen(name, "w"));
    cornu__file_remove_unfinished(path);
    assert_int_equal(files_in_folder(), 2);
    cornu__file_abandon(&file);
    unlink(name);
    assert_int_equal(files_in_folder(), 0);
}

/* A process's number tells nothing where it was given again, or where its end was not yet asked for. */
static void what_nobody_writes_is_left_behind_whatever_process_has_the_number(void **state)
{
    (void)state;
    char name[300];
    cornu__new_file file;
    siginfo_t about;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (cornu__file_begin(&file, path) == CORNU_OK)
            raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT), 0); /* it stays a zombie */
    snprintf(name, sizeof name, "%s.new-%ld-7", path, (long)getpid());
    fclose(fopen(name, "w"));
    assert_int_equal(cornu__file_begin(&file, path), CORNU_OK);
    assert_int_equal(files_in_folder(), 3);
    cornu__file_remove_unfinished(path);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(cornu__file_commit(&file), CORNU_OK);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    unlink(path);
}

/* In another container or on another machine a process may be known by a number that none has here. */
static void what_is_locked_is_written_though_no_process_has_the_number(void **state)
{
    (void)state;
    char name[300];
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    snprintf(name, sizeof name, "%s.new-%ld-0", path, (long)child);
    int written = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(written >= 0);
    assert_int_equal(flock(written, LOCK_EX | LOCK_NB), 0);
    cornu__file_remove_unfinished(path);
    assert_int_equal(files_in_folder(), 1);
    close(written);
    cornu__file_remove_unfinished(path);
    assert_int_equal(files_in_folder(), 0);
}

static void a_committed_file_is_there_alone(void **state)
{
    (void)state;
    write_whole("first");
    expect_contents("first");
    write_whole("second");
    expect_contents("second");
    assert_int_equal(files_in_folder(), 1);
}

static void the_old_file_stays_until_commit(void **state)
{
    (void)state;
    write_whole("old");
    cornu__new_file file;
    assert_int_equal(cornu__file_begin(&file, path), CORNU_OK);
    fputs("new", file.stream);
    fflush(file.stream);
    expect_contents("old");
    cornu__file_abandon(&file);
    expect_contents("old");
    assert_int_equal(files_in_folder(), 1);
}

static void two_writers_do_not_meet(void **state)
{
    (void)state;
    cornu__new_file one, two;
    assert_int_equal(cornu__file_begin(&one, path), CORNU_OK);
    assert_int_equal(cornu__file_begin(&two, path), CORNU_OK);
    fputs("one", one.stream);
    fputs("two", two.stream);
    assert_int_equal(cornu__file_commit(&two), CORNU_OK);
    expect_contents("two");
    assert_int_equal(cornu__file_commit(&one), CORNU_OK);
    expect_contents("one");
    assert_int_equal(files_in_folder(), 1);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    write_whole("old");
    struct rlimit old_limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    struct rlimit small = {.rlim_cur = 100000, .rlim_max = old_limit.rlim_max};
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    /* Seen while writing and when the last bytes leave the buffer; only then; and only while writing. */
    const size_t sizes[] = {1000000, 100001, 1000000};
    for (int i = 0; i < 3; i++) {
        cornu__new_file file;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_int_equal(cornu__file_begin(&file, path), CORNU_OK);
        for (size_t byte = 0; byte < sizes[i]; byte++)
            putc('x', file.stream);
        if (i == 2)
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
        cornu_status status = cornu__file_commit(&file);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
        assert_int_equal(status, CORNU_ERROR_IO);
        assert_non_null(strstr(cornu_error_message(), path));
        expect_contents("old");
        assert_int_equal(files_in_folder(), 1);
    }
    signal(SIGXFSZ, old_handler);
}

static void modes_are_kept(void **state)
{
    (void)state;
    struct stat about;
    write_whole("old");
    assert_int_equal(chmod(path, 0640), 0);
    write_whole("new");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
}

static void a_link_stays_and_its_target_is_replaced(void **state)
{
    (void)state;
    char target[256];
    struct stat about;
    snprintf(target, sizeof target, "%s/target", folder);
    write_whole("old");
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink("target", path), 0);
    write_whole("new");
    expect_contents("new");
    assert_int_equal(lstat(path, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(lstat(target, &about), 0);
    assert_true(S_ISREG(about.st_mode) && about.st_size == 3);
    assert_int_equal(files_in_folder(), 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(target), 0);
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu__new_file file;
    assert_int_equal(cornu__file_begin(&file, "no/such/folder/file"), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "'no/such/folder/file': No such file"));
    assert_int_equal(cornu__file_begin(&file, folder), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "it is a folder"));
    assert_int_equal(cornu__file_begin(&file, "/dev/null"), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "not a file"));
    assert_int_equal(cornu__file_begin(&file, ""), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu__file_begin(&file, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    for (uint64_t n = 1; n <= 2; n++) {
        cornu__allocation_fail_at(n);
        assert_int_equal(cornu__file_begin(&file, path), CORNU_ERROR_OUT_OF_MEMORY);
    }
    assert_int_equal(cornu__allocation_live(), live);
}

static int make_folder(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.150s/cornu-test-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_killed_process_left_can_be_removed),
        cmocka_unit_test(what_nobody_writes_is_left_behind_whatever_process_has_the_number),
        cmocka_unit_test(what_is_locked_is_written_though_no_process_has_the_number),
        cmocka_unit_test(a_committed_file_is_there_alone),
        cmocka_unit_test(the_old_file_stays_until_commit),
        cmocka_unit_test(two_writers_do_not_meet),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(modes_are_kept),
        cmocka_unit_test(a_link_stays_and_its_target_is_replaced),
        cmocka_unit_test(what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
