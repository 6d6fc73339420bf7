"""Errata on conditional, translating and style-based generators (see `errata`)."""
