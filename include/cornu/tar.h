/*
 * tar.h: archives of tar as datasets: shards as WebDataset has them.
 *
 *     cornu_dataset *files = cornu_tar_dataset("train-*.tar", .fields = cornu_names("image=jpg;jpeg;png", "cls"));
 *     cornu_dataset *train = cornu_decode_images(files, "image", .target_size = cornu_pair(128, 128));
 */
#ifndef CORNU_TAR_H
#define CORNU_TAR_H

#include <cornu/dataset.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_tar_dataset_options {
    size_t struct_size;
    /* Extensions, in small letters: "jpg"; several of which a sample has one: "jpg;png"; with a name for the field, which is the first extension otherwise:
     * "image=jpg;png". "__key__": the sample's name. NULL: what the first sample has */
    const char *const *fields;
} cornu_tar_dataset_options;
#define CORNU_TAR_DATASET_DEFAULTS

/*
 * cornu_tar_dataset("train.tar"): files in an archive (ustar, pax, GNU; gzip-compressed ones are read in their order) that stand one behind the other and whose names agree up to the
 * first dot behind the last slash are one sample: "a/0001.jpg" and "a/0001.cls" have the fields "jpg" and "cls", the bytes as they are: uint8 of any size. The
 * extensions cls, cls2, class, count, index, inx and id are whole numbers as text: int64. Pictures come out of the bytes by cornu_decode_images, arrays of .npy files
 * by cornu_decode_npy. A path with *, ? or [...] in it stands for all files of such names, in byte order: shards.
 *
 * One pass at opening finds where samples begin; of a plain archive it reads headers alone. A sample that lacks a field, or has two files for one, is an error; files
 * of other extensions are left out. Links and devices are left out, with a warning; nothing in an archive is written to the disk, and no name in it is used as a path.
 */
#define cornu_tar_dataset(path_, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_tar_dataset_with(path_, &cornu_keywords), cornu_tar_dataset_options,                          \
                   CORNU_TAR_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_tar_dataset_with(const char *path, const cornu_tar_dataset_options *options);

CORNU_END_DECLARATIONS

#endif
