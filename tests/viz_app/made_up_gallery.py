"""A gallery of bugs with made-up numbers, for tests of the page: consistent, and in no way measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.exhibits.gallery import GALLERY_FILE, RIGHT, Gallery, read_gallery
from core.training.mistakes import MISTAKES
from core.training.recipe import RECIPES
from tests.traces import make_trace

DATES = ("september 27, 1994", "2/10/93", "JUN 17, 2013")
OUTPUTS = ("1994-09-27", "1993-02-10", "2013-06-17")
SEEDS = (0, 1, 2)


def make_gallery(folder: Path) -> Gallery:
    """Read as what `python -m core gallery` writes."""
    entries = {name: _entry(number, name) for number, name in enumerate((RIGHT, *MISTAKES))}
    values = {"recipe": RECIPES["quick"].to_dict(), "data": "made up", "test_pairs": 1234, "dates": list(DATES)}
    (folder / GALLERY_FILE).write_text(json.dumps(values | {"seeds": list(SEEDS), "entries": entries}))
    return read_gallery(folder)


def _entry(number: int, name: str) -> dict[str, Any]:
    return {
        "runs": [_run(number, seed, name) for seed in SEEDS],
        "maps": {date: _map(number, date, output) for date, output in zip(DATES, OUTPUTS, strict=True)},
    }


def _run(number: int, seed: int, name: str) -> dict[str, Any]:
    scale = 1.3**number * (1 + 0.03 * seed)
    losses = [4 * scale * 0.5 ** (i / 10) for i in range(60)]
    epochs = [(e, losses[12 * e - 1], min(1.0, 1 - 0.5 ** (2 * e) / (1 + seed))) for e in range(1, 6)]
    return {
        "seed": seed,
        "intervals": [{"iteration": 20 * (i + 1), "loss": loss} for i, loss in enumerate(losses)],
        "epochs": [{"epoch": e, "iteration": 240 * e, "loss": loss, "exact_match": y} for e, loss, y in epochs],
        "exact_match": epochs[-1][2],
        "exact_match_unseen": 0.75 if name == "days-in-both-sets" else None,
    }


def _map(number: int, date: str, output: str) -> dict[str, Any]:
    trace = make_trace(date, output, seed=number)
    assert trace.weights is not None
    weights = np.ones_like(trace.weights) if number == 4 else trace.weights
    return {"source": trace.source, "output": output, "weights": np.round(weights.astype(float), 3).tolist()}
