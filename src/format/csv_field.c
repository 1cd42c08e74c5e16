/* csv_field.c: fields in quotes. */
#include "format/csv_field.h"

#include <string.h>

void cornu__csv_add_field(cornu__text *to, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        cornu__text_add(to, "%s", field);
        return;
    }
    cornu__text_add(to, "\"");
    for (; *field; field++)
        cornu__text_add(to, *field == '"' ? "\"\"" : "%c", *field);
    cornu__text_add(to, "\"");
}
