/* live_message.c: messages to a page. */

#include "base/json_text.h"
#include "view/live_message.h"

static const char *state_name(cornu__live_state state)
{
    static const char *const names[] = {
        [CORNU__LIVE_WAITING] = "waiting", [CORNU__LIVE_RUNNING] = "running", [CORNU__LIVE_VALIDATING] = "validating",
        [CORNU__LIVE_ENDED] = "ended",     [CORNU__LIVE_STOPPED] = "stopped", [CORNU__LIVE_FAILED] = "failed"};
    return names[state];
}

static void add_row(cornu__text *to, double x, const double *values, const bool *present, int count)
{
    cornu__text_add(to, "[");
    cornu__json_text_number(to, x);
    for (int i = 0; i < count; i++) {
        cornu__text_add(to, ",");
        if (present[i])
            cornu__json_text_any_number(to, values[i]);
        else
            cornu__text_add(to, "null");
    }
    cornu__text_add(to, "]");
}

static void add_rows(cornu__text *to, const char *key, const cornu__live_table *table, int from, int columns)
{
    cornu__text_add(to, ",\"%s\":[", key);
    for (int row = from; row < table->count; row++) {
        size_t at = (size_t)row * (size_t)table->width;
        cornu__text_add(to, "%s", row > from ? "," : "");
        add_row(to, table->x[row], table->values + at, table->present + at, columns);
    }
    cornu__text_add(to, "]");
}

static void add_latest(cornu__text *to, const char *key, const cornu__live_row *row, int columns)
{
    cornu__text_add(to, ",\"%s\":", key);
    if (row->x > 0)
        add_row(to, row->x, row->values, row->present, columns);
    else
        cornu__text_add(to, "null");
}

void cornu__live_message(cornu__text *to, const cornu__live_record *record, cornu__live_cursor *cursor)
{
    bool reset = cursor->version == 0 || cursor->epochs_thinned != record->epoch_table.thinned ||
                 cursor->batches_thinned != record->batch_table.thinned;
    cornu__text_add(to, "{\"reset\":%s,\"title\":", reset ? "true" : "false");
    cornu__json_text_string(to, record->title);
    cornu__text_add(to, ",\"epochs\":%lld,\"first\":%lld,\"names\":[", (long long)record->epochs,
                    (long long)record->initial_epoch);
    for (int i = 0; i < record->name_count; i++) {
        cornu__text_add(to, "%s", i > 0 ? "," : "");
        cornu__json_text_string(to, record->names[i]);
    }
    cornu__text_add(to, "]");
    add_rows(to, "epoch_rows", &record->epoch_table, reset ? 0 : cursor->epoch_rows, record->name_count);
    add_rows(to, "batch_rows", &record->batch_table, reset ? 0 : cursor->batch_rows, record->name_count);
    cornu__text_add(to, ",\"state\":\"%s\",\"epoch\":%lld,\"step\":%lld,\"steps\":%lld,\"seconds\":%.3f",
                    state_name(record->state), (long long)record->epoch, (long long)record->step,
                    (long long)record->steps, record->seconds);
    add_latest(to, "epoch_row", &record->epoch_row, record->name_count);
    add_latest(to, "batch_row", &record->batch_row, record->name_count);
    cornu__text_add(to, "}");
    *cursor = (cornu__live_cursor){record->version, record->epoch_table.thinned, record->batch_table.thinned,
                                   record->epoch_table.count, record->batch_table.count};
}
