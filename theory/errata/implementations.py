"""Mistakes of public implementations that are formulas (see `errata`)."""
