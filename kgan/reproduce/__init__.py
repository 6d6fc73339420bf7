"""Published protocols, run again: our figures beside those that were published.

A protocol is a function of a module of this package,

    protocol(seeds: int | None, steps: int | None, methods: list | None, journal) -> Reproduction

where None stands for what the module says. It is imported when its name is asked for, so that only
a protocol that trains networks loads Keras.
"""

import importlib
from collections.abc import Sequence

from kgan.checks import check_choice, check_count
from kgan.reproduce.journal import Journal
from kgan.reproduce.table import Reproduction

PROTOCOLS = {
    "dirac": "kgan.reproduce.dirac:run",
    "pacgan-ring": "kgan.reproduce.pacgan:ring",
    "pacgan-grid": "kgan.reproduce.pacgan:grid",
    "unrolled-ring": "kgan.reproduce.unrolled:ring",
    "wgan-gp-toy": "kgan.reproduce.wgan_gp:toy",
    "stacked-digits": "kgan.reproduce.stacked_digits:run",
}
TRAINS = tuple(name for name in PROTOCOLS if name != "dirac")  # networks, and so needs Keras


def run(
    name: str,
    *,
    seeds: int | None = None,
    steps: int | None = None,
    methods: Sequence[str] | None = None,
    journal: Journal | None = None,
) -> Reproduction:
    """Run a published protocol.

    Args:
        name: one of `PROTOCOLS`.
        seeds: how many runs the means and standard errors of random figures are taken over, >= 1;
            the protocol's own number by default.
        steps: how many steps each run takes, >= 1; the protocol's own number by default, which is
            less than was published where that would take hours.
        methods: the methods of its table to run; by default those that the protocol names first.
        journal: where finished trainings are kept, and found again; by default they are not kept.

    Raises:
        ValueError: an unknown protocol or method, or no count.
    """
    check_choice("protocol", name, PROTOCOLS)
    for argument, count in (("seeds", seeds), ("steps", steps)):
        if count is not None:
            check_count(argument, count)
    module, function = PROTOCOLS[name].split(":")
    protocol = getattr(importlib.import_module(module), function)
    return protocol(seeds=seeds, steps=steps, methods=methods, journal=journal or Journal())
