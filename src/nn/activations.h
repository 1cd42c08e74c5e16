/* nn/activations.h: activations with options as functions of nodes, for the activations and the layers of the same name. */
#ifndef CORNU_NN_ACTIVATIONS_H
#define CORNU_NN_ACTIVATIONS_H

#include "graph/graph.h"

/* max_value NaN: none */
cornu_node *cornu__relu(cornu_node *x, double negative_slope, double max_value, double threshold);
cornu_node *cornu__leaky_relu(cornu_node *x, double negative_slope);
cornu_node *cornu__elu(cornu_node *x, double alpha);
cornu_node *cornu__softmax(cornu_node *x, int axis); /* negative: from the end */
cornu_node *cornu__log_softmax(cornu_node *x, int axis);
/* min(max(x, least), most) */
cornu_node *cornu__clip(cornu_node *x, double least, double most);

#endif
