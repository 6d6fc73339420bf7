"""Wasserstein distances and their duals (claims A-OT-06 to 11, 15, 16)."""
