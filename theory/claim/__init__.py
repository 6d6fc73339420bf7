"""What a claim is, how it is verified, and where all of them are found.

The folder has the name of its class, because `theory.claims` is the function that lists them.
"""

from theory.claim.claim import (
    AS_STATED,
    SAMPLING_BOUND,
    TOPICS,
    Claim,
    Evidence,
    Status,
    Verdict,
    excess,
)
from theory.claim.sizes import rounds_to

__all__ = [
    "AS_STATED",
    "SAMPLING_BOUND",
    "TOPICS",
    "Claim",
    "Evidence",
    "Status",
    "Verdict",
    "excess",
    "rounds_to",
]
