"""The step in JAX: one `jax.jit` program that gets the state of the last step and gives it up;
minibatches come from the host."""

from functools import partial

import jax
import jax.numpy as jnp

from plain import adam, joins

NAME = "plain jax.jit step"


def accelerated() -> bool:
    return jax.default_backend() != "cpu"


def bce(logits, target: float):
    """Cross-entropy with the labels 1 or 0."""
    return jnp.mean(jax.nn.softplus(-logits if target else logits))


class Plain:
    def __init__(self, generator, discriminator, latent_dim: int, batch: int, jit_compile: bool):
        del jit_compile  # always
        g, d = generator, discriminator
        g_optimizer, d_optimizer = adam(), adam()
        g_optimizer.build(g.trainable_variables)
        d_optimizer.build(d.trainable_variables)
        joined = joins(d)

        def run(network, weights, others, x):
            y, others = network.stateless_call(weights, others, x, training=True)
            return y.astype("float32"), others

        def d_loss_of(weights, others, real, fake):
            if joined:
                logits, others = run(d, weights, others, jnp.concatenate([real, fake]))
                real_logits, fake_logits = logits[:batch], logits[batch:]
            else:
                real_logits, others = run(d, weights, others, real)
                fake_logits, others = run(d, weights, others, fake)
            return bce(real_logits, 1) + bce(fake_logits, 0), others

        def g_loss_of(weights, others, d_weights, d_others, noise):
            fake, others = run(g, weights, others, noise)
            return bce(run(d, d_weights, d_others, fake)[0], 1), others

        @partial(jax.jit, donate_argnums=0)
        def step(state, real):
            (g_weights, g_others, g_slots), (d_weights, d_others, d_slots), key = state
            key, *keys = jax.random.split(key, 3)
            first, second = (jax.random.normal(k, (batch, latent_dim)) for k in keys)
            fake, _ = run(g, g_weights, g_others, first)
            (d_loss, d_others), slopes = jax.value_and_grad(d_loss_of, has_aux=True)(
                d_weights, d_others, real, fake
            )
            d_weights, d_slots = d_optimizer.stateless_apply(d_slots, slopes, d_weights)
            (g_loss, g_others), slopes = jax.value_and_grad(g_loss_of, has_aux=True)(
                g_weights, g_others, d_weights, d_others, second
            )
            g_weights, g_slots = g_optimizer.stateless_apply(g_slots, slopes, g_weights)
            g_state, d_state = (g_weights, g_others, g_slots), (d_weights, d_others, d_slots)
            return (g_state, d_state, key), (d_loss, g_loss)

        self.compiled = step
        self.state = jax.tree.map(
            jnp.copy,
            (
                *(
                    [
                        [v.value for v in variables]
                        for variables in (
                            network.trainable_variables,
                            network.non_trainable_variables,
                            optimizer.variables,
                        )
                    ]
                    for network, optimizer in ((g, g_optimizer), (d, d_optimizer))
                ),
                jax.random.key(0),
            ),
        )

    def step(self, real):
        self.state, losses = self.compiled(self.state, jax.device_put(real))
        return losses
