/* Runs: what is read from logs of several kinds, what of it is drawn, and memory that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/saving.h>

#include "base/memory.h"
#include "format/event_file.h"
#include "model/history.h"
#include "view/runs.h"

static char folder[] = "/tmp/cornu-runs-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_events(const char *name, double first)
{
    cornu__event_file *file = cornu__event_file_create(path_of(name));
    assert_non_null(file);
    for (int epoch = 0; epoch < 2; epoch++)
        assert_int_equal(cornu__event_file_add(file, "epoch_loss", epoch, first / (1 + epoch)), CORNU_OK);
    assert_int_equal(cornu__event_file_add(file, "batch_loss", 700, 0.5), CORNU_OK);
    assert_int_equal(cornu__event_file_close(file), CORNU_OK);
}

static int make_logs(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_events("board/train", 1.0);
    write_events("board/validation", 2.0);
    FILE *file = fopen(path_of("a.csv"), "w");
    fputs("epoch,acc,loss,val_loss\n0,0.5,1.0,2.0\n1,0.75,0.5,1.0\n", file);
    return fclose(file);
}

static int remove_logs(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void check_loss(const cornu__run *run)
{
    static const char *const names[] = {"loss", "val_loss"};
    for (int i = 0; i < 2; i++) {
        const cornu__scalar_series *series = cornu__scalars_find(&run->scalars, names[i]);
        assert_non_null(series);
        assert_int_equal(series->count, 2);
        assert_true(series->steps[0] == 1 && series->steps[1] == 2); /* epochs count from 1 */
        assert_true(series->values[0] == 1 + i && series->values[1] == (1 + i) / 2.0);
    }
}

static void tables_and_tensorboards_folders_give_the_same_run(void **state)
{
    (void)state;
    cornu__run table, board;
    assert_int_equal(cornu__run_read(path_of("a.csv"), NULL, &table), CORNU_OK);
    assert_int_equal(cornu__run_read(path_of("board/"), NULL, &board), CORNU_OK);
    assert_string_equal(table.name, "a");
    assert_string_equal(board.name, "board");
    check_loss(&table);
    check_loss(&board);
    const cornu__scalar_series *batches = cornu__scalars_find(&board.scalars, "batch_loss");
    assert_true(batches && batches->steps[0] == 700); /* which are batches, and no epochs */
    cornu__run_free(&table);
    assert_int_equal(cornu__run_read(path_of("a.csv"), "a name", &table), CORNU_OK);
    assert_string_equal(table.name, "a name");
    cornu__run_free(&table);
    cornu__run_free(&board);
}

static void metrics_are_chosen_by_name(void **state)
{
    (void)state;
    const cornu__chart_page page = {0};
    char loss[] = "loss", twin[] = "val_loss", wrong[] = "lost", batches[] = "batch_loss";
    cornu__run run;
    assert_int_equal(cornu__run_read(path_of("board"), NULL, &run), CORNU_OK);
    assert_int_equal(cornu__runs_plot(path_of("p.png"), 1, &run, 0, NULL, &page), CORNU_OK);
    assert_int_equal(cornu__runs_plot(path_of("p.png"), 1, &run, 3, (char *[]){loss, twin, batches}, &page), CORNU_OK);
    unlink(path_of("p.png"));
    assert_int_equal(cornu__runs_plot(path_of("p.png"), 1, &run, 1, (char *[]){wrong}, &page),
                     CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "did you mean 'loss'?"));
    assert_int_equal(access(path_of("p.png"), F_OK), -1);
    cornu__run_free(&run);
}

/* A model that has the values of make_logs, as if fit had trained it. */
static void write_model(const char *name)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .input_shape = {2}));
    cornu_history *history = cornu__history_create(2);
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        const cornu_logs logs = {
            .count = 2, .names = {"loss", "val_loss"}, .values = {1.0 / (1 + epoch), 2.0 / (1 + epoch)}};
        assert_int_equal(cornu__history_add(history, epoch, &logs), CORNU_OK);
    }
    cornu__model_take_history(model, history);
    assert_int_equal(cornu_save(model, path_of(name)), CORNU_OK);
    cornu_model_release(model);
}

static void a_saved_model_is_a_run(void **state)
{
    (void)state;
    static const char *const names[] = {"model.keras", "model.h5", "model.hdf5"};
    for (int i = 0; i < 3; i++) {
        cornu__run run;
        write_model(names[i]);
        assert_int_equal(cornu__run_read(path_of(names[i]), NULL, &run), CORNU_OK);
        assert_string_equal(run.name, "model");
        check_loss(&run);
        cornu__run_free(&run);
    }
}

static void parts_of_a_model_hold_no_history_and_a_folder_without_events_neither(void **state)
{
    (void)state;
    cornu__run run;
    static const char *const parts[] = {"m.json", "m.npz", "m.weights.h5"};
    for (int i = 0; i < 3; i++) {
        FILE *file = fopen(path_of(parts[i]), "w");
        fclose(file);
        assert_int_equal(cornu__run_read(path_of(parts[i]), NULL, &run), CORNU_ERROR_FORMAT);
        assert_non_null(strstr(cornu_error_message(), "hold no history"));
    }
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .input_shape = {2}));
    assert_int_equal(cornu_save(model, path_of("untrained.keras")), CORNU_OK);
    cornu_model_release(model);
    assert_int_equal(cornu__run_read(path_of("untrained.keras"), NULL, &run), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "holds no history"));
    assert_int_equal(cornu__run_read(folder, NULL, &run), CORNU_ERROR_DATA);
    assert_int_equal(cornu__run_read(path_of("nothing"), NULL, &run), CORNU_ERROR_IO);
}

static cornu_status read_and_draw(const char *name)
{
    const cornu__chart_page page = {.log_scale = true};
    cornu__run run;
    cornu_status status = cornu__run_read(path_of(name), NULL, &run);
    if (status == CORNU_OK)
        status = cornu__runs_plot(path_of("memory.png"), 1, &run, 0, NULL, &page);
    cornu__run_free(&run);
    return status;
}

static void without_memory_there_is_no_picture(void **state)
{
    (void)state;
    static const char *const names[] = {"a.csv", "board", "model.keras", "model.h5"};
    for (int i = 0; i < 4; i++) {
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        uint64_t before = cornu__allocation_live();
        for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
            cornu__allocation_fail_at(n);
            status = read_and_draw(names[i]);
            cornu__allocation_fail_at(0);
            assert_int_equal(cornu__allocation_live(), before);
            assert_int_equal(access(path_of("memory.png"), F_OK), status == CORNU_OK ? 0 : -1);
            assert_true(n < 500);
        }
        assert_int_equal(status, CORNU_OK);
        unlink(path_of("memory.png"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_and_tensorboards_folders_give_the_same_run),
        cmocka_unit_test(metrics_are_chosen_by_name),
        cmocka_unit_test(a_saved_model_is_a_run),
        cmocka_unit_test(parts_of_a_model_hold_no_history_and_a_folder_without_events_neither),
        cmocka_unit_test(without_memory_there_is_no_picture),
    };
    return cmocka_run_group_tests_name("runs", tests, make_logs, remove_logs);
}
