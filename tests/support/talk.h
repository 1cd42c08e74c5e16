/* support/talk.h: speaking to a server on this machine by a plain socket. */
#ifndef CORNU_TESTS_SUPPORT_TALK_H
#define CORNU_TESTS_SUPPORT_TALK_H

#include <stddef.h>

/* A connection to 127.0.0.1, or -1. What it reads is waited for at most ten seconds. */
int talk_to(int port);
/* Sends all of a text; -1: the other side is gone. */
int talk_say(int connection, const char *text);
/* Reads until the other side closes or `most` - 1 bytes are there; then closes. How many; `answer` is terminated. */
size_t talk_hear(int connection, char *answer, size_t most);
/* Reads until `wanted` is part of what came; -1: it never was. */
int talk_hear_until(int connection, char *answer, size_t most, const char *wanted);
/* A whole conversation. */
size_t talk(int port, const char *request, char *answer, size_t most);

#endif
