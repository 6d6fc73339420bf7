"""Figures: Mode collapse and packing."""
