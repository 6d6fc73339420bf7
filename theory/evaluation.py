"""Parzen windows and the comparison of models (claims A-EVA)."""
