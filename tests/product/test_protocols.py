"""The protocols that train networks: what they measure, keep, find again and print."""

import json
import math
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from kgan import cli, data, reproduce
from kgan.reproduce import Journal, mixtures, pacgan, unrolled, wgan_gp

pytestmark = pytest.mark.one_backend

PERFECT = 1 - math.exp(-9 / 2)  # share within 3 standard deviations in two dimensions


def counted(protocol, **given):
    """Run a protocol, counting the trainings that it makes."""
    told = []
    journal = Journal(given.pop("folder", None), lambda what, step, steps: told.append(what))
    return reproduce.run(protocol, journal=journal, **given), len(set(told))


# What is measured --------------------------------------------------------------------------


def test_the_data_themselves_score_as_a_perfect_sampler():
    known = data.load("ring", seed=1)
    figures = mixtures.measure(known.test[:2500], known.centers, known.std)
    assert figures["modes"] == 8
    # Of 2,500 samples a share of p is off by less than 4.9 standard errors but once in 10^6.
    assert abs(figures["high quality %"] / 100 - PERFECT) < 4.9 * math.sqrt(PERFECT / 2500 / 90)
    # 2·n·KL is about chi-squared with 7 degrees of freedom, above 41 once in 10^6.
    assert figures["reverse KL"] < 41 / (2 * 2500)


def test_lost_modes_and_no_sample_of_quality():
    known = data.load("ring", seed=1)
    two = known.test[np.isin(np.asarray(known.test_labels), (3, 5))]
    figures = mixtures.measure(two, known.centers, known.std)
    assert figures["modes"] == 2
    assert abs(figures["reverse KL"] - math.log(4)) < 41 / (2 * len(two))
    figures = mixtures.measure(np.zeros((50, 2)), known.centers, known.std)
    assert (figures["modes"], figures["high quality %"]) == (0, 0)
    assert figures["reverse KL"] == math.log(8)


def test_permutation_p_is_the_share_of_all_deals():
    gan, packed = [0.5, 0.9, 0.4], [0.1, 0.45, 0.3]
    figures = {
        name: [{"reverse KL": v} for v in values]
        for name, values in (("GAN", gan), ("PacGAN2", packed))
    }
    ((record,),) = pacgan.comparison(figures).values()
    pooled = np.array(gan + packed)
    means = [
        pooled[list(chosen)].mean() - np.delete(pooled, list(chosen)).mean()
        for chosen in combinations(range(6), 3)
    ]
    here = np.mean(packed) - np.mean(gan)
    assert record["p"] == np.mean([m <= here + 1e-12 for m in means])
    assert record["reverse KL less the GAN's"] == pytest.approx(here, abs=1e-15)
    # Exchanged, the same figures speak against packing.
    ((against,),) = pacgan.comparison(
        {"GAN": figures["PacGAN2"], "PacGAN2": figures["GAN"]}
    ).values()
    assert against["p"] > 0.9


@pytest.mark.parametrize(
    ("steps", "departures"),
    [
        (
            5_000,
            [
                "5,000 steps, the last tenth at a learning rate of 1e-05; published are 400,000 at "
                "0.0001."
            ],
        ),
        (400_000, []),
        (500_000, ["500,000 steps; published are 400,000 at 0.0001."]),
    ],
)
def test_a_run_of_another_length_says_so(steps, departures, monkeypatch):
    asked = []

    def train(mixture, method, steps, journal, seeds):
        asked.append((method, steps))
        for seed in seeds:
            yield seed, mixtures.measure(np.zeros((3, 2)), data.load("ring").centers, 0.01)

    monkeypatch.setattr(pacgan, "train", train)
    result, _ = counted("pacgan-ring", steps=steps, methods=["PacGAN4"])
    assert asked == [("PacGAN4", steps)]
    assert result.shortened is (steps < 400_000)
    assert result.departures == departures
    assert [str(row.published) for row in result.rows] == ["7.8 ± 0.1", "95.9 ± 1.4", "0.07 ± 0.02"]


@pytest.mark.parametrize("steps", [1_000, 400_000])
def test_only_a_shorter_run_ends_at_a_tenth_of_the_rate(steps, monkeypatch):
    built = []

    def fit_seeds(build, seeds, *_, **__):
        built.extend(map(build, seeds))
        return ()

    monkeypatch.setattr(pacgan, "fit_seeds", fit_seeds)
    assert list(pacgan.train("ring", "PacGAN2", steps, Journal(), [0])) == []
    for player in built[0].optimizer.players.values():
        rates = []
        for step in (0, 0.85 * steps, 0.95 * steps):
            player.iterations.assign(int(step))
            rates.append(float(player.learning_rate))
        last = 1e-5 if steps < 400_000 else 1e-4
        assert rates == pytest.approx([1e-4, 1e-4, last])


def test_the_distance_between_samples_is_that_of_the_cheapest_pairing():
    x = np.random.default_rng(0).normal(size=(60, 2))
    shift = np.array([0.3, -0.4])
    assert wgan_gp.distance(x, x + shift) == pytest.approx(0.5, abs=1e-12)
    assert wgan_gp.distance(x, x[::-1]) == 0


# What is trained ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "methods", "picture"),
    [
        ("pacgan-grid", ["PacGAN2"], "samples.png"),
        ("unrolled-ring", ["unrolled 1"], "samples.png"),
        ("wgan-gp-toy", ["WGAN, 25 Gaussians"], "critics.png"),
    ],
)
def test_a_run_is_printed_kept_and_found_again(protocol, methods, picture, tmp_path, capsys):
    chosen = [f"--method={method}" for method in methods]
    arguments = ["reproduce", protocol, *chosen, "--steps=2", "--seeds=1", "--json"]
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, f"--out={tmp_path}"])
    printed = capsys.readouterr()
    assert ended.value.code == 0
    first = json.loads(printed.out)
    assert first["shortened"] is True
    assert any(" 2 " in f" {departure}" for departure in first["departures"])
    assert {row["method"] for row in first["rows"]} == set(methods)
    assert all(math.isfinite(row["ours"]) for row in first["rows"])
    assert np.asarray(Image.open(tmp_path / picture).convert("L")).min() < 128  # not blank
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == len(methods)
    again, trainings = counted(protocol, methods=methods, steps=2, seeds=1, folder=tmp_path)
    assert trainings == 0
    assert json.loads(json.dumps(again.record())) == first


# What is kept ------------------------------------------------------------------------------


class Trainings:
    """Pretends to train; stops after some seeds, as a killed process does."""

    def __init__(self, ends_after=100):
        self.asked, self.ends_after = [], ends_after

    def __call__(self, seeds):
        self.asked.append(list(seeds))
        for i, seed in enumerate(seeds):
            if i == self.ends_after:
                raise KeyboardInterrupt
            yield seed, {"value": seed / 3}


def test_a_killed_protocol_goes_on_where_it_was(tmp_path):
    folder, settings = tmp_path / "a", {"steps": 5, "weights": (1, 2)}
    with pytest.raises(KeyboardInterrupt):
        Journal(folder).figures(settings, range(4), Trainings(ends_after=2))
    with (folder / "runs.jsonl").open("a") as file:
        file.write('{"seed": 2, "figures"')  # half a line: the process died while it wrote
    train = Trainings()
    figures = Journal(folder).figures(settings, range(4), train)
    assert train.asked == [[2, 3]]
    assert figures == [{"value": seed / 3} for seed in range(4)]
    train = Trainings()
    assert Journal(folder).figures(settings, range(4), train) == figures
    assert train.asked == []


def test_other_settings_or_other_code_are_other_runs(tmp_path, monkeypatch):
    from kgan.reproduce import journal

    Journal(tmp_path).figures({"steps": 5}, [0], Trainings())
    train = Trainings()
    Journal(tmp_path).figures({"steps": 6}, [0], train)
    assert train.asked == [[0]]
    real = journal._surroundings()
    monkeypatch.setattr(journal, "_surroundings", lambda: {**real, "code": "another"})
    train = Trainings()
    Journal(tmp_path).figures({"steps": 5}, [0], train)
    assert train.asked == [[0]]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = Trainings()
    for _ in range(2):
        Journal().figures({"steps": 5}, [0], train)
    assert train.asked == [[0], [0]]
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_every_protocol(capsys):
    with pytest.raises(SystemExit):
        cli.main(["reproduce", "--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name in reproduce.PROTOCOLS:
        assert name in shown.replace("- ", "-")


def test_the_methods_are_those_of_the_papers():
    assert list(pacgan.PUBLISHED["ring"]) == list(pacgan.PUBLISHED["grid"]) == list(pacgan.PACKING)
    assert unrolled.UNROLLED["GAN"] == 0
    assert len(wgan_gp.METHODS) == 6
