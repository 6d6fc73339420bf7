"""The step in PyTorch: `torch.autograd.grad` and `torch.optim.Adam` on the values of the Keras
networks' variables."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from plain import BETA_1, BETA_2, EPSILON, RATE, joins

NAME = "plain PyTorch step"


def accelerated() -> bool:
    return torch.cuda.is_available()


class Plain:
    def __init__(self, generator, discriminator, latent_dim: int, batch: int, jit_compile: bool):
        del jit_compile  # Keras runs PyTorch eagerly, and so does this
        device = "cuda" if accelerated() else "cpu"
        self.g, self.d = generator, discriminator
        self.g_values = [v.value for v in generator.trainable_variables]
        self.d_values = [v.value for v in discriminator.trainable_variables]
        self.g_optimizer, self.d_optimizer = (
            torch.optim.Adam(values, RATE, betas=(BETA_1, BETA_2), eps=EPSILON)
            for values in (self.g_values, self.d_values)
        )
        self.ones = torch.ones((batch, 1), device=device)
        self.zeros = torch.zeros((batch, 1), device=device)
        self.both = torch.cat([self.ones, self.zeros])
        self.joined = joins(discriminator)
        self.noise = (batch, latent_dim)
        self.device = device

    def step(self, real):
        real = torch.from_numpy(real).to(self.device)
        with torch.no_grad():
            fake = self.g(torch.randn(self.noise, device=self.device), training=True).float()
        if self.joined:
            d_loss = 2 * bce(self.scores(torch.cat([real, fake])), self.both)  # a sum of two means
        else:
            d_loss = bce(self.scores(real), self.ones) + bce(self.scores(fake), self.zeros)
        descend(self.d_optimizer, d_loss, self.d_values)
        noise = torch.randn(self.noise, device=self.device)
        g_loss = bce(self.scores(self.g(noise, training=True)), self.ones)
        descend(self.g_optimizer, g_loss, self.g_values)
        return d_loss.detach(), g_loss.detach()

    def scores(self, x):
        return self.d(x, training=True).float()


def descend(optimizer, loss, values):
    for value, gradient in zip(values, torch.autograd.grad(loss, values), strict=True):
        value.grad = gradient
    optimizer.step()
