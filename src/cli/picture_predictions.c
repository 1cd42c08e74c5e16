/* picture_predictions.c: what a model says of each picture, as a table. */
#include <string.h>

#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/status.h"
#include "cli/picture_predictions.h"
#include "cli/picture_rows.h"

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

cornu_status cornu__picture_predictions_write(const cornu_sequence *pictures, const cornu_model *model,
                                              const cornu_array *outputs, FILE *stream)
{
    int64_t *samples, rows = cornu_array_size(outputs, 0), columns = cornu_array_count(outputs) / rows;
    const float *numbers = cornu_array_data(outputs);
    CORNU_TRY(cornu__picture_rows(pictures, rows, &samples));
    cornu__plain_locale locale = cornu__plain_locale_begin();
    fprintf(stream, "file,class,probability\n");
    for (int64_t row = 0; row < rows; row++) {
        double probability;
        int64_t class_number = most_probable(numbers + row * columns, columns, &probability);
        write_field(cornu__picture_name(pictures, samples[row]), stream);
        write_class(model, class_number, stream);
        fprintf(stream, ",%.6g\n", probability);
    }
    cornu__plain_locale_end(locale);
    cornu__free(samples);
    return CORNU_OK;
}
