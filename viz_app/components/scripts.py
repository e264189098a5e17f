"""One script from many modules: what Streamlit takes as a text, and a front-end engineer writes as files.

Each module becomes a function of its own, called once, in the order in which they need each other; what it exports is
what the function returns:

    const shared$numbers = (() => {
    const { fill } = shared$texts;
    ...
    return { fixed, percent };
    })();

So a name belongs to its module, and two modules may use the same. Comments that fill their lines stay behind. What this
can read of JavaScript's modules is little, and anything else is an error: `import { a, b } from "./file.js";`, `export`
before a `function`, `class` or `const`, and `export default` before an expression, all at the beginning of a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

_IMPORT: Final = re.compile(r'^import \{(\s*[\w$]+(?:,\s*[\w$]+)*,?\s*)\} from "(\.\.?/[^"]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const) ([\w$]+))", re.MULTILINE)
_DEFAULT: Final = re.compile(r"^export default (?!function\b|class\b|async\b)", re.MULTILINE)
_LEFT_OVER: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/[ \t]*)\n", re.MULTILINE)


class ScriptError(ValueError):
    """A module that cannot be read, or that imports what is not there; the message names it."""


class _Import(NamedTuple):
    names: list[str]
    file: Path


class _Module(NamedTuple):
    file: Path
    imports: list[_Import]
    exports: list[str]
    body: str
    has_default: bool


def assemble(entry: Path, folder: Path) -> str:
    """One module's text that does what `entry` does, with everything that it imports inside.

    Args:
        entry: a module; its default export is the script's.
        folder: holds every module there is; nothing is imported from outside.
    Raises:
        ScriptError: a file is missing or outside, does not export what is imported from it, imports itself by way of
            others, or holds an import or export of another form than this can read.
    """
    modules: dict[Path, _Module] = {}
    _collect(entry.resolve(), folder.resolve(), modules, ())
    scopes = [_scope(module, folder.resolve()) for module in modules.values()]
    last = modules[entry.resolve()]
    if last.has_default:
        scopes.append(f"export default {_name(last.file, folder.resolve())}.$default;\n")
    return "".join(scopes)


def _collect(file: Path, folder: Path, modules: dict[Path, _Module], importers: tuple[Path, ...]) -> None:
    """Read a module, and before it everything that it imports."""
    if file in importers:
        circle = " -> ".join(path.name for path in (*importers[importers.index(file) :], file))
        raise ScriptError(f"modules import each other in a circle: {circle}")
    if file in modules:
        return
    module = _read(file, folder, importers)
    for wanted in module.imports:
        _collect(wanted.file, folder, modules, (*importers, file))
        exports = modules[wanted.file].exports
        if missing := [name for name in wanted.names if name not in exports]:
            there = ", ".join(exports) or "nothing"
            raise ScriptError(f"{file.name} imports {missing[0]} from {wanted.file.name}, which exports {there}")
    modules[file] = module


def _read(file: Path, folder: Path, importers: tuple[Path, ...]) -> _Module:
    wanted_by = f"{importers[-1].name} imports " if importers else ""
    if not file.is_relative_to(folder):
        raise ScriptError(f"{wanted_by}{file}, which is outside of {folder}")
    if not file.is_file():
        raise ScriptError(f"{wanted_by}{file.relative_to(folder)}, which is not there")
    text = _COMMENT.sub("", file.read_text(encoding="utf-8"))
    imports = [
        _Import([name.strip() for name in names.split(",") if name.strip()], (file.parent / path).resolve())
        for names, path in _IMPORT.findall(text)
    ]
    body = _IMPORT.sub("", text)
    exports = _EXPORT.findall(body)
    body, defaults = _DEFAULT.subn("const $default = ", _EXPORT.sub("", body))
    if unread := _LEFT_OVER.search(body):
        raise ScriptError(f"cannot read this line of {file.relative_to(folder)}: {unread[0]}")
    return _Module(file, imports, exports, body, defaults == 1)


def _scope(module: _Module, folder: Path) -> str:
    """The module as a function of its own."""
    imports = "".join(
        f"const {{ {', '.join(wanted.names)} }} = {_name(wanted.file, folder)};\n" for wanted in module.imports
    )
    returned = [*module.exports, *(["$default"] if module.has_default else [])]
    body = f"{imports}{module.body.strip()}\nreturn {{ {', '.join(returned)} }};"
    return f"const {_name(module.file, folder)} = (() => {{\n{body}\n}})();\n"


def _name(file: Path, folder: Path) -> str:
    """The constant that holds what a module exports."""
    return "$".join(re.sub(r"\W", "_", part) for part in file.relative_to(folder).with_suffix("").parts)
