/* summary.c: what Keras 3's model.summary() prints (keras/src/utils/summary_utils.py, read for its rules). */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/options.h"
#include "model/model.h"
#include "model/plan.h"
#include "model/table.h"

#define SMALLEST_COLUMN 4

struct summary {
    cornu_model *model;
    cornu_summary_options options;
    cornu__table table;
    bool connected; /* there is a column that says what each layer is connected to */
    bool first_row;
    cornu__text *out;
};

/* --- numbers in words --- */

/* 1234567 -> "1,234,567" */
static void add_count(cornu__text *out, int64_t count)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
    for (int i = 0; i < length; i++)
        cornu__text_add(out, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

static void add_total(cornu__text *out, const char *what, int64_t count, double bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    cornu__text_add(out, " %s params: ", what);
    add_count(out, count);
    for (; unit < 5 && bytes / 1024 >= 1; unit++)
        bytes /= 1024;
    cornu__text_add(out, " (%.2f %s)\n", bytes, units[unit]);
}

static void add_shape(cornu__text *out, const cornu__spec *spec)
{
    cornu__text_add(out, "(");
    for (int i = 0; i < spec->rank; i++) {
        if (spec->shape[i] == CORNU_NONE)
            cornu__text_add(out, "%sNone", i > 0 ? ", " : "");
        else
            cornu__text_add(out, "%s%lld", i > 0 ? ", " : "", (long long)spec->shape[i]);
    }
    cornu__text_add(out, ")");
}

/* --- columns --- */

static int terminal_columns(FILE *file)
{
    const char *columns = getenv("COLUMNS");
    int wanted = columns ? atoi(columns) : 0;
    struct winsize size;
    if (wanted > 0)
        return wanted;
    if (file && isatty(fileno(file)) && ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* Whether the layers are one chain, which needs no column of connections. */
static bool is_chain(const cornu_model *model)
{
    if (model->sequential)
        return true;
    for (int i = 0; i < model->node_count; i++) {
        const cornu__model_node *node = &model->nodes[i];
        if (node->input_count > 1 || node->call > 0)
            return false;
        for (int k = 0; k < i; k++) {
            if (model->nodes[k].depth == node->depth)
                return false;
        }
    }
    return true;
}

static cornu_status add_header(struct summary *summary, int columns)
{
    static const double chain_ends[] = {0.45, 0.80, 1.0}, connected_ends[] = {0.3, 0.56, 0.74, 1.0};
    const char *header[] = {"Layer (type)", "Output Shape", "Param #", "Connected to", NULL};
    double ends[CORNU__TABLE_MAX_COLUMNS];
    cornu__table *table = &summary->table;
    int count = summary->connected ? 4 : 3, length = summary->connected ? 108 : 88;
    for (int i = 0; i < count; i++)
        ends[i] = summary->connected ? connected_ends[i] : chain_ends[i];
    table->align[2] = CORNU__ALIGN_RIGHT;
    if (summary->options.show_trainable) {
        for (int i = 0; i < count; i++)
            ends[i] *= 0.90;
        length += 12;
        header[count] = "Trainable";
        table->align[count] = CORNU__ALIGN_CENTER;
        ends[count++] = 1.0;
    }
    if (length > columns - 4)
        length = columns - 4;
    if (summary->options.line_length > 0)
        length = summary->options.line_length;
    table->column_count = count;
    for (int i = 0; i < count; i++) {
        if ((int)(ends[i] * length) - (i > 0 ? (int)(ends[i - 1] * length) : 0) < SMALLEST_COLUMN + 2)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a summary does not fit into lines of %d characters",
                               length);
    }
    cornu__table_fit(table, length, ends);
    cornu__table_header(table, header, summary->out);
    return CORNU_OK;
}

/* --- rows --- */

static void add_layer_name(cornu__text *out, const cornu_layer *layer, int level)
{
    for (int i = 0; i < level; i++)
        cornu__text_add(out, "   ");
    cornu__text_add(out, "%s%s (%s)", level > 0 ? "└ " : "", cornu_layer_name(layer), cornu__layer_class_name(layer));
}

/* The shapes of the layer's last call in the model that it stands in. */
static void add_output_shape(cornu__text *out, const cornu_model *model, const cornu_layer *layer)
{
    const cornu__model_node *node = NULL;
    for (int i = 0; model->structured && i < model->node_count; i++) {
        if (model->nodes[i].layer == layer)
            node = &model->nodes[i];
    }
    if (!node) {
        cornu__text_add(out, "?");
        return;
    }
    if (node->output_count > 1)
        cornu__text_add(out, "[");
    for (int i = 0; i < node->output_count; i++) {
        cornu__text_add(out, "%s", i > 0 ? ", " : "");
        add_shape(out, &model->values[node->output + i]);
    }
    if (node->output_count > 1)
        cornu__text_add(out, "]");
}

static int64_t count_elements(const cornu_layer *layer)
{
    int64_t count = 0;
    for (int i = 0; i < layer->weight_count; i++)
        count += layer->weights[i]->count;
    for (int i = 0; layer->model && i < layer->model->layer_count; i++)
        count += count_elements(layer->model->layers[i]);
    return count;
}

static void add_parameters(cornu__text *out, const cornu_model *model, const cornu_layer *layer)
{
    add_count(out, count_elements(layer));
    if (!model->structured)
        cornu__text_add(out, " (unbuilt)");
}

static const cornu__model_node *maker_of(const cornu_model *model, int value)
{
    for (int i = 0; i < model->node_count; i++) {
        if (value < model->nodes[i].output + model->nodes[i].output_count)
            return &model->nodes[i];
    }
    return &model->nodes[0];
}

/* "a[0][0], b[1][0]": what the layer is called with: layer, which call of it, which output. */
static void add_connections(cornu__text *out, const cornu_model *model, const cornu_layer *layer)
{
    bool any = false;
    for (int i = 0; i < model->node_count; i++) {
        const cornu__model_node *node = &model->nodes[i];
        for (int k = 0; node->layer == layer && k < node->input_count; k++) {
            const cornu__model_node *maker = maker_of(model, node->inputs[k]);
            cornu__text_add(out, "%s%s[%d][%d]", any ? ", " : "", cornu_layer_name(maker->layer), maker->call,
                            node->inputs[k] - maker->output);
            any = true;
        }
    }
    if (!any)
        cornu__text_add(out, "-");
}

static void add_trainable(cornu__text *out, const cornu_layer *layer)
{
    cornu__text_add(out, "%s", count_elements(layer) == 0 ? "-" : layer->trainable ? "Y" : "N");
}

static cornu_status add_row(struct summary *summary, const cornu_model *model, const cornu_layer *layer, int level)
{
    cornu__text cells[CORNU__TABLE_MAX_COLUMNS] = {{0}};
    const char *texts[CORNU__TABLE_MAX_COLUMNS];
    int count = 3;
    bool whole = true;
    add_layer_name(&cells[0], layer, level);
    add_output_shape(&cells[1], model, layer);
    add_parameters(&cells[2], model, layer);
    if (summary->connected)
        add_connections(&cells[count++], summary->model, layer);
    if (summary->options.show_trainable)
        add_trainable(&cells[count++], layer);
    for (int i = 0; i < count; i++) {
        texts[i] = cells[i].data;
        whole &= cells[i].data && !cells[i].failed;
    }
    if (whole)
        cornu__table_row(&summary->table, texts, summary->first_row, summary->out);
    summary->first_row = false;
    for (int i = 0; i < count; i++)
        cornu__text_free(&cells[i]);
    return whole ? CORNU_OK : cornu__fail_memory("a summary", 0);
}

static cornu_status add_rows(struct summary *summary, const cornu_model *model, int level)
{
    for (int i = 0; i < model->layer_count; i++) {
        const cornu_layer *layer = model->layers[i];
        if (model->sequential && cornu__layer_is_input(layer))
            continue;
        CORNU_TRY(add_row(summary, model, layer, level));
        if (summary->options.expand_nested && layer->model)
            CORNU_TRY(add_rows(summary, layer->model, level + 1));
    }
    return CORNU_OK;
}

/* --- totals --- */

static void count_trained(const cornu_model *model, int64_t *trainable, int64_t *others)
{
    *trainable = *others = 0;
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__model_weight *entry = &model->weights[i];
        *(cornu__weight_is_trainable(model, entry) ? trainable : others) += entry->weight->count;
    }
}

/* Keras counts the number of updates (eight bytes) and the learning rate, unless a schedule gives it, among the optimizer's variables. */
static void count_optimizer(const cornu_model *model, int64_t *count, double *bytes)
{
    const cornu__plan *plan = model->plan;
    int parts = plan->slot_count + (plan->average_part >= 0) + (plan->sum_part >= 0);
    int64_t trained = 0;
    for (int i = 0; i < model->weight_count; i++)
        trained += model->weights[i].trained ? model->weights[i].weight->count : 0;
    int64_t floats = parts * trained + (cornu__plan_optimizer_options(plan)->schedule == NULL);
    *count = floats + 1;
    *bytes = 4.0 * (double)floats + 8;
}

static void add_totals(struct summary *summary)
{
    int64_t trainable, others, optimizer = 0;
    double optimizer_bytes = 0;
    count_trained(summary->model, &trainable, &others);
    if (summary->model->plan)
        count_optimizer(summary->model, &optimizer, &optimizer_bytes);
    add_total(summary->out, "Total", trainable + others + optimizer,
              4.0 * (double)(trainable + others) + optimizer_bytes);
    add_total(summary->out, "Trainable", trainable, 4.0 * (double)trainable);
    add_total(summary->out, "Non-trainable", others, 4.0 * (double)others);
    if (summary->model->plan)
        add_total(summary->out, "Optimizer", optimizer, optimizer_bytes);
}

/* --- all of it --- */

static cornu_status write_summary(cornu_model *model, const cornu_summary_options *options, int columns,
                                  cornu__text *out)
{
    CORNU_TRY(cornu__model_status(model));
    bool known = cornu__model_need_structure(model) == CORNU_OK;
    CORNU_TRY(cornu__model_status(model));
    if (known)
        CORNU_TRY(cornu__model_need_homes(model));
    else
        CORNU_TRY(cornu__sequential_name_layers(model));
    struct summary summary = {.model = model, .out = out, .first_row = true, .connected = !is_chain(model)};
    cornu__options_lay(&summary.options, sizeof summary.options, options);
    cornu__text_add(out, "Model: \"%s\"\n", cornu_model_name(model));
    CORNU_TRY(add_header(&summary, columns));
    CORNU_TRY(add_rows(&summary, model, 0));
    cornu__table_end(&summary.table, out);
    add_totals(&summary);
    return CORNU_OK;
}

static char *summary_text(cornu_model *model, const cornu_summary_options *options, int columns)
{
    cornu__text out = {0};
    if (write_summary(model, options, columns, &out) != CORNU_OK) {
        cornu__text_free(&out);
        return NULL;
    }
    return cornu__text_take(&out);
}

char *cornu_summary_text_with(cornu_model *model, const cornu_summary_options *options)
{
    return summary_text(model, options, terminal_columns(NULL));
}

cornu_status cornu_summary_with(cornu_model *model, FILE *file, const cornu_summary_options *options)
{
    if (!file)
        file = stdout;
    char *text = summary_text(model, options, terminal_columns(file));
    if (!text)
        return cornu_error_status();
    bool written = fputs(text, file) >= 0;
    cornu__free(text);
    return written
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_IO, "the summary of model '%s' could not be written", cornu_model_name(model));
}
