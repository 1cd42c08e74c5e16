/* history_print.c: a history as R's keras prints it (specification, section 6.4). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain_locale.h"
#include "model/history.h"

#define SIGNIFICANT_DIGITS 4
#define LONGEST_NUMBER 450 /* 309 digits and their commas, or 0.000... with 324 */

/* "1234567.5" with a comma before every third digit of its whole part. */
static void print_with_commas(FILE *file, const char *number)
{
    size_t sign = number[0] == '-', whole = strcspn(number + sign, ".");
    for (size_t i = 0; number[i] != '\0'; i++) {
        bool between = i > sign && i < sign + whole && (sign + whole - i) % 3 == 0;
        fprintf(file, "%s%c", between ? "," : "", number[i]);
    }
}

/* As R's format(x, digits = 4, scientific = FALSE, big.mark = ","): as many decimals as 4 significant digits need, and no zeros behind them. */
static void print_number(FILE *file, double value)
{
    char number[LONGEST_NUMBER];
    if (!isfinite(value)) {
        fprintf(file, "%s", isnan(value) ? "NaN" : value > 0 ? "Inf" : "-Inf");
        return;
    }
    snprintf(number, sizeof number, "%.*e", SIGNIFICANT_DIGITS - 1, value);
    char *exponent = strchr(number, 'e'), *last = exponent - 1;
    int digits = SIGNIFICANT_DIGITS;
    for (; digits > 1 && *last == '0'; last--)
        digits--;
    int decimals = digits - 1 - atoi(exponent + 1);
    snprintf(number, sizeof number, "%.*f", decimals > 0 ? decimals : 0, value);
    print_with_commas(file, number);
}

static void print_number_of(FILE *file, int64_t count)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)count);
    print_with_commas(file, number);
}

static void print_samples(FILE *file, const cornu_history *history)
{
    const cornu__history_facts *facts = cornu__history_facts_of(history);
    int64_t rows = cornu_history_epoch_count(history);
    if (facts->samples < 0)
        return;
    fprintf(file, "Trained on ");
    print_number_of(file, facts->samples);
    if (facts->validation_samples >= 0) {
        fprintf(file, " samples, validated on ");
        print_number_of(file, facts->validation_samples);
    }
    fprintf(file, " samples (batch_size=");
    print_number_of(file, facts->batch_size);
    fprintf(file, ", epochs=");
    print_number_of(file, rows < facts->epochs ? rows : facts->epochs);
    fprintf(file, ")\n");
}

/* The value of the last epoch; NA where that has none. */
static void print_value(FILE *file, const cornu_history *history, const char *name, int width)
{
    int64_t count;
    const int64_t *epochs = cornu_history_value_epochs(history, name, &count);
    fprintf(file, "%*s: ", width, name);
    if (count > 0 && epochs[count - 1] == cornu_history_epoch(history, cornu_history_epoch_count(history) - 1))
        print_number(file, cornu_history_get(history, name, -1));
    else
        fprintf(file, "NA");
}

cornu_status cornu_history_print(const cornu_history *history, FILE *file)
{
    int width = 0;
    FILE *to = file ? file : stdout;
    CORNU_TRY(cornu__history_check(history));
    for (int i = 0; i < cornu_history_value_count(history); i++) {
        int length = (int)strlen(cornu_history_value_name(history, i));
        width = length > width ? length : width;
    }
    cornu__plain_locale locale = cornu__plain_locale_begin();
    print_samples(to, history);
    fprintf(to, "Final epoch (plot to see history):\n");
    for (int i = 0; i < cornu_history_value_count(history); i++) {
        fprintf(to, "%s", i > 0 ? "\n" : "");
        print_value(to, history, cornu_history_value_name(history, i), width);
    }
    fprintf(to, " \n");
    cornu__plain_locale_end(locale);
    return ferror(to) ? cornu__fail(CORNU_ERROR_IO, "the history could not be printed") : CORNU_OK;
}
