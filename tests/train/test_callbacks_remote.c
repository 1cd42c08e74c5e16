/* RemoteMonitor against a server of the test's own, on this machine's loopback. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "train/scripted.h"

#define MOST_REQUESTS 8
#define REQUEST_SIZE 4000
#define PATIENCE 20000 /* milliseconds */

/* --- A server: answers every request with nothing, and keeps it --- */

typedef struct server {
    int socket, port;
    bool silent; /* never answers */
    pthread_t thread;
    int wanted; /* requests */
    int count;
    char requests[MOST_REQUESTS][REQUEST_SIZE];
} server;

/* The length of the whole request, or 0 while its head is not there. */
static size_t whole_length(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\ncontent-length:");
    return end && length ? (size_t)(end + 4 - request) + strtoul(length + 17, NULL, 10) : 0;
}

static void read_request(int connection, char *request)
{
    size_t got = 0;
    request[0] = '\0';
    while (whole_length(request) == 0 || got < whole_length(request)) {
        ssize_t more = recv(connection, request + got, REQUEST_SIZE - 1 - got, 0);
        if (more <= 0)
            return;
        got += (size_t)more;
        request[got] = '\0';
    }
}

static void *serve(void *state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    server *self = state;
    while (self->count < self->wanted) {
        struct pollfd waiting = {.fd = self->socket, .events = POLLIN};
        if (poll(&waiting, 1, PATIENCE) != 1)
            break;
        int connection = accept(self->socket, NULL, NULL);
        read_request(connection, self->requests[self->count++]);
        if (self->silent)
            usleep(500000);
        else
            (void)!write(connection, answer, sizeof answer - 1);
        close(connection);
    }
    return NULL;
}

static void server_start(server *self, int wanted, bool silent)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *self = (server){.wanted = wanted, .silent = silent};
    self->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(self->socket >= 0);
    assert_int_equal(bind(self->socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(self->socket, MOST_REQUESTS), 0);
    assert_int_equal(getsockname(self->socket, (struct sockaddr *)&address, &size), 0);
    self->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&self->thread, NULL, serve, self), 0);
}

static void server_end(server *self)
{
    pthread_join(self->thread, NULL);
    close(self->socket);
}

static const char *root_of(const server *self)
{
    static char root[100];
    snprintf(root, sizeof root, "http://127.0.0.1:%d", self->port);
    return root;
}

static const char *body_of(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

/* --- Warnings --- */

static char warned[1000];

static void note_warning(const char *message, void *state)
{
    (void)state;
    snprintf(warned, sizeof warned, "%s", message);
}

static int set_up(void **state)
{
    warned[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    return scripted_set_up(state);
}

static int tear_down(void **state)
{
    cornu_set_warning_handler(NULL, NULL);
    return scripted_tear_down(state);
}

/* --- Tests --- */

static void undo_percent(const char *from, char *to)
{
    for (; *from; to++) {
        unsigned code;
        if (*from == '%' && sscanf(from + 1, "%2x", &code) == 1) {
            *to = (char)code;
            from += 3;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static void check_values(const char *json, int epoch, double score)
{
    json_t *values = json_loads(json, 0, NULL);
    if (!values)
        fail_msg("no JSON: %s", json);
    assert_int_equal(json_integer_value(json_object_get(values, "epoch")), epoch);
    assert_true(json_is_real(json_object_get(values, "loss")) && json_is_real(json_object_get(values, "accuracy")));
    if (isinf(score))
        assert_true(json_is_null(json_object_get(values, "score")));
    else
        assert_true(json_real_value(json_object_get(values, "score")) == score);
    assert_int_equal(json_object_size(values), 4);
    json_decref(values);
}

static void each_epoch_is_a_form(void **state)
{
    const scripted *test = *state;
    static server listening;
    char json[REQUEST_SIZE];
    server_start(&listening, 2, false);
    scripted_run(test, 2, scripted_values((double[]){0.25, INFINITY}),
                 cornu_remote_monitor(.root = root_of(&listening)));
    server_end(&listening);
    assert_int_equal(listening.count, 2);
    for (int epoch = 0; epoch < 2; epoch++) {
        const char *request = listening.requests[epoch];
        assert_int_equal(strncmp(request, "POST /publish/epoch/end/ HTTP/1.1\r\n", 35), 0);
        assert_non_null(strstr(request, "application/x-www-form-urlencoded"));
        assert_int_equal(strncmp(body_of(request), "data=", 5), 0);
        undo_percent(body_of(request) + 5, json);
        check_values(json, epoch, epoch == 0 ? 0.25 : INFINITY);
    }
    assert_string_equal(warned, "");
}

static void values_go_as_json_with_headers(void **state)
{
    const scripted *test = *state;
    static server listening;
    server_start(&listening, 1, false);
    scripted_run(test, 1, scripted_values((double[]){0.25}),
                 cornu_remote_monitor(.root = root_of(&listening), .path = "/here", .send_as_json = true,
                                      .headers = {"X-Run: 7", "Authorization: Bearer abc"}));
    server_end(&listening);
    const char *request = listening.requests[0];
    assert_int_equal(strncmp(request, "POST /here HTTP/1.1\r\n", 21), 0);
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\nX-Run: 7\r\n"));
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer abc\r\n"));
    check_values(body_of(request), 0, 0.25);
}

static void a_server_that_is_not_there_is_a_warning(void **state)
{
    const scripted *test = *state;
    static server gone;
    server_start(&gone, 0, false); /* a port that nobody listens on any more */
    server_end(&gone);
    assert_int_equal(scripted_run(test, 2, cornu_remote_monitor(.root = root_of(&gone)), NULL), 2);
    assert_non_null(strstr(warned, "RemoteMonitor could not reach the server at http://127.0.0.1:"));
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
    const scripted *test = *state;
    static server listening;
    server_start(&listening, 1, true);
    assert_int_equal(scripted_run(test, 1, cornu_remote_monitor(.root = root_of(&listening), .timeout = 0.1), NULL), 1);
    server_end(&listening);
    assert_non_null(strstr(warned, "could not reach"));
}

static void what_cannot_be_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    scripted_fails_with(test, cornu_remote_monitor(.root = "ftp://localhost"), CORNU_ERROR_INVALID_ARGUMENT,
                        "RemoteMonitor", "ftp://localhost", "http://");
    scripted_fails_with(test, cornu_remote_monitor(.root = NULL), CORNU_ERROR_INVALID_ARGUMENT, "root");
    scripted_fails_with(test, cornu_remote_monitor(.field = ""), CORNU_ERROR_INVALID_ARGUMENT, "field");
    scripted_fails_with(test, cornu_remote_monitor(.timeout = 0), CORNU_ERROR_INVALID_ARGUMENT, "timeout is 0");
    scripted_fails_with(test, cornu_remote_monitor(.headers = {"no colon"}), CORNU_ERROR_INVALID_ARGUMENT,
                        "\"no colon\"", "\"Name: value\"");
    scripted_fails_with(test, cornu_remote_monitor(.headers = {"A: b\r\nC: d"}), CORNU_ERROR_INVALID_ARGUMENT,
                        "\"Name: value\"");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_epoch_is_a_form),
        TEST(values_go_as_json_with_headers),
        TEST(a_server_that_is_not_there_is_a_warning),
        TEST(a_server_that_does_not_answer_is_given_up),
        TEST(what_cannot_be_is_an_error_before_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
