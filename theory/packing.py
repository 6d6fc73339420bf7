"""Packing: sets of m samples under TV, KL and JS (claims A-MC-04 to 09 and 12)."""
