"""Mistakes about recurrent networks and attention."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from theory.claim import AS_STATED, Claim, excess

_COURSE = "000_8b69f153baee6a3b.txt"


swapped = Claim(
    id="B-E01",
    alias="erratum-synchronous",
    title="“a synchronous network waits, an asynchronous one converts each input at once”",
    statement="Said: a synchronous network does not convert each input at once (translation is the "
    "example), an asynchronous one does. Right: the definitions are swapped. A synchronous "
    "(aligned) many-to-many network emits y_t at step t, so that dy_t/dx_s = 0 for s > t; an "
    "asynchronous one (seq2seq, translation) reads the whole input first, so that y_1 depends on "
    "x_T.",
    formula=r"\frac{\partial y_t}{\partial x_s} = 0 \quad (s > t,\ \mathrm{synchronous}), \qquad "
    r"\frac{\partial y_1}{\partial x_T} \ne 0 \quad (\mathrm{asynchronous})",
    assumptions=("a recurrent network in one direction",),
    sources=("Sutskever, Vinyals, Le 2014, section 2", f"{_COURSE}:48"),
    erratum=True,
)


def _slopes(w: np.ndarray, steps: int, synchronous: bool) -> list[float]:
    """dy_1/dx_s for each input; scalar states, by complex steps."""

    def first_output(x):
        h = 0.0
        for t in range(1 if synchronous else steps):
            h = np.tanh(w[0] * x[t] + w[1] * h)
        return h if synchronous else np.tanh(w[2] * h)  # the decoder starts from the last state

    moved = np.linspace(-1, 1, steps) + 1e-30j * np.eye(steps)
    return [float(np.imag(first_output(x))) / 1e-30 for x in moved]


def _inputs_read(w: np.ndarray, steps: int, synchronous: bool) -> int:
    """How many of the inputs y_1 depends on."""
    return sum(slope != 0 for slope in _slopes(w, steps, synchronous))


@swapped.counterexample(
    at_least=1, description="inputs that y_1 depends on: said, less counted", miss=3
)
def inputs_that_y_1_depends_on_said_less_counted(rng):
    for steps in (4, 8):
        w = rng.uniform(0.5, 1, 3)
        yield steps - _inputs_read(w, steps, synchronous=True)
        yield _inputs_read(w, steps, synchronous=False) - 1


@swapped.symbolic(scope="for two steps with scalar states")
def swapped_proof():
    import sympy as sp

    x1, x2, u, v, w = sp.symbols("x_1 x_2 u v w", real=True)
    h1 = sp.tanh(w * x1)
    h2 = sp.tanh(w * x2 + u * h1)
    y = sp.tanh(v * h2)
    yield "synchronous, y_1 = h_1: dy_1/dx_2 = 0", sp.diff(h1, x2)
    yield (
        "encoder and decoder: dy_1/dx_2 = (1 - y_1^2) v (1 - h_2^2) w",
        sp.expand(sp.diff(y, x2) - (1 - y**2) * v * (1 - h2**2) * w),
    )
    yield "which is v w, not 0, at x = 0", sp.diff(y, x2).subs({x1: 0, x2: 0}) - v * w


@swapped.correction("one input, and all of them", tolerance=0)
def one_input_and_all_of_them(rng):
    for steps in (4, 8):
        w = rng.uniform(0.5, 1, 3)
        yield abs(_inputs_read(w, steps, synchronous=True) - 1)
        yield abs(_inputs_read(w, steps, synchronous=False) - steps)


@swapped.meaning()
def swapped_in_words(rng):
    w = rng.uniform(0.5, 1, 3)
    for s in range(2, 5):
        aligned = _slopes(w, 4, synchronous=True)[s - 1]
        yield {"dy_t/dx_s": aligned, r"\frac{\partial y_t}{\partial x_s}": aligned, "s": s, "t": 1}
    yield {r"\frac{\partial y_1}{\partial x_T}": _slopes(w, 4, synchronous=False)[-1]}


exposure = Claim(
    id="B-E41",
    alias="erratum-exposure-bias",
    title="exposure bias as “the domain of the training data differs from that of the test”",
    statement="Said: exposure bias means that the domain of the training data may differ from that "
    "of the test data (poems and prose); a 'not' is lost in '... and in the test phase this "
    "happens', and 'like the training process' must read 'like the test process'. Right: it is a "
    "mismatch of the *prefixes* that the model is conditioned on, true ones in training and its "
    "own in the test, and occurs with identical domains.",
    formula=r"\sum_{t=1}^{T} \bigl(1 - (1 - \varepsilon)^t\bigr) = "
    r"T - \frac{(1 - \varepsilon) \bigl(1 - (1 - \varepsilon)^T\bigr)}{\varepsilon} "
    r"\quad \mathrm{against} \quad \varepsilon T",
    assumptions=("error ε a step after a right prefix", "no way back after an error"),
    sources=("Bengio, Vinyals, Jaitly, Shazeer 2015, section 2", f"{_COURSE}:236"),
    erratum=True,
)


def _wrong_tokens(eps: float, steps: int, true_prefix: bool) -> float:
    """Expected wrong tokens of a Markov model; data that go round four tokens in either phase."""
    model = np.zeros((5, 5))
    model[:4, :4] = (1 - eps) * np.roll(np.eye(4), 1, axis=1)
    model[:4, 4], model[4, 4] = eps, 1  # the fifth token, which is in no data
    truth, law, wrong = 0, np.eye(5)[0], 0.0
    for _step in range(steps):
        law = (np.eye(5)[truth] if true_prefix else law) @ model
        truth = (truth + 1) % 4
        wrong += 1 - law[truth]
    return wrong


def _closed_form(eps: float, steps: int) -> float:
    return steps - (1 - eps) * (1 - (1 - eps) ** steps) / eps


_ERRORS = ((0.02, 100), (0.02, 50), (0.1, 30))  # (error a step, steps)


@exposure.counterexample(
    at_least=5, description="wrong tokens, test less training, same domain", miss=17.8
)
def wrong_tokens_test_less_training_same_domain():
    for eps, steps in _ERRORS:  # 57.5 - 2
        free, forced = (_wrong_tokens(eps, steps, true) for true in (False, True))
        yield abs(free - forced)  # said: none


@exposure.symbolic(scope=AS_STATED)
def exposure_proof():
    import sympy as sp

    e, n = sp.symbols("epsilon n", positive=True)

    def F(m):
        return m - (1 - e) * (1 - (1 - e) ** m) / e

    yield (
        "free running, token n is right only if all before it are: P_n = (1 - e) P_{n-1}, so "
        "P_n = (1 - e)^n",
        sp.powsimp((1 - e) * (1 - e) ** (n - 1)) - (1 - e) ** n,
    )
    yield "their sum over n tokens is F(n) = n - (1 - e)(1 - (1 - e)^n)/e: F(0) = 0", F(0)
    yield (
        "and F(n) - F(n - 1) = 1 - (1 - e)^n; teacher-forced each token is wrong with e: e n",
        sp.simplify(
            (F(n) - F(n - 1) - 1 + (1 - e) ** n).subs(e, 1 - sp.Symbol("r", positive=True))
        ),
    )


@exposure.numerical(tolerance=1e-9, description="57.4983582 free running and 2 teacher-forced")
def exposure_57_4983582_free_running_and_2_teacher_forced():
    yield abs(_closed_form(0.02, 100) - _wrong_tokens(0.02, 100, true_prefix=False))
    yield abs(round(_closed_form(0.02, 100), 7) - 57.4983582)
    yield abs(_wrong_tokens(0.02, 100, true_prefix=True) - 2)


@exposure.sampling()
def exposure_by_sampling(rng):
    slips = rng.random((20_000, 100)) < 0.02
    forced, free = slips.sum(1), np.logical_or.accumulate(slips, axis=1).sum(1)
    for wrong, expected in ((forced, 2.0), (free, _closed_form(0.02, 100))):
        yield (wrong.mean() - expected) / (wrong.std() / np.sqrt(len(wrong)))


@exposure.correction("less what the prefixes explain: none at T = 1", tolerance=1e-9)
def less_what_the_prefixes_explain_none_at_t_1():
    for eps, steps in (*_ERRORS, (0.02, 1)):  # the first prefix is the same in both
        free, forced = (_wrong_tokens(eps, steps, true) for true in (False, True))
        yield abs(free - forced - (_closed_form(eps, steps) - eps * steps))


@exposure.meaning()
def exposure_in_words():
    for eps, steps in _ERRORS:
        free = _wrong_tokens(eps, steps, true_prefix=False)
        yield {
            r"\sum_{t=1}^{T} \bigl(1 - (1 - \varepsilon)^t\bigr)": free,
            r"\varepsilon T": None,  # what teacher forcing makes of it: see the numerical leg
            r"\varepsilon": eps,
            "T": steps,
        }


lstm = Claim(
    id="B-E45",
    alias="erratum-lstm",
    title="LSTM “splits multiplications into smaller ones, to save memory and operations”",
    statement="Said: LSTM splits multiplications into smaller ones to save memory and operations; "
    "o_t sets the effect of the input on the output; both vanishing and exploding are mended. "
    "Right: LSTM has four times the parameters of a simple network; o_t lets the *memory* through "
    "to the output; vanishing is made milder (dc_T/dc_0 is a product of forget gates where the "
    "gates are held), exploding is not ruled out.",
    formula=r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh c_t; \qquad "
    r"n_{\mathrm{LSTM}} = 4 (H (H + I) + H)",
    sources=("Gers, Schmidhuber, Cummins 2000, sections 2-3", f"{_COURSE}:86,222,226"),
    erratum=True,
)


def _cell(x, h, c, w, b):
    """One step of an LSTM cell, gates in the order f, i, o, g."""
    f, i, o, g = np.split(np.concatenate([x, h]) @ w + b, 4)
    f, i, o = (1 / (1 + np.exp(-gate)) for gate in (f, i, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def _parameters(gates: int, hidden: int, inputs: int) -> int:
    return np.zeros((hidden + inputs, gates * hidden)).size + np.zeros(gates * hidden).size


def _opened(rng: np.random.Generator) -> tuple[float, float]:
    """|change of h| and |change of o tanh(c)| as o opens by σ(2) - σ(-2), no input let in."""
    w, b = np.zeros((2, 4)), np.array([40.0, -40.0, -2.0, 0.0])  # f = 1, i = 0
    c = rng.uniform(0.5, 2, 1)
    closed, _ = _cell(rng.normal(size=1), rng.normal(size=1), c, w, b)
    opened, _ = _cell(rng.normal(size=1), rng.normal(size=1), c, w, b + 4 * np.eye(4)[2])
    gate = 1 / (1 + np.exp(-2)) - 1 / (1 + np.exp(2))
    return abs(opened - closed)[0], abs(gate * np.tanh(c))[0]


def _doublings(u: float, steps: int) -> float:
    """log2 dc_T/dc_0 at the origin of c' = c + tanh(u h)/2, h = tanh(c)/2, by a complex step."""
    w, b = np.array([[0, 0, 0, 0], [0, 0, 0, u]]), np.array([40.0, 0, 0, 0])
    c = np.array([1e-30j])
    h = np.tanh(c) / 2
    for _step in range(steps):
        h, c = _cell(np.zeros(1), h, c, w, b)
    return float(np.log2(np.imag(c)[0] / 1e-30))


@lstm.counterexample(
    at_least=0.1, description="cost above 1, h that o moves, doublings", miss=0.622
)
def cost_above_1_h_that_o_moves_doublings(rng):
    for hidden, inputs in ((64, 32), (8, 3)):
        yield _parameters(4, hidden, inputs) / _parameters(1, hidden, inputs) - 1
    yield _opened(rng)[0]  # no input is let in, and yet o moves h
    for steps in (10, 50):
        yield _doublings(4, steps)  # dc_50/dc_0 = 2^50


@lstm.symbolic(scope="for one unit, and for 64 units with 32 inputs")
def lstm_proof():
    import sympy as sp

    H, inputs = sp.symbols("H I", positive=True)
    simple = H * (H + inputs) + H
    yield "64 units, 32 inputs: 6,208", simple.subs({H: 64, inputs: 32}) - 6208
    yield "four gates: 24,832", 4 * simple.subs({H: 64, inputs: 32}) - 24832
    c, f, i, o, g, u = sp.symbols("c f i o g u", real=True)
    yield "gates held: dc'/dc = f, no weight matrix", sp.diff(f * c + i * g, c) - f
    moved = sp.diff(c + sp.tanh(u * sp.tanh(c) / 2) / 2, c).subs(c, 0)
    yield "f = 1, i = o = 1/2, g = tanh(u h): dc'/dc = 1 + u/4 at 0", moved - 1 - u / 4
    yield "u = 4: it doubles at each step", moved.subs(u, 4) - 2
    yield "dh/do = tanh(c): o opens the memory", sp.diff(o * sp.tanh(c), o) - sp.tanh(c)


@lstm.numerical(tolerance=1e-6, description="24,832, 6,208 and 2^50, relative")
def lstm_24_832_6_208_and_2_50_relative():
    yield abs(_parameters(4, 64, 32) / 24832 - 1)
    yield abs(_parameters(1, 64, 32) / 6208 - 1)
    yield abs(2 ** _doublings(4, 50) / 1125899906842624 - 1)


@lstm.correction("cost 4, h moved by o tanh(c), T log2(1 + u/4) doublings", tolerance=1e-9)
def cost_4_h_moved_by_o_tanh_c_t_log2_1_u_4(rng):
    for hidden, inputs in ((64, 32), (8, 3)):
        yield abs(_parameters(4, hidden, inputs) / _parameters(1, hidden, inputs) - 4)
    moved, memory = _opened(rng)
    yield abs(moved - memory)
    for u, steps in ((4, 10), (4, 50), (0, 50), (1, 50)):
        yield abs(_doublings(u, steps) - steps * np.log2(1 + u / 4))


@lstm.meaning()
def lstm_in_words(rng):
    w, b = rng.normal(size=(2, 4)), rng.normal(size=4)
    x, h, c = rng.normal(size=(3, 1))
    f, i, o, g = np.concatenate([x, h]) @ w + b
    f, i, o = (1 / (1 + np.exp(-gate)) for gate in (f, i, o))
    output, memory = _cell(x, h, c, w, b)
    for hidden, inputs in ((64, 32), (8, 3)):
        yield {
            "c_t": memory[0],
            r"f_t \odot c_{t-1} + i_t \odot g_t": f * c[0] + i * np.tanh(g),
            "h_t": output[0],
            r"o_t \odot \tanh c_t": o * np.tanh(memory[0]),
            r"n_{\mathrm{LSTM}}": _parameters(4, hidden, inputs),
            "H": hidden,
            "I": inputs,
        }


architectures = Claim(
    id="B-E46",
    alias="erratum-attention-and-seq2seq",
    title="“one-to-many: image to photo”; attention “breaks the data into smaller parts”",
    statement="Said: image to text is many-to-many, image to photo one-to-many, image to word "
    "many-to-one; seq2seq is 'of type seq2seq' and consists of 'Encoder and Encoder'; the length "
    "of the encoder's *output* is the bottleneck; attention breaks the data into smaller parts, in "
    "a two-way manner, over h1, h2, h2, h4, with contexts named S. Right: captioning is "
    "one-to-many; seq2seq is asynchronous many-to-many, with an encoder and a decoder; long "
    "*inputs* hurt, because the state's size is fixed; attention forms weighted sums over all of "
    "h_1, ..., h_4, that is convex combinations c_i (states are s_i), and the two directions "
    "belong to the encoder.",
    formula=r"c_i = \sum_j \alpha_{ij} h_j, \qquad \alpha_{ij} \ge 0, \quad \sum_j \alpha_{ij} = 1",
    sources=(
        "Bahdanau, Cho, Bengio 2015, section 3.1",
        f"{_COURSE}:23,27,39,54,58,62,65-69",
    ),
    erratum=True,
)


def _distance_to_hull(c: np.ndarray, points: np.ndarray) -> float:
    """How far c is from the convex combinations of the points (rows)."""
    from scipy.optimize import nnls

    sums = np.vstack([points.T, np.full(len(points), 1e3)])  # the last row: weights that sum to 1
    return float(nnls(sums, np.append(c, 1e3))[1])


def _attention(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States h_1, ..., h_4 of an encoder, the weights of one output, and its context."""
    W, U, h = rng.normal(size=(5, 5)), rng.normal(size=(3, 5)), np.zeros(5)
    states = np.array([h := np.tanh(x @ U + h @ W) for x in rng.normal(size=(4, 3))])
    alpha = softmax(states @ rng.normal(size=5))
    return states, alpha, alpha @ states


def _caption(rng: np.random.Generator, words: int) -> tuple[int, int]:
    """(T_x, T_y) of a network that gets an image as one vector and feeds back its own words."""
    image, W, V = rng.normal(size=(1, 6)), rng.normal(size=(6, 6)), rng.normal(size=(6, 9))
    state, emitted = np.tanh(image[0] @ W), []
    while len(emitted) < words:
        emitted.append(int(np.argmax(state @ V)))
        state = np.tanh(state @ W + V[:, emitted[-1]])
    return len(image), len(emitted)


@architectures.counterexample(
    at_least=1e-3, description="hull, weight outside a part, kind", miss=0.0271
)
def hull_weight_outside_a_part_kind(rng):
    for _instance in range(3):
        states, alpha, context = _attention(rng)
        yield _distance_to_hull(context, states[[0, 1, 1, 3]])
        yield 1 - max(alpha)  # on a part alone there would be none
    many_inputs, many_outputs = (n > 1 for n in _caption(rng, 7))
    yield abs(1 - many_inputs) + abs(1 - many_outputs)  # many-to-many


@architectures.symbolic(scope="for four states of one number each")
def architectures_proof():
    import sympy as sp

    e, h = sp.symbols("e_1:5", real=True), sp.symbols("h_1:5", real=True)
    alpha = [sp.exp(ei) / sum(sp.exp(ej) for ej in e) for ei in e]
    yield "the weights sum to 1", sp.simplify(sp.Add(*alpha) - 1)
    for j in range(4):
        yield f"alpha_{j + 1} > 0", alpha[j] > 0
    context = sum(a * hj for a, hj in zip(alpha, h, strict=True))
    printed = context.subs(h[2], h[1])
    yield (
        "with h_2 twice, alpha_3 (h_3 - h_2) is lost",
        sp.expand(context - printed - alpha[2] * (h[2] - h[1])),
    )


def _recovered(rng: np.random.Generator, length: int, attention: bool) -> float:
    """The largest share of the 3^length inputs that a decoder can give back: as many as leave
    different traces, in the last state of an encoder with 2 units of 4 bits, or in all its states.
    """
    W, U = rng.uniform(-0.3, 0.3, (2, 2)), np.array([[-0.8, 0], [0, 0.8], [0.8, -0.8]])
    inputs = np.indices((3,) * length).reshape(length, -1)
    h, states = np.zeros((inputs.shape[1], 2)), []
    for symbols in inputs:
        h = np.round(7.5 * np.tanh(U[symbols] + h @ W) + 7.5) / 7.5 - 1  # 16 levels
        states.append(h)
    trace = np.hstack(states) if attention else h
    return len(np.unique(trace, axis=0)) / inputs.shape[1]


@architectures.numerical(tolerance=0, description="inputs recovered, above the state's 256 values")
def inputs_recovered_above_the_states_256_values(rng):
    for length in range(1, 10):
        share = _recovered(rng, length, attention=False)
        yield excess(share, 256 / 3**length)  # 1.3% at most for 9 symbols
        yield 1 - _recovered(rng, length, attention=True)  # attention sees all states


@architectures.correction("all four states; one-to-many", tolerance=1e-8)
def all_four_states_one_to_many(rng):
    for _instance in range(3):
        states, alpha, context = _attention(rng)
        yield _distance_to_hull(context, states)
        yield abs(1 - sum(alpha))
    many_inputs, many_outputs = (n > 1 for n in _caption(rng, 7))
    yield abs(0 - many_inputs) + abs(1 - many_outputs)


@architectures.meaning()
def architectures_in_words(rng):
    states, alpha, context = _attention(rng)
    for j in range(5):
        yield {
            "c_i": context[j],
            r"\sum_j \alpha_{ij} h_j": sum(a * h[j] for a, h in zip(alpha, states, strict=True)),
            r"\alpha_{ij}": min(alpha),
            r"\sum_j \alpha_{ij}": sum(alpha),
        }
