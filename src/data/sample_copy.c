/* sample_copy.c: a field of one sample as that of another, and datasets of which one field is changed. */
#include <string.h>

#include "data/sample_copy.h"

cornu_status cornu__sample_copy_field(const cornu_sample *from, cornu_sample *to, int field)
{
    const cornu_dataset *dataset = from->dataset;
    if (!cornu_sample_wants(to, field))
        return CORNU_OK;
    size_t size = dataset->sizes[field];
    void *place = cornu_sample_data(to, field);
    if (cornu__field_varies(&dataset->fields[field])) {
        int64_t count = cornu_sample_size(from, field);
        place = cornu_sample_resize(to, field, count);
        if (!place)
            return cornu_error_status();
        size *= (size_t)count;
    }
    if (size > 0)
        memcpy(place, cornu_sample_data(from, field), size);
    return CORNU_OK;
}

int cornu__bytes_field(const char *function, const cornu_dataset *dataset, const char *name)
{
    if (cornu__dataset_expect(function, dataset) != CORNU_OK)
        return -1;
    int number = cornu_dataset_field_named(dataset, name);
    if (number < 0)
        return -1;
    const cornu_field *field = &dataset->fields[number];
    if (field->dtype == CORNU_UINT8 && field->rank == 1 && cornu__field_varies(field))
        return number;
    cornu__fail(CORNU_ERROR_SHAPE, "%s: field '%s' of '%s' is no bytes of any size: uint8 of the shape {CORNU_NONE}",
                function, name, dataset->name);
    return -1;
}

/* --- One field changed --- */

typedef struct changed {
    int number, field_count;
    cornu_status (*change)(void *state, const cornu_sample *from, cornu_sample *to);
    void *state;
    void (*release)(void *state);
} changed;

static cornu_status change_one(void *state, const cornu_sample *from, cornu_sample *to)
{
    const changed *self = state;
    for (int i = 0; i < self->field_count; i++) {
        if (i != self->number)
            CORNU_TRY(cornu__sample_copy_field(from, to, i));
    }
    return cornu_sample_wants(to, self->number) ? self->change(self->state, from, to) : CORNU_OK;
}

static void changed_release(void *state)
{
    changed *self = state;
    self->release(self->state);
    cornu__free(self);
}

cornu_dataset *cornu__dataset_with_field(cornu_dataset *dataset, int number, const cornu_field *field,
                                         cornu_status (*change)(void *state, const cornu_sample *from,
                                                                cornu_sample *to),
                                         void *state, void (*release)(void *state))
{
    size_t count = (size_t)dataset->field_count;
    changed *self = cornu__alloc(sizeof *self);
    cornu_field *fields = self ? cornu__alloc_array(count, sizeof *fields) : NULL;
    if (!fields) {
        release(state);
        cornu__free(self);
        return NULL;
    }
    *self = (changed){number, dataset->field_count, change, state, release};
    memcpy(fields, dataset->fields, count * sizeof *fields);
    fields[number] = *field;
    cornu_dataset *result =
        cornu_dataset_map(dataset, .function = change_one, .fields = fields, .field_count = dataset->field_count,
                          .state = self, .release = changed_release);
    if (!result)
        changed_release(self);
    cornu__free(fields);
    return result;
}
