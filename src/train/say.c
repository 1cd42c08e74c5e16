/* say.c: what callbacks tell the user between two drawings of the bar. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "train/progress_json.h"
#include "train/progress_look.h"
#include "train/training.h"

#define LONGEST_MESSAGE 8192

/* As a line of JSON, without the line breaks around it, which are for terminals. */
static void say_as_json(char *message)
{
    message += strspn(message, "\n");
    message[strcspn(message, "\n")] = '\0';
    (void)cornu__json_message("message", message); /* for want of memory it goes unsaid */
}

void cornu__say(const char *format, ...)
{
    char message[LONGEST_MESSAGE], shown[CORNU__SHOWN_SIZE(LONGEST_MESSAGE)];
    cornu__progress_look look;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (cornu__progress_look_asked(&look) == CORNU_OK && look == CORNU__LOOK_JSON)
        say_as_json(message);
    else
        fputs(cornu__text_shown(shown, sizeof shown, message, true), stdout);
}
