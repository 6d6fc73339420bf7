"""The lessons: whether each reads as one, and (slow) whether it reaches the figures it promises."""

import ast
import json
import math
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/[0-9][0-9]_*.py"))
IMPORT_NAMES = {"scikit-learn": "sklearn", "scikit-image": "skimage", "pillow": "PIL"}


def core_packages() -> set[str]:
    """Names under which the core dependencies and our own packages are imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w-]+", line).group() for line in project["dependencies"]]
    return {IMPORT_NAMES.get(name, name) for name in names} | {"kgan", "theory"}


def imported(tree: ast.AST) -> set[str]:
    """Packages that a script imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def name(path: Path) -> str:
    """A lesson as it is spoken of: `game/01`."""
    return f"{path.parent.name}/{path.name[:2]}"


def test_a_chapters_lessons_are_numbered_from_one():
    chapters: dict[str, list[int]] = {}
    for path in EXAMPLES:
        chapters.setdefault(path.parent.name, []).append(int(path.name[:2]))
    assert {"game", "networks", "evaluation", "collapse", "saturation"} <= set(chapters)
    assert {c: list(range(1, len(n) + 1)) for c, n in chapters.items()} == chapters


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_some_test_runs_the_lesson(path):
    tests = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert any(f'run("{name(path)}"' in source for source in tests)


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_reads_as_a_lesson(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree)
    assert docstring is not None
    assert "**Goal.**" in docstring
    assert source.startswith("# %% [markdown]\n")
    assert "# %% Knobs" in source
    place = f"{path.parent.name}/{path.stem}"
    assert f"examples/out/{place}" in source
    assert f"({place}.py)" in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=name)
def test_imports_core_dependencies_only(path):
    allowed = core_packages() | set(sys.stdlib_module_names)
    assert imported(ast.parse(path.read_text(encoding="utf-8"))) <= allowed


def test_an_import_of_anything_else_is_noticed():
    script = "import numpy\ndef f():\n    from torch import nn\n"
    assert imported(ast.parse(script)) - core_packages() == {"torch"}


def run(lesson: str, out: Path) -> dict:
    """Run a lesson as a reader does, in a process of its own; its numbers."""
    (path,) = [path for path in EXAMPLES if name(path) == lesson]
    done = subprocess.run(
        [sys.executable, str(path), "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(out.glob("*.png"))
    return json.loads((out / "results.json").read_text())


@pytest.mark.slow
def test_digits_gan(tmp_path):
    """C-01."""
    found = run("game/01", tmp_path)
    gan, gaussian = found["scores"]["GAN"], found["scores"]["Gaussian"]
    assert found["judge_test_accuracy"] >= 0.98
    assert gan["classes_of_at_least_1_percent"] == 10
    assert gan["kl_to_uniform"] <= 0.25
    assert gan["parzen"] >= -26
    assert gan["distance_ratio"] >= 0.8
    # Controls: a Gaussian is not likely enough, and copies are not new.
    assert gaussian["parzen"] < -26
    assert found["scores"]["training images"]["distance_ratio"] < 0.8


@pytest.mark.slow
def test_optimal_discriminator(tmp_path):
    """C-02."""
    found = run("game/02", tmp_path)
    frozen, learned = found["frozen_generator"], found["learned_generator"]
    assert frozen["rms"] <= 0.03
    assert frozen["gap"] <= 0.01
    assert frozen["value"] <= frozen["bound"] + 1e-6
    assert learned["w1"] <= 0.2
    # Controls: before training neither holds.
    assert frozen["rms_untrained"] > 0.03
    assert learned["w1_untrained"] > 0.2


@pytest.mark.slow
def test_original_paper(tmp_path):
    """C-03."""
    found = run("game/03", tmp_path)
    for data in ("digits", "faces"):
        parzen = found[data]["parzen"]
        best_gaussian = max(parzen["Gaussian"]["mean"], parzen["Gaussian, cut off"]["mean"])
        assert parzen["GAN"]["mean"] >= best_gaussian + 5
        assert parzen["GAN, untrained"]["mean"] < best_gaussian  # control


@pytest.mark.slow
def test_convolutional(tmp_path):
    """C-04."""
    found = run("networks/01", tmp_path)
    for data in ("faces", "digits"):
        assert found[data]["ratio"] <= 0.25
        assert found[data]["ratio_untrained"] > 0.25  # control


@pytest.mark.slow
def test_evaluation(tmp_path):
    """C-36, the rows without a conditional model; A-EVA-02, A-EVA-03."""
    found = run("evaluation/01", tmp_path)
    check = found["parzen_check"]
    assert check["closed_form"] == pytest.approx(0.305197, abs=1e-6)
    assert 4.9 * check["standard_error"] < 2e-3  # enough samples for the tolerance
    assert abs(check["monte_carlo"] - check["closed_form"]) <= 2e-3
    assert abs(check["monte_carlo"] - check["unsmoothed"]) > 2e-3  # control: no smoothing
    assert found["judge_test_accuracy"] >= 0.98
    assert found["parzen_baselines"]["training_images"] == pytest.approx(-17.96, abs=1.5)
    assert found["parzen_baselines"]["gaussian"] == pytest.approx(-38.6, abs=1.5)
    # Mode metrics: a sampler of the data has all eight, a collapsed one two.
    assert found["modes"]["data"]["modes"] == 8
    assert found["modes"]["two modes only"]["modes"] == 2
    assert found["table"]["training threes only"]["classes"] == 1


@pytest.mark.slow
def test_mode_collapse(tmp_path):
    """C-06; A-MC-01, A-MC-03."""
    games = run("collapse/01", tmp_path)["games"]
    hopping, *cures = games.values()
    assert hopping["fewest_modes_of_good_samples"] <= 2
    assert hopping["changes_within_3000"] >= 2
    assert hopping["verdict"] == "hopping"
    # What the losses cannot tell apart, the modes do: all of these end near log 4.
    for game in games.values():
        assert game["discriminator_loss"] == pytest.approx(math.log(4), rel=0.05)
    assert len(cures) == 3
    for game in cures:
        assert game["modes"] == 8
        assert game["reverse_kl"] <= 0.1
        assert game["high_quality"] >= 0.5
        assert game["changes"] < hopping["changes"] / 4
        assert game["verdict"] == "equilibrium"


@pytest.mark.slow
def test_saturation_and_distance(tmp_path):
    """C-05, C-08, C-09, C-50; A-MC-09, A-OT-16, A-SUP-11, A-SUP-13."""
    found = run("saturation/01", tmp_path)
    uniforms, normals = found["saturation"]["uniforms"], found["saturation"]["normals"]
    assert uniforms["minimax"][-1] <= 1e-4
    assert uniforms["non-saturating"][-1] >= max(1, 1e5 * uniforms["minimax"][-1])
    assert uniforms["Wasserstein"][-1] == pytest.approx(1.1, rel=0.05)
    assert uniforms["minimax"][0] > 1e-4  # control: an untrained D
    closed = found["saturation"]["normals_closed_form"]
    assert normals["minimax"][-1] == pytest.approx(closed["minimax"], rel=0.15)
    assert normals["Wasserstein"][-1] == pytest.approx(closed["Wasserstein"], rel=0.05)
    assert 0 < normals["V below its bound"][-1] <= 1e-3

    noise = found["instance_noise"]
    assert abs(noise["uniforms"]["value"] + 0.748239) <= 0.02
    assert abs(noise["uniforms"]["minimax"] / 0.438319 - 1) <= 0.15
    assert noise["minimax"][2:] == pytest.approx(noise["minimax_closed_form"][2:], rel=0.15)
    assert noise["minimax"][0] <= 1e-3  # control: no noise
    assert 2 / noise["best_level"] == pytest.approx(2.5, abs=0.2)

    distances = found["distances"]
    for row in (*distances["weight_10"][1:], distances["weight_100"]):
        assert row["distance"] == pytest.approx(row["mean"], abs=1e-9)
        assert row["estimate"] == pytest.approx(row["reading"], rel=0.03)
    at_3 = next(row for row in distances["weight_10"] if row["mean"] == 3)
    assert at_3["reading"] == pytest.approx(3.45)
    assert distances["weight_100"]["reading"] == pytest.approx(3.045)
    assert at_3["estimate"] > 1.1 * at_3["distance"]  # control: it is not W that is read
    assert distances["weight_10"][-1]["js"] > 0.99 * distances["log_2"]
    assert distances["linear_critics_at_3"]["estimate"] == pytest.approx([3.45, -2.55], rel=0.03)
    plane = distances["plane"]
    assert plane["estimate"] == pytest.approx(plane["reading"], rel=0.03)
    assert 0 < plane["between_samples_of_the_data"] < 0.1 * plane["distance"]

    for law, exact in (("collapsed", [0.2, 0.36, 0.488]), ("uneven", [0.2, 0.24, 0.284])):
        packs = found["packs"][law]
        assert packs["exact"] == pytest.approx(exact, abs=2e-4)
        for seen, most in zip(packs["seen"], exact, strict=True):
            assert most - 0.05 <= seen <= most + 4.9 * 0.005
    assert found["packs"]["collapsed"]["seen"][2] > found["packs"]["uneven"]["exact"][2] + 0.1

    overfitting = found["overfitting"]
    assert overfitting["train"][-1] >= -0.01
    assert overfitting["test"][-1] <= -math.log(4) - 0.5
    assert overfitting["train"][0] < -0.01  # control: an untrained D
