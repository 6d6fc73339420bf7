"""An auxiliary classifier GAN: the discriminator names the class (Odena, Olah, Shlens 2017)."""

import keras
from keras import layers, ops

import kgan


@keras.saving.register_keras_serializable(package="own")
class AuxiliaryGAN(kgan.TwoPlayerGame):
    def __init__(self, data_shape, *, classes=3, class_weight=1.0, **options):
        self.classes = classes
        self.class_weight = class_weight
        label = kgan.Part((), "label", classes=classes)
        super().__init__(data_shape, conditions={"label": label}, **options)

    def default_generator(self):
        z, label = keras.Input((self.latent_dim,)), keras.Input((), dtype="int32")
        x = layers.Multiply()([z, layers.Embedding(self.classes, self.latent_dim)(label)])
        x = layers.Dense(32, activation="relu")(x)
        x = layers.Dense(64, activation="tanh")(x)
        return keras.Model([z, label], layers.Reshape(self.data_shape)(x))

    def default_discriminator(self):
        x = keras.Input(self.data_shape)
        h = layers.Conv2D(8, 4, 2, padding="same", activation="leaky_relu")(x)
        h = layers.Dropout(0.2)(layers.Flatten()(h))
        return keras.Model(x, {"score": layers.Dense(1)(h), "class": layers.Dense(self.classes)(h)})

    def told(self, batch, player, x):
        return x if player == "discriminator" else super().told(batch, player, x)

    def log_names(self):
        return (*super().log_names(), "real_class_loss", "fake_class_loss")

    def discriminator_loss(self, real, fake, batch):
        answers = self.discriminate_both(batch, real, fake)
        loss, logs = self.adversarial_loss(*answers)
        names = "real_class_loss", "fake_class_loss"
        wrong = {n: self.class_loss(a, batch) for n, a in zip(names, answers, strict=True)}
        return loss + self.class_weight * sum(wrong.values()), {**logs, **wrong}

    def generator_loss(self, real, fake, batch):
        answer = self.discriminate(batch, fake)
        wrong = self.class_loss(answer, batch)
        return self.objective.generator(answer["score"]) + self.class_weight * wrong, {}

    def class_loss(self, answer, batch):
        return ops.mean(
            keras.losses.sparse_categorical_crossentropy(
                batch["label"], answer["class"], from_logits=True
            )
        )
