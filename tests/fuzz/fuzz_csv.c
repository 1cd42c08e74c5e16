/* fuzz_csv.c: libFuzzer's way into tables: cornu_load_csv with a target column of any kind, and rows that are read one by one, the last one first. */
#include <cornu/csv.h>

#include "format/csv_table.h"

#include "memory_file.h"

static cornu_array *load(const char *path)
{
    return cornu_load_csv(path, .target = "-1");
}

static void read_fields(const cornu__csv_table *table, char *const *fields, int64_t line)
{
    volatile double sum = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const cornu__csv_column *column = &table->columns[i];
        if (column->type == CORNU__CSV_TEXT) {
            for (const char *c = fields[i]; *c; c++)
                sum = sum + *c;
            continue;
        }
        double *values = malloc((size_t)cornu__csv_column_width(column) * sizeof *values + 1);
        if (cornu__csv_table_write(table, i, fields[i], line, CORNU_FLOAT64, values) != CORNU_OK)
            abort(); /* the pass over the rows has checked it */
        free(values);
    }
}

static void read_rows(cornu__csv_table *table)
{
    for (int64_t row = table->file.count - 1; row >= 0; row--) {
        cornu__cursor *cursor = cornu__record_file_find(&table->file, row);
        char **fields;
        if (!cursor)
            abort();
        int64_t line = cursor->line;
        if (cornu__csv_table_next(table, cursor, &fields) != CORNU_OK)
            abort();
        read_fields(table, fields, line);
        cornu__record_file_give_back(&table->file, cursor, CORNU_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const policies[] = {"nan", "mean", "0", "error"};
    char path[MEMORY_PATH_SIZE];
    fuzz_load(bytes, size, load);
    int descriptor = memory_file(bytes, size, path);
    const cornu__csv_declaration said = {.name = "0", .type = "one_hot"};
    const cornu__csv_table_options options = {.header = size % 3 == 0 ? -1 : 0,
                                              .plain = size % 5 == 0,
                                              .missing = policies[size % 4],
                                              .declarations = &said,
                                              .declaration_count = size % 2};
    cornu__csv_table table;
    cornu_error_clear();
    if (cornu__csv_table_open(&table, path, &options, NULL) == CORNU_OK) {
        read_rows(&table);
        cornu__csv_table_close(&table);
    } else if (cornu_error_status() == CORNU_OK) {
        abort(); /* a failure without a message */
    }
    close(descriptor);
    return 0;
}
