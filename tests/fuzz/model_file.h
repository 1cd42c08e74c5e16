/* model_file.h: bytes as a model file in memory, loaded and used: what the fuzz targets of whole models have in common. */
#ifndef CORNU_TESTS_FUZZ_MODEL_FILE_H
#define CORNU_TESTS_FUZZ_MODEL_FILE_H

#include <string.h>

#include <cornu/cornu.h>

#include "memory_file.h"

static inline void fuzz_say_nothing(const char *message, void *data)
{
    (void)message;
    (void)data;
}

/* One kernel thread, since many short runs make no use of more, and no warnings: a damaged file gives many. */
static inline void fuzz_prepare(void)
{
    setenv("OMP_NUM_THREADS", "1", 0);
    cornu_set_warning_handler(fuzz_say_nothing, NULL);
    cornu_error_clear();
}

/* What was written of a model must be read, and be written the same. */
static inline void fuzz_write_back(cornu_model *model)
{
    char *json = cornu_model_to_json(model);
    cornu_model *again = json ? cornu_model_from_json(json, 0) : NULL;
    char *second = again ? cornu_model_to_json(again) : NULL;
    if (!second || strcmp(json, second) != 0) {
        fprintf(stderr, "%s\n%s\n%s\n", cornu_error_message(), json ? json : "", second ? second : "");
        abort();
    }
    cornu_free(second);
    cornu_free(json);
    cornu_model_release(again);
}

/* Loads the bytes as a file; looks at the model if they are one. */
static inline void fuzz_model(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE];
    int descriptor = memory_file(bytes, size, path);
    fuzz_prepare();
    cornu_model *model = cornu_load_model(path, .threads = 1);
    if (!model && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    if (model) {
        int64_t count;
        const cornu_history *history = cornu_model_history(model);
        for (int i = 0; i < cornu_history_value_count(history); i++)
            (void)cornu_history_values(history, cornu_history_value_name(history, i), &count);
        cornu_free(cornu_summary_text(model, .expand_nested = true));
        fuzz_write_back(model);
    }
    cornu_model_release(model);
    close(descriptor);
}

#endif
