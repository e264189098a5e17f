"""The public face of core: every name is what its module has, nothing is loaded before it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import core

SOURCE = Path(core.__file__).read_text("utf-8")


@pytest.mark.parametrize("name", core.__all__)
def test_every_name_is_there(name):
    value = getattr(core, name)
    assert value.__name__ == name and value.__module__.startswith("core.")
    assert name in dir(core)


def test_type_checkers_see_the_same_names_in_the_same_modules():
    (block,) = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert seen == core._MODULE_OF


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="'Pipelin'"):
        _ = core.Pipelin
    with pytest.raises(ImportError):
        from core import Pipelin  # noqa: F401


def test_importing_it_loads_nothing_else():
    program = (
        "import sys, core; print(sorted({m.split('.')[0] for m in sys.modules} & {'numpy', 'safetensors', 'babel'}), "
        "[m for m in sys.modules if m.startswith('core.')])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[] []\n"
