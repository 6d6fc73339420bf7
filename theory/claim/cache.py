"""Where results are kept that are costly or that another program found."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def folder() -> Path:
    """The folder KGAN_CACHE, by default one in the user's cache folder; it need not exist."""
    if chosen := os.environ.get("KGAN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kgan"
