"""Layers of Keras 3: output, gradients with respect to inputs and trainable weights, and statistics after a training call.

The gradients are those of sum(output * upstream). Weights are drawn here (not by the layer's initializers) and stored in
get_weights order. Made on JAX, since TensorFlow has no gradient of a grouped convolution on a CPU.
"""

import numpy as np

import common

common.choose_backend("jax")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import keras  # noqa: E402
from keras import layers as L  # noqa: E402


def convolutions():
    for padding in ("valid", "same", "causal"):
        for strides, dilation, groups in ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (3, 1, 2)):
            yield f"conv1d_{padding}_s{strides}_d{dilation}_g{groups}", L.Conv1D(
                6, 3, strides=strides, padding=padding, dilation_rate=dilation, groups=groups
            ), [(2, 11, 4)]
    yield "conv1d_even_kernel_same", L.Conv1D(3, 4, padding="same", use_bias=False), [(2, 7, 2)]
    yield "conv1d_even_kernel_same_s2", L.Conv1D(3, 4, strides=2, padding="same"), [(2, 7, 2)]
    yield "conv1d_relu", L.Conv1D(5, 3, activation="relu"), [(2, 9, 3)]
    for padding in ("valid", "same"):
        for strides, dilation, groups in ((1, 1, 1), (2, 1, 1), ((2, 3), 1, 1), (1, 2, 1), (1, (2, 1), 1), (1, 1, 2), (2, 1, 4)):
            part = lambda v: str(v) if isinstance(v, int) else "x".join(map(str, v))  # noqa: E731
            yield f"conv2d_{padding}_s{part(strides)}_d{part(dilation)}_g{groups}", L.Conv2D(
                8, 3, strides=strides, padding=padding, dilation_rate=dilation, groups=groups
            ), [(2, 7, 9, 4)]
    yield "conv2d_1x1", L.Conv2D(5, 1, use_bias=False), [(2, 5, 4, 3)]
    yield "conv2d_1x1_s2", L.Conv2D(5, 1, strides=2), [(2, 5, 4, 3)]
    yield "conv2d_3x5_same", L.Conv2D(4, (3, 5), padding="same"), [(2, 6, 7, 3)]
    yield "conv2d_2x4_same_s2", L.Conv2D(4, (2, 4), strides=2, padding="same"), [(2, 7, 7, 3)]
    yield "conv2d_5x5_one_channel", L.Conv2D(3, 5), [(2, 8, 8, 1)]
    yield "conv2d_channels_16_relu", L.Conv2D(16, 3, padding="same", activation="relu"), [(2, 6, 6, 16)]
    yield "conv2d_tanh", L.Conv2D(3, 3, activation="tanh"), [(2, 5, 5, 2)]
    for padding in ("valid", "same"):
        for multiplier in (1, 2):
            for strides, dilation in ((1, 1), (2, 1), (1, 2)):
                yield f"depthwise_conv2d_{padding}_m{multiplier}_s{strides}_d{dilation}", L.DepthwiseConv2D(
                    3, depth_multiplier=multiplier, strides=strides, padding=padding, dilation_rate=dilation
                ), [(2, 7, 6, 3)]
    yield "conv2d_transpose_valid", L.Conv2DTranspose(3, 3, strides=2), [(2, 4, 5, 2)]
    yield "conv2d_transpose_same", L.Conv2DTranspose(3, 3, strides=2, padding="same"), [(2, 4, 5, 2)]


def poolings():
    for kind in ("Max", "Average"):
        for padding in ("valid", "same"):
            for pool, strides in ((2, None), (3, 2), (3, 1), (2, 3)):
                suffix = f"{padding}_p{pool}_s{strides or pool}"
                name = kind.lower() + "_pooling"
                yield f"{name}1d_{suffix}", getattr(L, kind + "Pooling1D")(pool, strides=strides, padding=padding), [(2, 9, 3)]
                yield f"{name}2d_{suffix}", getattr(L, kind + "Pooling2D")(pool, strides=strides, padding=padding), [(2, 7, 8, 3)]
            yield f"{name}2d_{padding}_p2x3_s1x2", getattr(L, kind + "Pooling2D")((2, 3), strides=(1, 2), padding=padding), [(2, 7, 8, 3)]
        for rank, shape in ((1, (2, 5, 3)), (2, (2, 5, 4, 3))):
            for keepdims in (False, True):
                layer = getattr(L, f"Global{kind}Pooling{rank}D")(keepdims=keepdims)
                yield f"global_{kind.lower()}_pooling{rank}d" + ("_keepdims" if keepdims else ""), layer, [shape]


def others():
    yield "dense", L.Dense(5), [(3, 4)]
    yield "dense_no_bias", L.Dense(5, use_bias=False), [(3, 4)]
    yield "dense_rank3", L.Dense(5, activation="relu"), [(2, 3, 4)]
    yield "dense_softmax", L.Dense(4, activation="softmax"), [(3, 6)]
    yield "layer_normalization", L.LayerNormalization(), [(3, 6)]
    yield "layer_normalization_rank3", L.LayerNormalization(), [(2, 3, 5)]
    yield "layer_normalization_axis1", L.LayerNormalization(axis=1), [(2, 3, 5)]
    yield "layer_normalization_axes", L.LayerNormalization(axis=[1, 2]), [(2, 3, 5)]
    yield "layer_normalization_axes23", L.LayerNormalization(axis=[2, 3], epsilon=1e-5), [(2, 3, 4, 2)]
    yield "layer_normalization_no_center_scale", L.LayerNormalization(center=False, scale=False), [(3, 6)]
    yield "add", L.Add(), [(2, 3, 4), (2, 3, 4), (2, 3, 4)]
    yield "add_broadcast", L.Add(), [(2, 3, 4), (2, 1, 4)]
    yield "multiply", L.Multiply(), [(2, 3, 4), (2, 3, 4), (2, 3, 4)]
    yield "multiply_broadcast", L.Multiply(), [(2, 5, 4, 3), (2, 1, 1, 3)]
    yield "subtract", L.Subtract(), [(2, 3), (2, 3)]
    yield "average", L.Average(), [(2, 3), (2, 3), (2, 3)]
    yield "maximum", L.Maximum(), [(2, 3), (2, 3)]
    yield "minimum", L.Minimum(), [(2, 3), (2, 3)]
    yield "concatenate", L.Concatenate(), [(2, 3, 4), (2, 3, 2)]
    yield "concatenate_axis1", L.Concatenate(axis=1), [(2, 3, 4), (2, 1, 4), (2, 2, 4)]
    yield "zero_padding2d", L.ZeroPadding2D(), [(2, 3, 4, 2)]
    yield "zero_padding2d_pair", L.ZeroPadding2D((1, 2)), [(2, 3, 4, 2)]
    yield "zero_padding2d_pairs", L.ZeroPadding2D(((1, 0), (0, 3))), [(2, 3, 4, 2)]
    yield "zero_padding1d", L.ZeroPadding1D((1, 2)), [(2, 3, 2)]
    yield "rescaling", L.Rescaling(1 / 127.5, offset=-1.0), [(2, 3, 2)]
    yield "reshape", L.Reshape((6, 2)), [(2, 3, 4)]
    yield "reshape_inferred", L.Reshape((-1, 3, 2)), [(2, 3, 4)]
    yield "flatten", L.Flatten(), [(2, 3, 4, 2)]
    yield "permute", L.Permute((3, 1, 2)), [(2, 3, 4, 2)]
    yield "repeat_vector", L.RepeatVector(3), [(2, 4)]
    yield "cropping2d", L.Cropping2D(((1, 0), (2, 1))), [(2, 4, 6, 2)]
    yield "upsampling2d_nearest", L.UpSampling2D((2, 3)), [(2, 3, 2, 2)]
    yield "upsampling2d_bilinear", L.UpSampling2D(2, interpolation="bilinear"), [(2, 3, 4, 2)]
    yield "upsampling1d", L.UpSampling1D(3), [(2, 3, 2)]
    yield "relu_options", L.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), [(3, 7)]
    yield "leaky_relu", L.LeakyReLU(), [(3, 7)]
    yield "elu", L.ELU(alpha=0.7), [(3, 7)]
    yield "prelu", L.PReLU(shared_axes=[1]), [(2, 3, 4)]
    yield "softmax", L.Softmax(axis=1), [(2, 5, 3)]
    yield "activation_gelu", L.Activation("gelu"), [(3, 7)]


def batch_normalizations():
    for shape in ((6, 4), (3, 5, 4), (3, 4, 5, 4)):
        yield f"batch_normalization_rank{len(shape)}", {}, shape
    yield "batch_normalization_options", {"momentum": 0.8, "epsilon": 0.01}, (3, 4, 5, 4)
    yield "batch_normalization_no_center", {"center": False}, (6, 4)
    yield "batch_normalization_no_scale", {"scale": False}, (3, 4, 5, 4)
    yield "batch_normalization_bare", {"center": False, "scale": False}, (6, 4)
    yield "batch_normalization_axis1", {"axis": 1}, (3, 4, 5, 2)
    yield "batch_normalization_batch_of_one", {}, (1, 3, 3, 4)


def draw_weights(layer, random):
    weights = []
    for variable in layer.weights:
        if variable.name in ("gamma", "moving_variance"):
            weights.append(random.uniform(0.5, 1.5, size=variable.shape))
        else:
            weights.append(0.5 * random.normal(size=variable.shape))
    return [weight.astype("float32") for weight in weights]


def record(name, layer, inputs, arrays, index, random, training=False):
    """inputs: arrays; integer ones get no gradient."""
    single = len(inputs) == 1
    layer.build(inputs[0].shape if single else [value.shape for value in inputs])
    layer.set_weights(draw_weights(layer, random))
    for i, weight in enumerate(layer.get_weights()):
        arrays[f"{name}.weight{i}"] = weight
    trainable = [variable.value for variable in layer.trainable_variables]
    fixed = [variable.value for variable in layer.non_trainable_variables]
    floating = np.issubdtype(inputs[0].dtype, np.floating)
    takes_training = "training" in layer._call_signature.parameters

    def call(trainable, values):
        arguments = {"training": training} if takes_training else {}
        output, after = layer.stateless_call(trainable, fixed, values[0] if single else list(values), **arguments)
        return output, after

    values = [jnp.asarray(value) for value in inputs]
    output, after = call(trainable, values)
    upstream = random.normal(size=output.shape).astype("float32")

    def total(trainable, values):
        return jnp.sum(call(trainable, values)[0] * upstream)

    weight_gradients = jax.grad(total, argnums=0)(trainable, values)
    input_gradients = jax.grad(total, argnums=1)(trainable, values) if floating else [None] * len(values)
    for i, value in enumerate(inputs):
        arrays[f"{name}.input{i}"] = value
        if input_gradients[i] is not None:
            arrays[f"{name}.input_gradient{i}"] = input_gradients[i]
    arrays[f"{name}.upstream"], arrays[f"{name}.output"] = upstream, output
    position = {id(variable): i for i, variable in enumerate(layer.weights)}
    for variable, gradient in zip(layer.trainable_variables, weight_gradients):
        arrays[f"{name}.weight_gradient{position[id(variable)]}"] = gradient
    if training:
        for variable, value in zip(layer.non_trainable_variables, after):
            if id(variable) in position:
                arrays[f"{name}.after{position[id(variable)]}"] = value
    index["cases"].append(
        {
            "name": name,
            "class_name": type(layer).__name__,
            "config": layer.get_config(),
            "training": training,
            "inputs": [list(value.shape) for value in inputs],
            "weights": [variable.name for variable in layer.weights],
            "output": list(output.shape),
        }
    )


def main():
    random = np.random.default_rng(19)
    for file, group in (("layers_convolution", convolutions), ("layers_pooling", poolings), ("layers_other", others)):
        arrays, index = {}, {"source": common.versions(), "cases": []}
        for name, layer, shapes in group():
            inputs = [random.normal(size=shape).astype("float32") for shape in shapes]
            record(name, layer, inputs, arrays, index, random)
        if group is others:
            for title, config, shape in batch_normalizations():
                x = (1.5 * random.normal(size=shape) + 0.7).astype("float32")
                for training in (True, False):
                    record(title + ("_training" if training else "_inference"), L.BatchNormalization(**config), [x], arrays, index, random, training)
            ids = random.integers(0, 7, size=(3, 4)).astype("int32")
            record("embedding", L.Embedding(7, 5), [ids], arrays, index, random)
        common.save_arrays(file, arrays)
        common.save_json(file, index)


main()
