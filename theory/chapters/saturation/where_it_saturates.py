"""Where the gradient dies, and in which variable (claims A-SAT-05, 06 and 08)."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.chapters.saturation.expressions import (
    non_saturating_gradient,
    non_saturating_loss,
    saturating_gradient,
    saturating_loss,
    sigmoid,
)
from theory.chapters.saturation.precise import relative, slopes, values
from theory.claim import AS_STATED, Claim

_PAPER = "Goodfellow et al. 2014, section 3"


limits = Claim(
    id="A-SAT-05",
    alias="saturation-at-zero",
    title="D(G(z)) → 0: saturating gradient → 0, non-saturating → −1",
    statement="Where the discriminator rejects, a -> -infinity and D -> 0, the saturating gradient "
    "in the logit tends to 0 (at a = -10 it is -σ(a) = -0.000045398) and the non-saturating one "
    "tends to -1, a limit never reached. Saturation happens at D near 0, not near 1.",
    formula=r"\lim_{a \to -\infty} \frac{d}{da} \log(1 - \sigma(a)) = 0, \quad \lim_{a \to "
    r"-\infty} \frac{d}{da} \bigl( -\log \sigma(a) \bigr) = -1",
    sources=(
        _PAPER,
        "000_8b69f153baee6a3b.txt:466-470,487-496",
        "001_5040f14b49cef5aa.txt:43",
        "002_d31ce6ddd5a0096b.txt:129",
    ),
)


@limits.symbolic(scope=AS_STATED)
def limits_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = sp.Symbol("s", positive=True)  # e^a
    saturating, other = (sp.diff(f(a), a) for f in (saturating_loss, non_saturating_loss))
    yield "D = σ(a) -> 0 as a -> -inf", sp.limit(sigmoid(a), a, -sp.oo)
    yield "and the saturating gradient -> 0", sp.limit(saturating, a, -sp.oo)
    yield "the non-saturating one -> -1", sp.limit(other, a, -sp.oo) + 1
    yield (
        "and is above -1 for every a: with s = e^a it is -1 + s/(1 + s)",
        sp.simplify(other.subs(a, sp.log(s)) + 1 - s / (1 + s)),
    )
    yield "s/(1 + s) > 0", s / (1 + s) > 0
    yield (
        "near D = 1 the saturating gradient is at its largest: -> -1",
        (sp.limit(saturating, a, sp.oo) + 1),
    )


# σ(-19) = 5.6e-9, and both gradients are nearer to their limits beyond: so 1e-8.
@limits.numerical(tolerance=1e-8, description="both gradients against their limits, a <= -19")
def gradients_at_their_limits(rng):
    a = rng.uniform(-60, -19, 100)
    yield from np.abs(slopes(saturating_loss, a))
    yield from np.abs(slopes(non_saturating_loss, a) + 1)


@limits.numerical(tolerance=1e-15, description="D at a = -10, to 15 digits")
def output_at_minus_ten():
    yield abs(expit(-10.0) - 4.5397868702434395e-05)
    yield abs(slopes(saturating_loss, [-10.0])[0] + 4.5397868702434395e-05)
    yield abs(slopes(non_saturating_loss, [-10.0])[0] + 0.9999546021312976)


@limits.meaning()
def limits_in_words():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    saturating, other = (
        [float(sp.limit(sp.diff(f(a), a), a, end)) for end in (-sp.oo, sp.oo)]
        for f in (saturating_loss, non_saturating_loss)
    )
    yield {
        "a": -10.0,
        "-σ(a)": values(saturating_gradient, [-10.0])[0],
        "D(G(z)) → 0: saturating gradient → 0, non-saturating → −1": saturating[0] == 0
        and other[0] == -1,
        "D -> 0": sp.limit(sigmoid(a), a, -sp.oo) == 0,
        "the saturating gradient in the logit tends to 0": saturating[0] == 0,
        "the non-saturating one tends to -1": other[0] == -1,
        "Saturation happens at D near 0, not near 1": abs(saturating[0]) < abs(saturating[1]),
        r"\lim_{a \to -\infty} \frac{d}{da} \log(1 - \sigma(a))": saturating[0],
        r"\lim_{a \to -\infty} \frac{d}{da} \bigl( -\log \sigma(a) \bigr)": other[0],
    }


@limits.control(
    "saturation is looked for at D near 1, a >= 19", of=gradients_at_their_limits, miss=1
)
def saturation_near_one(rng):
    a = rng.uniform(19, 40, 100)
    yield from np.abs(slopes(saturating_loss, a))


ratio = Claim(
    id="A-SAT-06",
    alias="gradient-ratio",
    title="saturating / non-saturating gradient = e^a = D/(1 − D)",
    statement="The two gradients have the same sign and the ratio e^a = D/(1 - D); at a = 0 both "
    "are -σ(0) = -(1 - σ(0)) = -1/2. At D(G(z)) = 1e-4 the non-saturating one is "
    "(1 - D(G(z)))/D(G(z)) = 9999 times larger.",
    formula=r"\frac{-\sigma(a)}{-(1 - \sigma(a))} = e^a = \frac{D}{1 - D}",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:429-439", "001_5040f14b49cef5aa.txt:43"),
)


@ratio.symbolic(scope=AS_STATED)
def ratio_proof():
    import sympy as sp

    a = sp.Symbol("a", real=True)
    s = sp.Symbol("s", positive=True)  # e^a, so every logit
    saturating, other = (sp.diff(f(a), a) for f in (saturating_loss, non_saturating_loss))
    at = sp.log(s)
    yield "saturating: -s/(1 + s), negative", -sp.simplify(saturating.subs(a, at)) > 0
    yield "non-saturating: -1/(1 + s), negative: the same sign", -sp.simplify(other.subs(a, at)) > 0
    yield "their ratio is e^a", sp.simplify(saturating / other - sp.exp(a))
    yield "which is D/(1 - D)", sp.simplify(sigmoid(a) / (1 - sigmoid(a)) - sp.exp(a))
    yield "saturating: -1/2 at a = 0", saturating.subs(a, 0) + sp.Rational(1, 2)
    yield "non-saturating: -1/2 at a = 0", other.subs(a, 0) + sp.Rational(1, 2)
    small = sp.log(sp.Rational(1, 9999))
    yield "D = 1/10000 at a = -log 9999", sigmoid(small) - sp.Rational(1, 10_000)
    yield "and the ratio is 1/9999 there", (saturating / other).subs(a, small) * 9999 - 1


@ratio.numerical(tolerance=1e-12, description="ratio of the two slopes against e^a, relative")
def ratio_of_the_slopes(rng):
    a = rng.uniform(-30, 30, 100)
    yield from relative(slopes(saturating_loss, a) / slopes(non_saturating_loss, a), np.exp(a))


@ratio.numerical(tolerance=1e-6, description="the factor 9999 at D = 1e-4")
def factor_at_a_small_output():
    a = [np.log(1e-4 / (1 - 1e-4))]
    yield abs(slopes(non_saturating_loss, a)[0] / slopes(saturating_loss, a)[0] - 9999)


@ratio.meaning()
def ratio_in_words(rng):
    a = rng.uniform(-9, 9, 20)
    found = zip(a, slopes(saturating_loss, a), slopes(non_saturating_loss, a), strict=True)
    for logit, saturating, other in found:
        yield {
            "a": logit,
            "D": values(sigmoid, [logit])[0],
            "saturating / non-saturating gradient": saturating / other,
            r"\frac{-\sigma(a)}{-(1 - \sigma(a))}": saturating / other,
        }
    zero = [float(values(f, [0.0])[0]) for f in (saturating_gradient, non_saturating_gradient)]
    yield {"D(G(z))": 1e-4, "at a = 0": None, "-σ(0)": zero[0], "-(1 - σ(0))": zero[1]}


@ratio.control("the logit is 0.01 higher in one loss", of=ratio_of_the_slopes, miss=0.0101)
def ratio_of_different_logits(rng):
    a = rng.uniform(-30, 30, 100)
    apart = slopes(saturating_loss, a + 0.01) / slopes(non_saturating_loss, a)
    yield from relative(apart, np.exp(a))


@ratio.control(
    "the ratio is taken for D, which it is near only at D = 0", of=ratio_of_the_slopes, miss=0.974
)
def ratio_taken_for_the_output(rng):
    a = rng.uniform(-25, 0, 100)
    yield from relative(slopes(saturating_loss, a) / slopes(non_saturating_loss, a), expit(a))


flatness = Claim(
    id="A-SAT-08",
    alias="flat-in-the-logit",
    title="d/dD log(1 − D) = −1 at D = 0: flat in the logit, not in D",
    statement="In the variable D log(1 - D) is not flat at D = 0, its slope there is -1; that of "
    "log D is infinite. What vanishes is the slope in the logit, through σ'(a) = D (1 - D), and "
    "with it the gradient that the logit passes on to the generator's parameters.",
    formula=r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0} = -1, \quad \frac{d}{da} \log(1 - "
    r"\sigma(a)) = -\frac{\sigma'(a)}{1 - D} = -D \to 0 \;\; (D \to 0)",
    sources=(_PAPER, "000_8b69f153baee6a3b.txt:435"),
)


def _log_of_the_rest(d):
    import sympy as sp

    return sp.log(1 - d)


@flatness.symbolic(scope=AS_STATED)
def flatness_proof():
    import sympy as sp

    D, a, theta = sp.Symbol("D", positive=True), sp.Symbol("a", real=True), sp.Symbol("theta")
    slope = sp.diff(_log_of_the_rest(D), D)
    yield "slope of log(1 - D) in D at 0 is -1", slope.subs(D, 0) + 1
    yield "slope of log D at 0 is infinite", 1 / sp.limit(sp.diff(sp.log(D), D), D, 0, "+")
    s = sigmoid(a)
    yield "σ' = D (1 - D)", sp.simplify(sp.diff(s, a) - s * (1 - s))
    yield (
        "slope in the logit = slope in D times σ' = -D",
        (sp.simplify(slope.subs(D, s) * sp.diff(s, a) + s)),
    )
    yield (
        "which is the slope of the loss in the logit",
        (sp.simplify(sp.diff(saturating_loss(a), a) + s)),
    )
    yield "and goes to 0 with D", sp.limit(-s, a, -sp.oo)
    passed = sp.Function("a")(theta)  # the logit of G_theta(z)
    yield (
        "a parameter gets -D da/dθ",
        (
            sp.simplify(
                sp.diff(saturating_loss(passed), theta) + sigmoid(passed) * passed.diff(theta)
            )
        ),
    )


# At D = 1e-6 the slope -1/(1 - D) is 1e-6 from -1.
@flatness.numerical(tolerance=1.1e-6, description="slope in D at D <= 1e-6, against -1")
def slope_in_the_output(rng):
    yield from np.abs(slopes(_log_of_the_rest, 10 ** rng.uniform(-12, -6, 50)) + 1)


@flatness.meaning()
def flatness_in_words():
    import sympy as sp

    at_zero = slopes(_log_of_the_rest, [0.0])[0]
    a = sp.Symbol("a", real=True)
    for logit in (-20.0, -2.0, 0.5, 3.0):
        d, of_d = values(sigmoid, [logit])[0], slopes(sigmoid, [logit])[0]
        yield {
            "D": d,
            "d/dD log(1 - D)": at_zero,
            "at D = 0: flat in the logit": None,
            "log(1 - D) is not flat at D = 0, its slope there is -1": at_zero == -1,
            "σ'(a)": of_d,
            r"\sigma'(a)": of_d,
            r"\frac{d}{dD} \log(1 - D) \Bigr|_{D = 0}": at_zero,
            r"\frac{d}{da} \log(1 - \sigma(a))": slopes(saturating_loss, [logit])[0],
            r"\to 0 \;\; (D \to 0)": sp.limit(saturating_gradient(a), a, -sp.oo) == 0,
        }


@flatness.control(
    "the slope in D is taken to be that in the logit, -D", of=slope_in_the_output, miss=1
)
def slope_in_the_logit_taken(rng):
    d = 10 ** rng.uniform(-12, -6, 50)
    yield from np.abs(slopes(_log_of_the_rest, d) + d)
