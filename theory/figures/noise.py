"""Figures: Disjoint supports and instance noise."""
