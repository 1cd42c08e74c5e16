/* talk.c: speaking to a server on this machine by a plain socket. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/talk.h"

int talk_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    const struct timeval patience = {.tv_sec = 10};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(connection, (const struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    close(connection);
    return -1;
}

int talk_say(int connection, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t sent = send(connection, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        text += sent;
        left -= (size_t)sent;
    }
    return 0;
}

size_t talk_hear(int connection, char *answer, size_t most)
{
    size_t count = 0;
    for (ssize_t got = 1; got > 0 && count<most - 1; count += got> 0 ? (size_t)got : 0)
        got = recv(connection, answer + count, most - 1 - count, 0);
    answer[count] = '\0';
    close(connection);
    return count;
}

int talk_hear_until(int connection, char *answer, size_t most, const char *wanted)
{
    size_t count = 0;
    answer[0] = '\0';
    while (!strstr(answer, wanted)) {
        ssize_t got = count < most - 1 ? recv(connection, answer + count, most - 1 - count, 0) : 0;
        if (got <= 0)
            return -1;
        count += (size_t)got;
        answer[count] = '\0';
    }
    return 0;
}

size_t talk(int port, const char *request, char *answer, size_t most)
{
    int connection = talk_to(port);
    answer[0] = '\0';
    if (connection < 0)
        return 0;
    (void)talk_say(connection, request); /* an answer may come before all was sent */
    return talk_hear(connection, answer, most);
}
