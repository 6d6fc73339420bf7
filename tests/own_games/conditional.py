"""A conditional GAN: both networks are told the class (Mirza and Osindero 2014)."""

import keras
from keras import layers

import kgan


@keras.saving.register_keras_serializable(package="own")
class ConditionalGAN(kgan.TwoPlayerGame):
    def __init__(self, data_shape, *, classes=3, **options):
        self.classes = classes
        label = kgan.Part((), "label", classes=classes)
        super().__init__(data_shape, conditions={"label": label}, **options)

    def default_generator(self):
        z, label = keras.Input((self.latent_dim,)), keras.Input((), dtype="int32")
        x = layers.Concatenate()([z, layers.Embedding(self.classes, 4)(label)])
        x = layers.Dense(32, activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dense(64, activation="tanh")(x)
        return keras.Model([z, label], layers.Reshape(self.data_shape)(x))

    def default_discriminator(self):
        x, label = keras.Input(self.data_shape), keras.Input((), dtype="int32")
        h = layers.Concatenate()([layers.Flatten()(x), layers.Embedding(self.classes, 4)(label)])
        h = layers.Dense(32, activation="leaky_relu")(h)
        return keras.Model([x, label], layers.Dense(1)(h))
