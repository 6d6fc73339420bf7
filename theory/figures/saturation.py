"""Figures: Saturation."""
