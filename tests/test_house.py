"""The rules that keep the project readable hold in every file: who may import whom, docstrings, no private paths."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

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


def roots(source: str) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imports(source)}


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


def those_with(paths: Iterable[Path], find: Callable[[str], Collection[str]]) -> dict[str, Collection[str]]:
    """What is found in the files that have some of it, by name: a rule lists at once all that break it."""
    found = {}
    for path in paths:
        try:
            found[name_of(path)] = find(path.read_text("utf-8"))
        except (SyntaxError, UnicodeDecodeError) as error:
            error.add_note(name_of(path))
            raise
    return {name: some for name, some in found.items() if some}


def test_imports_are_absolute() -> None:
    assert those_with(PYTHON, lambda source: [module for module in imports(source) if module.startswith(".")]) == {}


def test_core_needs_no_screen() -> None:
    allowed = {"core", "numpy", "cupy", "cupyx", "safetensors", "babel", "filelock", "psutil", "tqdm", "jinja2"}
    files = (ROOT / "core").rglob("*.py")
    assert those_with(files, lambda source: roots(source) - set(sys.stdlib_module_names) - allowed) == {}


def test_figures_work_without_the_screen() -> None:
    assert those_with((ROOT / "viz_app/figures").rglob("*.py"), lambda source: roots(source) & {"streamlit"}) == {}


def test_shipped_code_imports_what_requirements_name() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    named = {re.split(r"[<>=!~\[; ]", line)[0] for line in lines if line and not line.startswith("#")}
    allowed = set(sys.stdlib_module_names) | OURS | named | {"cupy", "cupyx"}
    assert those_with(SHIPPED, lambda source: roots(source) - allowed) == {}


def test_public_names_have_docstrings() -> None:
    assert those_with(SHIPPED, without_docstring) == {}


def test_front_door_and_page_script_are_short() -> None:
    assert len((ROOT / "streamlit_app.py").read_text("utf-8").splitlines()) < 30
    assert len((ROOT / "viz_app/main.py").read_text("utf-8").splitlines()) < 60


def test_nothing_left_over_and_no_private_path() -> None:
    leftovers = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
    folders = "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "tm" + "p", "Us" + "ers"])
    bad = re.compile(rf"\b({leftovers})\b|(?<![\w.])/({folders})/|[A-Z]:\\Us" + "ers")

    def lines_with_it(content: str) -> list[str]:
        lines = enumerate(content.splitlines(), start=1)
        return [f"{number}: {line.strip()}" for number, line in lines if bad.search(line)]

    assert those_with(WRITTEN, lines_with_it) == {}


def test_all_files_are_looked_at() -> None:
    assert min(map(len, (SHIPPED, PYTHON, WRITTEN))) > 100
    assert Path(__file__) in PYTHON
    assert Path(__file__).with_name("test_wheel.py") in WRITTEN


def test_a_missing_docstring_is_found() -> None:
    source = (
        '"""Doc."""\nclass A:\n    """Doc."""\n    def f(self): ...\n    def _g(self): ...\ndef h():\n    """Doc."""\n'
    )
    assert without_docstring(source) == ["A.f"]


def test_every_way_to_import_is_seen() -> None:
    source = "import a.b, c\nfrom d.e import f\nfrom . import g\nfrom ..h import i\ndef j():\n    import k\n"
    assert list(imports(source)) == ["a.b", "c", "d.e", ".", "..h", "k"]
