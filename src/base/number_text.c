/* number_text.c: numbers as Python writes them. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number_text.h"

#define MOST_DIGITS 17 /* tell any two doubles apart */

char *cornu__number_text(double value, char out[CORNU__NUMBER_TEXT_SIZE])
{
    if (isnan(value))
        return strcpy(out, "nan");
    int digits = 1;
    do
        snprintf(out, CORNU__NUMBER_TEXT_SIZE, "%.*g", digits, value);
    while (strtod(out, NULL) != value && ++digits <= MOST_DIGITS);
    bool has_exponent = strchr(out, 'e') != NULL;
    if (has_exponent && fabs(value) >= 1e-4 && fabs(value) < 1e16)
        snprintf(out, CORNU__NUMBER_TEXT_SIZE, "%.1f", value);
    else if (isfinite(value) && !has_exponent && !strchr(out, '.'))
        strcat(out, ".0");
    return out;
}
