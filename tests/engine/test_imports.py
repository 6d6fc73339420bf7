"""Imports run one way: no circle, not even one hidden in a function, and no room climbs."""

import ast
from pathlib import Path

import pytest

import kgan

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[2]

# From the top: a room imports from its own floor and from those below it.
FLOORS = (
    ("cli",),
    ("demo", "reproduce", "exercises"),
    ("runs",),
    ("report", "callbacks"),
    ("show", "metrics", "data"),
    ("models", "ensemble"),
    ("two_player",),
    ("game",),
    ("networks", "layers", "losses", "penalties", "augment", "optimizers"),
    ("batches", "spec", "autodiff", "catalog"),
    ("checks", "files"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    """The files of both packages, by what they are imported as."""
    files = (file for package in ("kgan", "theory") for file in (ROOT / package).rglob("*.py"))
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in files
    }


class Imports(ast.NodeVisitor):
    """What a source imports, at any depth, but for types only or in a `__getattr__`.

    Attributes:
        found: pairs (module, name) of `from module import name`, and (module, "") of a whole one.
        strings, beginnings: of names that are computed, all that may be their end, and their
            beginning.
    """

    def __init__(self, source: str):
        self.found: set[tuple[str, str]] = set()
        self.strings: set[str] = set()
        self.beginnings: set[str] = set()
        self.visit(ast.parse(source))

    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_FunctionDef(self, node):
        if node.name != "__getattr__":  # of a package's lazy public names
            self.generic_visit(node)

    def visit_Import(self, node):
        self.found |= {(alias.name, "") for alias in node.names}

    def visit_ImportFrom(self, node):
        assert node.level == 0, "imports are absolute"
        self.found |= {(node.module, alias.name) for alias in node.names}

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and node.value.id == "kgan":
            self.found.add(("kgan", node.attr))
        self.generic_visit(node)

    def visit_Call(self, node):
        if ast.unparse(node.func).endswith("import_module"):
            name = node.args[0]
            parts = name.values if isinstance(name, ast.JoinedStr) else []
            self.beginnings.add(parts[0].value if parts else "")
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.strings.add(node.value.partition(":")[0])


def imported(source: str, files: dict[str, Path]) -> set[str]:
    """The modules of ours that a source imports."""
    imports = Imports(source)
    found = {b + s for b in imports.beginnings for s in imports.strings}
    for module, name in imports.found:
        if f"{module}.{name}" in files:
            found.add(f"{module}.{name}")
        else:
            found |= {module, *origins(module, name, files)}
    return found & set(files)


def origins(package: str, name: str, files: dict[str, Path]) -> set[str]:
    """The modules that a package has a name from, lazily or not."""
    if package == "kgan":
        return {kgan._HOME[name]} & set(files) if name in kgan._HOME else set()
    if package not in files or files[package].name != "__init__.py":
        return set()
    tree = ast.parse(files[package].read_text(encoding="utf-8"))
    return {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Some way that leads back to where it began; empty where there is none."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if found := walk(target, [*way, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


def room(module: str) -> str:
    """`metrics` of `kgan.metrics.modes`; empty for kgan itself."""
    return module.partition(".")[2].partition(".")[0]


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    files = modules()
    return {
        name: imported(file.read_text(encoding="utf-8"), files) - {name}
        for name, file in files.items()
    }


def test_no_circle(graph):
    found = circle(graph)
    assert not found, " -> ".join(found)


def test_rooms_import_downwards_only(graph):
    climbing = [
        f"{source} imports {target}, which lies above it"
        for source, targets in graph.items()
        for target in targets
        if room(source)
        and room(target)
        and source.startswith("kgan.")
        and target[:5] == "kgan."
        and FLOOR[room(target)] < FLOOR[room(source)]
    ]
    assert not climbing, "\n".join(climbing)


def test_no_circle_of_rooms(graph):
    rooms: dict[str, set[str]] = {}
    for source, targets in graph.items():
        if source.startswith("kgan."):
            rooms.setdefault(room(source), set()).update(
                room(t) for t in targets if t.startswith("kgan.")
            )
    found = circle({source: targets - {source} for source, targets in rooms.items()})
    assert not found, " -> ".join(found)


def test_every_room_has_its_floor():
    rooms = {room(name) for name in modules() if name.startswith("kgan.")}
    assert rooms <= set(FLOOR), "say in FLOORS where they lie"


def test_the_package_itself_imports_the_catalog_only(graph):
    assert graph["kgan"] == {"kgan.catalog"}
    assert graph["kgan.catalog"] == set()


def test_theory_does_not_import_kgan(graph):
    climbing = {
        source: targets
        for source, targets in graph.items()
        if source.startswith("theory") and any(t.startswith("kgan") for t in targets)
    }
    assert not climbing


def test_hidden_imports_are_found():
    files = modules()
    source = """
if TYPE_CHECKING:
    import kgan.cli
def __getattr__(name):
    import kgan.demo
def hidden():
    from kgan.metrics import mode_report
    from kgan import runs
    importlib.import_module("kgan.game")
    importlib.import_module(f"kgan.data.{where}")
    return kgan.PacGAN, "images:digits"
"""
    assert imported(source, files) == {
        "kgan",
        "kgan.metrics",
        "kgan.metrics.modes",
        "kgan.runs",
        "kgan.game",
        "kgan.data.images",
        "kgan.models.pacgan",
    }
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) == ["b", "c", "d", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
