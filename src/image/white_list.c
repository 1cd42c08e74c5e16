/* white_list.c: endings of names that count, and what to say where none does. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "image/decode.h"
#include "image/white_list.h"

cornu_status cornu__white_list(const char *const *given, const char *const *usual, cornu__directory_options *options)
{
    for (size_t i = 0; given && given[i]; i++) {
        if (given[i][strspn(given[i], ".")] == '\0')
            return cornu__fail(
                CORNU_ERROR_INVALID_ARGUMENT,
                "white_list_formats: '%s' is no ending of a name; wanted \"png\", \"webp\", ... or \"all\"", given[i]);
    }
    bool all = given && given[0] && strcmp(given[0], "all") == 0;
    if (given && (!given[0] || (all && given[1])))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "white_list_formats %s; wanted endings, or \"all\" alone",
                           all ? "has \"all\" and others" : "is empty");
    options->endings = all ? cornu__picture_endings : given ? given : usual;
    options->passed_endings = cornu__picture_endings;
    return CORNU_OK;
}

const char *cornu__why_no_share(char *text, size_t size, double validation_split, size_t count, const char *of)
{
    double least = ceil(1e4 / (double)count) / 1e4; /* rounded up, so that it is enough as it is written */
    if (least < 1)
        snprintf(text, size, ": validation_split %g of %s%zu is less than one; from %g on there are some",
                 validation_split, of, count, least);
    else
        snprintf(text, size, ": %s%zu cannot be divided; it takes 2", of, count);
    return text;
}

/* Those that are in the finds: ".gif, .webp". */
static void list_endings(cornu__directory_finds finds, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; cornu__picture_endings[i]; i++) {
        if (finds.passed_endings >> i & 1 && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
                                       cornu__picture_endings[i]);
    }
}

/* Of all classes together: passed files, and the pictures of the largest. */
static cornu__directory_finds finds_of(const cornu__directory *directory, size_t class_number)
{
    if (class_number != CORNU__ALL_CLASSES)
        return directory->finds[class_number];
    cornu__directory_finds all = {0};
    for (size_t i = 0; i < directory->class_count; i++) {
        const cornu__directory_finds *one = &directory->finds[i];
        all.count = one->count > all.count ? one->count : all.count;
        all.passed += one->passed;
        all.passed_endings |= one->passed_endings;
    }
    return all;
}

const char *cornu__why_no_pictures(char *text, size_t size, const cornu__directory *directory, size_t class_number,
                                   const cornu__directory_options *options)
{
    char endings[120];
    cornu__directory_finds finds = finds_of(directory, class_number);
    list_endings(finds, endings, sizeof endings);
    text[0] = '\0';
    if (finds.count > 0)
        cornu__why_no_share(text, size, options->validation_split, finds.count,
                            class_number == CORNU__ALL_CLASSES ? "the largest class's " : "its ");
    else if (finds.passed > 0)
        snprintf(text, size, "; %zu file%s in %s: .white_list_formats = cornu_names(\"all\") takes %s", finds.passed,
                 finds.passed == 1 ? " ends" : "s end", endings, finds.passed == 1 ? "it" : "them");
    else if (!options->endings && class_number == CORNU__ALL_CLASSES)
        snprintf(text, size, "; files count that end in png, jpg, jpeg, bmp, ppm, tif or tiff");
    return text;
}
