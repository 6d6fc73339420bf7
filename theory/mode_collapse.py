"""Mode collapse: best responses, dropped modes (claims A-MC-01 to 03, 10, 11, 13)."""
