"""Where the project's own files are, in a checkout and where a wheel has put them."""

from __future__ import annotations

import os
from pathlib import Path

HOME_OF_CORE = Path(__file__).resolve().parents[2]
"""The folder that has `core` and `pretrained` in it: the root of a checkout, or `site-packages`."""

PRETRAINED_FOLDER = HOME_OF_CORE / "pretrained"


def runs_folder() -> Path:
    """Where training runs are kept.

    Returns:
        $ATTENTION_RUNS where it is set; `runs` at the root of a checkout; `.attention-steps/runs` in the person's own
        folder where the project is installed, since nobody looks for runs, or may write, among installed packages.
    """
    if chosen := os.environ.get("ATTENTION_RUNS"):
        return Path(chosen)
    in_checkout = (HOME_OF_CORE / "pyproject.toml").is_file()
    return HOME_OF_CORE / "runs" if in_checkout else Path.home() / ".attention-steps" / "runs"
