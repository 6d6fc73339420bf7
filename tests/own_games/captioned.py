"""A GAN that is told a sentence, as the numbers of its words (Reed et al. 2016)."""

import keras
from keras import layers

import kgan


@keras.saving.register_keras_serializable(package="own")
class CaptionedGAN(kgan.TwoPlayerGame):
    objective = kgan.losses.hinge

    def __init__(self, data_shape, **options):
        caption = kgan.Part((6,), "text", classes=50)
        super().__init__(data_shape, conditions={"caption": caption}, **options)

    def read_words(self, caption):
        return layers.GlobalAveragePooling1D()(layers.Embedding(50, 4)(caption))

    def default_generator(self):
        z, caption = keras.Input((self.latent_dim,)), keras.Input((6,), dtype="int32")
        x = layers.Concatenate()([z, self.read_words(caption)])
        x = layers.Dense(32, activation="relu")(x)
        x = layers.Dense(64, activation="tanh")(x)
        return keras.Model([z, caption], layers.Reshape(self.data_shape)(x))

    def default_discriminator(self):
        x, caption = keras.Input(self.data_shape), keras.Input((6,), dtype="int32")
        h = layers.Conv2D(8, 4, 2, padding="same", activation="leaky_relu")(x)
        h = layers.Concatenate()([layers.Flatten()(h), self.read_words(caption)])
        h = layers.Dense(16, activation="leaky_relu")(h)
        return keras.Model([x, caption], layers.Dense(1)(h))
