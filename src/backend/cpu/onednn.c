/* onednn.c: the adapter to oneDNN 2.x's C interface. */
#include <stdio.h>
#include <string.h>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "backend/cpu/onednn.h"
#include "base/memory.h"

struct cornu__onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

/* One operand of the primitive, and how it comes from or goes to ours. */
typedef struct operand {
    int argument; /* DNNL_ARG_... */
    bool is_output, is_kernel;
    dnnl_memory_desc_t plain;      /* what we hold */
    dnnl_memory_t outside, inside; /* inside: NULL where the primitive takes ours */
    dnnl_primitive_t reorder;
    dnnl_exec_arg_t reorder_arguments[2];
    size_t scratch_offset;
} operand;

#define MAX_OPERANDS 4

struct cornu__onednn_kernel {
    cornu__onednn *onednn;
    int operand_count;
    operand operands[MAX_OPERANDS];
    dnnl_primitive_t primitive;
    dnnl_memory_t scratchpad;
    size_t scratchpad_size, scratch_size, packed_size;
    int argument_count;
    dnnl_exec_arg_t arguments[MAX_OPERANDS + 1];
    int reorders;
    const char *implementation;
};

static cornu_status failed(dnnl_status_t status, const char *what)
{
    if (status == dnnl_out_of_memory)
        return cornu__fail(CORNU_ERROR_OUT_OF_MEMORY, "oneDNN: out of memory: %s", what);
    cornu_status mine = status == dnnl_unimplemented || status == dnnl_invalid_arguments ? CORNU_ERROR_UNSUPPORTED
                                                                                         : CORNU_ERROR_INTERNAL;
    return cornu__fail(mine, "oneDNN: %s: %s", what, dnnl_status2str(status));
}

#define TRY_ONEDNN(expression, what)                                                                                   \
    do {                                                                                                               \
        dnnl_status_t onednn_status_ = (expression);                                                                   \
        if (onednn_status_ != dnnl_success)                                                                            \
            return failed(onednn_status_, what);                                                                       \
    } while (0)

/* --- the engine --- */

cornu_status cornu__onednn_open(const char *isa, cornu__onednn **onednn)
{
    *onednn = cornu__alloc(sizeof **onednn);
    if (!*onednn)
        return cornu_error_status();
    if (isa) /* refused after oneDNN's first use: then the process has its instruction set already */
        dnnl_set_max_cpu_isa(strcmp(isa, "avx2") == 0 ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41);
    TRY_ONEDNN(dnnl_engine_create(&(*onednn)->engine, dnnl_cpu, 0), "creating the engine");
    TRY_ONEDNN(dnnl_stream_create(&(*onednn)->stream, (*onednn)->engine, dnnl_stream_default_flags),
               "creating the stream");
    return CORNU_OK;
}

void cornu__onednn_close(cornu__onednn *onednn)
{
    if (!onednn)
        return;
    if (onednn->stream)
        dnnl_stream_destroy(onednn->stream);
    if (onednn->engine)
        dnnl_engine_destroy(onednn->engine);
    cornu__free(onednn);
}

void cornu__onednn_version(char *text, size_t size)
{
    const dnnl_version_t *version = dnnl_version();
    snprintf(text, size, "%d.%d.%d", version->major, version->minor, version->patch);
}

/* --- making kernels --- */

static void close_operand(operand *o)
{
    if (o->reorder)
        dnnl_primitive_destroy(o->reorder);
    if (o->outside)
        dnnl_memory_destroy(o->outside);
    if (o->inside)
        dnnl_memory_destroy(o->inside);
    o->reorder = NULL;
    o->outside = o->inside = NULL;
}

void cornu__onednn_release(cornu__onednn_kernel *kernel)
{
    if (!kernel)
        return;
    for (int i = 0; i < kernel->operand_count; i++)
        close_operand(&kernel->operands[i]);
    if (kernel->scratchpad)
        dnnl_memory_destroy(kernel->scratchpad);
    if (kernel->primitive)
        dnnl_primitive_destroy(kernel->primitive);
    cornu__free(kernel);
}

static void add_operand(cornu__onednn_kernel *kernel, int argument, bool is_output, bool is_kernel,
                        const dnnl_memory_desc_t *plain)
{
    operand *o = &kernel->operands[kernel->operand_count++];
    *o = (operand){.argument = argument, .is_output = is_output, .is_kernel = is_kernel, .plain = *plain};
}

static size_t aligned(size_t size)
{
    return (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

static cornu_status make_memory(cornu__onednn *onednn, const dnnl_memory_desc_t *description, dnnl_memory_t *memory)
{
    TRY_ONEDNN(dnnl_memory_create(memory, description, onednn->engine, DNNL_MEMORY_NONE), "describing memory");
    return CORNU_OK;
}

/* Connects an operand to what the primitive wants of it. */
static cornu_status connect_operand(cornu__onednn_kernel *kernel, operand *o, const dnnl_memory_desc_t *wanted)
{
    cornu__onednn *onednn = kernel->onednn;
    CORNU_TRY(make_memory(onednn, &o->plain, &o->outside));
    bool direct = dnnl_memory_desc_equal(&o->plain, wanted);
    if (!direct) {
        CORNU_TRY(make_memory(onednn, wanted, &o->inside));
        const dnnl_memory_desc_t *from = o->is_output ? wanted : &o->plain, *to = o->is_output ? &o->plain : wanted;
        dnnl_primitive_desc_t description;
        TRY_ONEDNN(dnnl_reorder_primitive_desc_create(&description, from, onednn->engine, to, onednn->engine, NULL),
                   "a change of layout");
        dnnl_status_t status = dnnl_primitive_create(&o->reorder, description);
        dnnl_primitive_desc_destroy(description);
        TRY_ONEDNN(status, "a change of layout");
        o->reorder_arguments[0] = (dnnl_exec_arg_t){DNNL_ARG_FROM, o->is_output ? o->inside : o->outside};
        o->reorder_arguments[1] = (dnnl_exec_arg_t){DNNL_ARG_TO, o->is_output ? o->outside : o->inside};
        size_t size = dnnl_memory_desc_get_size(wanted);
        if (o->is_kernel && !o->is_output) {
            kernel->packed_size = size;
        } else {
            o->scratch_offset = kernel->scratch_size;
            kernel->scratch_size += aligned(size);
            kernel->reorders += !o->is_kernel;
        }
    }
    kernel->arguments[kernel->argument_count++] = (dnnl_exec_arg_t){o->argument, direct ? o->outside : o->inside};
    return CORNU_OK;
}

static const dnnl_memory_desc_t *wanted_of(const_dnnl_primitive_desc_t description, int argument)
{
    return dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, argument);
}

/* Takes the primitive of `description` and connects the operands. */
static cornu_status finish(cornu__onednn_kernel *kernel, dnnl_primitive_desc_t description)
{
    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &kernel->implementation);
    TRY_ONEDNN(dnnl_primitive_create(&kernel->primitive, description), "creating a primitive");
    const dnnl_memory_desc_t *scratchpad = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    kernel->scratchpad_size = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
    kernel->scratch_size = aligned(kernel->scratchpad_size);
    for (int i = 0; i < kernel->operand_count; i++)
        CORNU_TRY(connect_operand(kernel, &kernel->operands[i], wanted_of(description, kernel->operands[i].argument)));
    if (kernel->scratchpad_size > 0) {
        CORNU_TRY(make_memory(kernel->onednn, scratchpad, &kernel->scratchpad));
        kernel->arguments[kernel->argument_count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, kernel->scratchpad};
    }
    return CORNU_OK;
}

static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attributes)
{
    dnnl_status_t status = dnnl_primitive_attr_create(attributes);
    return status == dnnl_success ? dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user)
                                  : status;
}

/* --- convolution --- */

static dnnl_memory_desc_t image_layout(const int64_t *shape)
{
    dnnl_memory_desc_t layout;
    dnnl_dims_t dims = {shape[0], shape[3], shape[1], shape[2]};
    dnnl_memory_desc_init_by_tag(&layout, 4, dims, dnnl_f32, dnnl_nhwc);
    return layout;
}

/* Keras keeps (KH, KW, C / groups, CO), the outputs of a group side by side. */
static dnnl_memory_desc_t kernel_layout(const int64_t *shape, int64_t groups)
{
    dnnl_memory_desc_t layout;
    int64_t height = shape[0], width = shape[1], inputs = shape[2], outputs = shape[3], per_group = outputs / groups;
    if (groups > 1) {
        dnnl_dims_t dims = {groups, per_group, inputs, height, width};
        dnnl_dims_t strides = {per_group, 1, outputs, width * inputs * outputs, inputs * outputs};
        dnnl_memory_desc_init_by_strides(&layout, 5, dims, dnnl_f32, strides);
    } else {
        dnnl_dims_t dims = {outputs, inputs, height, width};
        dnnl_memory_desc_init_by_tag(&layout, 4, dims, dnnl_f32, dnnl_hwio);
    }
    return layout;
}

typedef struct convolution_layouts {
    dnnl_memory_desc_t x, kernel, bias, y;
} convolution_layouts;

static dnnl_status_t describe_convolution(cornu__onednn *onednn, const cornu__convolution *what,
                                          const convolution_layouts *layouts, dnnl_primitive_desc_t *description)
{
    const cornu__window *window = what->window;
    dnnl_dims_t strides = {window->strides[0], window->strides[1]};
    dnnl_dims_t dilates = {window->dilation[0] - 1, window->dilation[1] - 1};
    dnnl_dims_t before = {window->pad_before[0], window->pad_before[1]},
                after = {window->pad_after[0], window->pad_after[1]};
    dnnl_primitive_attr_t attributes;
    dnnl_status_t status = make_attributes(&attributes);
    if (status != dnnl_success)
        return status;
    dnnl_convolution_desc_t forward, backward;
    dnnl_primitive_desc_t hint = NULL;
    status = dnnl_dilated_convolution_forward_desc_init(
        &forward, what->kind == CORNU__OP_CONV ? dnnl_forward_inference : dnnl_forward_training,
        dnnl_convolution_direct, &layouts->x, &layouts->kernel, what->bias ? &layouts->bias : NULL, &layouts->y,
        strides, dilates, before, after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &forward, attributes, onednn->engine, NULL);
    if (status != dnnl_success || what->kind == CORNU__OP_CONV) {
        *description = hint;
        dnnl_primitive_attr_destroy(attributes);
        return status;
    }
    if (what->kind == CORNU__OP_CONV_INPUT_GRADIENT)
        status = dnnl_dilated_convolution_backward_data_desc_init(&backward, dnnl_convolution_direct, &layouts->x,
                                                                  &layouts->kernel, &layouts->y, strides, dilates,
                                                                  before, after);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(&backward, dnnl_convolution_direct, &layouts->x,
                                                                     &layouts->kernel, NULL, &layouts->y, strides,
                                                                     dilates, before, after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(description, &backward, attributes, onednn->engine, hint);
    dnnl_primitive_desc_destroy(hint);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static bool is_slow(const_dnnl_primitive_desc_t description)
{
    const char *name = "";
    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name);
    return strncmp(name, "ref", 3) == 0;
}

static void add_convolution_operands(cornu__onednn_kernel *kernel, const cornu__convolution *what,
                                     const convolution_layouts *plain)
{
    switch (what->kind) {
    case CORNU__OP_CONV:
        add_operand(kernel, DNNL_ARG_SRC, false, false, &plain->x);
        add_operand(kernel, DNNL_ARG_WEIGHTS, false, true, &plain->kernel);
        if (what->bias)
            add_operand(kernel, DNNL_ARG_BIAS, false, false, &plain->bias);
        add_operand(kernel, DNNL_ARG_DST, true, false, &plain->y);
        break;
    case CORNU__OP_CONV_INPUT_GRADIENT:
        add_operand(kernel, DNNL_ARG_DIFF_DST, false, false, &plain->y);
        add_operand(kernel, DNNL_ARG_WEIGHTS, false, true, &plain->kernel);
        add_operand(kernel, DNNL_ARG_DIFF_SRC, true, false, &plain->x);
        break;
    default:
        add_operand(kernel, DNNL_ARG_SRC, false, false, &plain->x);
        add_operand(kernel, DNNL_ARG_DIFF_DST, false, false, &plain->y);
        add_operand(kernel, DNNL_ARG_DIFF_WEIGHTS, true, true, &plain->kernel);
        break;
    }
}

/* Channels-last first: fast in oneDNN on AVX2 and up, and nothing else in a program then needs another layout. */
static dnnl_status_t choose_convolution(cornu__onednn *onednn, const cornu__convolution *what,
                                        const convolution_layouts *plain, dnnl_primitive_desc_t *description)
{
    convolution_layouts asked = *plain;
    dnnl_memory_desc_init_by_tag(&asked.kernel, plain->kernel.ndims, plain->kernel.dims, dnnl_f32, dnnl_format_tag_any);
    dnnl_status_t status = describe_convolution(onednn, what, &asked, description);
    if (status == dnnl_success && !is_slow(*description))
        return status;
    dnnl_memory_desc_init_by_tag(&asked.x, 4, plain->x.dims, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&asked.y, 4, plain->y.dims, dnnl_f32, dnnl_format_tag_any);
    dnnl_primitive_desc_t other;
    if (describe_convolution(onednn, what, &asked, &other) != dnnl_success)
        return status;
    if (status == dnnl_success && is_slow(other)) {
        dnnl_primitive_desc_destroy(other);
        return status;
    }
    if (status == dnnl_success)
        dnnl_primitive_desc_destroy(*description);
    *description = other;
    return dnnl_success;
}

cornu_status cornu__onednn_convolution(cornu__onednn *onednn, const cornu__convolution *what,
                                       cornu__onednn_kernel **kernel)
{
    convolution_layouts plain = {.x = image_layout(what->x),
                                 .kernel = kernel_layout(what->kernel, what->window->groups),
                                 .y = image_layout(what->y)};
    dnnl_dims_t outputs = {what->kernel[3]};
    dnnl_memory_desc_init_by_tag(&plain.bias, 1, outputs, dnnl_f32, dnnl_x);
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = choose_convolution(onednn, what, &plain, &description);
    if (status != dnnl_success)
        return failed(status, "a convolution");
    cornu__onednn_kernel *made = cornu__alloc(sizeof *made);
    cornu_status result = made ? CORNU_OK : cornu_error_status();
    if (made) {
        made->onednn = onednn;
        add_convolution_operands(made, what, &plain);
        result = finish(made, description);
    }
    dnnl_primitive_desc_destroy(description);
    if (result != CORNU_OK) {
        cornu__onednn_release(made);
        return result;
    }
    *kernel = made;
    return CORNU_OK;
}

/* --- matrix product --- */

static dnnl_memory_desc_t matrix_layout(int64_t batch, int64_t rows, int64_t columns, const cornu__matrix *matrix)
{
    dnnl_memory_desc_t layout;
    bool shared = matrix->batch_stride == 0;
    if (batch == 1) {
        dnnl_dims_t dims = {rows, columns}, strides = {matrix->row_stride, matrix->column_stride};
        dnnl_memory_desc_init_by_strides(&layout, 2, dims, dnnl_f32, strides);
    } else {
        dnnl_dims_t dims = {shared ? 1 : batch, rows, columns};
        dnnl_dims_t strides = {shared ? rows * columns : matrix->batch_stride, matrix->row_stride,
                               matrix->column_stride};
        dnnl_memory_desc_init_by_strides(&layout, 3, dims, dnnl_f32, strides);
    }
    return layout;
}

cornu_status cornu__onednn_matmul(cornu__onednn *onednn, const cornu__matrix_product *what,
                                  cornu__onednn_kernel **kernel)
{
    cornu__matrix product = {.batch_stride = what->m * what->n, .row_stride = what->n, .column_stride = 1};
    dnnl_memory_desc_t a = matrix_layout(what->batch, what->m, what->k, &what->a),
                       b = matrix_layout(what->batch, what->k, what->n, &what->b);
    dnnl_memory_desc_t y = matrix_layout(what->batch, what->m, what->n, &product), bias;
    dnnl_dims_t bias_row = {1, what->n}, bias_batch = {1, 1, what->n};
    dnnl_memory_desc_init_by_tag(&bias, y.ndims, y.ndims == 2 ? bias_row : bias_batch, dnnl_f32,
                                 y.ndims == 2 ? dnnl_ab : dnnl_abc);
    dnnl_matmul_desc_t operation;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_attr_t attributes;
    TRY_ONEDNN(make_attributes(&attributes), "attributes");
    dnnl_status_t status = dnnl_matmul_desc_init(&operation, &a, &b, what->bias ? &bias : NULL, &y);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&description, &operation, attributes, onednn->engine, NULL);
    dnnl_primitive_attr_destroy(attributes);
    if (status != dnnl_success)
        return failed(status, "a matrix product");
    cornu__onednn_kernel *made = cornu__alloc(sizeof *made);
    cornu_status result = made ? CORNU_OK : cornu_error_status();
    if (made) {
        made->onednn = onednn;
        add_operand(made, DNNL_ARG_SRC, false, false, &a);
        add_operand(made, DNNL_ARG_WEIGHTS, false, false, &b);
        if (what->bias)
            add_operand(made, DNNL_ARG_BIAS, false, false, &bias);
        add_operand(made, DNNL_ARG_DST, true, false, &y);
        result = finish(made, description);
    }
    dnnl_primitive_desc_destroy(description);
    if (result != CORNU_OK) {
        cornu__onednn_release(made);
        return result;
    }
    *kernel = made;
    return CORNU_OK;
}

/* --- running --- */

size_t cornu__onednn_scratch_size(const cornu__onednn_kernel *kernel)
{
    return kernel->scratch_size;
}

size_t cornu__onednn_packed_size(const cornu__onednn_kernel *kernel)
{
    return kernel->packed_size;
}

int cornu__onednn_reorders(const cornu__onednn_kernel *kernel)
{
    return kernel->reorders;
}

const char *cornu__onednn_implementation(const cornu__onednn_kernel *kernel)
{
    return kernel->implementation;
}

void cornu__onednn_bind(cornu__onednn_kernel *kernel, void *const *operands, void *scratch, void *packed)
{
    for (int i = 0; i < kernel->operand_count; i++) {
        operand *o = &kernel->operands[i];
        dnnl_memory_set_data_handle(o->outside, operands[i]);
        if (o->inside)
            dnnl_memory_set_data_handle(o->inside,
                                        o->is_kernel && !o->is_output ? packed : (char *)scratch + o->scratch_offset);
    }
    if (kernel->scratchpad)
        dnnl_memory_set_data_handle(kernel->scratchpad, scratch);
}

static cornu_status reorder(const cornu__onednn_kernel *kernel, const operand *o)
{
    TRY_ONEDNN(dnnl_primitive_execute(o->reorder, kernel->onednn->stream, 2, o->reorder_arguments),
               "a change of layout");
    return CORNU_OK;
}

cornu_status cornu__onednn_pack(const cornu__onednn_kernel *kernel)
{
    for (int i = 0; i < kernel->operand_count; i++)
        if (kernel->operands[i].reorder && kernel->operands[i].is_kernel && !kernel->operands[i].is_output)
            CORNU_TRY(reorder(kernel, &kernel->operands[i]));
    return CORNU_OK;
}

cornu_status cornu__onednn_run(const cornu__onednn_kernel *kernel)
{
    for (int i = 0; i < kernel->operand_count; i++) {
        const operand *o = &kernel->operands[i];
        if (o->reorder && !o->is_output && !o->is_kernel)
            CORNU_TRY(reorder(kernel, o));
    }
    TRY_ONEDNN(
        dnnl_primitive_execute(kernel->primitive, kernel->onednn->stream, kernel->argument_count, kernel->arguments),
        "running a primitive");
    for (int i = 0; i < kernel->operand_count; i++) {
        const operand *o = &kernel->operands[i];
        if (o->reorder && o->is_output)
            CORNU_TRY(reorder(kernel, o));
    }
    return CORNU_OK;
}
