"""Which figures in the documents may be stale: each has a command, and the code and the data that it came from.

python -m benchmarks.figures                   every figure, whether it is stale, and the command that renews it
python -m benchmarks.figures --record NAME     a figure was renewed, or found to be still the same

`docs/figures.json` holds of every figure a digest of the code that made it, wording left out, and of its data.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LEDGER: Final = ROOT / "docs" / "figures.json"

# What decides the numbers of a training: not how it is shown, listed or stored.
_TRAINING: Final = ("core/backend", "core/data", "core/layers", "core/models", "core/decoding", "core/training")


@dataclass(frozen=True)
class Figure:
    """A figure, or a table of them.

    Attributes:
        name, file: what it is called here, and the document that shows it.
        command: what measures it anew.
        code: folders and files of Python whose meaning decides it.
        data: files whose bytes decide it.
    """

    name: str
    file: str
    command: str
    code: tuple[str, ...] = _TRAINING
    data: tuple[str, ...] = ()

    def digest(self, root: Path = ROOT) -> str:
        """SHA-256, in hexadecimal, of what decides the figure."""
        digest = hashlib.sha256()
        for file in sorted(_python_files(root, self.code)):
            digest.update(f"{file.relative_to(root)}\n{meaning(file.read_text('utf-8'))}\n".encode())
        for name in self.data:
            digest.update((root / name).read_bytes())
        return digest.hexdigest()


def _python_files(root: Path, names: Iterable[str]) -> set[Path]:
    return {file for name in names for file in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))}


def meaning(source: str) -> str:
    """Python without what changes no number: comments, layout, docstrings and the sentences of errors."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.Raise):
            node.exc = node.cause = None
    return ast.dump(tree)


FIGURES: Final = (
    Figure("dependable-seeds", "docs/training.md", "python -m core spread --seeds 0 1 2 3 4 --epochs 3"),
    Figure("dependable-parts", "docs/training.md", "python -m benchmarks.recipe --seeds 0 --epochs 2"),
    Figure("quick-seeds", "docs/training.md", "python -m benchmarks.quick"),
    Figure("quick-variants", "docs/training.md", "python -m benchmarks.recipe --of quick --epochs 3"),
    Figure("gallery", "docs/mistakes.md", "python -m core gallery --table", data=("pretrained/gallery/gallery.json",)),
    Figure(
        "film",
        "docs/training.md",
        "python -m core film --epochs 6 --output pretrained/film",
        data=("pretrained/film/film.json",),
    ),
    Figure(
        "alignment",
        "docs/alignment.md",
        "python -m core explain pretrained/date-attention",
        ("core/analysis", "core/data", "core/decoding", "core/layers", "core/models"),
        ("pretrained/date-attention/model.safetensors",),
    ),
    Figure(
        "influence",
        "docs/influence.md",
        "python -m benchmarks.influence",
        ("core/analysis", "core/data", "core/decoding", "core/layers", "core/models", "benchmarks/influence.py"),
        ("pretrained/date-attention/model.safetensors",),
    ),
    *(
        Figure(
            f"card-{name}",
            f"pretrained/date-{name}/README.md",
            f"python -m core train --model {name} --epochs {epochs} --seed 0 --dtype float16 --output my-model",
            data=(f"pretrained/date-{name}/model.safetensors",),
        )
        for name, epochs in (("attention", 6), ("peeky", 6), ("seq2seq", 12))
    ),
)


def recorded(ledger: Path = LEDGER) -> dict[str, str]:
    """The digests that were recorded when the figures were measured, by name."""
    digests: dict[str, str] = json.loads(ledger.read_text("utf-8"))
    return digests


def stale(figures: Sequence[Figure] = FIGURES, ledger: Path = LEDGER) -> list[Figure]:
    """The figures whose code or data are not those they were measured with."""
    known = recorded(ledger)
    return [figure for figure in figures if known.get(figure.name) != figure.digest()]


def advice(figure: Figure) -> str:
    """What to do about a stale figure."""
    return (
        f"the figures “{figure.name}” in {figure.file} were measured with other code or data; renew them with "
        f"`{figure.command}`, then `python -m benchmarks.figures --record {figure.name}`"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__.split("\n")[0])
    names = {figure.name: figure for figure in FIGURES}
    parser.add_argument("--record", nargs="+", choices=names, default=[], metavar="NAME", help=", ".join(names))
    options = parser.parse_args(arguments)
    if options.record:
        known = recorded() | {name: names[name].digest() for name in options.record}
        LEDGER.write_text(json.dumps({name: known[name] for name in names if name in known}, indent=1) + "\n", "utf-8")
    old = stale()
    for figure in FIGURES:
        print(f"{'stale' if figure in old else 'fresh'}  {figure.name:<18} {figure.file:<36} {figure.command}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
