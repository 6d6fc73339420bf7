"""What the claims say, one topic a file, named as the field names it.

`theory.registry.CLAIM_MODULES` lists the files; mistakes are in `theory.errata`.
"""
