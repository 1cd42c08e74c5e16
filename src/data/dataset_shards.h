/* data/dataset_shards.h: one dataset of several files. */
#ifndef CORNU_DATA_DATASET_SHARDS_H
#define CORNU_DATA_DATASET_SHARDS_H

#include <cornu/dataset.h>

/* Opens one shard. `first` is the dataset of the first one, NULL for the first one itself: the others have its fields. */
typedef cornu_dataset *cornu__open_shard(const char *path, const void *options, const cornu_dataset *first);

/* The samples of all files that a path stands for, one behind the other: of the file of that name; or, where there is none, of those that a pattern with *, ? or
 * [...] in it matches, in byte order. `function` is for messages. NULL on failure. */
cornu_dataset *cornu__dataset_of_shards(const char *function, const char *path, cornu__open_shard *open,
                                        const void *options);

#endif
