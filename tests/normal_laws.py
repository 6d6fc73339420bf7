"""Closed forms, or 30-digit quadratures, for two normal laws given as (mean, std)."""

import math

import mpmath as mp
from scipy.special import ndtr

LOG2, LOG4 = math.log(2), math.log(4)

# near, 30 standard deviations apart, spreads 1e4 and 1e8 apart
NORMALS = [
    ((0, 1), (0, 1)),
    ((0, 1), (1, 1)),
    ((0, 1), (1e-3, 1)),
    ((0, 1), (30, 1)),
    ((30, 2), (-30, 2)),
    ((0, 1), (0, 1e4)),
    ((0, 1e4), (3, 1)),
    ((5, 1e-4), (-40, 1e4)),
]


def normal_kl(p, q):
    (m, s), (n, t) = p, q
    return math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5


def normal_js(p, q):
    """JS by 30-digit quadrature of its definition, cut around both peaks."""
    with mp.workdps(30):
        cuts = sorted({m + k * s for m, s in (p, q) for k in (-12, -6, -3, -1, 0, 1, 3, 6, 12)})

        def integrand(x):
            a, b = mp.npdf(x, *p), mp.npdf(x, *q)
            m = (a + b) / 2
            return sum((d * mp.log(d / m) for d in (a, b) if d > 0), mp.mpf(0)) / 2

        return float(mp.quad(integrand, [mp.mpf(c) for c in cuts]))


def normal_tv(p, q):
    """Half the L1 distance from the points where the densities cross."""
    (m, s), (n, t) = p, q
    if s == t:
        return 2 * ndtr(abs(m - n) / (2 * s)) - 1
    a = 1 / t**2 - 1 / s**2
    b = m / s**2 - n / t**2
    c = n**2 / t**2 - m**2 / s**2 + 2 * math.log(t / s)
    root = math.sqrt(b**2 - a * c)
    low, high = sorted([(-b - root) / a, (-b + root) / a])

    def inside(mean, std):
        return ndtr((high - mean) / std) - ndtr((low - mean) / std)

    return abs(inside(m, s) - inside(n, t))


def normal_w1(p, q):
    """E|d + e Z|: the mean of a folded normal."""
    d, e = p[0] - q[0], abs(p[1] - q[1])
    if e == 0:
        return abs(d)
    folded = e * math.sqrt(2 / math.pi) * math.exp(-((d / e) ** 2) / 2)
    return folded + d * (1 - 2 * ndtr(-d / e))
