/* live_record.c: what a training has said so far, in bounded memory. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "view/live_record.h"

/* --- Making --- */

static bool make_table(cornu__live_table *table, int width)
{
    size_t cells = (size_t)CORNU__LIVE_ROWS * (size_t)width;
    table->width = width;
    table->every = 1;
    table->x = cornu__alloc_array(CORNU__LIVE_ROWS, sizeof *table->x);
    table->values = cornu__alloc_array(cells, sizeof *table->values);
    table->present = cornu__alloc_array(cells, sizeof *table->present);
    return table->x && table->values && table->present;
}

static void free_table(cornu__live_table *table)
{
    cornu__free(table->x);
    cornu__free(table->values);
    cornu__free(table->present);
}

static bool make_row(cornu__live_row *row, int width)
{
    row->values = cornu__alloc_array((size_t)width, sizeof *row->values);
    row->present = cornu__alloc_array((size_t)width, sizeof *row->present);
    return row->values && row->present;
}

static void free_row(cornu__live_row *row)
{
    cornu__free(row->values);
    cornu__free(row->present);
}

cornu__live_record *cornu__live_record_create(const char *title, int width, int64_t epochs, int64_t initial_epoch)
{
    cornu__live_record *record = cornu__alloc(sizeof *record);
    if (!record)
        return NULL;
    pthread_mutex_init(&record->lock, NULL);
    snprintf(record->title, sizeof record->title, "%s", title);
    record->width = width;
    record->epochs = epochs;
    record->initial_epoch = record->epoch = initial_epoch;
    record->steps = -1;
    record->version = 1;
    record->names = cornu__alloc_array((size_t)width, sizeof *record->names);
    if (record->names && make_table(&record->epoch_table, width) && make_table(&record->batch_table, width) &&
        make_row(&record->epoch_row, width) && make_row(&record->batch_row, width))
        return record;
    cornu__live_record_free(record);
    return NULL;
}

void cornu__live_record_free(cornu__live_record *record)
{
    if (!record)
        return;
    pthread_mutex_destroy(&record->lock);
    free_table(&record->epoch_table);
    free_table(&record->batch_table);
    free_row(&record->epoch_row);
    free_row(&record->batch_row);
    cornu__free(record->names);
    cornu__free(record);
}

/* --- Rows --- */

static void copy_cells(cornu__live_table *to, int to_row, const double *values, const bool *present)
{
    size_t width = (size_t)to->width, at = (size_t)to_row * width;
    memmove(to->values + at, values, width * sizeof *values);
    memmove(to->present + at, present, width * sizeof *present);
}

static void thin(cornu__live_table *table)
{
    for (int row = 0; 2 * row < table->count; row++) {
        size_t from = (size_t)(2 * row) * (size_t)table->width;
        table->x[row] = table->x[2 * row];
        copy_cells(table, row, table->values + from, table->present + from);
    }
    table->count = (table->count + 1) / 2;
    table->every *= 2;
    table->thinned++;
}

static void offer(cornu__live_table *table, const cornu__live_row *row)
{
    int64_t number = table->offered++;
    if (number % table->every != 0)
        return;
    if (table->count == CORNU__LIVE_ROWS)
        thin(table);
    if (number % table->every != 0)
        return;
    table->x[table->count] = row->x;
    copy_cells(table, table->count++, row->values, row->present);
}

/* --- The training thread --- */

/* A name is cut to what there is room for, as it was when it was kept. */
static bool is_name(const char *kept, const char *name)
{
    return strncmp(kept, name, CORNU__LIVE_TEXT - 1) == 0;
}

/* The column of a name, where it most likely is or where it is found; a new one for a new name; -1 without room. */
static int column_of(cornu__live_record *record, const char *name, int likely)
{
    if (likely < record->name_count && is_name(record->names[likely], name))
        return likely;
    for (int i = 0; i < record->name_count; i++) {
        if (is_name(record->names[i], name))
            return i;
    }
    if (record->name_count == record->width)
        return -1;
    snprintf(record->names[record->name_count], CORNU__LIVE_TEXT, "%s", name);
    return record->name_count++;
}

static void set_row(cornu__live_record *record, cornu__live_row *row, double x, const cornu__live_values *values)
{
    row->x = x;
    memset(row->present, 0, (size_t)record->width * sizeof *row->present);
    for (int i = 0; i < values->count; i++) {
        int column = column_of(record, values->names[i], i);
        if (column < 0)
            continue;
        row->values[column] = values->values[i];
        row->present[column] = true;
    }
}

void cornu__live_record_begin_epoch(cornu__live_record *record, int64_t epoch, int64_t steps, double seconds)
{
    pthread_mutex_lock(&record->lock);
    record->epoch = epoch;
    record->step = 0;
    record->steps = steps;
    record->seconds = seconds;
    record->state = CORNU__LIVE_RUNNING;
    record->version++;
    pthread_mutex_unlock(&record->lock);
}

void cornu__live_record_batch(cornu__live_record *record, int64_t step, double seconds,
                              const cornu__live_values *values)
{
    pthread_mutex_lock(&record->lock);
    double share = record->steps > 0 ? (double)step / (double)record->steps : 0;
    record->step = step;
    record->seconds = seconds;
    set_row(record, &record->batch_row, (double)record->epoch + share, values);
    if (record->steps > 0)
        offer(&record->batch_table, &record->batch_row);
    record->version++;
    pthread_mutex_unlock(&record->lock);
}

void cornu__live_record_epoch(cornu__live_record *record, int64_t epoch, int64_t step, double seconds,
                              const cornu__live_values *values)
{
    pthread_mutex_lock(&record->lock);
    record->step = step;
    record->seconds = seconds;
    set_row(record, &record->epoch_row, (double)(epoch + 1), values);
    offer(&record->epoch_table, &record->epoch_row);
    record->version++;
    pthread_mutex_unlock(&record->lock);
}

void cornu__live_record_state(cornu__live_record *record, cornu__live_state state, double seconds)
{
    pthread_mutex_lock(&record->lock);
    record->state = state;
    record->seconds = seconds;
    record->version++;
    pthread_mutex_unlock(&record->lock);
}

/* --- Following --- */

static void follow_table(cornu__live_table *mirror, const cornu__live_table *table)
{
    int from = mirror->thinned == table->thinned ? mirror->count : 0;
    size_t rows = (size_t)(table->count - from), width = (size_t)table->width, at = (size_t)from * width;
    memcpy(mirror->x + from, table->x + from, rows * sizeof *table->x);
    memcpy(mirror->values + at, table->values + at, rows * width * sizeof *table->values);
    memcpy(mirror->present + at, table->present + at, rows * width * sizeof *table->present);
    mirror->count = table->count;
    mirror->thinned = table->thinned;
}

static void follow_row(cornu__live_row *mirror, const cornu__live_row *row, int width)
{
    mirror->x = row->x;
    memcpy(mirror->values, row->values, (size_t)width * sizeof *row->values);
    memcpy(mirror->present, row->present, (size_t)width * sizeof *row->present);
}

void cornu__live_record_follow(cornu__live_record *mirror, cornu__live_record *record)
{
    pthread_mutex_lock(&record->lock);
    if (mirror->version != record->version) {
        memcpy(mirror->names + mirror->name_count, record->names + mirror->name_count,
               (size_t)(record->name_count - mirror->name_count) * sizeof *record->names);
        mirror->name_count = record->name_count;
        mirror->epoch = record->epoch;
        mirror->step = record->step;
        mirror->steps = record->steps;
        mirror->seconds = record->seconds;
        mirror->state = record->state;
        follow_table(&mirror->epoch_table, &record->epoch_table);
        follow_table(&mirror->batch_table, &record->batch_table);
        follow_row(&mirror->epoch_row, &record->epoch_row, record->width);
        follow_row(&mirror->batch_row, &record->batch_row, record->width);
        mirror->version = record->version;
    }
    pthread_mutex_unlock(&record->lock);
}
