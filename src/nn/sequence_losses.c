/* nn/sequence_losses.c: losses of sequences of labels that are not laid along the output's time: CTC. */
#include "nn/losses.h"

static cornu_node *per_sample_ctc(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    (void)loss;
    if (y_pred->rank != 3)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "wanted an output (batch, times, classes), got one of %d axes",
                                y_pred->rank);
    return cornu__op_ctc(y_pred, y_true);
}

static const cornu_loss_options ctc_defaults = {.struct_size = sizeof ctc_defaults, CORNU_LOSS_DEFAULTS};
static const cornu__field ctc_fields[] = {CORNU__LOSS_FIELD_TABLE(cornu_loss_options)};
#define CTC_MEMBERS .sparse_targets = true, .label_sequences = true
CORNU__LOSS_CLASS(ctc, "CTC", cornu_loss_options, ctc_defaults, ctc_fields, NULL, CTC_MEMBERS, "ctc")

cornu__family cornu__sequence_losses = {&ctc_class.base, NULL};
