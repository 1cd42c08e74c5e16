/* request.c: keeps what cornu_compile was given. */
#include <string.h>

#include "base/options.h"
#include "model/model.h"
#include "model/request.h"

/* Calls `visit` on every name or object, and `visit_text` on every plain text of the options. */
static bool each(cornu_compile_options *options, bool (*visit)(cornu_identifier *identifier),
                 bool (*visit_text)(const char **text))
{
    bool whole = visit(&options->optimizer);
    whole &= visit(&options->loss);
    whole &= visit_text(&options->backend);
    whole &= visit_text(&options->sample_weight_mode);
    for (int i = 0; i < CORNU_MAX_PORTS; i++) {
        whole &= visit(&options->losses[i]);
        whole &= visit_text(&options->output_losses[i].output);
        whole &= visit(&options->output_losses[i].object);
        whole &= visit_text(&options->output_loss_weights[i].output);
        whole &= visit_text(&options->sample_weight_modes[i]);
        whole &= visit_text(&options->output_sample_weight_modes[i].output);
        whole &= visit_text(&options->output_sample_weight_modes[i].mode);
    }
    for (int i = 0; i < CORNU_MAX_PORTS * CORNU_MAX_METRICS; i++) {
        whole &= visit(&options->metrics_in_order[i / CORNU_MAX_METRICS][i % CORNU_MAX_METRICS]);
        whole &= visit(&options->weighted_metrics_in_order[i / CORNU_MAX_METRICS][i % CORNU_MAX_METRICS]);
    }
    for (int i = 0; i < CORNU_MAX_METRICS; i++) {
        whole &= visit(&options->metrics[i]);
        whole &= visit(&options->weighted_metrics[i]);
        whole &= visit_text(&options->output_metrics[i].output);
        whole &= visit(&options->output_metrics[i].object);
        whole &= visit_text(&options->output_weighted_metrics[i].output);
        whole &= visit(&options->output_weighted_metrics[i].object);
    }
    return whole;
}

static bool keep_text(const char **text)
{
    if (!*text)
        return true;
    *text = cornu__copy_text(*text);
    return *text != NULL;
}

static bool keep(cornu_identifier *identifier)
{
    if (!*identifier)
        return true;
    if (!cornu__is_object(*identifier))
        return keep_text((const char **)identifier);
    cornu__object_keep((void *)*identifier);
    return true;
}

static bool release_text(const char **text)
{
    cornu__free((void *)*text);
    return true;
}

static bool release(cornu_identifier *identifier)
{
    if (*identifier && cornu__is_object(*identifier))
        cornu__object_drop((void *)*identifier);
    else
        cornu__free((void *)*identifier);
    return true;
}

/* Objects are taken over also when memory ends in between. */
cornu__compile_request *cornu__request_create(const cornu_compile_options *options)
{
    cornu_compile_options given = {.struct_size = sizeof given, .optimizer = "rmsprop"};
    cornu__options_lay(&given, sizeof given, options);
    given.struct_size = sizeof given;
    bool whole = each(&given, keep, keep_text);
    cornu__compile_request *request = whole ? cornu__alloc(sizeof *request) : NULL;
    if (!request) {
        each(&given, release, release_text);
        return NULL;
    }
    request->options = given;
    return request;
}

void cornu__request_release(cornu__compile_request *request)
{
    if (!request)
        return;
    each(&request->options, release, release_text);
    cornu__free(request);
}
