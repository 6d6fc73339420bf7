"""Instance noise: how overlap restores the gradient (claims A-SUP-05, 07 to 13)."""
