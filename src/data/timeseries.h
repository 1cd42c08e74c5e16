/* data/timeseries.h: what a TimeseriesGenerator was made with. */
#ifndef CORNU_DATA_TIMESERIES_H
#define CORNU_DATA_TIMESERIES_H

#include "data/preprocessing.h"

typedef struct cornu__timeseries_made {
    const cornu_array *data, *targets;
    int64_t length;
    cornu_timeseries_generator_options options;
} cornu__timeseries_made;

/* Valid as long as the Sequence; NULL: it is no TimeseriesGenerator. */
const cornu__timeseries_made *cornu__timeseries_made_with(const cornu_sequence *sequence);

#endif
