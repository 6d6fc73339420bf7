"""`python -m kgan.cli` is the command `kgan`."""

from kgan.cli import main

main()
