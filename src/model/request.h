/* model/request.h: what cornu_compile was given, kept: a deferred model works it out only when its shapes are known. */
#ifndef CORNU_MODEL_REQUEST_H
#define CORNU_MODEL_REQUEST_H

#include <cornu/model.h>

/* A copy of the options: texts are copied, objects kept. */
struct cornu__compile_request {
    cornu_compile_options options;
};

struct cornu__compile_request *cornu__request_create(const cornu_compile_options *options);
void cornu__request_release(struct cornu__compile_request *request);

#endif
