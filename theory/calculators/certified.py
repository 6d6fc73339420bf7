"""Divergences of normal laws and their mixtures as balls that are proved to hold the true number.

A ball (`flint.arb`) is a midpoint with a radius, and every operation widens the radius by what it
rounds away. Three things make the ball of an integral over the line right:

1.  The parameters are the floats' exact binary values, as fractions; weights are divided by their
    exact sum.
2.  *Tails.* The line is cut at [A, B] with A <= m - T s and B >= m + T s for the mean m and the
    standard deviation s of every component. Beyond, in the unit t = (x - m) / s, |t| >= T >= 1,
    and with the standard normal density phi and upper tail Phi_c
        Phi_c(T) <= phi(T) / T                                           (Mills' ratio),
        int_T^inf t^2 phi(t) dt = T phi(T) + Phi_c(T) <= (T + 1/T) phi(T),
        int_T^inf (t - T) phi(t) dt = phi(T) - T Phi_c(T) <= phi(T) / (1 + T^2),
    the last because Phi_c(T) is also at least phi(T) T / (1 + T^2).
    From these `_mass_beyond`, `_log_ratio_beyond` and `_move_beyond` bound what is cut off.
3.  *Between A and B* two methods are used:
    - KL, JS and the value are expectations of log ratios of densities, and these continue to
      complex x. `acb.integral` bounds the integrand on an ellipse around a piece of the line,
      which bounds the error of Gauss-Legendre quadrature, if the integrand is holomorphic there.
      A logarithm is not where it meets its branch cut: asked with the flag `analytic` it then
      answers NaN, and the piece is halved.
    - |p - q| and |P - Q| have kinks. But where the sign does not change, the integral of p - q or
      P - Q has a closed form; pieces on which Taylor's formula with its remainder leaves the sign
      open are halved, and what is left of them is bounded by length times height.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from flint import acb, arb, arb_series, ctx, fmpq
from scipy import stats

from theory.calculators.certified_logs import Logs, Normal
from theory.calculators.densities import Mixture, as_law

RADIUS = 1e-20

# What is tried in turn: bits of precision, and how often a piece may be evaluated or halved.
_EFFORTS = ((160, 20_000), (320, 60_000))
_GOAL = 2.0**-76  # each source of error is brought down to this, 1.3e-23
_ORDER = 6  # of Taylor's formula
_NEGLIGIBLE = 30.0  # exp(-30) = 1e-13: of f where its sign matters, times as short a piece
_CUTS = range(10, 40)  # the T that are tried


_Law = tuple[Normal, ...]


def kl(p: Any, q: Any) -> arb:
    """The Kullback-Leibler divergence KL(p || q), as a ball.

    Between two single normal laws it is log(s_q / s_p) + (s_p^2 + (m_p - m_q)^2) / (2 s_q^2) - 1/2;
    else the integral of p log(p/q).

    Args:
        p: a frozen `scipy.stats.norm`, or a `Mixture` of such.
        q: the same.

    Returns:
        A ball that is proved to hold the number, of radius at most 1e-20 max(1, |number|). To
        compute with it without losing digits, set the precision: `with flint.ctx.workprec(128)`.

    Raises:
        ValueError: a law is neither a normal law nor a mixture of normal laws.
        ArithmeticError: the radius is not reached (JS and KL of mixtures whose scales or means are
            very far apart); a wider ball is never returned.
    """
    a, b = _law(p, "p"), _law(q, "q")

    single = len(a) == len(b) == 1

    def attempt(effort: int) -> arb:
        if not single:
            return _expected_log_ratio([(a, a, b)], effort)
        one, other = a[0], b[0]
        m, s, r = one.mean - other.mean, one.std, other.std
        return -arb(s / r).log() + arb((s * s + m * m) / (2 * r * r)) - arb(1) / 2

    return _reach(attempt)


def js(p: Any, q: Any) -> arb:
    """The Jensen-Shannon divergence, (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2.

    Arguments, what is returned and raised: as in `kl`.
    """
    a, b = _law(p, "p"), _law(q, "q")
    m = _joined(_scaled((*a, *b), fmpq(1, 2)))
    return _reach(lambda effort: _expected_log_ratio([(a, a, m), (b, b, m)], effort) / 2)


def value(p: Any, q: Any, d: Any) -> arb:
    """The value of the game E_p[log D] + E_q[log(1 - D)], as a ball; the rest as in `kl`.

    Args:
        p: the law of the data.
        q: the law of the generator.
        d: what `optimal_discriminator` returned for two laws P and Q of this kind, which may be
            others than p and q: D = P / (P + Q).

    Raises:
        ValueError: also when d was not made by `optimal_discriminator`.
    """
    if getattr(d, "laws", None) is None:
        kind = type(d).__name__
        raise ValueError(f"d: got {kind}, expected what theory.optimal_discriminator returns")
    a, b = _law(p, "p"), _law(q, "q")
    real, fake = _law(d.laws[0], "d"), _law(d.laws[1], "d")
    both = _joined((*real, *fake))
    return _reach(lambda effort: _expected_log_ratio([(a, real, both), (b, fake, both)], effort))


def f_divergence(p: Any, q: Any, name: str) -> arb:
    """The f-divergence of a name in `theory.F_DIVERGENCES`, as a ball; the rest as in `kl`.

    Pearson's and Neyman's are in closed form: for p = N(m, s^2), q = N(n, t^2), v = 2 t^2 - s^2 the
    integral of p^2 / q is t^2 / (s sqrt v) exp((m - n)^2 / v), and infinite unless v > 0.

    Raises:
        ValueError: also for pearson and neyman of mixtures.
    """
    a, b = _law(p, "p"), _law(q, "q")
    if name == "reverse-kl":
        return kl(q, p)
    if name in _PLAIN:
        return _PLAIN[name](p, q)
    if name in ("pearson", "neyman"):
        if len(a) != 1 or len(b) != 1:
            raise ValueError(
                f"f: got {name!r} of mixtures with certified=True, expected normal laws"
            )
        one, other = (a[0], b[0]) if name == "pearson" else (b[0], a[0])
        v = 2 * other.std * other.std - one.std * one.std
        if v <= 0:
            return arb.pos_inf()
        d = one.mean - other.mean
        front = other.std * other.std / one.std
        return _reach(lambda _: arb(front) / arb(v).sqrt() * arb(d * d / v).exp() - 1)
    if name == "gan":
        terms = [(a, a, _joined((*a, *b))), (b, b, _joined((*a, *b)))]
    elif name == "jeffreys":
        terms = [(a, a, b), (b, b, a)]
    else:
        return _reach(lambda effort: 2 - 2 * _affinity(a, b, effort))
    return _reach(lambda effort: _expected_log_ratio(terms, effort))


def total_variation(p: Any, q: Any) -> arb:
    """Half the integral of |p - q|, as a ball; arguments, radius and errors as in `kl`."""
    difference = _difference(p, q)
    if not difference:
        return arb(0)

    def attempt(effort: int) -> arb:
        size = sum(abs(arb(c.weight)) for c in difference)
        return _absolute(
            _taylor(difference),
            lambda x: _distribution(difference, x),
            difference,
            lambda t: size * _mass_beyond(t),
            effort,
        )

    return _reach(lambda effort: attempt(effort) / 2)


def wasserstein(p: Any, q: Any) -> arb:
    """The Wasserstein distance of order 1, the integral of |P - Q|; the rest as in `kl`."""
    difference = _difference(p, q)
    if not difference:
        return arb(0)

    def attempt(effort: int) -> arb:
        return _absolute(
            _taylor(difference, integrated=True),
            lambda x: _area(difference, x),
            difference,
            lambda t: _move_beyond(difference, t),
            effort,
        )

    return _reach(attempt)


_PLAIN = {"kl": kl, "js": js, "total-variation": total_variation}


def _law(p: Any, name: str) -> _Law:
    """The components with mass."""
    law = as_law(p, name)
    if not isinstance(law, Mixture):
        kind = type(law).__name__
        raise ValueError(f"certified: got {kind}, expected normal laws and their mixtures")
    parts = []
    for frozen, w in law._parts:
        if frozen.dist.__class__ != stats.norm.__class__:
            kind = frozen.dist.name
            raise ValueError(f"certified: got {kind}, expected normal laws and their mixtures")
        _, mean, std = frozen.dist._parse_args(*frozen.args, **frozen.kwds)
        columns = (w, np.broadcast_to(mean, w.shape), np.broadcast_to(std, w.shape))
        for row in zip(*columns, strict=True):
            parts.append(Normal(*(fmpq(*float(entry).as_integer_ratio()) for entry in row)))
    return _joined(_scaled(parts, 1 / sum((c.weight for c in parts), fmpq(0))))


def _scaled(parts: Iterable[Normal], factor: fmpq | int) -> _Law:
    return tuple(Normal(c.weight * factor, c.mean, c.std) for c in parts)


def _joined(parts: Iterable[Normal]) -> _Law:
    """Equal components become one; those without weight are dropped."""
    weights: dict[tuple[fmpq, fmpq], Any] = {}
    for c in parts:
        weights[c.mean, c.std] = weights.get((c.mean, c.std), 0) + c.weight
    return tuple(Normal(w, m, s) for (m, s), w in weights.items() if w)


def _difference(p: Any, q: Any) -> _Law:
    """p - q: the components of q have negative weights, and what both have is gone."""
    return _joined((*_law(p, "p"), *_scaled(_law(q, "q"), -1)))


def _reach(attempt: Callable[[int], arb]) -> arb:
    """The first attempt that keeps the promise about the radius."""
    ball = arb.nan()
    for precision, effort in _EFFORTS:
        with ctx.workprec(precision):
            ball = attempt(effort)
            if ball.is_finite() and ball.rad() <= RADIUS * ball.abs_lower().max(1):
                return ball
    radius = float(ball.rad())
    raise ArithmeticError(f"certified: reached a radius of {radius:.1e}, promised is {RADIUS}")


# The tails.


def _phi(t: int) -> arb:
    """The standard normal density."""
    return (arb(-t * t) / 2).exp() / (2 * arb.pi()).sqrt()


def _mass_beyond(t: int) -> arb:
    """At least the mass of a law beyond A and B: 2 phi(T) / T."""
    return 2 * _phi(t) / t


def _log_ratio_beyond(law: _Law, a: _Law, b: _Law, t: int) -> arb:
    """At least the integral of law |log a - log b| beyond A and B.

    A density is at most U = sum_j w_j / (s_j sqrt(2 pi)), and at least any one of its terms:
    log b(x) >= log(w_j / (s_j sqrt(2 pi))) - (x - m_j)^2 / (2 s_j^2). With x = m + s t and
    |t| >= 1, |x - m_j| <= (|m - m_j| + s) |t|. So log a - log b <= C t^2, and log b - log a
    likewise; it remains t^2 phi, on both sides.
    """
    unit = (2 * arb.pi()).sqrt()
    total = arb(0)
    for own in law:
        size = arb(0)
        for over, under in ((a, b), (b, a)):
            top = sum((arb(c.weight / c.std) / unit for c in over), arb(0)).log()
            widest = max(under, key=lambda c: (c.std, c.weight))
            bottom = (arb(widest.weight / widest.std) / unit).log()
            reach = (abs(arb(own.mean - widest.mean)) + arb(own.std)) / arb(widest.std)
            size += abs(top - bottom) + reach * reach / 2
        total += arb(own.weight) * size
    return total * 2 * (t + arb(1) / t) * _phi(t)


def _move_beyond(difference: _Law, t: int) -> arb:
    """At least the integral of |P - Q| beyond A and B, by the third inequality."""
    return sum(abs(arb(c.weight)) * arb(c.std) for c in difference) * 2 * _phi(t) / (1 + t * t)


def _cut(laws: Sequence[Normal], beyond: Callable[[int], arb]) -> tuple[arb, arb, arb]:
    """A, B and the bound of the tails, for the least T that makes the bound small."""
    t = next((t for t in _CUTS if beyond(t) < _GOAL), _CUTS[-1])
    low = min((arb(c.mean) - t * arb(c.std)).lower() for c in laws)
    high = max((arb(c.mean) + t * arb(c.std)).upper() for c in laws)
    return low, high, beyond(t).upper()


def _around(ball: arb, error: arb) -> arb:
    """The ball, wider by the error on both sides."""
    return ball + arb(0, error)


# KL, JS and the value: expectations of log ratios, whose integrands are holomorphic.


def _expected_log_ratio(terms: Sequence[tuple[_Law, _Law, _Law]], effort: int) -> arb:
    """The sum over the terms (law, a, b) of the integral of law(x) log(a(x) / b(x))."""
    laws = list(dict.fromkeys(law for term in terms for law in term))
    logs, numbers = Logs(laws), [tuple(map(laws.index, term)) for term in terms]
    low, high, tails = _cut(
        [c for law, _, _ in terms for c in law],
        lambda t: sum((_log_ratio_beyond(*term, t) for term in terms), arb(0)),
    )

    def integrand(x: acb, analytic: bool) -> acb:
        if not x.imag.contains(0):  # see `certified_logs`
            return acb(arb.nan())
        here = logs.at(x)
        return sum(
            (here.density(law) * here.log_ratio(a, b, analytic) for law, a, b in numbers), acb(0)
        )

    inside = acb.integral(integrand, low, high, abs_tol=_GOAL, rel_tol=_GOAL, eval_limit=effort)
    return _around(inside.real, tails)


def _affinity(a: _Law, b: _Law, effort: int) -> arb:
    """The integral of sqrt(a b), which is at most (a + b) / 2: the tails are at most their mass."""
    logs = Logs((a, b))
    low, high, tails = _cut((*a, *b), _mass_beyond)

    def integrand(x: acb, analytic: bool) -> acb:
        if not x.imag.contains(0):
            return acb(arb.nan())
        here = logs.at(x)
        return here.density(0) * (here.log_ratio(1, 0, analytic) / 2).exp()

    inside = acb.integral(integrand, low, high, abs_tol=_GOAL, rel_tol=_GOAL, eval_limit=effort)
    return _around(inside.real, tails)


def _heights(law: _Law) -> list[tuple[arb, arb, arb]]:
    """Of each component h, m and c in the density h exp(c (x - m)^2)."""
    unit = (2 * arb.pi()).sqrt()
    return [(arb(n.weight / n.std) / unit, arb(n.mean), arb(-1 / (2 * n.std * n.std))) for n in law]


# Total variation and W1: integrands with kinks, f = p - q or P - Q.


def _taylor(difference: _Law, integrated: bool = False) -> Callable[[arb], arb]:
    """The function box -> a ball that holds f(x) for every x of the box.

    With c the middle of the box, f(x) = sum_k<n f_k(c) (x - c)^k + f_n(y) (x - c)^n for some y in
    the box, f_k being the k-th derivative over k!. They come from arithmetic with power series.
    Components that are negligible on the box are bounded instead, see `_Nearest`.
    """
    length = _ORDER + 1
    parts = _heights(difference)
    nearest = _Nearest(difference, integrated)

    def density(at: arb, those: list[int]) -> arb_series:
        """p - q around the point (or any point of the ball) `at`."""
        total = arb_series([0], length)
        for k in those:
            height, mean, c = parts[k]
            x = arb_series([at - mean, 1], length)
            total += (x * x * c).exp() * height
        return total

    def f(box: arb) -> arb:
        middle = box.mid()
        those, rest = nearest.on(box)
        step, near, far = box - middle, density(middle, those), density(box, those)
        terms = [*(near[k] for k in range(_ORDER)), far[_ORDER]]
        if integrated:
            some = [difference[k] for k in those]
            terms = [_distribution(some, middle), *(t / k for k, t in enumerate(terms, 1))]
        result = arb(0)
        for term in reversed(terms):
            result = result * step + term
        return result + rest

    return f


class _Nearest:
    """Which components matter on a box, and a ball that holds the sum of the others.

    In the unit t of a component its density is at most h exp(-t^2 / 2), h its height, and what
    of its mass lies beyond t >= 1 at most w exp(-t^2 / 2). Both are computed in float64, and the
    margin of 1e-6 is far above the rounding there.
    """

    def __init__(self, difference: _Law, integrated: bool) -> None:
        self.means, self.stds, weights = (
            np.array([float(getattr(c, name)) for c in difference], dtype=float)
            for name in ("mean", "std", "weight")
        )
        self.weights = [arb(c.weight) for c in difference]
        with np.errstate(divide="ignore"):
            self.logs = np.log(np.abs(weights)) - (0 if integrated else np.log(self.stds))
        self.integrated = integrated

    def on(self, box: arb) -> tuple[list[int], arb]:
        middle, radius = float(box.mid()), float(box.rad()) * (1 + 1e-9)
        apart = np.abs(self.means - middle)
        near = np.maximum(apart - radius, 0) / self.stds * (1 - 1e-9)
        far = (apart + radius) / self.stds
        most = self.logs - near**2 / 2
        left_out = (near > 1) & (most < (self.logs - far**2 / 2).max() - _NEGLIGIBLE)
        those = np.flatnonzero(~left_out).tolist()
        error = float(np.exp(most[left_out]).sum()) * (1 + 1e-6) + 1e-300
        rest = arb(0, error)
        if self.integrated:  # all the mass of a component below the box
            below = np.flatnonzero(left_out & (self.means < middle)).tolist()
            rest += sum((self.weights[k] for k in below), arb(0))
        return those, rest


def _standard(difference: Iterable[Normal], x: arb) -> Iterator[tuple[arb, arb, arb, arb]]:
    """Of each component: weight, standard deviation, t = (x - m)/s and Phi(t)."""
    for c in difference:
        t = (x - arb(c.mean)) / arb(c.std)
        yield arb(c.weight), arb(c.std), t, (-t / arb(2).sqrt()).erfc() / 2


def _distribution(difference: Iterable[Normal], x: arb) -> arb:
    """P(x) - Q(x), the antiderivative of p - q."""
    return sum((w * below for w, _, _, below in _standard(difference, x)), arb(0))


def _area(difference: _Law, x: arb) -> arb:
    """The antiderivative of P - Q: sum of w s (t Phi(t) + phi(t))."""
    unit = (2 * arb.pi()).sqrt()
    terms = _standard(difference, x)
    return sum(
        (w * s * (t * below + (-t * t / 2).exp() / unit) for w, s, t, below in terms), arb(0)
    )


def _absolute(
    f: Callable[[arb], arb],
    antiderivative: Callable[[arb], arb],
    difference: _Law,
    beyond: Callable[[int], arb],
    effort: int,
) -> arb:
    """The integral of |f|: pieces without sign are halved, the largest first."""
    low, high, tails = _cut(difference, beyond)
    signed: list[tuple[arb, arb, bool]] = []
    open_: list[tuple[float, int, arb, arb, arb]] = []  # a heap: the largest bound comes first
    ties = itertools.count()
    pieces = [(low, high)]
    for _halving in range(effort):
        for a, b in pieces:
            values = f(a.union(b))
            if values > 0 or values < 0:
                signed.append((a, b, values > 0))
            else:
                most = (b - a) * abs(values).upper() if values.is_finite() else arb.pos_inf()
                heapq.heappush(open_, (-float(most), next(ties), a, b, most))
        if not open_ or -open_[0][0] * len(open_) <= _GOAL:
            break
        _, _, a, b, _ = heapq.heappop(open_)
        middle = ((a + b) / 2).mid()
        pieces = [(a, middle), (middle, b)]
    total = arb(0)
    signed.sort(key=lambda piece: piece[0])
    while signed:  # one piece for each run of neighbours with the same sign
        a, b, sign = signed.pop()
        while signed and signed[-1][2] == sign and signed[-1][1] == a:
            a = signed.pop()[0]
        total += abs(antiderivative(b) - antiderivative(a))
    return sum((_around(total, tails), *(arb(0).union(most) for *_, most in open_)), arb(0))
