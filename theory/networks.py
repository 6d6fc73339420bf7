"""Activations, maxout, dropout, momentum (claims A-NN)."""
