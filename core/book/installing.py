"""Puts the modules of the book's names into `sys.modules`, where every import looks first."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection
from pathlib import Path
from types import ModuleType

MODULES = {
    "common": (
        "base_model",
        "config",
        "functions",
        "layers",
        "np",
        "optimizer",
        "time_layers",
        "trainer",
        "util",
    ),
    "dataset": ("sequence",),
    "ch07": ("seq2seq", "peeky_seq2seq"),
    "ch08": ("attention_layer", "attention_seq2seq"),
}
"""What is registered: the book's folders and the files in them."""

CHAPTERS = ("ch07", "ch08")
"""A script that lies in one of these folders imports its neighbours without the folder's name."""


def install(device: str = "cpu", folder: str | Path | None = None, own: Collection[str] = ()) -> None:
    """Let `common`, `dataset`, `ch07`, `ch08` and the chapters' own files be imported, as this project's classes.

    In a notebook before its first import of the book's modules. Whatever went by these names before is replaced.

    Args:
        device: "cpu"; "cuda", with `common.config.GPU` set; or "auto".
        folder: where the script lies; beside it `sequence.load_data` looks for a corpus. The current folder if None.
        own: names in `MODULES`, such as "attention_seq2seq", that are the reader's own files and stay so.
    Raises:
        DeviceError: "cuda" where there is no GPU to be used; says why.
        ValueError: `own` names what the book does not have; says what it has.
    """
    known = {module for modules in MODULES.values() for module in modules}
    if not known.issuperset(own):
        unknown = ", ".join(map(repr, sorted({*own} - known)))
        raise ValueError(f"own names {unknown}; expected some of {', '.join(sorted(known))}")
    # Imported here: `core.book` alone loads nothing.
    from core.backend.devices import get_backend
    from core.book import config, session

    config.GPU = get_backend(device).device != "cpu"
    session.script_folder = None if folder is None else Path(folder).resolve()
    for name, modules in MODULES.items():
        package = _package(name, session.nearby())
        for module in modules:
            for alias in (f"{name}.{module}", *([module] if name in CHAPTERS else [])):
                sys.modules.pop(alias, None)
            if module in own:
                continue
            ours = config if module == "config" else importlib.import_module(f"core.book.{name}.{module}")
            setattr(package, module, ours)
            sys.modules[f"{name}.{module}"] = ours
            if name in CHAPTERS:
                sys.modules[module] = ours
        sys.modules[name] = package


def _package(name: str, places: Collection[Path]) -> ModuleType:
    """One of the book's folders; files in it that are not ours are looked for in the reader's folders of that name."""
    package = ModuleType(name, f"The book's folder {name}, with this project's classes in it.")
    package.__path__ = [str(place / name) for place in places if (place / name).is_dir()]
    return package
