"""The rules that keep the project readable hold in every file: who may import whom, docstrings, no private paths."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("core", "viz_app", "tests", "benchmarks", "deploy", "docs", "pretrained", ".ci", ".streamlit")
TEXT = {"", ".py", ".md", ".toml", ".txt", ".js", ".css", ".html", ".jinja", ".po", ".json"}
TEXT |= {".yaml", ".service", ".dockerignore"}
OURS = {"core", "viz_app", "streamlit_app", "tests", "benchmarks", "deploy"}

SHIPPED = sorted(
    [
        ROOT / "streamlit_app.py",
        *(file for room in ("core", "viz_app", "deploy") for file in (ROOT / room).rglob("*.py")),
    ]
)
PYTHON = sorted([*SHIPPED, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
WRITTEN = sorted(
    path
    for path in [*ROOT.iterdir(), *(path for room in ROOMS for path in (ROOT / room).rglob("*"))]
    if path.is_file() and path.suffix in TEXT and path.name != ".git"
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(source: str) -> Iterator[str]:
    """The modules that a file imports, relative imports with their dots."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def roots(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imports(path.read_text("utf-8"))}


def without_docstring(source: str) -> list[str]:
    """Names of public modules, classes, functions and methods that have no docstring."""
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) or not tree.body else ["module"]
    places: list[tuple[str, ast.Module | ast.ClassDef]] = [("", tree)]
    while places:
        prefix, place = places.pop()
        for node in place.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name[0] == "_":
                continue
            if not ast.get_docstring(node):
                missing.append(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                places.append((f"{prefix}{node.name}.", node))
    return missing


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    assert [module for module in imports(path.read_text("utf-8")) if module.startswith(".")] == []


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=name_of)
def test_core_needs_no_screen(path: Path) -> None:
    allowed = {"core", "numpy", "cupy", "cupyx", "safetensors", "babel", "filelock", "psutil", "tqdm", "jinja2"}
    assert roots(path) - set(sys.stdlib_module_names) - allowed == set()


@pytest.mark.parametrize("path", sorted((ROOT / "viz_app/figures").rglob("*.py")), ids=name_of)
def test_figures_work_without_the_screen(path: Path) -> None:
    assert "streamlit" not in roots(path)


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_shipped_code_imports_what_requirements_name(path: Path) -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    named = {re.split(r"[<>=!~\[; ]", line)[0] for line in lines if line and not line.startswith("#")}
    optional = {"cupy", "cupyx"}
    assert roots(path) - set(sys.stdlib_module_names) - OURS - optional - named == set()


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_public_names_have_docstrings(path: Path) -> None:
    assert without_docstring(path.read_text("utf-8")) == []


def test_front_door_and_page_script_are_short() -> None:
    assert len((ROOT / "streamlit_app.py").read_text("utf-8").splitlines()) < 30
    assert len((ROOT / "viz_app/main.py").read_text("utf-8").splitlines()) < 60


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_nothing_left_over_and_no_private_path(path: Path) -> None:
    leftovers = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    folders = "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "tm" + "p", "Us" + "ers"])
    bad = re.compile(rf"\b({leftovers})\b|(?<![\w.])/({folders})/|[A-Z]:\\Us" + "ers")
    lines = enumerate(path.read_text("utf-8").splitlines(), start=1)
    assert [f"{number}: {line.strip()}" for number, line in lines if bad.search(line)] == []


def test_a_missing_docstring_is_found() -> None:
    source = (
        '"""Doc."""\nclass A:\n    """Doc."""\n    def f(self): ...\n    def _g(self): ...\ndef h():\n    """Doc."""\n'
    )
    assert without_docstring(source) == ["A.f"]


def test_every_way_to_import_is_seen() -> None:
    source = "import a.b, c\nfrom d.e import f\nfrom . import g\nfrom ..h import i\ndef j():\n    import k\n"
    assert list(imports(source)) == ["a.b", "c", "d.e", ".", "..h", "k"]
