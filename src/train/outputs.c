/* outputs.c: the outputs of batch after batch, put behind one another. */
#include <string.h>

#include "base/text.h"
#include "train/outputs.h"

/* Later batches must have the shape of the first beyond their rows. */
static cornu_status check_shape(cornu__outputs *outputs, cornu_model *model, int index, int rank, const int64_t *shape)
{
    if (outputs->rows == 0) {
        outputs->rank[index] = rank;
        memcpy(outputs->shape[index], shape, (size_t)rank * sizeof *shape);
        outputs->per_row[index] = 1;
        for (int axis = 1; axis < rank; axis++)
            outputs->per_row[index] *= shape[axis];
        return CORNU_OK;
    }
    if (cornu__shape_equal(rank - 1, shape + 1, outputs->rank[index] - 1, outputs->shape[index] + 1))
        return CORNU_OK;
    char first[CORNU__SHAPE_TEXT_SIZE], now[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(first, sizeof first, outputs->rank[index], outputs->shape[index]);
    cornu__text_shape(now, sizeof now, rank, shape);
    return cornu__fail(CORNU_ERROR_SHAPE,
                       "output '%s' has the shape %s for one batch and %s for another: they do not make one array",
                       cornu_output_name(model, index), first, now);
}

static cornu_status reserve(cornu__outputs *outputs, int64_t rows)
{
    if (rows <= outputs->room)
        return CORNU_OK;
    int64_t room = outputs->rows_expected > rows ? outputs->rows_expected : rows + outputs->room / 2;
    for (int i = 0; i < outputs->count; i++) {
        size_t row_size = (size_t)outputs->per_row[i] * sizeof(float);
        float *grown = cornu__realloc(outputs->data[i], (size_t)outputs->rows * row_size, (size_t)room * row_size);
        if (!grown)
            return CORNU_ERROR_OUT_OF_MEMORY;
        outputs->data[i] = grown;
    }
    outputs->room = room;
    return CORNU_OK;
}

cornu_status cornu__outputs_take(void *state, cornu_model *model, const cornu__batch *batch)
{
    cornu__outputs *outputs = state;
    const float *values[CORNU__MAX_PORTS];
    outputs->count = cornu__model_target_count(model);
    for (int i = 0; i < outputs->count; i++) {
        int rank;
        const int64_t *shape;
        values[i] = cornu__model_output(model, i, &rank, &shape);
        CORNU_TRY(check_shape(outputs, model, i, rank, shape));
    }
    CORNU_TRY(reserve(outputs, outputs->rows + batch->rows));
    for (int i = 0; i < outputs->count; i++)
        memcpy(outputs->data[i] + outputs->rows * outputs->per_row[i], values[i],
               (size_t)(batch->rows * outputs->per_row[i]) * sizeof(float));
    outputs->rows += batch->rows;
    return CORNU_OK;
}

static cornu_array *array_of(const cornu__outputs *outputs, int index)
{
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, outputs->shape[index], sizeof shape);
    shape[0] = outputs->rows;
    return cornu_array_copy_of(CORNU_FLOAT32, outputs->rank[index], shape, outputs->data[index]);
}

cornu_array *cornu__outputs_array(cornu__outputs *outputs, cornu_model *model)
{
    cornu_array *arrays[CORNU__MAX_PORTS] = {0};
    const char *names[CORNU__MAX_PORTS] = {0};
    if (outputs->rows == 0)
        return cornu__fail_null(CORNU_ERROR_DATA, "there was no batch to predict for");
    int made = 0;
    for (; made < outputs->count; made++) {
        names[made] = cornu_output_name(model, made);
        arrays[made] = array_of(outputs, made);
        if (!arrays[made])
            break;
    }
    bool whole = made == outputs->count;
    if (whole && made == 1)
        return arrays[0];
    cornu_array *dictionary = whole ? cornu_array_dict((size_t)made, names, arrays) : NULL;
    while (made > 0)
        cornu_array_release(arrays[--made]);
    return dictionary;
}

void cornu__outputs_free(cornu__outputs *outputs)
{
    for (int i = 0; i < outputs->count; i++)
        cornu__free(outputs->data[i]);
    *outputs = (cornu__outputs){0};
}
