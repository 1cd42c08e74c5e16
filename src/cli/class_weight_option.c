/* class_weight_option.c: the weights of classes, as --class-weight gives them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/class_weight_option.h"

/* The weight behind the last colon; the class is what stands before it. */
static cornu_status split(const char *item, size_t *class_length, double *weight)
{
    const char *colon = strrchr(item, ':');
    char *end = NULL;
    *weight = colon ? strtod(colon + 1, &end) : -1;
    bool read = colon && colon > item && end > colon + 1 && *end == '\0';
    if (!read || !(*weight >= 0) || !isfinite(*weight))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--class-weight wants CLASS:WEIGHT with a weight of at least 0, got '%s'", item);
    *class_length = (size_t)(colon - item);
    return CORNU_OK;
}

cornu_status cornu__class_weight_option_check(const cornu__text_list *given)
{
    size_t length;
    double weight;
    for (int i = 0; i < given->count; i++)
        CORNU_TRY(split(given->items[i], &length, &weight));
    return CORNU_OK;
}

/* The number of a class that the table names; -1: there is none of this name. */
static int64_t named_class(const cornu__csv_names *names, const char *name, size_t length)
{
    for (size_t i = 0; i < names->class_count; i++) {
        if (strlen(names->classes[i]) == length && strncmp(names->classes[i], name, length) == 0)
            return (int64_t)i;
    }
    return -1;
}

static cornu_status read_class(const char *item, size_t length, const cornu__csv_names *names, int64_t *number)
{
    char *end;
    *number = named_class(names, item, length);
    if (*number >= 0)
        return CORNU_OK;
    *number = strtoll(item, &end, 10);
    if (end == item + length && *number >= 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "--class-weight: '%.*s' is no class number%s", (int)length, item,
                       names->class_count > 0 ? ", and the table has no class of this name" : "");
}

cornu_status cornu__class_weight_option_read(const cornu__text_list *given, const cornu__dataset *dataset,
                                             cornu_class_weight weights[CORNU__LIST_MAX])
{
    for (int i = 0; i < given->count; i++) {
        size_t length = 0;
        CORNU_TRY(split(given->items[i], &length, &weights[i].weight));
        CORNU_TRY(read_class(given->items[i], length, &dataset->names, &weights[i].class_number));
    }
    return CORNU_OK;
}
