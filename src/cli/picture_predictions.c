/* picture_predictions.c: what a model says of each picture, as a table. */
#include "base/memory.h"
#include "base/plain_locale.h"
#include "cli/picture_predictions.h"
#include "cli/picture_rows.h"
#include "format/csv_field.h"

cornu_status cornu__picture_predictions_check(cornu_model *model)
{
    int rank = 0;
    if (cornu_output_count(model) == 1 && (!cornu_output_shape(model, 0, &rank) || rank == 2))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "the model's outputs are no list of classes for each picture: give --output FILE.npz");
}

int64_t cornu__most_probable(const float *numbers, int64_t count, double *probability)
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

static void add_class(cornu__text *row, const cornu_model *model, int64_t number)
{
    const char *name = number <= INT32_MAX ? cornu_model_class_name(model, (int)number) : NULL;
    if (name)
        cornu__csv_add_field(row, name);
    else
        cornu__text_add(row, "%lld", (long long)number);
}

cornu_status cornu__picture_predictions_write(const cornu_sequence *pictures, const cornu_model *model,
                                              const cornu_array *outputs, FILE *stream)
{
    int64_t *samples, rows = cornu_array_size(outputs, 0), columns = cornu_array_count(outputs) / rows;
    const float *numbers = cornu_array_data(outputs);
    cornu__text line = {0};
    CORNU_TRY(cornu__picture_rows(pictures, rows, &samples));
    cornu__plain_locale locale = cornu__plain_locale_begin();
    fprintf(stream, "file,class,probability\n");
    for (int64_t row = 0; row < rows && !line.failed; row++) {
        double probability;
        int64_t class_number = cornu__most_probable(numbers + row * columns, columns, &probability);
        line.length = 0;
        cornu__csv_add_field(&line, cornu__picture_name(pictures, samples[row]));
        cornu__text_add(&line, ",");
        add_class(&line, model, class_number);
        cornu__text_add(&line, ",%.6g\n", probability);
        fwrite(line.data, 1, line.length, stream);
    }
    cornu__plain_locale_end(locale);
    cornu__free(samples);
    cornu_status status = line.failed ? cornu__fail_memory("a table of predictions", line.wanted) : CORNU_OK;
    cornu__text_free(&line);
    return status;
}
