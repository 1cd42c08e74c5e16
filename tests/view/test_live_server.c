/* The server of the live page: whom it answers, and what those who mean it ill get. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "view/live.h"
#include "view/live_server.h"
#include "support/talk.h"

#define ROOM (1 << 20)

static char answer[ROOM], request[ROOM];

static cornu__live *open_at(int port)
{
    const cornu__live_options options = {
        .title = "digits", .value_count = 2, .epochs = 10, .served = true, .port = port};
    return cornu__live_open(&options);
}

static int port_of(const cornu__live *live)
{
    int port = 0;
    assert_int_equal(sscanf(cornu__live_address(live), "http://127.0.0.1:%d/", &port), 1);
    return port;
}

static const char *ask(int port, const char *method, const char *path, const char *host)
{
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", method, path, host);
    talk(port, request, answer, sizeof answer);
    return answer;
}

static const char *own_name(int port)
{
    static char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%d", port);
    return name;
}

static void epoch(cornu__live *live, int64_t number, double loss)
{
    const char *name = "loss";
    const cornu__live_values values = {1, &name, &loss};
    cornu__live_record_epoch(cornu__live_record_of(live), number, 1, 1.0, &values);
}

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* --- What it is for --- */

static void the_page_needs_nothing_from_elsewhere(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live);
    assert_true(begins_with(ask(port, "GET", "/", own_name(port)), "HTTP/1.1 200"));
    assert_non_null(strstr(answer, "default-src 'none'"));
    assert_non_null(strstr(answer, "frame-ancestors 'none'"));
    assert_non_null(strstr(answer, "Cache-Control: no-store"));
    assert_null(strstr(answer, "unsafe-inline"));
    const char *page = strstr(answer, "<!DOCTYPE html>");
    assert_non_null(page);
    for (const char *at = page; (at = strstr(at, "http")); at++) /* names of SVG's, and no address */
        assert_true(begins_with(at, "http://www.w3.org/2000/svg") || begins_with(at, "http-equiv"));
    cornu__live_close(live);
}

static void a_page_that_opens_late_is_told_all_and_then_what_comes(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live);
    epoch(live, 0, 0.5);
    epoch(live, 1, 0.25);
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", port);
    int stream = talk_to(port);
    assert_int_equal(talk_say(stream, request), 0);
    assert_int_equal(talk_hear_until(stream, answer, sizeof answer, "}\n\n"), 0);
    assert_non_null(strstr(answer, "\"reset\":true"));
    assert_non_null(strstr(answer, "\"epoch_rows\":[[1.0,0.5],[2.0,0.25]]"));
    epoch(live, 2, 0.125);
    assert_int_equal(talk_hear_until(stream, answer, sizeof answer, "[3.0,0.125]"), 0);
    assert_non_null(strstr(answer, "\"reset\":false"));
    cornu__live_record_state(cornu__live_record_of(live), CORNU__LIVE_ENDED, 2);
    cornu__live_close(live);
    talk_hear(stream, answer, sizeof answer);
    assert_non_null(strstr(answer, "\"state\":\"ended\""));
    assert_int_equal(talk_to(port), -1); /* the port is closed */
}

/* --- Those who are not meant --- */

static void only_its_own_names_are_answered(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live);
    char name[64];
    const char *const others[] = {"example.org",           "127.0.0.1",     "127.0.0.1:1", "",
                                  "localhost.example.org", "127.0.0.1:0x50"};
    snprintf(name, sizeof name, "LocalHost:%d", port);
    assert_true(begins_with(ask(port, "GET", "/", name), "HTTP/1.1 200"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_true(begins_with(ask(port, "GET", "/", others[i]), "HTTP/1.1 403"));
        assert_null(strstr(answer, "<"));
        assert_true(begins_with(ask(port, "GET", "/events", others[i]), "HTTP/1.1 403"));
    }
    snprintf(name, sizeof name, "example.org:%d", port);
    assert_true(begins_with(ask(port, "GET", "/", name), "HTTP/1.1 403"));
    talk(port, "GET / HTTP/1.0\r\n\r\n", answer, sizeof answer); /* no name at all */
    assert_true(begins_with(answer, "HTTP/1.1 403") || begins_with(answer, "HTTP/1.0 403"));
    cornu__live_close(live);
}

static void only_get_is_answered_and_only_two_paths(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live);
    const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "NONSENSE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(begins_with(ask(port, methods[i], "/", own_name(port)), "HTTP/1.1 405"));
        assert_non_null(strstr(answer, "Allow: GET"));
    }
    const char *const paths[] = {"/index.html", "/../../etc/passwd", "//", "/events/", "/%2e%2e", "*"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_true(begins_with(ask(port, "GET", paths[i], own_name(port)), "HTTP/1.1 404"));
    cornu__live_close(live);
}

static void nonsense_and_too_much_are_refused_and_the_next_is_served(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live);
    memset(request, 'a', ROOM - 1);
    request[ROOM - 1] = '\0';
    talk(port, request, answer, sizeof answer); /* a megabyte without a line's end */
    assert_null(strstr(answer, "200 OK"));
    memcpy(request, "GET / HTTP/1.1\r\nX: ", 19);
    talk(port, request, answer, sizeof answer); /* a header without end */
    assert_null(strstr(answer, "200 OK"));
    memcpy(request, "GET /", 5);
    talk(port, request, answer, sizeof answer); /* a path without end */
    assert_null(strstr(answer, "200 OK"));
    for (size_t i = 0; i < 60000; i++)
        memcpy(request + 16 + 6 * i, "A: b\r\n", 6);
    memcpy(request, "GET / HTTP/1.1\r\n", 16);
    talk(port, request, answer, sizeof answer); /* headers without end */
    assert_null(strstr(answer, "200 OK"));
    talk(port, "\r\n\r\n\x16\x03\x01\x02 hello\r\n\r\n", answer, sizeof answer);
    assert_null(strstr(answer, "200 OK"));
    snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 99999999999\r\n\r\nabc",
             own_name(port));
    talk(port, request, answer, sizeof answer);
    assert_true(begins_with(answer, "HTTP/1.1 405"));
    assert_true(begins_with(ask(port, "GET", "/", own_name(port)), "HTTP/1.1 200"));
    cornu__live_close(live);
}

/* The server in the hands of the test: time passes as it says. */
static void who_does_not_finish_a_request_loses_the_connection(void **state)
{
    (void)state;
    cornu__live_server server;
    assert_int_equal(cornu__live_server_open(&server, 0, cornu__live_record_create("digits", 2, 1, 0)), CORNU_OK);
    server.request_seconds = 0.2;
    int slow[CORNU__LIVE_MOST_CONNECTIONS + 8];
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        slow[i] = talk_to(server.port);
        assert_true(slow[i] >= 0);
        (void)talk_say(slow[i], "GET / HT");
        cornu__live_server_run(&server);
    }
    for (double until = cornu__live_seconds() + 0.5; cornu__live_seconds() < until;) {
        (void)talk_say(slow[0], "T"); /* always something new, and never a whole request */
        cornu__live_server_run(&server);
        usleep(5000);
    }
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        char byte;
        ssize_t got = recv(slow[i], &byte, 1, MSG_DONTWAIT);
        assert_true(got == 0 || (got < 0 && errno == ECONNRESET)); /* closed */
        close(slow[i]);
    }
    int connection = talk_to(server.port);
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", own_name(server.port));
    assert_int_equal(talk_say(connection, request), 0);
    for (int i = 0; i < 200 && !server.page_given_at; i++) {
        cornu__live_server_run(&server);
        usleep(1000);
    }
    assert_true(server.page_given_at > 0);
    close(connection);
    cornu__live_server_close(&server);
}

static void a_page_that_does_not_read_holds_nobody_up(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live), small = 1024;
    int hung = talk_to(port);
    setsockopt(hung, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: %s\r\n\r\n", own_name(port));
    assert_int_equal(talk_say(hung, request), 0);
    cornu__live_wait_for_page(live, 10);
    for (int64_t i = 0; i < 50000; i++)
        epoch(live, i, 1.0 / (double)(i + 1));
    assert_true(begins_with(ask(port, "GET", "/", own_name(port)), "HTTP/1.1 200"));
    cornu__live_record_state(cornu__live_record_of(live), CORNU__LIVE_ENDED, 2);
    double begun = cornu__live_seconds();
    cornu__live_close(live);
    assert_true(cornu__live_seconds() - begun < 30); /* a second, on a machine that has one to spare */
    close(hung);
}

/* --- Ports --- */

static void each_has_its_own_port_and_one_in_use_is_refused(void **state)
{
    (void)state;
    cornu__live *first = open_at(0), *second = open_at(0);
    int port = port_of(first);
    assert_int_not_equal(port, port_of(second));
    assert_null(open_at(port));
    char expected[80];
    snprintf(expected, sizeof expected, "port %d is in use", port);
    assert_non_null(strstr(cornu_error_message(), expected));
    assert_true(begins_with(ask(port, "GET", "/", own_name(port)), "HTTP/1.1 200"));
    cornu__live_close(first);
    first = open_at(port); /* at once: connections that have just ended do not keep it */
    assert_non_null(first);
    cornu__live_close(first);
    cornu__live_close(second);
}

static void nobody_else_can_reach_it(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(live))};
    inet_pton(AF_INET, "127.0.0.2", &address.sin_addr); /* this machine by another address */
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(connection, (const struct sockaddr *)&address, sizeof address), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(connection);
    cornu__live_close(live);
}

static void a_forked_process_keeps_neither_port_nor_connection(void **state)
{
    (void)state;
    cornu__live *live = open_at(0);
    int port = port_of(live), held[2], begun[2];
    char byte = 0;
    int stream = talk_to(port);
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: %s\r\n\r\n", own_name(port));
    assert_int_equal(talk_say(stream, request), 0);
    assert_int_equal(talk_hear_until(stream, answer, sizeof answer, "}\n\n"), 0);
    assert_int_equal(pipe(held), 0);
    assert_int_equal(pipe(begun), 0);
    pid_t child = fork();
    if (child == 0) {
        close(held[1]);
        close(stream);
        _exit(write(begun[1], &byte, 1) != 1 || read(held[0], &byte, 1) < 0);
    }
    close(held[0]);
    assert_int_equal(read(begun[0], &byte, 1), 1); /* by now it is a process of its own */
    close(begun[0]);
    close(begun[1]);
    cornu__live_record_state(cornu__live_record_of(live), CORNU__LIVE_ENDED, 2);
    cornu__live_close(live);
    talk_hear(stream, answer, sizeof answer); /* ends, although the child lives */
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    assert_int_equal(talk_to(port), -1);
    cornu__live *again = open_at(port);
    assert_non_null(again);
    cornu__live_close(again);
    close(held[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void want_of_memory_is_an_error(void **state)
{
    (void)state;
    cornu__live *live = NULL;
    for (uint64_t n = 1; !live; n++) {
        cornu__allocation_fail_at(n);
        live = open_at(0);
        cornu__allocation_fail_at(0);
        assert_true(live || cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY);
        assert_in_range(n, 1, 100);
    }
    cornu__live_close(live);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_needs_nothing_from_elsewhere),
        cmocka_unit_test(a_page_that_opens_late_is_told_all_and_then_what_comes),
        cmocka_unit_test(only_its_own_names_are_answered),
        cmocka_unit_test(only_get_is_answered_and_only_two_paths),
        cmocka_unit_test(nonsense_and_too_much_are_refused_and_the_next_is_served),
        cmocka_unit_test(who_does_not_finish_a_request_loses_the_connection),
        cmocka_unit_test(a_page_that_does_not_read_holds_nobody_up),
        cmocka_unit_test(each_has_its_own_port_and_one_in_use_is_refused),
        cmocka_unit_test(nobody_else_can_reach_it),
        cmocka_unit_test(a_forked_process_keeps_neither_port_nor_connection),
        cmocka_unit_test(want_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
