"""Figures: Activations and dropout."""
