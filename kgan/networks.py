"""The house's default networks, each written once, and what shapes and ranges they take.

A generator maps noise `(n, latent_dim)` to samples `(n, *data_shape)` in the data's range; a
discriminator maps samples to one logit each, `(n, 1)`, and has no sigmoid. A paper's own networks
are in the paper's file.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
from keras import layers

from kgan.checks import check_choice, check_count
from kgan.layers.strided_convolution import StridedConv2D

Initializer = Callable[[], keras.initializers.Initializer]
# Keras draws all layers that share one initializer from one seed, so each layer gets its own.
GLOROT: Initializer = keras.initializers.GlorotUniform

RANGES: dict[tuple[float, float] | None, str] = {
    (-1.0, 1.0): "tanh",
    (0.0, 1.0): "sigmoid",
    None: "linear",
}
HIDDEN = ("relu", "tanh", "leaky_relu")


# Shapes and ranges -------------------------------------------------------------------------


def check_shape(data_shape) -> tuple[int, ...]:
    """A sample's shape: a vector's length, an image's height, width and channels, or another.

    Raises:
        ValueError: no tuple of sizes >= 1.
    """
    try:
        shape = tuple(int(size) for size in data_shape)
    except (TypeError, ValueError):
        shape = ()
    if not shape or any(size < 1 for size in shape):
        raise ValueError(
            f"data_shape: got {data_shape!r}; accepted is a tuple of sizes >= 1, "
            "such as (2,) or (28, 28, 1)."
        )
    return shape


def check_image_shape(data_shape) -> tuple[int, int, int]:
    """An image's shape: height and width >= 8, 1 to 4 channels.

    Raises:
        ValueError: another shape.
    """
    shape = check_shape(data_shape)
    if len(shape) != 3 or min(shape[:2]) < 8 or not 1 <= shape[2] <= 4:
        raise ValueError(
            f"data_shape: got {data_shape!r}; accepted is (height, width, channels) "
            "with sides >= 8 and 1 to 4 channels."
        )
    height, width, channels = shape
    return height, width, channels


def check_range(data_range) -> tuple[float, float] | None:
    """One of the ranges that a generator's last activation can reach.

    Raises:
        ValueError: another than (-1, 1), (0, 1) and None.
    """
    if data_range is None:
        return None
    if isinstance(data_range, tuple | list) and len(data_range) == 2:
        low, high = data_range
        if (low, high) in RANGES:
            return float(low), float(high)
    raise ValueError(f"data_range: got {data_range!r}; accepted are (-1, 1), (0, 1) and None.")


def output_activation(data_range) -> str:
    """The generator's last activation: tanh for (-1, 1), sigmoid for (0, 1), linear for None.

    Raises:
        ValueError: as `check_range`.
    """
    return RANGES[check_range(data_range)]


def halvings(data_shape) -> int:
    """How often an image's sides can be halved before the smaller one falls under 4; once at
    least."""
    return max(1, (min(data_shape[:2]) // 4).bit_length() - 1)


def coarsest_grid(data_shape, doublings: int) -> tuple[int, int]:
    """The fewest rows and columns that cover an image when they are doubled so many times."""
    height, width = data_shape[:2]
    return -(-height // 2**doublings), -(-width // 2**doublings)


def cropping(data_shape, doublings: int) -> list[keras.Layer]:
    """The layer that cuts a doubled `coarsest_grid` to the image, at bottom and right; none where
    it fits."""
    height, width = data_shape[:2]
    rows, columns = coarsest_grid(data_shape, doublings)
    extra = rows * 2**doublings - height, columns * 2**doublings - width
    return [layers.Cropping2D(((0, extra[0]), (0, extra[1])))] if any(extra) else []


# Perceptrons -------------------------------------------------------------------------------


def perceptron_generator(
    data_shape,
    latent_dim: int,
    data_range,
    *,
    units: int,
    depth: int,
    hidden: str = "relu",
    initializer: Initializer = GLOROT,
) -> keras.Sequential:
    """Dense layers from noise to samples of any shape.

    Args:
        data_shape: shape of one sample.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None: tanh, sigmoid or linear output.
        units: width of each hidden layer, >= 1.
        depth: number of hidden layers, >= 1.
        hidden: their activation, "relu", "tanh" or "leaky_relu" of slope 0.2.
        initializer: called once for each layer; makes the initializer of its weights.

    Returns:
        Network from `(n, latent_dim)` to `(n, *data_shape)`.

    Raises:
        ValueError: naming the argument.

    Source: Goodfellow et al. 2014, section 5, for perceptrons; their widths are the callers'.
    """
    shape = check_shape(data_shape)
    check_count("latent_dim", latent_dim)
    return keras.Sequential(
        [
            layers.Input((latent_dim,)),
            *_hidden_layers(units, depth, hidden, initializer),
            layers.Dense(
                math.prod(shape),
                activation=output_activation(data_range),
                kernel_initializer=_new(initializer),
            ),
            layers.Reshape(shape),
        ],
        name="generator",
    )


def perceptron_discriminator(
    data_shape,
    *,
    units: int,
    depth: int,
    hidden: str = "leaky_relu",
    initializer: Initializer = GLOROT,
    before_last: Iterable[keras.Layer] = (),
) -> keras.Sequential:
    """Dense layers from samples of any shape, flattened, to logits.

    Args:
        data_shape: shape of one sample.
        units: width of each hidden layer, >= 1.
        depth: number of hidden layers, >= 1.
        hidden: their activation, "relu", "tanh" or "leaky_relu" of slope 0.2.
        initializer: called once for each layer; makes the initializer of its weights.
        before_last: layers between the last hidden one and the logit.

    Returns:
        Network from `(n, *data_shape)` to `(n, 1)`.

    Raises:
        ValueError: naming the argument.

    Source: as `perceptron_generator`.
    """
    return keras.Sequential(
        [
            layers.Input(check_shape(data_shape)),
            layers.Flatten(),
            *_hidden_layers(units, depth, hidden, initializer),
            *before_last,
            layers.Dense(1, kernel_initializer=_new(initializer)),
        ],
        name="discriminator",
    )


def _hidden_layers(units, depth, hidden, initializer) -> list[keras.Layer]:
    check_count("units", units)
    check_count("depth", depth)
    check_choice("hidden", hidden, HIDDEN)
    network: list[keras.Layer] = []
    for _ in range(depth):
        if hidden == "leaky_relu":
            dense = layers.Dense(units, kernel_initializer=_new(initializer))
            network += [dense, layers.LeakyReLU(negative_slope=0.2)]
        else:
            network.append(
                layers.Dense(units, activation=hidden, kernel_initializer=_new(initializer))
            )
    return network


# Convolutions ------------------------------------------------------------------------------


def convolutional_generator(
    data_shape,
    latent_dim: int,
    data_range,
    *,
    widths: Sequence[int],
    kernel: int = 3,
    batch_normalization: bool = True,
    initializer: Initializer = GLOROT,
) -> keras.Sequential:
    """A dense layer to a coarse grid, doubled by nearest neighbours and convolved up to the image.

    Each layer but the last is followed by batch normalisation, if at all, and ReLU. The image is
    made at the next multiple of the grid's doublings and cropped at bottom and right.

    Args:
        data_shape: (height, width, channels), sides >= 8, 1 to 4 channels.
        latent_dim: length of the noise vectors, >= 1.
        data_range: (-1, 1), (0, 1) or None: tanh, sigmoid or linear output.
        widths: channels of the coarsest grid, then of the convolution after each doubling.
        kernel: side of the convolutions, >= 1.
        batch_normalization: normalise, by a running average of momentum 0.9.
        initializer: called once for each layer; makes the initializer of its weights.

    Returns:
        Network from `(n, latent_dim)` to `(n, height, width, channels)`.

    Raises:
        ValueError: naming the argument.

    Source: Radford et al. 2016, section 3, with upsampling and a convolution in place of their
    fractionally strided one (Odena, Dumoulin, Olah 2016, "Deconvolution and Checkerboard
    Artifacts", https://distill.pub/2016/deconv-checkerboard).
    """
    shape = check_image_shape(data_shape)
    check_count("latent_dim", latent_dim)
    check_count("kernel", kernel)
    coarsest, *finer = _check_widths(widths)
    doublings = len(finer)
    rows, columns = coarsest_grid(shape, doublings)
    # Batch normalisation has a shift of its own, and stands before the activation.
    options: dict[str, Any] = {"use_bias": False} if batch_normalization else {"activation": "relu"}

    def normalised() -> list[keras.Layer]:
        if not batch_normalization:
            return []
        return [layers.BatchNormalization(momentum=0.9), layers.ReLU()]

    network = [
        layers.Input((latent_dim,)),
        layers.Dense(rows * columns * coarsest, kernel_initializer=_new(initializer), **options),
        layers.Reshape((rows, columns, coarsest)),
        *normalised(),
    ]
    for width in finer:
        network += [
            layers.UpSampling2D(interpolation="nearest"),
            layers.Conv2D(
                width, kernel, padding="same", kernel_initializer=_new(initializer), **options
            ),
            *normalised(),
        ]
    last = layers.Conv2D(
        shape[-1],
        kernel,
        padding="same",
        activation=output_activation(data_range),
        kernel_initializer=_new(initializer),
    )
    return keras.Sequential([*network, last, *cropping(shape, doublings)], name="generator")


def convolutional_discriminator(
    data_shape,
    *,
    widths: Sequence[int],
    kernel: int = 4,
    batch_normalization: bool = False,
    initializer: Initializer = GLOROT,
    before_last: Iterable[keras.Layer] = (),
) -> keras.Sequential:
    """Convolutions of stride 2 with LeakyReLU 0.2, flattened to a dense layer's logit.

    Args:
        data_shape: (height, width, channels), of any size.
        widths: channels of each convolution.
        kernel: side of the convolutions, >= 1.
        batch_normalization: normalise after each convolution but the first, by a running average
            of momentum 0.9. A penalty on the discriminator's slopes does not go with it.
        initializer: called once for each layer; makes the initializer of its weights.
        before_last: layers between the flattened features and the logit.

    Returns:
        Network from `(n, height, width, channels)` to `(n, 1)`.

    Raises:
        ValueError: naming the argument.

    Source: Radford et al. 2016, section 3.
    """
    shape = check_shape(data_shape)
    if len(shape) != 3:
        raise ValueError(f"data_shape: got {data_shape!r}; accepted is (height, width, channels).")
    check_count("kernel", kernel)
    network: list[Any] = [layers.Input(shape)]
    for i, width in enumerate(_check_widths(widths)):
        normalise = batch_normalization and i > 0
        network.append(
            StridedConv2D(
                width,
                kernel,
                strides=2,
                padding="same",
                use_bias=not normalise,
                kernel_initializer=_new(initializer),
            )
        )
        if normalise:
            network.append(layers.BatchNormalization(momentum=0.9))
        network.append(layers.LeakyReLU(negative_slope=0.2))
    last = layers.Dense(1, kernel_initializer=_new(initializer))
    return keras.Sequential([*network, layers.Flatten(), *before_last, last], name="discriminator")


def _check_widths(widths) -> list[int]:
    if not widths:
        raise ValueError(f"widths: got {widths!r}; accepted are one number of channels or more.")
    return [check_count("widths", width) for width in widths]


# One or the other, by the shape ------------------------------------------------------------


def generator(
    data_shape,
    latent_dim: int,
    data_range,
    *,
    filters: int,
    depth: int = 3,
    kernel: int = 3,
    batch_normalization: bool = True,
) -> keras.Sequential:
    """The house's generator: for images (height, width, channels) convolutions from a quarter of
    the sides up, of 2·filters, 2·filters and filters channels; for other shapes a perceptron of
    ReLUs, 4·filters wide.

    Args:
        data_shape, latent_dim, data_range: as in `perceptron_generator` and, for images,
            `convolutional_generator`.
        filters: channels of the last hidden convolution, or a quarter of the perceptron's width.
        depth: hidden layers of the perceptron.
        kernel, batch_normalization: of the convolutions.

    Returns:
        Network from `(n, latent_dim)` to `(n, *data_shape)`.

    Raises:
        ValueError: naming the argument.
    """
    shape = check_shape(data_shape)
    check_count("filters", filters)
    if len(shape) != 3:
        return perceptron_generator(shape, latent_dim, data_range, units=4 * filters, depth=depth)
    return convolutional_generator(
        shape,
        latent_dim,
        data_range,
        widths=(2 * filters, 2 * filters, filters),
        kernel=kernel,
        batch_normalization=batch_normalization,
    )


def discriminator(
    data_shape,
    *,
    filters: int,
    depth: int = 3,
    hidden: str = "leaky_relu",
    kernel: int = 4,
    batch_normalization: bool = False,
    before_last: Iterable[keras.Layer] = (),
) -> keras.Sequential:
    """The house's discriminator: for images (height, width, channels) two convolutions of stride
    2, of filters and 2·filters channels; for other shapes a perceptron, 4·filters wide.

    Args:
        data_shape: as in `perceptron_discriminator` and, for images, `convolutional_discriminator`.
        filters: channels of the first convolution, or a quarter of the perceptron's width.
        depth, hidden: hidden layers of the perceptron, and their activation.
        kernel, batch_normalization: of the convolutions.
        before_last: layers before the logit, of either network.

    Returns:
        Network from `(n, *data_shape)` to `(n, 1)`.

    Raises:
        ValueError: naming the argument.
    """
    shape = check_shape(data_shape)
    check_count("filters", filters)
    if len(shape) != 3:
        return perceptron_discriminator(
            shape, units=4 * filters, depth=depth, hidden=hidden, before_last=before_last
        )
    return convolutional_discriminator(
        shape,
        widths=(filters, 2 * filters),
        kernel=kernel,
        batch_normalization=batch_normalization,
        before_last=before_last,
    )


def _new(initializer: Initializer) -> Any:
    """A layer's own initializer, which Keras types as a name."""
    return initializer()
