"""Figures: Dynamics of the game."""
