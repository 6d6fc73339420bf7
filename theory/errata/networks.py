"""Errata on activations and dropout (see `errata`)."""
