"""The model card: what a model is for, what it was trained on, how good it is, where it fails.

Written from the files beside it, never by hand, so that no number in it can go stale unnoticed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.backend import CPU
from core.dates import FAMILIES
from core.pretrained import PARAMETER_FILE, Pipeline, load_pipeline
from core.training import LOG_FILE

CARD_FILE = "README.md"
SPREAD_FILE = "seeds.json"

_KINDS = {
    "Seq2seq": "an encoder-decoder LSTM without attention",
    "PeekySeq2seq": "an encoder-decoder LSTM whose decoder sees the encoder's last state at every step",
    "AttentionSeq2seq": "an encoder-decoder LSTM with dot-product attention",
}

# Texts outside the seven families, answered all the same: what a reader will try first.
_OUTSIDE = (
    "27 september 1994",
    "january 5 2016",
    "2/30/93",
    "june 7, 1850",
    "Sept 27, 1994",
    "1994-09-27",
    "tomorrow",
)

_COMMANDS = {"Seq2seq": "seq2seq", "PeekySeq2seq": "peeky", "AttentionSeq2seq": "attention"}


def write_card(folder: Path) -> None:
    """Write `README.md` into a model's folder from `model.safetensors`, `log.json` and, if there, `seeds.json`.

    Raises:
        CheckpointError: the folder holds no model that can be loaded.
    """
    pipeline = load_pipeline(folder / PARAMETER_FILE, folder.name, CPU)
    log = _read_json(folder / LOG_FILE) or []
    spread = _read_json(folder / SPREAD_FILE)
    sections = [
        _introduction(pipeline),
        _accuracy(pipeline),
        _training(pipeline, log),
        _spread(spread) if spread else "",
        _failures(pipeline),
        _reproduction(pipeline),
    ]
    text = "\n\n".join(section.strip() for section in sections if section)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _introduction(pipeline: Pipeline) -> str:
    spec, metadata = pipeline.spec, pipeline.metadata
    order = "last character first" if spec.reversed_input else "first character first"
    dtype = metadata.get("dtype", "float32")
    return f"""
# {pipeline.name}

{_KINDS[spec.model_class].capitalize()} that turns an English date into `YYYY-MM-DD`, after chapters 7 and 8 of
*Deep Learning from Scratch 2*.

| | |
|---|---|
| class | `{spec.model_class}` |
| sizes | V = {len(spec.vocabulary)}, D = {spec.wordvec_size}, H = {spec.hidden_size} |
| reads | {spec.source_length} characters, padded with spaces, {order} |
| writes | {spec.target_length} characters, after the start character `{spec.start_character}` |
| stored as | {dtype} |
| parameters' SHA-256 | `{pipeline.digest}` |
| licence | {metadata["licence"]} |

**Intended use.** Showing how a sequence-to-sequence model works, step by step. It is not a date parser: it answers
every text with ten characters, without saying that it does not know.
"""


def _accuracy(pipeline: Pipeline) -> str:
    accuracy = json.loads(pipeline.metadata["accuracy"])
    examples = {family.name: f"`{family.example}`" for family in FAMILIES}
    rows = [
        f"| {examples.get(name, 'anything else')} | {row['n']} | {row['correct']} | {100 * row['exact_match']:.2f} % |"
        for name, row in accuracy["families"].items()
    ]
    rows.append(f"| **all** | {accuracy['n']} | {accuracy['correct']} | **{100 * accuracy['exact_match']:.2f} %** |")
    table = "\n".join(rows)
    return f"""
## Accuracy

Exact match, all ten characters right, on {accuracy["n"]} dates whose days are not in the training set in any format;
measured with the parameters as they are stored.

| written like | dates | right | exact match |
|---|---|---|---|
{table}
"""


def _training(pipeline: Pipeline, log: list[dict[str, Any]]) -> str:
    metadata = pipeline.metadata
    recipe = json.loads(metadata["recipe"])
    start = recipe["initialiser"]
    rows = "\n".join(
        f"| {r['epoch']} | {r['loss']:.4f} | {100 * r['exact_match']:.2f} % | {r['seconds']:.0f} |" for r in log
    )
    libraries = ", ".join(f"{name} {version}" for name, version in json.loads(metadata["libraries"]).items())
    return f"""
## Data and training

Data: `{metadata["data"]}`: {metadata["train_pairs"]} pairs to train on, {metadata["test_pairs"]} held out. The split is
by calendar day. The held-out set also chose the epoch that is kept (the best, the later of equals).
SHA-256 of the training pairs `{metadata["train_digest"]}`, of the held-out pairs `{metadata["test_digest"]}`.

Recipe: Adam, batches of {recipe["batch_size"]}; learning rate {recipe["learning_rate"]:g} after a climb of
{recipe["warmup"]} iterations, held for {recipe["hold"]:.0%} of the run, then falling in a line to
{recipe["final"]:.0%} of it; gradients clipped at a length of {recipe["max_grad"]:g}; forget-gate bias
{start["forget_bias"]:g}; recurrent weights start {"as rotations" if start["orthogonal"] else "normal"}; embeddings
normal with standard deviation {start["embedding"]:g}; seed {metadata["seed"]}; epoch {metadata["epochs"]} of
{recipe["epochs"]}. Written with {libraries}.

| epoch | training loss | held-out exact match | seconds |
|---|---|---|---|
{rows}
"""


def _spread(spread: dict[str, Any]) -> str:
    epochs = range(1, 1 + max(len(row["exact_match"]) for row in spread["seeds"]))
    header = " | ".join(f"after epoch {epoch}" for epoch in epochs)
    rows = "\n".join(
        f"| {row['seed']} | {' | '.join(f'{100 * share:.2f} %' for share in row['exact_match'])} |"
        for row in spread["seeds"]
    )
    return f"""
## Spread over seeds

The same recipe over {len(epochs)} epochs from {len(spread["seeds"])} seeds (first parameters and order of the data),
exact match on the same {spread["test_pairs"]} held-out dates:

| seed | {header} |
|---|{"---|" * len(epochs)}
{rows}
"""


def _failures(pipeline: Pipeline) -> str:
    rows = "\n".join(f"| `{text}` | `{trace.output}` |" for text in _OUTSIDE if (trace := pipeline.trace(text)))
    return f"""
## Where it fails

Days before 1970 or after 2017, days that do not exist, and formats other than the seven above were never seen. The
answer looks just as sure:

| typed | written |
|---|---|
{rows}
"""


def _reproduction(pipeline: Pipeline) -> str:
    metadata = pipeline.metadata
    recipe = json.loads(metadata["recipe"])
    command = [
        "python -m core train",
        f"--model {_COMMANDS[pipeline.spec.model_class]}",
        f"--epochs {recipe['epochs']}",
        f"--seed {metadata['seed']}",
        f"--dtype {metadata.get('dtype', 'float32')}",
        "--output my-model",
    ]
    return f"""
## Reproduce

```
{" ".join(command)}
```

One machine, one library version and one number of threads give the same parameters every time; another machine may
round differently and end elsewhere, at about the same accuracy.
"""
