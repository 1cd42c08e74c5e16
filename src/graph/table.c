/* table.c: the op table, put together from the families. */
#include "graph/operations.h"

#define FAMILY(name, first)                                                                                            \
    {                                                                                                                  \
        first, (int)(sizeof cornu__ops_##name / sizeof cornu__ops_##name[0]), cornu__ops_##name                        \
    }

static const struct family {
    int first, count;
    const cornu__op_definition *definitions;
} families[] = {
    FAMILY(leaf, CORNU__LEAF_FIRST),         FAMILY(unary, CORNU__UNARY_FIRST),
    FAMILY(binary, CORNU__BINARY_FIRST),     FAMILY(reduce, CORNU__REDUCE_FIRST),
    FAMILY(movement, CORNU__MOVEMENT_FIRST), FAMILY(indexing, CORNU__INDEXING_FIRST),
    FAMILY(linear, CORNU__LINEAR_FIRST),     FAMILY(convolution, CORNU__CONVOLUTION_FIRST),
    FAMILY(pool, CORNU__POOL_FIRST),         FAMILY(softmax, CORNU__SOFTMAX_FIRST),
    FAMILY(ctc, CORNU__CTC_FIRST),           FAMILY(normalization, CORNU__NORMALIZATION_FIRST),
    FAMILY(host, CORNU__HOST_FIRST),         FAMILY(effect, CORNU__EFFECT_FIRST),
};

#define COUNT_OF(name) (sizeof cornu__ops_##name / sizeof cornu__ops_##name[0])
_Static_assert(COUNT_OF(leaf) + COUNT_OF(unary) + COUNT_OF(binary) + COUNT_OF(reduce) + COUNT_OF(movement) +
                       COUNT_OF(indexing) + COUNT_OF(linear) + COUNT_OF(convolution) + COUNT_OF(pool) +
                       COUNT_OF(softmax) + COUNT_OF(ctc) + COUNT_OF(normalization) + COUNT_OF(host) +
                       COUNT_OF(effect) ==
                   CORNU__OP_KIND_COUNT,
               "every op kind belongs to one family");

const cornu__op_definition *cornu__op_definition_of(cornu__op_kind kind)
{
    int last = (int)(sizeof families / sizeof families[0]) - 1;
    while (last > 0 && (int)kind < families[last].first)
        last--;
    return &families[last].definitions[(int)kind - families[last].first];
}
