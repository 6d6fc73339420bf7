"""Transport plans: what they are and what they cost (claims A-OT-01 to 05, 12 to 14)."""
