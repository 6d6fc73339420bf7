"""A registry of their own for tests that make up claims."""

import pytest

from theory.claim import claim, registry


@pytest.fixture
def own_registry(monkeypatch):
    """The claims that the test makes are the only ones, and are gone after it."""
    monkeypatch.setattr(claim, "registered", {})
    monkeypatch.setattr(registry, "_modules", dict)
