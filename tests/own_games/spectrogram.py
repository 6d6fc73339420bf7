"""A GAN of spectrograms, R1 penalised, that matches features of a frozen network."""

import keras
from keras import layers, ops

import kgan


@keras.saving.register_keras_serializable(package="own")
class SpectrogramGAN(kgan.TwoPlayerGame):
    def __init__(self, data_shape, *, matching=1.0, **options):
        self.matching = matching
        super().__init__(
            data_shape,
            kind="spectrogram",
            data_range=None,
            penalties=(kgan.penalties.R1(1.0, every=2),),
            **options,
        )
        self.features = keras.Sequential(
            [layers.Input(data_shape), layers.Conv2D(4, 3, 2, activation="tanh"), layers.Flatten()]
        )
        self.features.trainable = False

    def default_generator(self):
        frames, bins, _ = self.data_shape
        return keras.Sequential(
            [
                layers.Input((self.latent_dim,)),
                layers.Dense(frames // 4 * bins // 4 * 8, activation="relu"),
                layers.Reshape((frames // 4, bins // 4, 8)),
                layers.Conv2DTranspose(8, 4, 2, padding="same", activation="relu"),
                layers.Conv2DTranspose(1, 4, 2, padding="same"),
            ]
        )

    def default_discriminator(self):
        return keras.Sequential(
            [
                layers.Input(self.data_shape),
                layers.Conv2D(8, 4, 2, padding="same", activation="leaky_relu"),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )

    def log_names(self):
        return (*super().log_names(), "matching")

    def generator_loss(self, real, fake, batch):
        loss, logs = super().generator_loss(real, fake, batch)
        means = [ops.mean(self.features(x), axis=0) for x in (real, fake)]
        distance = ops.mean(ops.square(means[0] - means[1]))
        return loss + self.matching * distance, {**logs, "matching": distance}
