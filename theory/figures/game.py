"""Figures: the game, and change of variables."""
