"""Disjoint supports: JS constant, no gradient (claims A-SUP-01 to 04 and 06)."""
