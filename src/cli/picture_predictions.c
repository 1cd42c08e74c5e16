/* picture_predictions.c: what a model says of each picture, as a table. */
#include <string.h>

#include "base/plain_locale.h"
#include "base/status.h"
#include "cli/picture_predictions.h"

cornu_status cornu__picture_predictions_check(cornu_model *model)
{
    int rank = 0;
    if (cornu_output_count(model) == 1 && (!cornu_output_shape(model, 0, &rank) || rank == 2))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "the model's outputs are no list of classes for each picture: give --output FILE.npz");
}

/* A field, in quotes where it must be. */
static void write_field(const char *text, FILE *stream)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

static int64_t most_probable(const float *numbers, int64_t count, double *probability)
{
    int64_t best = 0;
    for (int64_t k = 1; k < count; k++)
        best = numbers[k] > numbers[best] ? k : best;
    *probability = (double)numbers[best];
    if (count > 1)
        return best;
    best = numbers[0] > 0.5F;
    *probability = best ? *probability : 1 - *probability;
    return best;
}

static void write_class(const cornu_model *model, int64_t number, FILE *stream)
{
    const char *name = number <= INT32_MAX ? cornu_model_class_name(model, (int)number) : NULL;
    fputc(',', stream);
    if (name)
        write_field(name, stream);
    else
        fprintf(stream, "%lld", (long long)number);
}

/* The rows of one batch; *row := the next. */
static cornu_status write_batch(const cornu_sequence *pictures, int64_t index, const cornu_model *model,
                                const cornu_array *outputs, int64_t *row, FILE *stream)
{
    int64_t rows = cornu_array_size(outputs, 0), columns = cornu_array_count(outputs) / rows;
    cornu_array *samples = cornu_flow_batch_samples(pictures, index);
    if (!samples)
        return cornu_error_status();
    for (int64_t i = 0; i < cornu_array_count(samples) && *row < rows; i++) {
        double probability;
        int64_t class_number =
            most_probable((const float *)cornu_array_data(outputs) + *row * columns, columns, &probability);
        const char *name = cornu_flow_filename(pictures, ((const int64_t *)cornu_array_data(samples))[i]);
        write_field(strncmp(name, "./", 2) == 0 ? name + 2 : name, stream);
        write_class(model, class_number, stream);
        fprintf(stream, ",%.6g\n", probability);
        ++*row;
    }
    cornu_array_release(samples);
    return CORNU_OK;
}

cornu_status cornu__picture_predictions_write(const cornu_sequence *pictures, const cornu_model *model,
                                              const cornu_array *outputs, FILE *stream)
{
    int64_t row = 0;
    cornu_status status = CORNU_OK;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    fprintf(stream, "file,class,probability\n");
    for (int64_t i = 0; i < cornu_sequence_length(pictures) && status == CORNU_OK; i++)
        status = write_batch(pictures, i, model, outputs, &row, stream);
    cornu__plain_locale_end(locale);
    return status;
}
