/* data/dataset_composed.h: what datasets that are made of datasets share. */
#ifndef CORNU_DATA_DATASET_COMPOSED_H
#define CORNU_DATA_DATASET_COMPOSED_H

#include "data/dataset.h"

/* A dataset that reads from `count` others, which are its state's business: random access, blocks and maps follow from theirs. `wanted` says the rest. */
cornu_dataset *cornu__dataset_compose(const cornu_dataset_options *wanted, int count, cornu_dataset *const *inner);

/* Of a dataset of several behind one another the first; another one itself. NULL is allowed. */
const cornu_dataset *cornu__dataset_first_shard(const cornu_dataset *dataset);

/* A name for several: that of the first, and how many more. The caller frees it; NULL on failure. */
char *cornu__dataset_joined_name(int count, cornu_dataset *const *datasets);

#endif
