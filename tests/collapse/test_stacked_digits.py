"""Stacked digits: what is trained on, what is counted, and a protocol run in small."""

import numpy as np
import pytest

from kgan import data
from kgan.reproduce import stacked_digits
from kgan.reproduce.journal import Journal

pytestmark = pytest.mark.one_backend

N = 26_000


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


@pytest.fixture(scope="module")
def real(digits):
    """Stacks of held-out digits, which the judge was not trained on."""
    return stacked_digits.stacks(digits.test, digits.test_labels, N, seed=1)


# The data ------------------------------------------------------------------------------------


def test_every_plane_is_a_digit_of_the_class_its_mode_says(digits, real):
    images, modes = real
    assert images.shape == (N, 8, 8, 3)
    known = {
        image.tobytes(): label for image, label in zip(digits.test, digits.test_labels, strict=True)
    }
    for image, mode in zip(images[:200], modes[:200], strict=True):
        planes = [known[np.ascontiguousarray(image[..., [c]]).tobytes()] for c in range(3)]
        assert mode == 100 * planes[0] + 10 * planes[1] + planes[2]


def test_modes_are_uniform_and_planes_independent(real):
    """χ² over the thousand triples: uniform triples are uniform, independent planes."""
    _, modes = real
    counts = np.bincount(modes, minlength=1000)
    chi_squared = np.sum((counts - N / 1000) ** 2) / (N / 1000)
    # 999 degrees of freedom, 4.9 standard deviations of sqrt(2·999): false failures 1e-6.
    assert abs(chi_squared - 999) < 4.9 * np.sqrt(2 * 999)
    # What the bound notices: planes of the same class, and a class that is 1.5 times as frequent.
    tied = 111 * (modes // 100)
    uneven = np.where((modes // 100 == 3) & (np.arange(N) % 2 == 0), modes - 100, modes)
    for wrong in (tied, uneven):
        counts = np.bincount(wrong, minlength=1000)
        assert np.sum((counts - N / 1000) ** 2) / (N / 1000) > 999 + 20 * np.sqrt(2 * 999)


def test_every_digit_of_a_class_is_drawn_and_none_of_another(digits):
    few = np.flatnonzero(digits.train_labels == 7)[:3]
    rest = np.flatnonzero(digits.train_labels != 7)
    chosen = np.concatenate([rest, few])
    images, modes = stacked_digits.stacks(
        digits.train[chosen], digits.train_labels[chosen], 3000, seed=0
    )
    sevens = images[modes // 100 == 7][..., 0]
    found = {image.tobytes() for image in np.ascontiguousarray(sevens)}
    assert found == {digits.train[i, ..., 0].tobytes() for i in few}


# The measure ---------------------------------------------------------------------------------


def test_real_stacks_fill_all_modes_evenly(real):
    images, modes = real
    rightly = np.mean(stacked_digits.named(images)[0] == modes)
    assert 0.94 < rightly < 1  # three digits, each named rightly 99 times of 100
    found = stacked_digits.measure(images)
    assert found["modes"] == 1000
    # n draws of m equal shares: 2n·KL is about χ² of m − 1 degrees of freedom. The judge's own
    # mistakes move shares by less than that.
    assert found["KL to uniform"] == pytest.approx(999 / (2 * N), rel=0.2)


def test_a_collapsed_generator_is_counted_as_such(digits):
    """Stacks of ten modes are ten, up to the judge's mistakes; on digits it was trained on it
    makes none here."""
    images, modes = stacked_digits.stacks(digits.train, digits.train_labels, N, seed=2)
    kept = np.isin(modes, 111 * np.arange(10))
    found = stacked_digits.measure(images[kept])
    assert found["modes"] == 10
    assert found["KL to uniform"] == pytest.approx(np.log(100), abs=0.05)
    one = stacked_digits.measure(images[modes == modes[0]])
    assert (one["modes"], one["KL to uniform"]) == (1, pytest.approx(np.log(1000)))


def test_noise_is_no_digits(real):
    """Whatever modes the judge sees in noise, it is not sure of them, as it is of real digits."""
    noise = np.random.default_rng(0).uniform(-1, 1, (2000, 8, 8, 3))
    assert stacked_digits.measure(noise)["planes recognised %"] < 60
    assert stacked_digits.measure(real[0])["planes recognised %"] > 95


def test_modes_are_told_apart_by_the_order_of_their_planes(digits):
    images, modes = stacked_digits.stacks(digits.train, digits.train_labels, 500, seed=3)
    a, b, c = modes // 100, modes // 10 % 10, modes % 10
    assert np.array_equal(stacked_digits.named(images)[0], modes)
    assert np.array_equal(stacked_digits.named(images[..., ::-1])[0], 100 * c + 10 * b + a)


# The protocol --------------------------------------------------------------------------------


def test_a_tiny_run(monkeypatch, tmp_path):
    monkeypatch.setattr(stacked_digits, "SAMPLES", 1000)
    monkeypatch.setattr(stacked_digits, "STACKS", 500)
    monkeypatch.setattr(stacked_digits, "UNITS", 8)
    told = []
    journal = Journal(tmp_path, lambda *what: told.append(what))
    chosen = ["GAN + R1 + R2"]
    found = stacked_digits.run(seeds=2, steps=3, methods=chosen, journal=journal)
    assert found.shortened
    assert any("3 minibatches" in departure for departure in found.departures)
    rows = {(row.method, row.column): row for row in found.rows}
    assert {method for method, _ in rows} == {*chosen, stacked_digits.REAL, stacked_digits.NOISE}
    assert rows["GAN + R1 + R2", "modes"].published == (693, None)
    assert rows["GAN + R1 + R2", "KL to uniform"].published is None
    for method in chosen:
        assert 1 <= rows[method, "modes"].ours.value <= 1000
        assert rows[method, "modes"].ours.standard_error is not None
    assert rows[stacked_digits.REAL, "modes"].ours.value > 600  # of 1,000 draws 632 are expected
    assert {what for what, _, _ in told} == {
        f"{method}, seed {seed}" for method in chosen for seed in (0, 1)
    }
    told.clear()
    again = stacked_digits.run(seeds=2, steps=3, methods=chosen, journal=journal)
    assert not told
    assert again.record() == found.record()


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match=r"method: got 'WGAN'.*accepted are relativistic"):
        stacked_digits.run(seeds=1, steps=1, methods=["WGAN"])
