"""Errata on supports, noise, transport and collapse (see `errata`)."""
