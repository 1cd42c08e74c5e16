/* ops_convolution.c: convolution and the two products that its gradients are made of. Each is linear in both inputs, and
 * the three are each other's gradients. */
#include "graph/operations.h"

/* Sizes by the names that formulas use: x (n, h, w, c), kernel (kh, kw, c / g, co), y (n, oh, ow, co). */
typedef struct sizes {
    int64_t n, space[2], c;
    int64_t kernel[2], c_per_group, co;
    int64_t out[2];
} sizes;

static cornu_status check_window(const cornu__op *op)
{
    const cornu__window *window = &op->attributes.window;
    for (int axis = 0; axis < 2; axis++) {
        if (window->strides[axis] < 1 || window->dilation[axis] < 1)
            return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT,
                                  "strides and dilation must be at least 1, got %lld and %lld",
                                  (long long)window->strides[axis], (long long)window->dilation[axis]);
        if (window->pad_before[axis] < 0 || window->pad_after[axis] < 0)
            return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "padding must not be negative, got %lld and %lld",
                                  (long long)window->pad_before[axis], (long long)window->pad_after[axis]);
    }
    if (window->groups < 1)
        return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "groups must be at least 1, got %lld",
                              (long long)window->groups);
    return CORNU_OK;
}

/* Fills in the sizes of y that x and the kernel give; fails where they do not fit. */
static cornu_status find_sizes(const cornu__op *op, int x_rank, const int64_t *x, int kernel_rank,
                               const int64_t *kernel, sizes *found)
{
    const cornu__window *window = &op->attributes.window;
    char x_words[CORNU__SHAPE_TEXT_SIZE], kernel_words[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(x_words, sizeof x_words, x_rank, x);
    cornu__text_shape(kernel_words, sizeof kernel_words, kernel_rank, kernel);
    CORNU_TRY(check_window(op));
    if (x_rank != 4 || kernel_rank != 4)
        return cornu__op_fail(
            op, CORNU_ERROR_SHAPE,
            "the input has shape %s and the kernel %s; (batch, height, width, channels) and (height, width, "
            "channels / groups, filters) were wanted",
            x_words, kernel_words);
    if (x[3] != kernel[2] * window->groups || kernel[3] % window->groups != 0)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "the input has %lld channels in shape %s; a kernel of shape %s with %lld groups wants "
                              "%lld, and filters that "
                              "the groups divide",
                              (long long)x[3], x_words, kernel_words, (long long)window->groups,
                              (long long)(kernel[2] * window->groups));
    *found = (sizes){.n = x[0], .c = x[3], .c_per_group = kernel[2], .co = kernel[3]};
    for (int axis = 0; axis < 2; axis++) {
        found->space[axis] = x[1 + axis];
        found->kernel[axis] = kernel[axis];
        int64_t reach = window->dilation[axis] * (kernel[axis] - 1) + 1;
        int64_t padded = x[1 + axis] + window->pad_before[axis] + window->pad_after[axis];
        if (padded < reach)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "the %s of an input of shape %s is smaller than the kernel's reach of %lld",
                                  axis == 0 ? "height" : "width", x_words, (long long)reach);
        found->out[axis] = (padded - reach) / window->strides[axis] + 1;
    }
    return CORNU_OK;
}

static cornu_status check_dy(const cornu__op *op, int input, const sizes *s)
{
    return cornu__op_want_shape(op, input, "the gradient", 4, (int64_t[]){s->n, s->out[0], s->out[1], s->co});
}

static cornu_status conv_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0], *kernel = op->inputs[1];
    sizes s;
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    CORNU_TRY(find_sizes(op, x->rank, x->shape, kernel->rank, kernel->shape, &s));
    if (op->input_count == 3)
        CORNU_TRY(cornu__op_want_shape(op, 2, "the bias", 1, &s.co));
    return cornu__op_set_output(op, 0, x->dtype, 4, (int64_t[]){s.n, s.out[0], s.out[1], s.co});
}

static cornu_status input_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *kernel = op->inputs[1];
    sizes s;
    CORNU_TRY(cornu__op_want_float(op, 0, "the gradient"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    CORNU_TRY(find_sizes(op, request->output_rank, request->output_shape, kernel->rank, kernel->shape, &s));
    CORNU_TRY(check_dy(op, 0, &s));
    return cornu__op_set_output(op, 0, kernel->dtype, 4, request->output_shape);
}

static cornu_status kernel_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *x = op->inputs[0];
    sizes s;
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    CORNU_TRY(find_sizes(op, x->rank, x->shape, request->output_rank, request->output_shape, &s));
    CORNU_TRY(check_dy(op, 1, &s));
    return cornu__op_set_output(op, 0, x->dtype, 4, request->output_shape);
}

/* --- gradients --- */

static cornu_node *convolve(const cornu__op *op, cornu_node *x, cornu_node *kernel)
{
    return cornu__op_conv(x, kernel, &op->attributes.window);
}

static cornu_node *to_input(const cornu__op *op, cornu_node *dy, cornu_node *kernel, const cornu_node *x)
{
    return cornu__op_conv_input_gradient(dy, kernel, &op->attributes.window, x->shape);
}

static cornu_node *to_kernel(const cornu__op *op, cornu_node *x, cornu_node *dy, const cornu_node *kernel)
{
    cornu__attributes attributes = {.window = op->attributes.window};
    return cornu__op_make(CORNU__OP_CONV_KERNEL_GRADIENT, 2, (cornu_node *[]){x, dy}, &attributes, kernel);
}

static cornu_status conv_gradient(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                                  cornu_node **dx)
{
    cornu_node *x = op->inputs[0], *kernel = op->inputs[1], *dy = output_gradients[0];
    if (op->attributes.relu)
        dy = cornu__op_binary(CORNU__OP_RELU_GRADIENT, dy, op->outputs[0]);
    CORNU_TRY(cornu__built(dy));
    if (wanted[0]) {
        dx[0] = to_input(op, dy, kernel, x);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        dx[1] = to_kernel(op, x, dy, kernel);
        CORNU_TRY(cornu__built(dx[1]));
    }
    if (op->input_count == 3 && wanted[2]) {
        dx[2] = cornu__sum_to_shape_of(dy, op->inputs[2]);
        CORNU_TRY(cornu__built(dx[2]));
    }
    return CORNU_OK;
}

static cornu_status input_gradient_gradient(cornu__op *op, cornu_node *const *dz, const bool *wanted, cornu_node **dx)
{
    cornu_node *dy = op->inputs[0], *kernel = op->inputs[1];
    if (wanted[0]) {
        dx[0] = convolve(op, dz[0], kernel);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        dx[1] = to_kernel(op, dz[0], dy, kernel);
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

static cornu_status kernel_gradient_gradient(cornu__op *op, cornu_node *const *dz, const bool *wanted, cornu_node **dx)
{
    cornu_node *x = op->inputs[0], *dy = op->inputs[1];
    if (wanted[0]) {
        dx[0] = to_input(op, dy, dz[0], x);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        dx[1] = convolve(op, x, dz[0]);
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

/* --- kernels --- */

static sizes sizes_of(const cornu_node *x, const cornu_node *kernel, const cornu_node *y)
{
    return (sizes){.n = x->shape[0],
                   .space = {x->shape[1], x->shape[2]},
                   .c = x->shape[3],
                   .kernel = {kernel->shape[0], kernel->shape[1]},
                   .c_per_group = kernel->shape[2],
                   .co = kernel->shape[3],
                   .out = {y->shape[1], y->shape[2]}};
}

/* Where output place `out` meets the input under kernel place `k` of one axis: an input place, or outside (in the padding). */
static int64_t input_place(const cornu__window *window, int axis, int64_t out, int64_t k)
{
    return out * window->strides[axis] + k * window->dilation[axis] - window->pad_before[axis];
}

static cornu_status conv_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                   const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    cornu_dtype dtype = y->dtype;
    sizes s = sizes_of(op->inputs[0], op->inputs[1], y);
    for (int64_t i = 0; i < y->count; i++) {
        int64_t filter = i % s.co, column = i / s.co % s.out[1], row = i / (s.co * s.out[1]) % s.out[0];
        int64_t image = i / (s.co * s.out[1] * s.out[0]);
        int64_t first_channel = filter / (s.co / window->groups) * s.c_per_group;
        double sum = 0;
        for (int64_t kh = 0; kh < s.kernel[0]; kh++) {
            int64_t h = input_place(window, 0, row, kh);
            for (int64_t kw = 0; kw < s.kernel[1]; kw++) {
                int64_t w = input_place(window, 1, column, kw);
                if (h < 0 || h >= s.space[0] || w < 0 || w >= s.space[1])
                    continue;
                int64_t x_at = ((image * s.space[0] + h) * s.space[1] + w) * s.c + first_channel;
                int64_t kernel_at = (kh * s.kernel[1] + kw) * s.c_per_group * s.co + filter;
                for (int64_t c = 0; c < s.c_per_group; c++)
                    sum += cornu__element_get(dtype, inputs[0], x_at + c) *
                           cornu__element_get(dtype, inputs[1], kernel_at + c * s.co);
            }
        }
        if (op->input_count == 3)
            sum += cornu__element_get(dtype, inputs[2], filter);
        if (op->attributes.relu && sum <= 0)
            sum = 0;
        cornu__element_set(dtype, outputs[0], i, sum);
    }
    return CORNU_OK;
}

/* The output place that met input place `at` under kernel place `k`, or -1. */
static int64_t output_place(const cornu__window *window, int axis, int64_t at, int64_t k, int64_t out_size)
{
    int64_t shifted = at + window->pad_before[axis] - k * window->dilation[axis];
    if (shifted < 0 || shifted % window->strides[axis] != 0 || shifted / window->strides[axis] >= out_size)
        return -1;
    return shifted / window->strides[axis];
}

static cornu_status input_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                             const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    cornu_dtype dtype = x->dtype;
    sizes s = sizes_of(x, op->inputs[1], op->inputs[0]);
    int64_t filters = s.co / window->groups; /* of one group */
    for (int64_t i = 0; i < x->count; i++) {
        int64_t channel = i % s.c, w = i / s.c % s.space[1], h = i / (s.c * s.space[1]) % s.space[0];
        int64_t image = i / (s.c * s.space[1] * s.space[0]);
        int64_t first_filter = channel / s.c_per_group * filters;
        double sum = 0;
        for (int64_t kh = 0; kh < s.kernel[0]; kh++) {
            int64_t row = output_place(window, 0, h, kh, s.out[0]);
            for (int64_t kw = 0; kw < s.kernel[1]; kw++) {
                int64_t column = output_place(window, 1, w, kw, s.out[1]);
                if (row < 0 || column < 0)
                    continue;
                int64_t dy_at = ((image * s.out[0] + row) * s.out[1] + column) * s.co + first_filter;
                int64_t kernel_at =
                    ((kh * s.kernel[1] + kw) * s.c_per_group + channel % s.c_per_group) * s.co + first_filter;
                for (int64_t f = 0; f < filters; f++)
                    sum += cornu__element_get(dtype, inputs[0], dy_at + f) *
                           cornu__element_get(dtype, inputs[1], kernel_at + f);
            }
        }
        cornu__element_set(dtype, outputs[0], i, sum);
    }
    return CORNU_OK;
}

static cornu_status kernel_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                              const cornu__run_state *run)
{
    (void)run;
    const cornu_node *kernel = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    cornu_dtype dtype = kernel->dtype;
    sizes s = sizes_of(op->inputs[0], kernel, op->inputs[1]);
    for (int64_t i = 0; i < kernel->count; i++) {
        int64_t filter = i % s.co, c = i / s.co % s.c_per_group;
        int64_t kw = i / (s.co * s.c_per_group) % s.kernel[1], kh = i / (s.co * s.c_per_group * s.kernel[1]);
        int64_t channel = filter / (s.co / window->groups) * s.c_per_group + c;
        double sum = 0;
        for (int64_t place = 0; place < s.n * s.out[0] * s.out[1]; place++) {
            int64_t column = place % s.out[1], row = place / s.out[1] % s.out[0], image = place / (s.out[1] * s.out[0]);
            int64_t h = input_place(window, 0, row, kh), w = input_place(window, 1, column, kw);
            if (h < 0 || h >= s.space[0] || w < 0 || w >= s.space[1])
                continue;
            sum += cornu__element_get(dtype, inputs[0], ((image * s.space[0] + h) * s.space[1] + w) * s.c + channel) *
                   cornu__element_get(dtype, inputs[1], place * s.co + filter);
        }
        cornu__element_set(dtype, outputs[0], i, sum);
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__CONVOLUTION_FIRST]

const cornu__op_definition cornu__ops_convolution[] = {
    AT(CONV) = {"conv", 2, 3, 1, 0, conv_infer, conv_gradient, conv_reference},
    AT(CONV_INPUT_GRADIENT) = {"conv_input_gradient", 2, 2, 1, 0, input_gradient_infer, input_gradient_gradient,
                               input_gradient_reference},
    AT(CONV_KERNEL_GRADIENT) = {"conv_kernel_gradient", 2, 2, 1, 0, kernel_gradient_infer, kernel_gradient_gradient,
                                kernel_gradient_reference},
};
