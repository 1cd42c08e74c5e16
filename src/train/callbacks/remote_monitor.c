/* remote_monitor.c: sends each epoch's values to a server. As Keras's (specification, section 5.3): what the network refuses is only a warning. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/log.h"
#include "base/options.h"
#include "base/text.h"
#include "train/training.h"

typedef struct remote_monitor {
    char *root, *url, *field;
    bool send_as_json;
    double timeout;
    struct curl_slist *headers;
} remote_monitor;

/* {"epoch": 0, "loss": 0.5}; what is no number in JSON becomes null. To be freed as jansson's; NULL for want of memory. */
static char *values_as_json(int64_t epoch, const cornu_logs *logs)
{
    json_t *object = json_object();
    bool whole = object && json_object_set_new(object, "epoch", json_integer(epoch)) == 0;
    for (int i = 0; i < logs->count && whole; i++) {
        double value = logs->values[i];
        whole = json_object_set_new(object, logs->names[i], isfinite(value) ? json_real(value) : json_null()) == 0;
    }
    char *text = whole ? json_dumps(object, JSON_PRESERVE_ORDER) : NULL;
    json_decref(object);
    return text;
}

/* "data=%7B..."; NULL for want of memory. */
static char *as_form(CURL *connection, const char *field, const char *json)
{
    char *name = curl_easy_escape(connection, field, 0), *value = curl_easy_escape(connection, json, 0);
    cornu__text form = {0};
    if (name && value)
        cornu__text_add(&form, "%s=%s", name, value);
    curl_free(name);
    curl_free(value);
    return form.data ? cornu__text_take(&form) : NULL;
}

static size_t ignore_answer(char *bytes, size_t size, size_t count, void *state)
{
    (void)bytes;
    (void)state;
    return size * count;
}

static CURLcode post(const remote_monitor *self, CURL *connection, const char *body)
{
    curl_easy_setopt(connection, CURLOPT_URL, self->url);
    curl_easy_setopt(connection, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(connection, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(connection, CURLOPT_TIMEOUT_MS, (long)ceil(1000 * self->timeout));
    curl_easy_setopt(connection, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt(connection, CURLOPT_WRITEFUNCTION, ignore_answer);
    curl_easy_setopt(connection, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    curl_easy_setopt(connection, CURLOPT_POSTFIELDS, body);
    return curl_easy_perform(connection);
}

static cornu_status send_values(const remote_monitor *self, CURL *connection, const char *json)
{
    char *form = self->send_as_json ? NULL : as_form(connection, self->field, json);
    if (!self->send_as_json && !form)
        return cornu__fail_memory("a message to the server", strlen(json));
    CURLcode result = post(self, connection, form ? form : json);
    cornu__free(form);
    if (result != CURLE_OK)
        cornu__warn("RemoteMonitor could not reach the server at %s: %s", self->root, curl_easy_strerror(result));
    return CORNU_OK;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    const remote_monitor *self = state;
    (void)training;
    char *json = values_as_json(epoch, logs);
    CURL *connection = json ? curl_easy_init() : NULL;
    cornu_status status = connection ? send_values(self, connection, json)
                                     : cornu__fail_memory("a message to the server", (size_t)logs->count);
    curl_easy_cleanup(connection);
    free(json);
    return status;
}

/* --- Making --- */

static void release(void *state)
{
    remote_monitor *self = state;
    curl_slist_free_all(self->headers);
    cornu__free(self->root);
    cornu__free(self->url);
    cornu__free(self->field);
    cornu__free(self);
}

static cornu_status add_header(remote_monitor *self, const char *header)
{
    const char *colon = strchr(header, ':');
    if (!colon || colon == header || strpbrk(header, "\r\n"))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the header \"%s\" is not of the form \"Name: value\"",
                           header);
    struct curl_slist *longer = curl_slist_append(self->headers, header);
    if (!longer)
        return cornu__fail_memory("a header", strlen(header));
    self->headers = longer;
    return CORNU_OK;
}

static cornu_status check_options(const cornu_remote_monitor_options *given)
{
    bool http = given->root && (strncmp(given->root, "http://", 7) == 0 || strncmp(given->root, "https://", 8) == 0);
    if (!http)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "root is \"%s\", and must begin with http:// or https://",
                           given->root ? given->root : "");
    if (!given->path || !given->field || !*given->field)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "path is NULL, or field has no name");
    if (!(given->timeout > 0 && given->timeout <= 86400))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "timeout is %g, and must be more than 0 and at most 86400 s",
                           given->timeout);
    return CORNU_OK;
}

static cornu_status set_options(remote_monitor *self, const cornu_remote_monitor_options *given)
{
    CORNU_TRY(check_options(given));
    cornu__text url = {0};
    cornu__text_add(&url, "%s%s", given->root, given->path);
    self->url = cornu__text_take(&url);
    self->root = cornu__copy_text(given->root);
    self->field = cornu__copy_text(given->field);
    self->send_as_json = given->send_as_json;
    self->timeout = given->timeout;
    if (!self->url || !self->root || !self->field)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (given->send_as_json)
        CORNU_TRY(add_header(self, "Content-Type: application/json"));
    for (int i = 0; i < CORNU_MAX_HEADERS && given->headers[i]; i++)
        CORNU_TRY(add_header(self, given->headers[i]));
    return CORNU_OK;
}

cornu_callback *cornu_remote_monitor_with(const cornu_remote_monitor_options *options)
{
    cornu_remote_monitor_options given = {.struct_size = sizeof given, CORNU_REMOTE_MONITOR_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    remote_monitor *self = cornu__alloc(sizeof *self);
    if (!self)
        return cornu__callback_without_memory();
    if (set_options(self, &given) != CORNU_OK) {
        release(self);
        return cornu__callback_failed("RemoteMonitor");
    }
    cornu_callback *callback = cornu__callback_new("RemoteMonitor", NULL);
    if (!callback) {
        release(self);
        return cornu__callback_without_memory();
    }
    callback->state = self;
    callback->release = release;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    return callback;
}
