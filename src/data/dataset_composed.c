/* dataset_composed.c: what datasets that are made of datasets share. */
#include "base/text.h"
#include "data/dataset_composed.h"

cornu_dataset *cornu__dataset_compose(const cornu_dataset_options *wanted, int count, cornu_dataset *const *inner)
{
    cornu_dataset_options options = *wanted;
    int maps = 0;
    for (int i = 0; i < count; i++) {
        options.random_access &= inner[i]->random_access;
        maps = inner[i]->maps > maps ? inner[i]->maps : maps;
    }
    cornu_dataset *dataset = cornu_dataset_create_with(&options);
    if (!dataset)
        return NULL;
    dataset->composed = true;
    dataset->maps = maps;
    return dataset;
}

char *cornu__dataset_joined_name(int count, cornu_dataset *const *datasets)
{
    cornu__text name = {0};
    cornu__text_add(&name, "%s", datasets[0]->name);
    if (count > 1)
        cornu__text_add(&name, " and %d more", count - 1);
    return cornu__text_take(&name);
}
