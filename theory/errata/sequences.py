"""Errata on recurrent networks, embeddings and music (see `errata`)."""
