/* base/plain_locale.h: numbers as text with a point in them, whatever locale the program has set. */
#ifndef CORNU_BASE_PLAIN_LOCALE_H
#define CORNU_BASE_PLAIN_LOCALE_H

#include <locale.h>

typedef struct cornu__plain_locale {
    locale_t plain, before;
} cornu__plain_locale;

/* From here to the end printf, strtod and their like work as in the "C" locale in this thread, and in this thread only. */
static inline cornu__plain_locale cornu__plain_locale_begin(void)
{
    cornu__plain_locale locale = {.plain = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (locale.plain)
        locale.before = uselocale(locale.plain);
    return locale;
}

static inline void cornu__plain_locale_end(cornu__plain_locale locale)
{
    if (!locale.plain)
        return;
    uselocale(locale.before);
    freelocale(locale.plain);
}

#endif
