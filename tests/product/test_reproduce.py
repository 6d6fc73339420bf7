"""`kgan reproduce`: our figures beside the published ones, and our models beside our figures."""

import json
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

import kgan
from dynamics.test_dirac import Number, slope
from kgan import cli, losses, reproduce
from kgan.reproduce import dirac
from kgan.reproduce.table import Figure, Reproduction, Row

DETERMINISTIC = [name for name, method in dirac.METHODS.items() if not method.noise]
OSCILLATING = ("minimax", "WGAN, clip 1", "WGAN-GP 0.7")
every_method = pytest.mark.parametrize("name", DETERMINISTIC)
every_column = pytest.mark.parametrize("column", dirac.COLUMNS)


@pytest.fixture
def run(capsys):
    """Calls the command in this process; gives its exit code, standard output and errors."""

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["reproduce", *map(str, arguments)])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


# The command -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published():
    """What `kgan reproduce dirac --json` prints, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "kgan.cli", "reproduce", "dirac", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNINGS": "error"},
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_whole_table_is_reproduced(published):
    assert published["protocol"] == "dirac"
    assert published["shortened"] is False
    assert published["departures"] == []
    assert published["settings"] == {
        "step": 0.2, "steps": 500, "start": [1.0, -1.0], "first": "generator",
        "seeds": 10, "noise_draws": 1000,
    }  # fmt: skip
    found = {(row["method"], row["column"]): row for row in published["rows"]}
    assert len(found) == len(published["rows"]) == 8 * 3
    for (method, _), row in found.items():
        ours, theirs = row["ours"], row["published"]
        assert row["ratio"] == ours / theirs
        if method == "instance noise 0.7":
            assert 0 < ours < 0.1
            assert 0 < row["ours_standard_error"] < ours
            continue
        assert row["ours_standard_error"] is None
        if theirs > 1e-3:
            assert abs(row["ratio"] - 1) < 0.01
        else:
            assert 1 / 3 < row["ratio"] < 3
        if method in OSCILLATING:
            assert ours > 0.5


def test_the_spectrum_is_the_closed_form(published):
    found = {(r["method"], r["column"]): r for r in published["spectrum"]}
    assert len(found) == len(published["spectrum"]) == 12
    for record in found.values():
        assert record["error"] < 1e-10
        assert np.abs(np.subtract(record["eigenvalues"], record["closed_form"])).max() < 1e-10
    h, f = 0.2, 0.5
    expected = {
        ("minimax", "simultaneous"): 1 + 1j * h * f,
        ("non-saturating", "simultaneous"): 1 + 1j * h * f,
        ("WGAN, clip 1", "simultaneous"): 1 + 1j * h,
    }
    for method, gamma in (("R1 0.3", 0.3), ("R1 1.0", 1.0), ("non-saturating + R1 0.3", 0.3)):
        rate = -gamma / 2 + 1j * math.sqrt(f**2 - gamma**2 / 4)
        expected[method, "simultaneous"] = 1 + h * rate
    for key, eigenvalue in expected.items():
        above, below = (complex(*e) for e in found[key]["eigenvalues"])
        assert abs(above - eigenvalue) < 1e-10
        assert abs(below - eigenvalue.conjugate()) < 1e-10
    moduli = {key: record["modulus"] for key, record in found.items()}
    assert abs(moduli["minimax", "simultaneous"] - 1.004988) < 5e-7
    assert abs(moduli["R1 0.3", "simultaneous"] - 0.97468) < 5e-6
    assert abs(moduli["R1 1.0", "simultaneous"] - 0.9) < 1e-10
    alternating = [m for (_, column), m in moduli.items() if column != "simultaneous"]
    assert np.abs(np.array(alternating) - 1).max() < 1e-10


def test_shortened_runs_say_so(run):
    code, out, err = run("dirac", "--steps", 7, "--seeds", 2)
    assert (code, err) == (0, "")
    assert "Shortened: 7 steps; published are 500." in out
    assert "instance noise 0.7" in out
    assert "±" in out
    assert "published" in out
    assert "3.097" in out
    assert "0.97+0.0953939j, 0.97-0.0953939j" in out
    record = json.loads(run("dirac", "--steps", 7, "--seeds", 2, "--json")[1])
    assert record["shortened"] is True
    assert record["departures"] == ["7 steps; published are 500."]
    assert (record["settings"]["steps"], record["settings"]["seeds"]) == (7, 2)


def test_longer_runs_are_not_called_shortened():
    longer = Reproduction("p", "s", {}, False, ["501 steps; published are 500."], [])
    assert longer.record()["shortened"] is False
    text = printed(longer)
    assert "Changed: 501 steps" in text
    assert "Shortened" not in text


def printed(reproduction):
    from rich.console import Console

    console = Console(width=140)
    with console.capture() as capture:
        console.print(reproduction.tables())
    return capture.get()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dirak"], "protocol: got 'dirak' (did you mean 'dirac'?); accepted are dirac, pacgan-"),
        (["dirac", "--method", "R2"], "method: got 'R2'; accepted are minimax, non-saturating, "),
        (["dirac", "--steps", 0], "--steps"),
        (["dirac", "--seeds", 0], "--seeds"),
        ([], "NAME"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err


@pytest.mark.parametrize("count", [0, -1, 2.0, True, "3"])
@pytest.mark.parametrize("argument", ["seeds", "steps"])
def test_counts_are_checked_in_python_too(argument, count):
    with pytest.raises(ValueError, match=rf"^{argument}: got {count!r}; accepted"):
        reproduce.run("dirac", **{argument: count})


def test_help_shows_an_example_and_no_network_is_loaded(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "Example: kgan reproduce dirac" in out
    script = (
        "import sys; from kgan import reproduce; reproduce.run('dirac', steps=1)\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_figures_without_publication_have_no_ratio():
    assert Row("GAN", "modes", Figure(6.5, 0.25), Figure(5.0, 0.5)).record() == {
        "method": "GAN",
        "column": "modes",
        "ours": 6.5,
        "ours_standard_error": 0.25,
        "published": 5.0,
        "published_standard_error": 0.5,
        "ratio": 1.3,
    }
    alone = Row("GAN", "modes", Figure(6.5))
    assert (alone.record()["published"], alone.ratio) == (None, None)
    assert Row("GAN", "modes", Figure(6.5), Figure(0.0)).ratio is None
    shown = printed(Reproduction("p", "s", {"a_b": 1}, False, [], [alone]))
    assert "a b 1" in shown
    assert "6.5" in shown
    assert "published" not in shown
    known = Row("PacGAN2", "modes", Figure(7.5), Figure(7.9))
    shown = printed(Reproduction("p", "s", {"a_b": 1}, False, [], [alone, known]))
    assert "published" in shown
    assert "–" in shown


# The figures -------------------------------------------------------------------------------


def sigma(t):
    """The logistic function, of complex numbers too, which scipy's real expit is not."""
    return 1 / (1 + np.exp(-t))


def paper_field(name, theta, psi):
    """What the paper subtracts from its (θ, ψ), whose ψ is minus ours; complex numbers, too."""
    slope_d = slope_g = sigma(-psi * theta)  # f'(ψθ), f(t) = −log(1 + exp(−t))
    if name.startswith("non-saturating"):
        slope_g = sigma(psi * theta)
    if name.startswith("WGAN"):
        slope_d = slope_g = 1.0
    pull = {"R1 0.3": 0.3, "R1 1.0": 1.0, "non-saturating + R1 0.3": 0.3}.get(name, 0.0) * psi
    if name == "WGAN-GP 0.7":
        pull = 0.7 * (np.abs(psi) - 1) * np.sign(psi)
    return psi * slope_g, pull - theta * slope_d


def paper_turn(name, theta, psi, discriminator_steps):
    h = 0.2
    by_theta, by_psi = paper_field(name, theta, psi)
    if discriminator_steps is None:
        theta, psi = theta - h * by_theta, psi - h * by_psi
        return theta, np.clip(psi, -1, 1) if name == "WGAN, clip 1" else psi
    theta = theta - h * by_theta
    for _ in range(discriminator_steps):
        psi = psi - h * paper_field(name, theta, psi)[1]
        if name == "WGAN, clip 1":
            psi = np.clip(psi, -1, 1)
    return theta, psi


@every_method
@every_column
def test_every_turn_is_the_mirror_image_of_the_papers(name, column):
    turns, method = dirac.COLUMNS[column], dirac.METHODS[name]
    theirs, ours = (1.0, 1.0), dirac.START
    for _ in range(40):
        theirs = paper_turn(name, *theirs, turns)
        ours = dirac.turn(method.gradients, *ours, turns, method.clip)
        assert np.abs(np.subtract(ours, (theirs[0], -theirs[1]))).max() < 1e-12


def test_the_papers_figures_need_the_mirrored_start():
    """The control: from (1, 1) of our own convention minimax ends elsewhere."""
    theta, psi = 1.0, 1.0
    for _ in range(500):
        theta, psi = dirac.turn(dirac.METHODS["minimax"].gradients, theta, psi, None)
    assert abs(np.hypot(theta, psi) - 3.353) < 5e-4


def test_what_is_easily_confused_ends_elsewhere():
    """Controls: the penalty's weight read as λ, R1 without its half, the discriminator first."""

    def end(method, column):
        return dirac.play(method, dirac.COLUMNS[column], 500, 1)[0]

    double = dirac.Method((0, 0, 0), "wasserstein", {"gradient_penalty": 0.7})
    assert abs(end(double, "simultaneous") / 1.802 - 1) > 0.01
    double = dirac.Method((0, 0, 0), "minimax", {"r1": 2 * 0.3})
    assert not 1 / 3 < end(double, "simultaneous") / 2.6e-6 < 3
    gradients = dirac.METHODS["minimax"].gradients

    def swapped(psi, theta):
        return gradients(theta, psi)[::-1]

    psi, theta = -1.0, 1.0
    for _ in range(500):
        psi, theta = dirac.turn(swapped, psi, theta, 1)
    assert abs(np.hypot(theta, psi) - 1.41) < 5e-3
    assert abs(np.hypot(theta, psi) / 1.421 - 1) > 5e-3


@pytest.mark.parametrize("record", dirac.spectra(), ids=lambda r: f"{r['method']}, {r['column']}")
def test_the_spectrum_is_that_of_the_papers_turn_by_complex_steps(record):
    """Its characteristic polynomial, which rounding moves less than a double root."""
    name, turns = record["method"], dirac.COLUMNS[record["column"]]
    tiny = 1e-30j
    unclipped = "WGAN" if name == "WGAN, clip 1" else name  # numpy does not clip complex numbers
    columns = [paper_turn(unclipped, *(tiny * e), turns) for e in np.eye(2)]
    derivative = np.transpose(columns).imag / 1e-30
    a, b = record["eigenvalues"]
    assert abs(a + b - np.trace(derivative)) < 1e-14
    assert abs(a * b - np.linalg.det(derivative)) < 1e-14


@every_column
def test_the_spectrum_is_that_of_the_turns_played(column):
    """The chain rule through the players' moves gives what the moves themselves give."""
    for record in dirac.spectra():
        if record["column"] != column:
            continue
        method, step = dirac.METHODS[record["method"]], 2.0**-12
        ends = [
            [
                np.array(dirac.turn(method.gradients, *z, dirac.COLUMNS[column], method.clip))
                for z in (step * e, -step * e)
            ]
            for e in np.eye(2)
        ]
        played = [(up - down) / (2 * step) for up, down in ends]
        a, b = record["eigenvalues"]
        assert abs(a + b - np.trace(played)) < 1e-6
        assert abs(a * b - np.linalg.det(played)) < 1e-6


def test_instance_noise_is_the_field_between_the_convolved_laws():
    """Means of 10^6 samples against quadrature, within 4.9 standard errors of either."""
    method, rng, runs = dirac.METHODS["instance noise 0.7"], np.random.default_rng(0), 1000
    nodes, shares = np.polynomial.hermite_e.hermegauss(60)
    shares /= shares.sum()
    gradients = dirac.noised(method, lambda samples: rng.standard_normal((samples, runs)))
    for theta, psi in ((1.0, -1.0), (-0.375, 2.0), (0.1, 0.0)):
        by_psi, by_theta = gradients(np.full(runs, theta), np.full(runs, psi))
        real, fake = 0.7 * nodes, theta + 0.7 * nodes
        expected = (
            shares @ (fake * sigma(psi * fake)) - shares @ (real * sigma(-psi * real)),
            shares @ (-psi * sigma(psi * fake)),
        )
        for found, exact in zip((by_psi, by_theta), expected, strict=True):
            bound = 4.9 * np.std(found) / math.sqrt(runs) + 1e-12
            assert abs(found.mean() - exact) < bound
        if psi:
            plain = method.gradients(theta, psi)
            assert abs(by_psi.mean() - plain[0]) > 4.9 * np.std(by_psi) / math.sqrt(runs)


def test_a_seeds_run_does_not_depend_on_how_many_there_are():
    method = dirac.METHODS["instance noise 0.7"]
    few, many = (dirac.play(method, 1, 20, seeds) for seeds in (2, 4))
    assert np.allclose(few, many[:2], rtol=1e-12, atol=0)
    assert len(set(many)) == 4
    assert dirac.play(dirac.METHODS["minimax"], 1, 20, 4).shape == (1,)
    rows = {(r.method, r.column): r.ours for r in reproduce.run("dirac", seeds=4, steps=20).rows}
    found = rows["instance noise 0.7", "alternating 1"]
    assert found.value == np.mean(many)
    assert np.isclose(found.standard_error, np.std(many, ddof=1) / 2, rtol=1e-14)
    single = {(r.method, r.column): r.ours for r in reproduce.run("dirac", seeds=1, steps=20).rows}
    alone = single["instance noise 0.7", "alternating 1"]
    assert alone.standard_error is None
    assert np.isclose(alone.value, many[0], rtol=1e-12)  # numpy sums a single column in pairs


# Our models play the same game -------------------------------------------------------------


def build(name, theta, psi, discriminator_steps, **more):
    options = {
        "generator": Number(theta),
        "discriminator": slope(psi),
        "latent_dim": 1,
        "data_range": None,
        "discriminator_steps": discriminator_steps or 1,
        "simultaneous": discriminator_steps is None,
        "seed": 0,
        **more,
    }
    method = dirac.METHODS[name]
    if "r1" in method.penalties:
        model = kgan.R1GAN((1,), r1=method.penalties["r1"], **options)
        model.objective = getattr(losses, method.objective)
    elif "gradient_penalty" in method.penalties:
        weight = method.penalties["gradient_penalty"]
        model = kgan.WGANGP((1,), penalty_weight=weight, **options)
    elif method.clip < math.inf:
        model = kgan.WGAN((1,), clip=method.clip, **options)
    else:
        model = kgan.GAN((1,), objective=getattr(losses, method.objective), **options)
    return model


def numbers(model):
    weights = (model.players[p].trainable_variables[0] for p in ("generator", "discriminator"))
    return [float(np.squeeze(ops.convert_to_numpy(w.value))) for w in weights]


@pytest.mark.parametrize("name", DETERMINISTIC)
@every_column
def test_our_models_take_the_turns_of_the_table(float64, name, column):
    """Three turns by `fit`, to rounding.

    In an alternating game of ours the discriminator moves first. It is the table's game, begun
    after the generator's first move, and so it stays one move of the generator ahead.
    """
    method, k = dirac.METHODS[name], dirac.COLUMNS[column]
    rate = 0.1875  # Keras keeps learning rates in float32, which has no 0.2
    places = [dirac.START]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dirac, "STEP", rate)
        for _ in range(4):
            places.append(dirac.turn(method.gradients, *places[-1], k, method.clip))
    start = dirac.START if k is None else (places[1][0], dirac.START[1])
    end = places[3] if k is None else (places[4][0], places[3][1])
    model = build(name, *dirac.START, k)
    model.generator.theta.assign(np.array([start[0]]))  # initializers would round it to float32
    model.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), run_eagerly=True)
    model.fit(np.zeros((3 * (k or 1) * 2, 1)), batch_size=2, verbose=0)
    assert np.abs(np.subtract(numbers(model), end)).max() < 1e-14


def test_our_model_with_instance_noise_ends_as_near():
    """The whole run, 500 minibatches of 1000; the field's ends lie at 0.013 with 0.03 the worst of
    20."""
    model = build("instance noise 0.7", *dirac.START, None, instance_noise=0.7)
    model.compile(keras.optimizers.SGD(0.2), keras.optimizers.SGD(0.2))
    model.fit(np.zeros((500_000, 1), "float32"), batch_size=1000, verbose=0)
    assert 0 < np.hypot(*numbers(model)) < 0.1
