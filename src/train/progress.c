/* progress.c: the progress bar as bytes. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cornu/export.h>

#include "base/plain_locale.h"
#include "train/progress.h"

#define KERAS3_BAR_WIDTH 20
#define KERAS2_BAR_WIDTH 30
#define SMALLEST_BAR_WIDTH 5

#define BOLD "\033[1m"
#define GREEN "\033[32m"
#define WHITE "\033[37m"
#define PLAIN "\033[0m"

/* A line being made. What does not fit is left out: a line is never longer than its buffer. */
typedef struct line {
    char *data;
    size_t length;
    int width; /* visible columns, of the last row */
    int rows;  /* that were ended: 0, but for a final line in a narrow terminal */
} line;

static void add_bytes(line *to, const char *bytes, size_t count)
{
    if (to->length + count >= CORNU__PROGRESS_LINE_SIZE)
        return;
    memcpy(to->data + to->length, bytes, count);
    to->length += count;
    for (size_t i = 0; i < count; i++)
        to->width += ((unsigned char)bytes[i] & 0xC0) != 0x80; /* a character of UTF-8 counts once */
}

static void add(line *to, const char *format, ...) CORNU_PRINTF(2, 3);
static void add(line *to, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        add_bytes(to, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

static void add_times(line *to, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        add_bytes(to, text, strlen(text));
}

/* An escape sequence takes no column. */
static void add_escape(line *to, const cornu__progress *progress, const char *escape)
{
    int width = to->width;
    if (progress->style.color)
        add_bytes(to, escape, strlen(escape));
    to->width = width;
}

/* --- Pieces of a line --- */

static int digits(int64_t number)
{
    int count = 1;
    while (number >= 10) {
        number /= 10;
        count++;
    }
    return count;
}

static void add_duration(line *to, double seconds)
{
    if (seconds > 3600)
        add(to, "%d:%02d:%02d", (int)(seconds / 3600), (int)fmod(seconds, 3600) / 60, (int)fmod(seconds, 60));
    else if (seconds > 60)
        add(to, "%d:%02d", (int)(seconds / 60), (int)fmod(seconds, 60));
    else
        add(to, "%ds", (int)seconds);
}

/* Of one unit: a step or an epoch. */
static void add_pace(line *to, double seconds, const char *unit)
{
    if (seconds >= 1 || seconds == 0)
        add(to, " %.0fs/%s", seconds, unit);
    else if (seconds >= 1e-3)
        add(to, " %.0fms/%s", seconds * 1e3, unit);
    else
        add(to, " %.0fus/%s", seconds * 1e6, unit);
}

static void add_value(line *to, const char *name, double value, bool fixed)
{
    if (isnan(value))
        add(to, " - %s: nan", name);
    else if (fixed)
        add(to, " - %s: %.4f", name, value);
    else
        add(to, " - %s: %.4e", name, value);
}

static int done_part(const cornu__progress *progress, int width)
{
    return (int)((double)width * (double)progress->seen / (double)progress->target);
}

static void add_keras3_bar(line *to, const cornu__progress *progress, int width)
{
    int done = done_part(progress, width);
    add(to, " ");
    if (done > 0) {
        add_escape(to, progress, GREEN);
        add_times(to, "\u2501", done);
        add_escape(to, progress, PLAIN);
    }
    add_escape(to, progress, WHITE);
    add_times(to, progress->style.color ? "\u2501" : " ", width - done); /* without colours the two parts must differ */
    add_escape(to, progress, PLAIN);
}

static void add_keras2_bar(line *to, const cornu__progress *progress, int width)
{
    int done = done_part(progress, width);
    add(to, " [");
    if (done > 0) {
        add_times(to, "=", done - 1);
        add(to, progress->seen < progress->target ? ">" : "=");
    }
    add_times(to, ".", width - done);
    add(to, "]");
}

/* " 500/1000" and the bar; a bar of width 0 is none. */
static void add_state(line *to, const cornu__progress *progress, int bar_width)
{
    bool keras3 = progress->style.keras3;
    if (progress->target <= 0) {
        add(to, "%7lld/Unknown", (long long)progress->seen);
        return;
    }
    if (keras3)
        add_escape(to, progress, BOLD);
    add(to, "%*lld/%lld", digits(progress->target), (long long)progress->seen, (long long)progress->target);
    if (keras3)
        add_escape(to, progress, PLAIN);
    if (bar_width > 0 && keras3)
        add_keras3_bar(to, progress, bar_width);
    else if (bar_width > 0)
        add_keras2_bar(to, progress, bar_width);
}

/* Seconds for one step, without the first if there were others. */
static double pace(const cornu__progress *progress, double now)
{
    int64_t made = progress->seen - progress->before;
    if (made <= 0)
        return 0;
    if (made > 1 && progress->after_first >= 0)
        return (now - progress->after_first) / (double)(made - 1);
    return (now - progress->start) / (double)made;
}

static void add_time(line *to, const cornu__progress *progress, double now, bool with_pace, bool final)
{
    double per_step = pace(progress, now);
    bool keras3 = progress->style.keras3, running = !final && progress->target > 0;
    add(to, keras3 ? " " : " - ");
    if (keras3)
        add_escape(to, progress, BOLD);
    if (running && !keras3)
        add(to, "ETA: ");
    if (running)
        add_duration(to, per_step * (double)(progress->target - progress->seen));
    else
        add(to, "%.0fs", now - progress->start);
    if (keras3)
        add_escape(to, progress, PLAIN);
    if (with_pace && (!running || keras3))
        add_pace(to, per_step, "step");
}

/* --- A line --- */

/* What of a line is shown. */
typedef struct extent {
    int bar_width, value_count;
    bool pace;
} extent;

static void make_line(line *to, size_t begin, const cornu__progress *progress, double now, const cornu_logs *values,
                      extent shown, bool final)
{
    to->length = begin;
    to->width = 0;
    add_state(to, progress, shown.bar_width);
    add_time(to, progress, now, shown.pace, final);
    for (int i = 0; i < shown.value_count; i++)
        add_value(to, values->names[i], values->values[i], fabs(values->values[i]) > 1e-3);
}

/* Shows a little less of a line that is too wide by `excess`: the bar gives way first; where that is not enough the last value goes, or the
 * pace, and the bar is as wide as can be again. false: there is nothing more to leave out. */
static bool show_less(extent *shown, int whole_bar, int excess)
{
    if (shown->bar_width > SMALLEST_BAR_WIDTH) {
        int width = shown->bar_width - excess;
        shown->bar_width = width > SMALLEST_BAR_WIDTH ? width : SMALLEST_BAR_WIDTH;
        return true;
    }
    if (shown->value_count == 0 && !shown->pace) {
        bool bar = shown->bar_width > 0;
        shown->bar_width = 0;
        return bar;
    }
    if (shown->value_count > 0)
        shown->value_count--;
    else
        shown->pace = false;
    shown->bar_width = whole_bar;
    return true;
}

static extent all_of(const cornu__progress *progress, const cornu_logs *values)
{
    return (extent){.bar_width = progress->style.keras3 ? KERAS3_BAR_WIDTH : KERAS2_BAR_WIDTH,
                    .value_count = values->count,
                    .pace = true};
}

/* A line that wraps cannot be drawn over, so a running one is made to fit. */
static void make_running_line(line *to, const cornu__progress *progress, double now, const cornu_logs *values, int room)
{
    size_t begin = to->length;
    extent shown = all_of(progress, values);
    int whole_bar = shown.bar_width;
    make_line(to, begin, progress, now, values, shown, false);
    while (to->width > room && show_less(&shown, whole_bar, to->width - room))
        make_line(to, begin, progress, now, values, shown, false);
    if (to->width > room) { /* narrower than the count of steps itself */
        to->length = begin;
        to->width = 0;
    }
}

/* Ends a row that is drawn over one of `covered` columns. */
static void end_row(line *to, int covered)
{
    add_times(to, " ", covered - to->width);
    add(to, "\n");
    to->width = 0;
    to->rows++;
}

/* Values behind one another, in as many rows as they take; a single one may be wider than a row. */
static void add_values_in_rows(line *to, const cornu__progress *progress, const cornu_logs *values, int room)
{
    for (int i = 0; i < values->count; i++) {
        size_t before = to->length;
        int width = to->width;
        add_value(to, values->names[i], values->values[i], fabs(values->values[i]) > 1e-3);
        if (to->width <= room || width == 0)
            continue;
        to->length = before;
        to->width = width;
        end_row(to, to->rows == 0 ? progress->width : 0);
        i--; /* again, in a row of its own */
    }
}

/* The last line of an epoch stays, and so has all values: the bar gives way first, and where that is not enough it goes on in rows below. */
static void make_final_line(line *to, const cornu__progress *progress, double now, const cornu_logs *values, int room)
{
    size_t begin = to->length;
    extent shown = all_of(progress, values);
    make_line(to, begin, progress, now, values, shown, true);
    if (to->width > room) {
        int width = shown.bar_width - (to->width - room);
        shown.bar_width = width >= SMALLEST_BAR_WIDTH ? width : 0;
        make_line(to, begin, progress, now, values, shown, true);
    }
    if (to->width <= room)
        return;
    shown = (extent){.pace = true};
    make_line(to, begin, progress, now, values, shown, true);
    if (to->width > room)
        make_line(to, begin, progress, now, values, (extent){0}, true);
    add_values_in_rows(to, progress, values, room);
}

static void make_fitting_line(line *to, const cornu__progress *progress, double now, const cornu_logs *values,
                              bool final)
{
    bool must_fit = progress->style.columns > 0 && progress->style.dynamic;
    int room = must_fit ? progress->style.columns - 1 : INT32_MAX;
    if (final)
        make_final_line(to, progress, now, values, room);
    else
        make_running_line(to, progress, now, values, room);
}

void cornu__progress_start(cornu__progress *progress, cornu__progress_style style, int64_t target, double now)
{
    *progress = (cornu__progress){
        .style = style, .target = target, .start = now, .drawn = -INFINITY /* not yet */, .after_first = -1};
}

bool cornu__progress_advance(cornu__progress *progress, int64_t seen, double now)
{
    progress->seen = seen;
    if (seen == progress->before + 1)
        progress->after_first = now;
    return progress->style.dynamic && now - progress->drawn >= CORNU__PROGRESS_INTERVAL;
}

size_t cornu__progress_draw(cornu__progress *progress, char *out, double now, const cornu_logs *values, bool final)
{
    line made = {.data = out};
    cornu__plain_locale locale = cornu__plain_locale_begin();
    if (progress->style.dynamic) {
        add_times(&made, "\b", progress->width);
        add(&made, "\r");
    }
    make_fitting_line(&made, progress, now, values, final);
    int width = made.width;
    if (progress->style.dynamic && made.rows == 0)
        add_times(&made, " ", progress->width - width);
    if (final)
        add(&made, "\n");
    progress->width = width;
    progress->drawn = now;
    cornu__plain_locale_end(locale);
    return made.length;
}

/* As tf.keras: the mean of all steps, the first too. */
static void add_keras2_times(line *to, const cornu__progress *progress, double seconds)
{
    int64_t made = progress->seen - progress->before;
    add(to, " -");
    add_pace(to, seconds, "epoch");
    add(to, " -");
    add_pace(to, made > 0 ? seconds / (double)made : 0, "step");
}

size_t cornu__progress_summary(const cornu__progress *progress, char *out, double now, const cornu_logs *values)
{
    line made = {.data = out};
    cornu__plain_locale locale = cornu__plain_locale_begin();
    int64_t target = progress->target > 0 ? progress->target : progress->seen;
    bool keras2 = progress->style.keras2_summary;
    add(&made, "%*lld/%lld - %.0fs", digits(target), (long long)progress->seen, (long long)target,
        now - progress->start);
    if (!keras2) {
        add(&made, " -");
        add_pace(&made, pace(progress, now), "step");
    }
    for (int i = 0; i < values->count; i++)
        add_value(&made, values->names[i], values->values[i], values->values[i] > 1e-3);
    if (keras2)
        add_keras2_times(&made, progress, now - progress->start);
    add(&made, "\n");
    cornu__plain_locale_end(locale);
    return made.length;
}
