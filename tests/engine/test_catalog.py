"""The catalog has every model, and whatever else names models says the same."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kgan
import kgan.models
from kgan.catalog import CAPABILITIES, CATALOG
from kgan.runs.folder import MODELS
from registry import MODELS as TESTED
from theory.claim.exercises import EXERCISES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SHAPES = {"points": [(1,), (2,)], "vector": [(64,)], "image": [(8, 8, 1), (16, 16, 3)]}

each = pytest.mark.parametrize("entry", CATALOG.values(), ids=lambda entry: entry.name)


def models_of(path, package: str) -> dict[str, str]:
    """The games that a package's modules define, and where."""
    found = {}
    for file in pkgutil.iter_modules(path, f"{package}."):
        for name, kind in vars(importlib.import_module(file.name)).items():
            own = inspect.isclass(kind) and kind.__module__ == file.name
            if own and issubclass(kind, kgan.Game) and not name.startswith("_"):
                found[name] = file.name
    return found


def test_every_model_has_an_entry():
    found = models_of(kgan.models.__path__, "kgan.models")
    lines = [
        f'Entry("{name}", "{module}", paper, exercises, what it shows, capabilities),'
        for name, module in found.items()
        if name not in CATALOG
    ]
    assert not lines, "add to _ENTRIES in kgan/catalog.py:\n" + "\n".join(lines)
    assert found == {name: entry.module for name, entry in CATALOG.items()}


@each
def test_an_entry_is_whole(entry):
    where = f'Entry("{entry.name}", ...) in kgan/catalog.py'
    assert re.fullmatch(r".+? \d{4}, .+", entry.paper), (
        f'write the paper into {where}: "Authors YEAR, Title, arXiv NUMBER"'
    )
    assert entry.shows, f"write into {where} what the model shows"
    known = {exercise.name for exercise in EXERCISES}
    assert entry.exercises, f"write into {where} an exercise of theory/claim/exercises.py"
    assert set(entry.exercises) <= known, (
        f"{where} names exercises of theory/claim/exercises.py only"
    )
    assert set(entry.capabilities) <= set(CAPABILITIES), (
        f"{where} has a word that CAPABILITIES does not say the meaning of"
    )


@each
def test_an_entry_is_tested(entry):
    assert entry.name in TESTED, (
        f'add to MODELS in tests/registry.py: "{entry.name}": Entry(kgan.{entry.name}, '
        'options={...small...}); of a critic with validation=("score_difference",), and with '
        "logs=(...) naming what log_names and penalties add"
    )


def test_the_harness_tests_nothing_else():
    assert {name.partition(".")[0] for name in TESTED} == set(CATALOG)


@each
def test_readme_has_the_model_beside_its_paper(entry):
    paper = re.match(r".+? \d{4}", entry.paper).group()
    rows = [line for line in README.splitlines() if line.startswith(f"| {paper} |")]
    assert any(f"`kgan.{entry.name}`" in row.split("|")[2] for row in rows), (
        f"add to the map in README.md: | {paper} | `kgan.{entry.name}` | what it shows | what is "
        "proved | lesson |"
    )


def test_readme_has_no_model_besides():
    table = [line.split("|")[2] for line in README.splitlines() if line.count("|") == 6]
    named = {name for cell in table for name in re.findall(r"`kgan\.([A-Z]\w+)", cell)}
    assert named == set(CATALOG)


def test_run_folders_build_the_same_models():
    assert list(MODELS.values()) == list(CATALOG)
    assert len(MODELS) == len(CATALOG)


@each
def test_capabilities_are_what_the_model_does(entry):
    words = set(entry.capabilities)
    assert entry.name in TESTED, "see test_an_entry_is_tested"
    tested = TESTED[entry.name]
    for kind, shapes in SHAPES.items():
        for shape in shapes:
            if kind in words:
                model = tested.build(shape, data_range=None, seed=0, **tested.options)
                assert model.data_shape == shape
            else:
                with pytest.raises(ValueError, match="data_shape: got"):
                    tested.build(shape, data_range=None, seed=0, **tested.options)
    model = tested()
    does = {
        "critic": model.objective.critic,
        "pairs": model.objective.pairs,
        "packs": getattr(model, "packing", 1) > 1,
        "penalty": bool(model.penalties),
    }
    for word, true in does.items():
        assert (word in words) == true, (
            f'{"write" if true else "take"} "{word}" {"into" if true else "out of"} the '
            f'capabilities of Entry("{entry.name}") in kgan/catalog.py'
        )


def test_the_catalog_loads_nothing_heavy():
    script = "import sys; from kgan.catalog import CATALOG; print(sorted(set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for heavy in ("numpy", "keras", "tensorflow", "jax", "torch", "theory"):
        assert f"'{heavy}'" not in done.stdout


def test_a_model_without_an_entry_is_noticed(tmp_path, monkeypatch):
    """Negative control: what is looked for is found in a folder of other modules, too."""
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "new_gan.py").write_text(
        "import kgan\nclass NewGAN(kgan.TwoPlayerGame): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = models_of([str(tmp_path / "strange")], "strange")
    assert found == {"NewGAN": "strange.new_gan"}
