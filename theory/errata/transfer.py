"""Errata on imbalance, transfer and metrics (see `errata`)."""
