"""Errata on architecture search (see `errata`)."""
