"""The step in TensorFlow: `tf.function`, gradient tapes, Keras's Adam."""

import keras
import tensorflow as tf

from plain import adam, joins

NAME = "plain tf.function step"


def accelerated() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


class Plain:
    def __init__(self, generator, discriminator, latent_dim: int, batch: int, jit_compile: bool):
        g, d = generator, discriminator
        g_optimizer, d_optimizer = adam(), adam()
        g_optimizer.build(g.trainable_variables)
        d_optimizer.build(d.trainable_variables)
        bce = keras.losses.BinaryCrossentropy(from_logits=True)
        ones, zeros = tf.ones((batch, 1)), tf.zeros((batch, 1))
        joined = joins(d)

        def scores(x):
            return tf.cast(d(x, training=True), "float32")

        @tf.function(jit_compile=jit_compile)
        def step(real):
            fake = g(tf.random.normal((batch, latent_dim)), training=True)
            fake = tf.cast(fake, "float32")
            with tf.GradientTape() as tape:
                if joined:
                    logits = scores(tf.concat([real, fake], axis=0))
                    d_loss = 2 * bce(tf.concat([ones, zeros], axis=0), logits)  # of two means
                else:
                    d_loss = bce(ones, scores(real)) + bce(zeros, scores(fake))
            gradients = tape.gradient(d_loss, d.trainable_variables)
            d_optimizer.apply_gradients(zip(gradients, d.trainable_variables, strict=True))
            noise = tf.random.normal((batch, latent_dim))
            with tf.GradientTape() as tape:
                g_loss = bce(ones, scores(g(noise, training=True)))
            gradients = tape.gradient(g_loss, g.trainable_variables)
            g_optimizer.apply_gradients(zip(gradients, g.trainable_variables, strict=True))
            return d_loss, g_loss

        self.step = step
