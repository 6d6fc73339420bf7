"""Explicit and implicit densities (claims A-GEN)."""
