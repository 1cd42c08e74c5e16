/* base/number_text.h: numbers as Python writes them. */
#ifndef CORNU_BASE_NUMBER_TEXT_H
#define CORNU_BASE_NUMBER_TEXT_H

#define CORNU__NUMBER_TEXT_SIZE 40

/* As Python's str(float): the shortest text that reads back as the same number, with a point or an exponent. In the thread's locale: see
 * base/plain_locale.h. Returns `out`. */
char *cornu__number_text(double value, char out[CORNU__NUMBER_TEXT_SIZE]);

#endif
