/* cornu.h: all of Cornu. */
#ifndef CORNU_CORNU_H
#define CORNU_CORNU_H

#include <cornu/activations.h>
#include <cornu/array.h>
#include <cornu/augmentation.h>
#include <cornu/callbacks.h>
#include <cornu/constraints.h>
#include <cornu/csv.h>
#include <cornu/custom.h>
#include <cornu/data.h>
#include <cornu/dataframe.h>
#include <cornu/dataset.h>
#include <cornu/error.h>
#include <cornu/flow.h>
#include <cornu/history.h>
#include <cornu/image.h>
#include <cornu/image_data_generator.h>
#include <cornu/image_dataset.h>
#include <cornu/initializers.h>
#include <cornu/layers.h>
#include <cornu/log.h>
#include <cornu/losses.h>
#include <cornu/metrics.h>
#include <cornu/model.h>
#include <cornu/object.h>
#include <cornu/ops.h>
#include <cornu/optimizers.h>
#include <cornu/option_text.h>
#include <cornu/options.h>
#include <cornu/plot.h>
#include <cornu/preprocessing.h>
#include <cornu/regularizers.h>
#include <cornu/saving.h>
#include <cornu/tar.h>
#include <cornu/text.h>
#include <cornu/text_dataset.h>
#include <cornu/tfrecord.h>
#include <cornu/train.h>
#include <cornu/version.h>
#include <cornu/waiting.h>

#endif
