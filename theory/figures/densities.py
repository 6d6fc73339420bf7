"""Figures: Explicit densities and evaluation."""
