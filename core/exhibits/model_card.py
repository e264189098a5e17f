"""The model card: what a model is for, what it was trained on, how good it is, where it fails.

Written from the files beside it, never by hand, so that no number in it can go stale unnoticed. Its text is in
`model_card.md.jinja`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.analysis.truth import Truth, read_truth
from core.backend.numpy_backend import CPU
from core.data.dates import FAMILIES
from core.data.source_text import SourceTextError
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import PARAMETER_FILE, available_models, load_pipeline, load_pretrained
from core.exhibits.film import Film
from core.exhibits.markdown import render
from core.exhibits.seeds import Spread, read_spread
from core.files.atomic_write import write_atomically
from core.files.checked_json import read_json
from core.models.parameters import CheckpointError
from core.models.spec import ModelSpec
from core.training.mistakes import trainable
from core.training.recipe import Recipe
from core.training.trainer import EpochResult
from core.training.training_command import training_command
from core.training.training_run import LOG_FILE

CARD_FILE = "README.md"

_KINDS = {
    "Seq2seq": "An encoder-decoder LSTM without attention",
    "PeekySeq2seq": "An encoder-decoder LSTM whose decoder sees the encoder's last state at every step",
    "AttentionSeq2seq": "An encoder-decoder LSTM with {score} attention",
}

_SCORES = {
    "dot": "dot-product",
    "scaled-dot": "scaled dot-product",
    "general": "general (bilinear)",
    "additive": "additive",
}

_OPTIMIZERS = {"adam": "Adam", "adagrad": "AdaGrad", "momentum": "SGD with momentum", "sgd": "SGD"}

# Texts outside the seven families, answered all the same: what a reader will try first, and what a person reads in it.
_OUTSIDE = {
    "27 september 1994": "1994-09-27",
    "january 5 2016": "2016-01-05",
    "2/30/93": "no such day",
    "june 7, 1850": "1850-06-07",
    "Sept 27, 1994": "1994-09-27",
    "1994-09-27": "1994-09-27",
    "tomorrow": "no date",
}

# What `core.analysis.experiments` does to the attention.
_CHANGED = {
    "none": "as it is",
    "argmax": "all on the character with the largest weight",
    "padding-masked": "none on the padding",
    "gold": "all on the gold characters",
    "uniform": "the same on every character",
    "permuted": "the same weights, on other characters",
}

# What only the training knows.
_NEEDED = ("recipe", "seed", "epochs", "data", "train_pairs", "train_digest", "test_pairs", "test_digest", "accuracy")


def write_card(folder: Path) -> None:
    """Write `README.md` into a model's folder; see `card_of`.

    Raises:
        CheckpointError: the folder holds no model with a history; says what is missing.
        OSError: the card cannot be written.
    """
    write_atomically(folder / CARD_FILE, card_of(folder).encode())


def card_of(folder: Path) -> str:
    """The card of the model in a folder, from its parameters, `log.json` and, if there, `seeds.json` and `truth.json`.

    Raises:
        CheckpointError: the folder holds no model with a history; says what is missing.
    """
    file = folder / PARAMETER_FILE
    pipeline = load_pipeline(file, folder.resolve().name, CPU)
    missing = [key for key in _NEEDED if key not in pipeline.metadata]
    if missing:
        raise CheckpointError(f"{file}: does not say its {', '.join(missing)}; a card is for what `train` has written")
    log = _read_log(folder / LOG_FILE)
    spread = read_spread(folder)
    truth = _read_truth(folder, pipeline)
    try:
        return render(
            "model_card.md.jinja", **_model_values(pipeline), **_spread_values(pipeline, spread), log=log, truth=truth
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: its files do not tell a whole history ({error!r})") from error


def write_film_card(film: Film) -> None:
    """Write `README.md` into a film's folder; see `film_card_of`.

    Raises:
        CheckpointError: its last frame does not tell how it was trained.
        OSError: the card cannot be written.
    """
    write_atomically(film.folder / CARD_FILE, film_card_of(film).encode())


def film_card_of(film: Film) -> str:
    """What a film shows, frame by frame, and how it is made again.

    Raises:
        CheckpointError: its last frame is missing, or does not tell how it was trained.
    """
    file = film.folder / film.frames[-1].file
    pipeline = load_pipeline(file, film.folder.resolve().name, CPU)
    same = [name for name in available_models() if load_pretrained(name, "cpu").digest == pipeline.digest]
    try:
        return render(
            "film_card.md.jinja",
            film=film,
            pipeline=pipeline,
            metadata={key: pipeline.metadata[key] for key in ("data", "train_pairs")},
            same=same[0] if same else "",
            command=training_command(pipeline.spec, pipeline.metadata, "film"),
            verb="film",
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file}: does not tell how it was trained ({error!r})") from error


def _read_log(file: Path) -> list[EpochResult]:
    if not file.is_file():
        return []
    remedy = "delete it, and the card does without"
    return read_json(file, "the log of a training", _log, CheckpointError, remedy)


def _log(rows: Any) -> list[EpochResult]:
    return [EpochResult(**row) for row in rows]


def _read_truth(folder: Path, pipeline: Pipeline) -> Truth | None:
    try:
        return read_truth(folder, pipeline.digest)
    except ValueError as error:
        raise CheckpointError(str(error)) from error


def _model_values(pipeline: Pipeline) -> dict[str, Any]:
    spec, metadata, accuracy = pipeline.spec, pipeline.metadata, pipeline.accuracy
    if accuracy is None:
        raise ValueError("the accuracy is not stated")
    return {
        "pipeline": pipeline,
        "spec": spec,
        "metadata": metadata,
        "kind": _KINDS[spec.model_class].format(score=_SCORES[spec.score]),
        "reading_order": _reading_order(spec),
        "sets_are_apart": not spec.mistake or trainable(spec.mistake).where != "data",
        "accuracy": accuracy,
        "wrong": accuracy.total.n - accuracy.total.correct,
        "examples": {family.name: f"`{family.example}`" for family in FAMILIES},
        "settings": _settings(metadata),
        "changes": _CHANGED,
        "outside": _OUTSIDE,
        "written": lambda text: _written(pipeline, text),
        "command": training_command(spec, metadata),
        "verb": "train",
    }


def _reading_order(spec: ModelSpec) -> str:
    order = "last character first" if spec.reversed_input else "first character first"
    return f"{order}, and the other way, with half of its units each" if spec.bidirectional else order


def _settings(metadata: dict[str, str]) -> dict[str, str]:
    recipe = Recipe.from_dict(json.loads(metadata["recipe"]))
    start = recipe.initialiser
    clipped = "not clipped" if recipe.max_grad is None else f"clipped at a length of {recipe.max_grad:g}"
    libraries = json.loads(metadata.get("libraries", "{}"))
    return {
        "optimiser": f"{_OPTIMIZERS[recipe.optimizer]}, batches of {recipe.batch_size}, gradients {clipped}",
        "learning rate": _learning_rate(recipe),
        "start": f"forget-gate bias {start.forget_bias:g}, "
        f"recurrent weights {'rotations' if start.orthogonal else 'normal'}, "
        f"embeddings normal with standard deviation {start.embedding:g}"
        f"{'' if start.scaled_affine else ', affine weight normal with standard deviation 1'}",
        "seed": metadata["seed"],
        "kept": f"the parameters after {metadata['epochs']} of {recipe.epochs} epochs",
        "written with": ", ".join(f"{name} {version}" for name, version in libraries.items()) or "not stated",
    }


def _learning_rate(recipe: Recipe) -> str:
    rate = f"{recipe.learning_rate:g}"
    if recipe.warmup:
        rate += f" after a climb of {recipe.warmup} iterations"
    if recipe.hold == 1:
        return f"{rate}, then constant" if recipe.warmup else f"{rate}, constant"
    hold, final = (f"{100 * share:g} %" for share in (recipe.hold, recipe.final))
    return f"{rate}, held until {hold} of the run, then falling in a line to {final} of it"


def _spread_values(pipeline: Pipeline, spread: Spread | None) -> dict[str, Any]:
    if spread is None:
        return {"spread": None}
    recipe = Recipe.from_dict(json.loads(pipeline.metadata["recipe"])).to_dict()
    changed = [f"{key} {value}" for key, value in spread.recipe.to_dict().items() if value != recipe[key]]
    return {
        "spread": spread,
        "spread_changed": f", but with {', '.join(changed)}" if changed else "",
        "spread_epochs": max(map(len, spread.seeds.values())),
    }


def _written(pipeline: Pipeline, text: str) -> str:
    try:
        return f"`{pipeline.trace(text).output}`"
    except SourceTextError:
        return "refused"
