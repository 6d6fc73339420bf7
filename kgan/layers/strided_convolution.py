"""A strided convolution whose gradients are fast on every backend."""

from typing import Any

import keras

from kgan import autodiff

ops: Any = keras.ops  # its functions carry no types


@keras.saving.register_keras_serializable(package="kgan")
class StridedConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, with another way to the same numbers where its gradient is slow.

    XLA's gradient of a strided convolution by its input is slow on a processor, and so is a
    gradient penalty's second derivative of it. There the rows and columns of each stride become
    channels (Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution", figure 1, read
    backwards), and a product of patches with the kernel does the same sums in another order.

    Args, input and output: as of `keras.layers.Conv2D`; channels last.
    """

    def convolution_op(self, inputs, kernel):
        stride = self.strides[0]
        plain = (
            self.strides != (stride, stride)
            or stride == 1
            or self.padding != "same"
            or self.data_format != "channels_last"
            or self.dilation_rate != (1, 1)
            or self.groups != 1
            or None in inputs.shape[1:]
        )
        if plain or not autodiff.slow_strides():
            return super().convolution_op(inputs, kernel)
        return strided_convolution(inputs, kernel, stride)


def strided_convolution(x: Any, kernel: Any, stride: int) -> Any:
    """A convolution of stride s with "same" padding, as a product of patches with the kernel.

    Args:
        x: images `(n, height, width, channels)`, sides known.
        kernel: weights `(rows, columns, channels, filters)`.
        stride: s >= 1, of both axes.

    Returns:
        Tensor `(n, ⌈height/s⌉, ⌈width/s⌉, filters)`.
    """
    padding, blocks, kernel_padding = [(0, 0)], [], []
    for size, width in zip(x.shape[1:3], kernel.shape[:2], strict=True):
        out = -(-size // stride)
        before = max((out - 1) * stride + width - size, 0) // 2
        whole = -(-width // stride)  # blocks of a kernel that is filled up with zeros
        length = (out - 1 + whole) * stride
        padding.append((before, max(length - size - before, 0)))
        kernel_padding.append((0, whole * stride - width))
        blocks.append((out - 1 + whole, whole))
    channels, filters = kernel.shape[2:]
    x = ops.pad(x, [*padding, (0, 0)])
    (rows, tall), (columns, wide) = blocks
    x = x[:, : rows * stride, : columns * stride]
    x = ops.reshape(x, (-1, rows, stride, columns, stride, channels))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, rows, columns, stride**2 * channels))
    kernel = ops.pad(kernel, [*kernel_padding, (0, 0), (0, 0)])
    kernel = ops.reshape(kernel, (tall, stride, wide, stride, channels, filters))
    kernel = ops.reshape(ops.transpose(kernel, (0, 2, 1, 3, 4, 5)), (-1, filters))
    high, broad = rows - tall + 1, columns - wide + 1
    patches = [x[:, i : i + high, j : j + broad] for i in range(tall) for j in range(wide)]
    return ops.matmul(ops.concatenate(patches, axis=-1), kernel)
