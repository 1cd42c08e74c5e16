/* format/csv_field.h: a field of a table that is written. */
#ifndef CORNU_FORMAT_CSV_FIELD_H
#define CORNU_FORMAT_CSV_FIELD_H

#include "base/text.h"

/* Adds a field, in quotes where it must be (RFC 4180). */
void cornu__csv_add_field(cornu__text *to, const char *field);

#endif
