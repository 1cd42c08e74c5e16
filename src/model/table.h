/* model/table.h: tables drawn with box characters, as the Python library rich draws them for Keras 3. */
#ifndef CORNU_MODEL_TABLE_H
#define CORNU_MODEL_TABLE_H

#include "base/text.h"

#define CORNU__TABLE_MAX_COLUMNS 5

typedef enum cornu__table_align { CORNU__ALIGN_LEFT, CORNU__ALIGN_RIGHT, CORNU__ALIGN_CENTER } cornu__table_align;

typedef struct cornu__table {
    int column_count;
    cornu__table_align align[CORNU__TABLE_MAX_COLUMNS];
    int width[CORNU__TABLE_MAX_COLUMNS]; /* of the text in a column */
} cornu__table;

/* Sets the widths for a table of `line_length` columns in all, given the wanted ends of the columns as shares of it. */
void cornu__table_fit(cornu__table *table, int line_length, const double *ends);

/* Adds the header with its borders; a row, with a line above it unless it is the first; the bottom. Cells are UTF-8; long ones are wrapped. */
void cornu__table_header(const cornu__table *table, const char *const *cells, cornu__text *out);
void cornu__table_row(const cornu__table *table, const char *const *cells, bool first, cornu__text *out);
void cornu__table_end(const cornu__table *table, cornu__text *out);

#endif
