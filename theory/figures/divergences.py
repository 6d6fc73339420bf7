"""Figures: D* and the divergences."""
