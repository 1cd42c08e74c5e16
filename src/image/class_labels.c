/* class_labels.c: the classes of samples as arrays. */
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "image/class_labels.h"

cornu_status cornu__class_mode_named(const char *name, bool table, cornu__class_mode *mode)
{
    static const char *const names[] = {"categorical", "binary", "sparse", "input", "none", "raw", "multi_output"};
    size_t count = sizeof names / sizeof *names - (table ? 0 : 2);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name ? name : "none", names[i]) == 0) {
            *mode = (cornu__class_mode)i;
            return CORNU_OK;
        }
    }
    const char *nearest = cornu__text_nearest(name, names, count);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "there is no class_mode '%s'; wanted 'categorical', 'binary', 'sparse', 'input'%s or "
                       "'none'%s%s%s",
                       name, table ? ", 'raw', 'multi_output'" : "", nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

/* What a class number or a mark is in the wanted dtype. */
static void set(cornu_array *y, int64_t place, float value)
{
    char *to = (char *)y->data + (size_t)place * cornu_dtype_size(y->dtype);
    cornu__convert(y->dtype, to, CORNU_FLOAT32, &value, 1);
}

static void mark_classes(const cornu__class_labels *labels, int64_t row, cornu_array *y, int64_t place)
{
    int64_t first = labels->first ? labels->first[row] : row, end = labels->first ? labels->first[row + 1] : row + 1;
    for (int64_t i = first; i < end; i++)
        set(y, place * (int64_t)labels->class_count + labels->numbers[i], 1);
}

cornu_status cornu__class_labels_take(const cornu__class_labels *labels, cornu_dtype dtype, const int64_t *rows,
                                      int64_t count, cornu_array **y)
{
    *y = NULL;
    if (!cornu__class_mode_has_classes(labels->mode))
        return CORNU_OK;
    bool categorical = labels->mode == CORNU__CLASS_CATEGORICAL;
    int64_t shape[] = {count, categorical ? (int64_t)labels->class_count : 1};
    *y = cornu_array_zeros(labels->as_int32 ? CORNU_INT32 : dtype, categorical || labels->as_column ? 2 : 1, shape);
    if (!*y)
        return cornu_error_status();
    for (int64_t i = 0; i < count; i++) {
        if (categorical)
            mark_classes(labels, rows[i], *y, i);
        else
            set(*y, i, (float)labels->numbers[rows[i]]);
    }
    return CORNU_OK;
}
