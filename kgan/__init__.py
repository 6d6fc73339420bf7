"""Generative adversarial networks in Keras 3, checked by an executable theory."""
