/* A locale with a decimal comma. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/decimal_comma.h"

static bool set_installed(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_ALL, names[i]))
            return true;
    }
    return false;
}

static bool write_definition(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    fputs("comment_char %\nescape_char /\n"
          "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n",
          file);
    return fclose(file) == 0;
}

/* glibc compiles a locale into a folder of the caller's choice, and reads it from where LOCPATH says. */
static bool set_made(void)
{
    const char *build = getenv("CORNU_BINARY_DIR");
    char folder[2000], definition[2100], command[6500];
    snprintf(folder, sizeof folder, "%s/decimal_comma-XXXXXX", build ? build : ".");
    if (!mkdtemp(folder))
        return false;
    snprintf(definition, sizeof definition, "%s/comma", folder);
    snprintf(command, sizeof command, "localedef -c -i '%s' '%s/xx_XX' >'%s/log' 2>&1", definition, folder, folder);
    int made = write_definition(definition) ? system(command) : -1;
    (void)made; /* it warns of what the definition lacks, and exits with 1 */
    setenv("LOCPATH", folder, 1);
    bool set = setlocale(LC_NUMERIC, "xx_XX") != NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 && set;
}

bool decimal_comma_begin(void)
{
    bool set = (set_installed() || set_made()) && strcmp(localeconv()->decimal_point, ",") == 0;
    if (!set)
        printf("no locale with a decimal comma is installed, and none could be made\n");
    return set;
}

void decimal_comma_end(void)
{
    setlocale(LC_ALL, "C");
}
