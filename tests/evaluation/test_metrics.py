"""Scores against naive oracles, closed forms and properties, each with a negative control."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, linalg, stats

import kgan.data
from kgan import metrics
from kgan.metrics import extractors, neighbours, parzen
from kgan.metrics import judge as judge_module
from kgan.metrics.modes import kl_to_uniform

pytestmark = pytest.mark.one_backend

SIGMAS = stats.norm.isf(5e-7)  # 4.9 standard errors: a false failure in a million runs


@pytest.fixture(scope="module")
def digits():
    return kgan.data.load("digits")


@pytest.fixture(scope="module")
def gaussian_digits(digits):
    """2,000 images from a normal with the training digits' mean and full covariance."""
    train = digits.train.reshape(len(digits.train), -1).astype(np.float64)
    rng = np.random.default_rng(0)
    return rng.multivariate_normal(train.mean(axis=0), np.cov(train.T), size=2000)


@st.composite
def two_sets(draw, least=2, most=12):
    """Two sets of points of one dimension, with repeated rows and constant columns among them."""
    d = draw(st.integers(1, 5))
    entry = st.integers(-20, 20).map(lambda i: i / 4)
    row = st.lists(entry, min_size=d, max_size=d)
    sets = [draw(st.lists(row, min_size=least, max_size=most)) for _ in range(2)]
    return tuple(np.array(points, np.float64) for points in sets)


# ---------------------------------------------------------------- Fréchet


def _frechet_by_matrix_root(x, y):
    s_x, s_y = np.cov(x.T).reshape(x.shape[1], -1), np.cov(y.T).reshape(x.shape[1], -1)
    root = linalg.sqrtm(s_x @ s_y).real
    return np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(s_x + s_y - 2 * root)


@pytest.mark.parametrize(("n", "m", "d"), [(200, 150, 5), (60, 400, 20), (50, 40, 1)])
def test_frechet_distance_is_the_matrix_root_formula(n, m, d):
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n, d)) @ rng.standard_normal((d, d))
    y = rng.standard_normal((m, d)) @ rng.standard_normal((d, d)) + 1
    assert metrics.frechet_distance(x, y) == pytest.approx(_frechet_by_matrix_root(x, y), rel=1e-9)
    # Control: covariances over n instead of n - 1 would be noticed.
    biased = _frechet_by_matrix_root(x * np.sqrt((n - 1) / n), y)
    assert metrics.frechet_distance(x, y) != pytest.approx(biased, rel=1e-5)


def test_frechet_distance_of_rank_deficient_features():
    # In one dimension embedded in 50 it is (m₁ - m₂)² + (s₁ - s₂)², with 10 samples for 50 columns.
    rng = np.random.default_rng(0)
    direction = rng.standard_normal(50)
    direction /= np.linalg.norm(direction)
    a, b = rng.standard_normal(10), 3 * rng.standard_normal(12) + 2
    exact = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    found = metrics.frechet_distance(np.outer(a, direction), np.outer(b, direction))
    assert found == pytest.approx(exact, rel=1e-12)


@given(two_sets(), st.integers(0, 2**31))
def test_frechet_distance_properties(sets, seed):
    x, y = sets
    rng = np.random.default_rng(seed)
    tolerance = 1e-10 * (1 + np.sum(x**2) + np.sum(y**2))
    distance = metrics.frechet_distance(x, y)
    assert distance >= 0
    assert metrics.frechet_distance(x, x) <= tolerance
    assert abs(metrics.frechet_distance(y, x) - distance) <= tolerance
    assert abs(metrics.frechet_distance(rng.permutation(x), y) - distance) <= tolerance
    shift = rng.integers(-3, 4, x.shape[1])
    assert abs(metrics.frechet_distance(x + shift, y + shift) - distance) <= 10 * tolerance
    rotation = np.linalg.qr(rng.standard_normal((x.shape[1],) * 2))[0]
    assert abs(metrics.frechet_distance(x @ rotation, y @ rotation) - distance) <= 10 * tolerance
    moved = np.sum(shift**2) + 2 * shift @ (x.mean(0) - y.mean(0))
    assert abs(metrics.frechet_distance(x + shift, y) - distance - moved) <= 10 * tolerance


# ---------------------------------------------------------------- kernel


def _kernel_distance_by_loops(x, y):
    n, d = x.shape
    m = len(y)

    def kernel(a, b):
        return (float(a @ b) / d + 1) ** 3

    within_x = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    within_y = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    between = sum(kernel(a, b) for a in x for b in y)
    return within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * between / (n * m)


def test_kernel_distance_is_the_unbiased_estimate():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((23, 4)), rng.standard_normal((23, 4)) + 0.5
    whole = metrics.kernel_distance(x, y, subsets=2, subset_size=23)
    assert whole.distance == pytest.approx(_kernel_distance_by_loops(x, y), rel=1e-12)
    assert whole.standard_error == pytest.approx(0, abs=1e-12)  # all subsets are the same


def test_kernel_distance_has_mean_zero_between_equal_distributions():
    rng = np.random.default_rng(0)
    values, biased = [], []
    for _ in range(400):
        x, y = rng.standard_normal((2, 20, 3))
        values.append(metrics.kernel_distance(x, y, subsets=2, subset_size=20).distance)
        k_xx, k_yy, k_xy = ((a @ b.T / 3 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        biased.append(k_xx.mean() + k_yy.mean() - 2 * k_xy.mean())
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert abs(np.mean(values)) < SIGMAS * error
    assert min(values) < 0
    # Control: the estimate that keeps the diagonal is biased, and the same check notices.
    assert abs(np.mean(biased)) > SIGMAS * np.std(biased, ddof=1) / np.sqrt(len(biased))


def test_kernel_distance_subsets_follow_the_seed_and_average_the_whole():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((60, 3)), 1.5 * rng.standard_normal((80, 3))
    first = metrics.kernel_distance(x, y, subsets=400, subset_size=20, seed=5)
    assert first == metrics.kernel_distance(x, y, subsets=400, subset_size=20, seed=5)
    assert first != metrics.kernel_distance(x, y, subsets=400, subset_size=20, seed=6)
    whole = _kernel_distance_by_loops(x, y)
    assert abs(first.distance - whole) < SIGMAS * first.standard_error
    few = metrics.kernel_distance(x, y, subsets=25, subset_size=20, seed=5)
    assert few.standard_error == pytest.approx(4 * first.standard_error, rel=0.5)


# ---------------------------------------------------------------- neighbours


def _neighbour_scores_by_loops(x, y, k):
    def radius(points, i):
        return sorted(linalg.norm(points[i] - p) for j, p in enumerate(points) if j != i)[k - 1]

    real = [radius(x, i) for i in range(len(x))]
    fake = [radius(y, j) for j in range(len(y))]
    pairs = list(itertools.product(range(len(x)), range(len(y))))
    near = {(i, j): linalg.norm(x[i] - y[j]) for i, j in pairs}
    in_real = {(i, j): near[i, j] <= real[i] for i, j in pairs}
    precision = np.mean([any(in_real[i, j] for i in range(len(x))) for j in range(len(y))])
    recall = np.mean([any(near[i, j] <= fake[j] for j in range(len(y))) for i in range(len(x))])
    density = sum(in_real.values()) / (k * len(y))
    coverage = np.mean([any(in_real[i, j] for j in range(len(y))) for i in range(len(x))])
    return precision, recall, density, coverage


def _neighbour_scores(x, y, k):
    return (
        *metrics.precision_recall(x, y, neighbours=k),
        *metrics.density_coverage(x, y, neighbours=k),
    )


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbour_scores_are_the_papers_definitions(k):
    rng = np.random.default_rng(k)
    x, y = rng.standard_normal((40, 3)), 0.6 * rng.standard_normal((30, 3)) + 0.4
    scores = _neighbour_scores(x, y, k)
    assert scores == pytest.approx(_neighbour_scores_by_loops(x, y, k), abs=1e-12)
    # Control: another k, or fakes for reals, give other scores.
    assert scores != pytest.approx(_neighbour_scores_by_loops(x, y, k + 1), abs=1e-12)
    assert scores != pytest.approx(_neighbour_scores_by_loops(y, x, k), abs=1e-12)


@given(two_sets(least=4), st.integers(0, 2**31))
def test_neighbour_scores_properties(sets, seed):
    x, y = sets
    rng = np.random.default_rng(seed)
    scores = _neighbour_scores(x, y, 3)
    precision, recall, density, coverage = scores
    assert all(0 <= score <= 1 for score in (precision, recall, coverage))
    assert density >= 0
    assert (density == 0) == (precision == 0) == (coverage == 0)
    assert _neighbour_scores(rng.permutation(x), rng.permutation(y), 3) == scores
    shift = rng.integers(-3, 4, x.shape[1])  # the entries are quarters: distances stay exact
    assert _neighbour_scores(x + shift, y + shift, 3) == scores
    assert _neighbour_scores(4 * x, 4 * y, 3) == scores
    assert metrics.precision_recall(y, x, 3) == (recall, precision)


def test_identical_constant_features_are_in_their_own_manifold():
    same = np.ones((10, 4))
    precision, recall, density, coverage = _neighbour_scores(same, same, 5)
    assert (precision, recall, coverage) == (1, 1, 1)
    assert density == 2  # each of 10 balls of radius 0 holds every fake: 10 / k
    assert _neighbour_scores(same, same + 1e-9, 5) == (0, 0, 0, 0)


def test_no_more_distances_are_held_at_once_than_said(monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK", 20)
    x, y = np.zeros((9, 2)), np.zeros((7, 2))
    assert [block.shape for _, block in neighbours._blocks(x, y)] == [(2, 7)] * 4 + [(1, 7)]
    monkeypatch.setattr(neighbours, "_BLOCK", 3)  # less than a row: one at a time
    assert [block.shape for _, block in neighbours._blocks(x, y)] == [(1, 7)] * 9


def test_neighbour_scores_do_not_depend_on_the_block_size(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 2)), rng.standard_normal((40, 2))
    scores = _neighbour_scores(x, y, 5)
    monkeypatch.setattr(neighbours, "_BLOCK", 120)
    assert _neighbour_scores(x, y, 5) == scores


def test_real_digits_score_near_one_and_a_gaussian_does_not(digits, gaussian_digits):
    pixels = np.concatenate([digits.train, digits.test]).reshape(1797, -1)
    order = np.random.default_rng(0).permutation(1797)
    halves = _neighbour_scores(pixels[order[:898]], pixels[order[898:1796]], 5)
    assert min(halves) > 0.92
    assert max(halves) < 1.1
    precision, recall, density, coverage = _neighbour_scores(
        digits.train, gaussian_digits[:1297].reshape(-1, 8, 8, 1), 5
    )
    assert precision < 0.2
    assert recall > 0.8
    assert density < 0.06
    assert coverage < 0.12


# ---------------------------------------------------------------- memorisation


def test_memorisation_by_loops():
    rng = np.random.default_rng(0)
    samples, train, heldout = (rng.standard_normal((n, 2)) for n in (9, 12, 12))
    found = metrics.memorisation(samples, train, heldout)

    def nearest(x, references):
        return np.array([min(linalg.norm(a - b) for b in references) for a in x])

    near_train, near_heldout = nearest(samples, train), nearest(samples, heldout)
    expected = (
        near_train.mean(),
        near_heldout.mean(),
        near_train.mean() / near_heldout.mean(),
        np.mean(near_train < near_heldout),
        near_train.mean(),
        nearest(heldout, train).mean(),
    )
    assert found == pytest.approx(expected, rel=1e-12)


def test_memorisation_tells_copies_from_new_samples(digits):
    copies = metrics.memorisation(digits.train[:300], digits.train[:500], digits.test)
    assert copies.to_train == 0
    assert copies.ratio == 0
    assert copies.nearer_to_train == 1
    assert copies.heldout_to_all_train > 1
    near_copies = metrics.memorisation(
        np.clip(digits.train[:500] * 0.9, -1, 1), digits.train[:500], digits.test
    )
    assert near_copies.nearer_to_train > 0.99
    new = metrics.memorisation(digits.test[:250], digits.train, digits.test[250:])
    assert 0.9 < new.ratio < 1.1
    assert 0.4 < new.nearer_to_train < 0.6


def test_memorisation_is_not_biased_by_more_training_data():
    rng = np.random.default_rng(0)
    fair, raw = [], []
    for seed in range(100):
        samples, train, heldout = (rng.standard_normal((n, 2)) for n in (20, 200, 40))
        fair.append(metrics.memorisation(samples, train, heldout, seed=seed).nearer_to_train)
        distance = [
            np.linalg.norm(samples[:, None] - references, axis=2).min(axis=1)
            for references in (train, heldout)
        ]
        raw.append(np.mean(distance[0] < distance[1]))
    for shares, within in ((fair, True), (raw, False)):  # the second is the control
        error = np.std(shares, ddof=1) / np.sqrt(len(shares))
        assert bool(abs(np.mean(shares) - 0.5) < SIGMAS * error) is within


def test_memorisation_where_distances_vanish():
    point = np.zeros((3, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = metrics.memorisation(point, point, point)
        assert np.isnan(same.ratio)
        assert same.nearer_to_train == 0.5
        assert metrics.memorisation(point, point + 1, point).ratio == np.inf


# ---------------------------------------------------------------- modes


@pytest.mark.parametrize("name", ["ring", "grid", "eight_gaussians"])
def test_a_perfect_sampler_has_the_share_that_theory_says(name):
    data = kgan.data.load(name, size=25_000)
    report = metrics.mode_report(data.train, data.centers, data.std)
    assert report.modes == len(data.centers)
    share = 1 - np.exp(-4.5)
    assert share == pytest.approx(0.9889, abs=1e-4)
    bounds = stats.binom(25_000, share).interval(1 - 1e-6)
    assert bounds[0] <= report.high_quality * 25_000 <= bounds[1]
    # 2 n KL is about chi-squared with one degree less than there are modes.
    assert 2 * 25_000 * report.reverse_kl < stats.chi2(len(data.centers) - 1).isf(1e-6)
    # Control: a sampler 10% too wide.
    wide = data.centers[data.train_labels] + 1.1 * (data.train - data.centers[data.train_labels])
    found = metrics.mode_report(wide, data.centers, data.std).high_quality
    assert not bounds[0] <= found * 25_000 <= bounds[1]


def test_mode_report_by_loops():
    rng = np.random.default_rng(0)
    centers = rng.uniform(-3, 3, (6, 3))
    samples = centers[rng.integers(0, 4, 300)] + 0.3 * rng.standard_normal((300, 3))
    counts = np.zeros(6)
    for x in samples:
        distances = [linalg.norm(x - c) for c in centers]
        if min(distances) < 2 * 0.3:
            counts[int(np.argmin(distances))] += 1
    q = counts / counts.sum()
    report = metrics.mode_report(samples, centers, 0.3, radius=2)
    assert report.modes == np.count_nonzero(counts)
    assert report.high_quality == counts.sum() / 300
    assert report.reverse_kl == pytest.approx(stats.entropy(q, np.full(6, 1 / 6)), rel=1e-12)
    assert metrics.mode_report(samples, centers, 0.3, radius=3) != report


def test_mode_report_of_collapse_and_of_noise():
    ring = kgan.data.load("ring", size=1000)
    collapsed = metrics.mode_report(np.tile(ring.centers[3], (100, 1)), ring.centers, ring.std)
    assert collapsed == (1, 1.0, pytest.approx(np.log(8)))
    nowhere = metrics.mode_report(np.full((10, 2), 9.0), ring.centers, ring.std)
    assert nowhere[:2] == (0, 0.0)
    assert np.isnan(nowhere.reverse_kl)
    two = np.concatenate([np.tile(ring.centers[0], (99, 1)), ring.centers[1:2]])
    assert metrics.mode_report(two, ring.centers, ring.std).modes == 2
    assert metrics.mode_report(two, ring.centers, ring.std, minimum_share=0.01).modes == 2
    assert metrics.mode_report(two, ring.centers, ring.std, minimum_share=0.02).modes == 1


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_kl_to_uniform_is_between_zero_and_log_of_bins(counts):
    counts = np.array(counts)
    kl = kl_to_uniform(counts)
    assert 0 <= kl <= np.log(len(counts)) + 1e-12
    assert kl == pytest.approx(stats.entropy(counts, np.ones(len(counts))), abs=1e-12)


# ---------------------------------------------------------------- Parzen


def _kernel_density_scores(samples, points, sigma):
    from sklearn.neighbors import KernelDensity

    exact = KernelDensity(bandwidth=sigma, rtol=0, leaf_size=len(samples))
    return exact.fit(samples).score_samples(points)


@pytest.mark.parametrize(("n", "m", "d", "sigma"), [(50, 20, 1, 0.3), (200, 70, 64, 0.35)])
def test_parzen_is_kernel_density(n, m, d, sigma):
    rng = np.random.default_rng(0)
    samples, test = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    scores = _kernel_density_scores(samples, test, sigma)
    found = metrics.parzen_log_likelihood(samples, test, sigma=sigma)
    assert found.mean == pytest.approx(scores.mean(), rel=1e-12, abs=1e-10)
    assert found.standard_error == pytest.approx(scores.std(ddof=1) / np.sqrt(m), rel=1e-10)
    assert found.sigma == sigma
    # Control: a window of σ in place of σ² is far outside.
    assert (
        abs(metrics.parzen_log_likelihood(samples, test, sigma=sigma**0.5).mean - found.mean) > 0.01
    )


def test_parzen_width_is_the_best_on_validation_data(monkeypatch):
    rng = np.random.default_rng(1)
    samples, validation = (5 * rng.standard_normal((n, 3)) for n in (400, 150))
    test = 0.5 * rng.standard_normal((100, 3))  # a narrower window would suit these better
    found = metrics.parzen_log_likelihood(samples, test, validation=validation)
    scale = np.sqrt(validation.var(axis=0).mean())
    widths = scale * 10 ** (np.arange(-30, 11) / 10)
    best, cheat = (
        max(widths, key=lambda w: _kernel_density_scores(samples, points, w).mean())
        for points in (validation, test)
    )
    assert found.sigma == pytest.approx(best, rel=1e-12)
    assert found.sigma != pytest.approx(cheat, rel=1e-3)
    assert found == metrics.parzen_log_likelihood(samples, test, sigma=found.sigma)
    monkeypatch.setattr(parzen, "_BLOCK", 1000)  # a few rows at a time: same figures
    assert metrics.parzen_log_likelihood(samples, test, validation=validation) == found
    # Scaling everything by c scales the width by c and moves the mean by -d log c.
    scaled = metrics.parzen_log_likelihood(8 * samples, 8 * test, validation=8 * validation)
    assert scaled.sigma == pytest.approx(8 * found.sigma)
    assert scaled.mean == pytest.approx(found.mean - 3 * np.log(8))


def test_parzen_width_is_chosen_for_windows_on_the_samples():
    """Validation data near one of three samples: windows on the data would have to be wide."""
    samples, validation = np.array([[0.0], [10], [20]]), np.array([[0.5], [-0.2], [0.9], [1.4]])
    found = metrics.parzen_log_likelihood(samples, validation, validation=validation).sigma
    widths = validation.std() * 10 ** (np.arange(-30, 11) / 10)

    def best(centers, points):
        return max(widths, key=lambda w: _kernel_density_scores(centers, points, w).mean())

    assert found == pytest.approx(best(samples, validation), rel=1e-12)
    assert best(validation, samples) > 2 * found


def test_parzen_survives_points_far_from_every_sample():
    found = metrics.parzen_log_likelihood(np.zeros((2, 1)), np.full((2, 1), 100.0), sigma=0.1)
    assert found.mean == pytest.approx(stats.norm.logpdf(100, 0, 0.1))


def test_parzen_window_integrates_to_one():  # A-EVA-01
    samples = np.random.default_rng(0).standard_normal((5, 1))

    def density(x):
        return np.exp(metrics.parzen_log_likelihood(samples, [[x], [x]], sigma=0.3).mean)

    total, _ = integrate.quad(density, -8, 8, limit=200, points=list(samples[:, 0]))
    assert total == pytest.approx(1, abs=1e-6)


def test_parzen_mean_is_the_smoothed_density():  # A-EVA-02 and the first half of C-36
    samples = np.random.default_rng(0).standard_normal((4_000_000, 1))
    found = np.exp(metrics.parzen_log_likelihood(samples, [[0.7], [0.7]], sigma=0.3).mean)
    exact = stats.norm.pdf(0.7, 0, np.sqrt(1 + 0.3**2))
    assert exact == pytest.approx(0.305197, abs=5e-7)
    window = stats.norm.pdf(0.7, samples[:, 0], 0.3)
    assert SIGMAS * window.std() / 2000 < 2e-3  # enough samples for the tolerance
    assert abs(found - exact) < 2e-3
    # Control: the density itself, without the window's smoothing.
    assert abs(found - stats.norm.pdf(0.7)) > 2e-3


def test_parzen_baselines_on_digits(digits, gaussian_digits):  # A-EVA-03, second half of C-36
    train = metrics.parzen_log_likelihood(digits.train, digits.test, sigma=0.35)
    assert train.mean == pytest.approx(-17.96, abs=1.5)
    # The ledger's Gaussian figure is met by images, which end at -1 and 1; the normal itself,
    # whose samples go beyond, scores lower.
    images = np.clip(gaussian_digits, -1, 1).reshape(-1, 8, 8, 1)
    clipped = metrics.parzen_log_likelihood(images, digits.test, sigma=0.35)
    assert clipped.mean == pytest.approx(-38.6, abs=1.5)
    test = digits.test.reshape(500, -1)
    unclipped = metrics.parzen_log_likelihood(gaussian_digits, test, sigma=0.35)
    assert unclipped.mean < clipped.mean - 5


# ---------------------------------------------------------------- judge and features


@pytest.fixture
def fresh_judge(tmp_path, monkeypatch):
    """`digits_judge` with an empty cache and one epoch of training."""
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(judge_module, "_EPOCHS", 1)
    metrics.digits_judge.cache_clear()
    yield
    metrics.digits_judge.cache_clear()


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """The real judge, trained here and not read from the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        metrics.digits_judge.cache_clear()
        yield metrics.digits_judge()
    metrics.digits_judge.cache_clear()


def test_judge_knows_digits(judge, digits):
    assert judge.test_accuracy >= 0.98
    assert judge.test_accuracy == np.mean(judge.classify(digits.test) == digits.test_labels)
    # Control: upside down it does not.
    turned = judge.classify(digits.test[:, ::-1, ::-1])
    assert np.mean(turned == digits.test_labels) < 0.5


def test_judge_counts_classes(judge, digits):
    histogram = judge.label_histogram(digits.train)
    shares = np.bincount(digits.train_labels) / len(digits.train)
    np.testing.assert_allclose(histogram.shares, shares, atol=0.01)
    assert histogram.kl_to_uniform < 0.001
    ones = judge.label_histogram(digits.train[digits.train_labels == 1])
    assert ones.shares.argmax() == 1
    assert ones.kl_to_uniform == pytest.approx(np.log(10), abs=0.2)


def test_judge_computes_what_scikit_learn_does():
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (40, 8, 8, 1))
    network = MLPClassifier((7, 5), solver="lbfgs", max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit(images.reshape(40, -1), np.arange(40) % 10)
    judge = metrics.Judge(tuple(network.coefs_), tuple(network.intercepts_))
    expected = network.predict_proba(images.reshape(40, -1))
    np.testing.assert_allclose(judge.probabilities(images), expected, atol=1e-12)
    np.testing.assert_array_equal(judge.classify(images), network.predict(images.reshape(40, -1)))
    assert judge.features(images).shape == (40, 5)
    logits = judge.features(images) @ network.coefs_[-1] + network.intercepts_[-1]
    np.testing.assert_allclose(
        logits - np.log(expected), (logits - np.log(expected))[:, :1] + np.zeros(10), atol=1e-9
    )


def test_judge_is_cached_without_pickle_and_the_same_again(fresh_judge, tmp_path):
    first = metrics.digits_judge()
    (file,) = (tmp_path / "cache").iterdir()
    with np.load(file, allow_pickle=False) as arrays:
        assert len(arrays.files) == 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_module, "_train", lambda *_: pytest.fail("trained again"))
        metrics.digits_judge.cache_clear()
        read = metrics.digits_judge()
    file.unlink()
    metrics.digits_judge.cache_clear()
    again = metrics.digits_judge()
    for judge in (read, again):
        for one, other in zip(
            (*first.weights, *first.biases), (*judge.weights, *judge.biases), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    assert again.test_accuracy == first.test_accuracy


@pytest.mark.parametrize("damage", ["flipped", "truncated", "replaced"])
def test_a_damaged_judge_is_noticed_and_made_again(fresh_judge, tmp_path, damage):
    first = metrics.digits_judge()
    (file,) = (tmp_path / "cache").iterdir()
    packed = bytearray(file.read_bytes())
    if damage == "flipped":
        packed[len(packed) // 2] ^= 1
    file.write_bytes({"truncated": packed[:100], "replaced": b"\x80\x04."}.get(damage, packed))
    metrics.digits_judge.cache_clear()
    again = metrics.digits_judge()
    np.testing.assert_array_equal(first.weights[0], again.weights[0])
    (file,) = (tmp_path / "cache").iterdir()
    assert judge_module._read(kgan.data.load("digits").hash) is not None


def test_other_settings_have_another_cache(fresh_judge, monkeypatch):
    name = judge_module._cache_prefix("data")
    assert judge_module._cache_prefix("other data") != name
    monkeypatch.setattr(judge_module, "_EPOCHS", 2)
    assert judge_module._cache_prefix("data") != name


def test_judge_works_without_a_cache(fresh_judge, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "file" / "cache"))
    assert metrics.digits_judge().test_accuracy > 0.5


def test_features(judge, digits):
    pixels = metrics.features(digits.test)
    np.testing.assert_array_equal(pixels, digits.test.reshape(500, 64))
    assert pixels.dtype == np.float64
    hidden = metrics.features(digits.test, extractor="digits")
    np.testing.assert_array_equal(hidden, judge.features(digits.test))
    assert hidden.shape == (500, 64)


def test_inception_features(monkeypatch):
    import keras

    built = []

    def stand_in(include_top, pooling):
        assert not include_top
        assert pooling == "avg"
        built.append(1)
        inputs = keras.Input((299, 299, 3))
        return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))

    monkeypatch.setattr(keras.applications, "InceptionV3", stand_in)
    extractors._inception.cache_clear()
    images = np.random.default_rng(0).uniform(-1, 1, (35, 8, 8, 3)).astype(np.float32)
    found = metrics.features(images, extractor="inception")
    # Enlarging keeps the mean but for the border, so that each channel's mean comes back.
    np.testing.assert_allclose(found, images.mean(axis=(1, 2)), atol=0.02)
    grey = metrics.features(images[..., :1], extractor="inception")
    np.testing.assert_allclose(grey, np.repeat(found[:, :1], 3, axis=1), atol=1e-6)
    assert built == [1]
    extractors._inception.cache_clear()


def test_inception_offline_names_the_file_to_fetch(monkeypatch):
    import keras

    def offline(**_):
        raise Exception("URL fetch failure: Name or service\nnot known")

    monkeypatch.setattr(keras.applications, "InceptionV3", offline)
    extractors._inception.cache_clear()
    with pytest.raises(ValueError, match="no weights on this machine") as caught:
        metrics.features(np.zeros((2, 8, 8, 3)), extractor="inception")
    assert "\n" not in str(caught.value)
    assert "inception_v3_weights" in str(caught.value)


@pytest.mark.parametrize(
    ("images", "extractor", "said"),
    [
        (np.zeros((2, 8, 8)), "pixels", r"accepted is \(n, height, width, channels\)"),
        (np.full((2, 8, 8, 1), 1.5), "pixels", "images: got values from 1.5 to 1.5"),
        (np.full((2, 8, 8, 1), np.nan), "pixels", "images: got 128 entries that are NaN"),
        (np.zeros((2, 9, 8, 1)), "digits", r"images: got shape .*; accepted is \(n, 8, 8, 1\)"),
        (
            np.zeros((2, 8, 8, 2)),
            "inception",
            "images: got 2 channels; accepted by inception are 1 and 3",
        ),
        (np.zeros((2, 8, 8, 1)), "pixel", "did you mean 'pixels'"),
        (
            np.zeros((2, 8, 8, 1)),
            None,
            "extractor: got None; accepted are pixels, digits, inception",
        ),
    ],
)
def test_features_refuse_bad_input(images, extractor, said):
    with pytest.raises(ValueError, match=said):
        metrics.features(images, extractor=extractor)


# ---------------------------------------------------------------- bad input

GOOD = np.random.default_rng(0).standard_normal((10, 3))
BAD = {
    "NaN": (
        np.where(np.arange(30).reshape(10, 3) == 4, np.nan, GOOD),
        "got 1 entries that are NaN",
    ),
    "infinity": (np.where(np.arange(30).reshape(10, 3) < 2, np.inf, GOOD), "got 2 entries"),
    "rank 1": (GOOD[:, 0], r"got shape .*; accepted is \(n, d\)"),
    "rank 3": (GOOD[:, :, None], r"got shape .*; accepted is \(n, d\)"),
    "no entries": (GOOD[:, :0], r"got shape .*; accepted is \(n, d\)"),
    "empty": (GOOD[:0], "got 0 samples; accepted are"),
    "text": (GOOD.astype(str), "accepted are real numbers"),
    "complex": (GOOD + 1j, "accepted are real numbers"),
}
CALLS = {
    "frechet_distance": (metrics.frechet_distance, ("real", "fake"), {}),
    "kernel_distance": (metrics.kernel_distance, ("real", "fake"), {}),
    "precision_recall": (metrics.precision_recall, ("real", "fake"), {}),
    "density_coverage": (metrics.density_coverage, ("real", "fake"), {}),
    "memorisation": (metrics.memorisation, ("samples", "train", "heldout"), {}),
    "mode_report": (metrics.mode_report, ("samples", "centers"), {"std": 0.1}),
    "parzen_log_likelihood": (
        metrics.parzen_log_likelihood,
        ("samples", "test", "validation"),
        {},
    ),
}
PLACES = [(call, place) for call, (_, places, _) in CALLS.items() for place in places]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("call", "place"), PLACES)
def test_bad_samples_are_refused_by_name(call, place, bad):
    function, places, options = CALLS[call]
    values, said = BAD[bad]
    arguments = dict.fromkeys(places, GOOD) | {place: values}
    with pytest.raises(ValueError, match=f"^{place}: .*{said}"):
        function(**arguments, **options)


@pytest.mark.parametrize("call", CALLS)
def test_good_samples_and_images_are_accepted(call):
    function, places, options = CALLS[call]
    plain = function(**dict.fromkeys(places, GOOD[:, :2]), **options)
    images = GOOD[:, :2].reshape(10, 1, 2, 1)
    for same in (images, GOOD[:, :2].tolist()):
        found = function(**dict.fromkeys(places, same), **options)
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize(("call", "place"), PLACES)
def test_unequal_dimensions_are_refused(call, place):
    function, places, options = CALLS[call]
    arguments = dict.fromkeys(places, GOOD) | {place: GOOD[:, :2]}
    with pytest.raises(ValueError, match=f"{place}.*: got samples of .*2.* entries"):
        function(**arguments, **options)


@pytest.mark.parametrize(
    ("call", "options", "said"),
    [
        ("frechet_distance", {"fake": GOOD[:1]}, "fake: got 1 samples; accepted are 2 or more"),
        ("kernel_distance", {"real": GOOD[:1]}, "real: got 1 samples; accepted are 2 or more"),
        (
            "kernel_distance",
            {"subset_size": 11},
            "subset_size: got 11; accepted is an integer from 2 to 10",
        ),
        ("kernel_distance", {"subset_size": 1}, "subset_size: got .*; accepted is an integer >= 2"),
        ("kernel_distance", {"subsets": 1}, "subsets: got .*; accepted is an integer >= 2"),
        ("kernel_distance", {"seed": -1}, "seed: got .*; accepted is an integer >= 0"),
        ("precision_recall", {"fake": GOOD[:5]}, "fake: got 5 samples; accepted are 6 or more"),
        ("precision_recall", {"neighbours": 10}, "real: got 10 samples; accepted are 11 or more"),
        ("precision_recall", {"neighbours": 0}, "neighbours: got .*; accepted is an integer >= 1"),
        ("density_coverage", {"real": GOOD[:5]}, "real: got 5 samples; accepted are 6 or more"),
        ("density_coverage", {"neighbours": 2.0}, "neighbours: got .*; accepted is an integer"),
        ("density_coverage", {"neighbours": True}, "neighbours: got .*; accepted is an integer"),
        ("memorisation", {"seed": "a"}, "seed: got .*; accepted is an integer"),
        ("mode_report", {"std": 0}, "std: got 0; accepted is a number > 0"),
        ("mode_report", {"std": np.nan}, "std: got .*; accepted is a number > 0"),
        ("mode_report", {"std": [1, 2]}, "std: got .*; accepted is a number > 0"),
        ("mode_report", {"radius": -3}, "radius: got .*; accepted is a number > 0"),
        (
            "mode_report",
            {"minimum_share": 1.5},
            "minimum_share: got 1.5; accepted is a number >= 0 and <= 1",
        ),
        ("parzen_log_likelihood", {"validation": None}, "got neither"),
        ("parzen_log_likelihood", {"sigma": 0.3}, "got both"),
        (
            "parzen_log_likelihood",
            {"validation": None, "sigma": -1},
            "sigma: got -1; accepted is a number > 0",
        ),
        ("parzen_log_likelihood", {"validation": GOOD[[0, 0]]}, "got the same sample throughout"),
        (
            "parzen_log_likelihood",
            {"test": GOOD[:1]},
            "test: got 1 samples; accepted are 2 or more",
        ),
    ],
)
def test_bad_options_are_refused_by_name(call, options, said):
    function, places, others = CALLS[call]
    with pytest.raises(ValueError, match=said):
        function(**(dict.fromkeys(places, GOOD) | others | options))


def test_what_is_not_said_is_as_documented():
    rng = np.random.default_rng(0)
    x, y, z = rng.standard_normal((3, 30, 2))
    many, more = rng.standard_normal((1003, 1)), rng.standard_normal((1002, 1))
    for found, said in (
        (metrics.kernel_distance(x, y), metrics.kernel_distance(x, y, 100, 30, 0)),
        (metrics.kernel_distance(x, y[:7]), metrics.kernel_distance(x, y[:7], 100, 7, 0)),
        (metrics.kernel_distance(x[:7], y, 2), metrics.kernel_distance(x[:7], y, 2, 7, 0)),
        (metrics.kernel_distance(many, more, 2), metrics.kernel_distance(many, more, 2, 1000, 0)),
        (metrics.precision_recall(x, y), metrics.precision_recall(x, y, 5)),
        (metrics.density_coverage(x, y), metrics.density_coverage(x, y, 5)),
        (metrics.memorisation(x, y, z[:9]), metrics.memorisation(x, y, z[:9], 0)),
        (metrics.memorisation(x, y[:9], z), metrics.memorisation(x, y[:9], z, 0)),
        (metrics.mode_report(x, z[:4], 0.2), metrics.mode_report(x, z[:4], 0.2, 3, 0)),
    ):
        assert found == said
    assert metrics.mode_report(x, z[:4], 0.2) != metrics.mode_report(x, z[:4], 0.2, 2.5)
    assert metrics.memorisation(x, y, z[:9]) != metrics.memorisation(x, y, z[:9], 1)


def test_memorisation_thins_the_larger_set_by_its_seed():
    rng = np.random.default_rng(0)
    x, train, heldout = rng.standard_normal((5, 2)), *(rng.standard_normal((n, 2)) for n in (9, 4))
    chosen = np.random.default_rng(3)
    a, b = train[chosen.permutation(9)[:4]], heldout[chosen.permutation(4)]

    def nearest(points, references):
        return linalg.norm(points[:, None] - references, axis=2).min(axis=1)

    to_a, to_b = nearest(x, a), nearest(x, b)
    found = metrics.memorisation(x, train, heldout, seed=3)
    assert found == pytest.approx(
        (
            to_a.mean(),
            to_b.mean(),
            to_a.mean() / to_b.mean(),
            np.mean(to_a < to_b),
            nearest(x, train).mean(),
            nearest(heldout, train).mean(),
        ),
        rel=1e-12,
    )


def test_metrics_need_no_keras_and_know_their_names():
    import subprocess
    import sys

    code = (
        "import sys, numpy as np, kgan.metrics as metrics\n"
        "metrics.frechet_distance(np.eye(3), np.eye(3)); metrics.features(np.zeros((2, 8, 8, 1)))\n"
        "assert all(callable(getattr(metrics, name)) for name in metrics.__all__)\n"
        "import kgan.metrics.extractors\n"
        "print([m for m in ('keras', 'tensorflow', 'torch', 'jax') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        metrics.nothing  # noqa: B018  # the access itself must raise
