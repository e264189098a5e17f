"""The model card: what a model is for, what it was trained on, how good it is, where it fails.

Written from the files beside it, never by hand, so that no number in it can go stale unnoticed.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.analysis.truth import Truth, read_truth
from core.backend.numpy_backend import CPU
from core.data.accuracy import Evaluation
from core.data.dates import FAMILIES
from core.data.source_text import SourceTextError
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import PARAMETER_FILE, available_models, load_pipeline, load_pretrained
from core.exhibits.film import Film
from core.exhibits.seeds import Spread, read_spread
from core.files.atomic_write import write_atomically
from core.files.checked_json import read_json
from core.files.wording import percentage
from core.models.parameters import CheckpointError
from core.training.mistakes import trainable
from core.training.plan import MODELS
from core.training.recipe import DEFAULT_RECIPE, RECIPES, Recipe
from core.training.training_data import command_options, from_metadata
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
        sections = [
            _introduction(pipeline),
            _accuracy(pipeline),
            _training(pipeline, log),
            _spread(pipeline, spread) if spread else "",
            _truth(truth) if truth else "",
            _failures(pipeline),
            _reproduction(pipeline),
        ]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: its files do not tell a whole history ({error!r})") from error
    return "\n\n".join(section for section in sections if section) + "\n"


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
    rows = [
        (
            frame.iteration,
            f"{film.epochs(frame):.2f}",
            "-" if frame.loss is None else f"{frame.loss:.4f}",
            _percent(frame.exact_match),
            "-" if frame.alignment_error_rate is None else f"{frame.alignment_error_rate:.3f}",
            f"`{frame.digest[:12]}`",
        )
        for frame in film.frames
    ]
    metadata = pipeline.metadata
    try:
        sections = [
            _film_introduction(film, pipeline),
            _table(("iteration", "epochs", "training loss", "exact match", "alignment error rate", "SHA-256"), rows),
            _paragraph(f"""The training loss is the mean over the iterations since the report before. Exact match and
                alignment error rate are measured on {film.test_pairs} dates whose days are not in the training set,
                with the parameters as they are stored; what the error rate means is in `docs/alignment.md`."""),
            _paragraph(f"""Data: {metadata["data"]}; {metadata["train_pairs"]} dates to train on. What the command
                stands for is told in the card of `date-attention` and in `docs/training.md`."""),
            _reproduction(pipeline, "film"),
        ]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file}: does not tell how it was trained ({error!r})") from error
    return "\n\n".join(sections) + "\n"


def _film_introduction(film: Film, pipeline: Pipeline) -> str:
    same = [name for name in available_models() if load_pretrained(name, "cpu").digest == pipeline.digest]
    last = f"the model `{same[0]}` itself" if same else "a model of this film alone"
    return _blocks(
        f"# {pipeline.name}: one training in {len(film.frames)} frames",
        _paragraph(f"""The parameters of one `{pipeline.spec.model_class}` at {len(film.frames)} moments of its
            training, from untrained to finished, in half precision. The last frame is {last}."""),
    )


def _read_log(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    return read_json(file, "the log of a training", list, CheckpointError, "delete it, and the card does without")


def _read_truth(folder: Path, pipeline: Pipeline) -> Truth | None:
    try:
        return read_truth(folder, pipeline.digest)
    except ValueError as error:
        raise CheckpointError(str(error)) from error


def _introduction(pipeline: Pipeline) -> str:
    spec, metadata = pipeline.spec, pipeline.metadata
    order = "last character first" if spec.reversed_input else "first character first"
    both = ", and the other way, with half of its units each" if spec.bidirectional else ""
    kind = _KINDS[spec.model_class].format(score=_SCORES[spec.score])
    facts = [
        ("class", f"`{spec.model_class}`"),
        ("sizes", f"V = {len(spec.vocabulary)}, D = {spec.wordvec_size}, H = {spec.hidden_size}"),
        ("reads", f"{spec.source_length} characters, padded with spaces, {order}{both}"),
        ("writes", f"{spec.target_length} characters, after the start character `{spec.start_character}`"),
        ("stored as", metadata.get("dtype", "float32")),
        ("parameters' SHA-256", f"`{pipeline.digest}`"),
        ("licence", metadata.get("licence", "not stated")),
    ]
    return _blocks(
        f"# {pipeline.name}",
        _paragraph(f"""{kind} that turns an English date into `YYYY-MM-DD`, after chapters 7 and 8
            of *Deep Learning from Scratch 2*."""),
        _paragraph(f"""**A mistake is built in on purpose: {spec.mistake}.** What it does is in
            `docs/mistakes.md`.""")
        if spec.mistake
        else "",
        _table(("", ""), facts),
        _paragraph(f"""**Intended use.** Showing how a sequence-to-sequence model works, step by step. It is not a date
            parser: it answers every text with {spec.target_length} characters, without saying that it does not
            know."""),
    )


def _sets_are_apart(pipeline: Pipeline) -> bool:
    """Whether training and held-out set share no day, as they should."""
    mistake = pipeline.spec.mistake
    return not mistake or trainable(mistake).where != "data"


def _stated_accuracy(pipeline: Pipeline) -> Evaluation:
    if pipeline.accuracy is None:
        raise ValueError("the accuracy is not stated")
    return pipeline.accuracy


def _accuracy(pipeline: Pipeline) -> str:
    accuracy = _stated_accuracy(pipeline)
    examples = {family.name: f"`{family.example}`" for family in FAMILIES}
    rows = [
        (examples.get(name, "anything else"), row.n, row.correct, _percent(row.exact_match))
        for name, row in accuracy.families.items()
    ]
    whole = accuracy.total
    rows.append(("**all**", whole.n, whole.correct, f"**{_percent(whole.exact_match)}**"))
    return _blocks(
        "## Accuracy",
        _paragraph(f"""Exact match, every character right, on {whole.n} dates whose days are
            {"not" if _sets_are_apart(pipeline) else "mostly"} in the training set in any format; measured with the
            parameters as they are stored, and rounded down."""),
        _table(("written like", "dates", "right", "exact match"), rows),
    )


def _training(pipeline: Pipeline, log: list[dict[str, Any]]) -> str:
    metadata = pipeline.metadata
    recipe = Recipe.from_dict(json.loads(metadata["recipe"]))
    start = recipe.initialiser
    clipped = "not clipped" if recipe.max_grad is None else f"clipped at a length of {_number(recipe.max_grad)}"
    libraries = json.loads(metadata.get("libraries", "{}"))
    settings = [
        (
            "optimiser",
            f"{_OPTIMIZERS[recipe.optimizer]}, batches of {recipe.batch_size}, gradients {clipped}",
        ),
        ("learning rate", _learning_rate(recipe)),
        (
            "start",
            f"forget-gate bias {_number(start.forget_bias)}, "
            f"recurrent weights {'rotations' if start.orthogonal else 'normal'}, "
            f"embeddings normal with standard deviation {_number(start.embedding)}"
            f"{'' if start.scaled_affine else ', affine weight normal with standard deviation 1'}",
        ),
        ("seed", metadata["seed"]),
        ("kept", f"the parameters after {metadata['epochs']} of {recipe.epochs} epochs"),
        ("written with", ", ".join(f"{name} {version}" for name, version in libraries.items()) or "not stated"),
    ]
    sets = [
        ("training", metadata["train_pairs"], f"`{metadata['train_digest']}`"),
        ("held out", metadata["test_pairs"], f"`{metadata['test_digest']}`"),
    ]
    said = "No day of the held-out set is in the training set."
    if not _sets_are_apart(pipeline):
        said = "Most days of the held-out set are in the training set, too."
    epochs = [(r["epoch"], f"{r['loss']:.4f}", _percent(r["exact_match"]), f"{r['seconds']:.0f}") for r in log]
    return _blocks(
        "## Data and training",
        _paragraph(f"""Data: {metadata["data"]}. {said} The held-out set
            also chose the epoch that is kept: the best one, the later of equals."""),
        _table(("set", "pairs", "SHA-256 of its file"), sets),
        _table(("setting", ""), settings),
        _table(("epoch", "training loss", "held-out exact match", "seconds"), epochs) if epochs else "",
    )


def _learning_rate(recipe: Recipe) -> str:
    rate = _number(recipe.learning_rate)
    if recipe.warmup:
        rate += f" after a climb of {recipe.warmup} iterations"
    if recipe.hold == 1:
        return f"{rate}, then constant" if recipe.warmup else f"{rate}, constant"
    hold, final = (f"{100 * share:g} %" for share in (recipe.hold, recipe.final))
    return f"{rate}, held until {hold} of the run, then falling in a line to {final} of it"


def _spread(pipeline: Pipeline, spread: Spread) -> str:
    recipe = Recipe.from_dict(json.loads(pipeline.metadata["recipe"])).to_dict()
    changed = [f"{key} {value}" for key, value in spread.recipe.to_dict().items() if value != recipe[key]]
    epochs = range(1, 1 + max(map(len, spread.seeds.values())))
    return _blocks(
        "## Spread over seeds",
        _paragraph(f"""The same recipe{", but with " + ", ".join(changed) if changed else ""}, from {len(spread.seeds)}
            seeds (first parameters and order of the data); exact match on the same {spread.test_pairs} held-out
            dates. What makes it dependable, part by part, is in `docs/training.md`."""),
        _table(
            ("seed", *(f"after epoch {epoch}" for epoch in epochs)),
            [(seed, *(_percent(share) for share in shares)) for seed, shares in spread.seeds.items()],
        ),
    )


def _truth(truth: Truth) -> str:
    whole = truth.alignment.whole
    measures = [
        (name, "-" if value is None else f"{value:.3f}")
        for name, value in (
            ("argmax on gold", whole.total.argmax_on_gold),
            ("mass on gold", whole.total.mass_on_gold),
            ("alignment error rate", whole.total.alignment_error_rate),
            ("coverage", whole.total.coverage),
            ("entropy, bits", whole.total.entropy),
            ("mass on padding", whole.total.mass_on_padding),
        )
    ]
    changed = [
        (_CHANGED[name], evaluation.total.correct, _percent(evaluation.exact_match))
        for name, evaluation in truth.experiments.items()
    ]
    return _blocks(
        "## Is attention the explanation?",
        _paragraph(f"""Attention beside the gold alignment, the characters that decide each output character, over
            {whole.n} held-out dates; what the measures mean, and what they do not, is in `docs/alignment.md`:"""),
        _table(("measure", ""), measures),
        _paragraph("""The same dates decoded with the attention changed at every step, the rest of the model as it is:
            where answers stay right, they did not hang on the weights that were changed."""),
        _table(("attention", "right", "exact match"), changed),
    )


def _failures(pipeline: Pipeline) -> str:
    whole = _stated_accuracy(pipeline).total
    wrong = whole.n - whole.correct
    rows = [(f"`{text}`", meaning, _written(pipeline, text)) for text, meaning in _OUTSIDE.items()]
    return _blocks(
        "## Where it fails",
        _paragraph(f"Of the {whole.n} held-out dates above it answers {wrong} wrong." if wrong else ""),
        _paragraph("""Days before 1970 or after 2017, days that do not exist, and formats other than the seven above
            were never seen. The answer looks just as sure, and is right only by luck:"""),
        _table(("typed", "a person reads", "written"), rows),
    )


def _written(pipeline: Pipeline, text: str) -> str:
    try:
        return f"`{pipeline.trace(text).output}`"
    except SourceTextError:
        return "refused"


def _reproduction(pipeline: Pipeline, verb: str = "train") -> str:
    command = _command(pipeline, verb)
    if command is None:
        return _blocks(
            "## Reproduce",
            _paragraph(f"""No option of `python -m core {verb}` gives these settings: the model was trained from Python,
                by a `core.training.training_run.TrainingRun`."""),
        )
    return _blocks(
        "## Reproduce",
        f"```\n{command}\n```",
        _paragraph("""One machine, one library version and one number of threads give the same parameters every time;
            another machine may round differently and end elsewhere, at about the same accuracy."""),
    )


def _command(pipeline: Pipeline, verb: str) -> str | None:
    """The command that trains this model again, every option that is not at its default; None where none does."""
    metadata = pipeline.metadata
    recipe = _recipe_options(Recipe.from_dict(json.loads(metadata["recipe"])), pipeline.spec.mistake)
    data = from_metadata(metadata)
    if recipe is None or data is None:
        return None
    names = {model_class: name for name, model_class in MODELS.items()}
    options = [
        f"--model {names[pipeline.spec.model_class]}",
        *recipe.options,
        *command_options(data, recipe.preset),
        f"--seed {metadata['seed']}",
        *([f"--dtype {metadata.get('dtype', 'float32')}"] if verb == "train" else []),
        "--output my-model" if verb == "train" else "--output my-film",
    ]
    return " ".join([f"python -m core {verb}", *options])


class _RecipeOptions(NamedTuple):
    """The preset that a recipe starts from, and the options that lead there, the preset's name among them."""

    preset: str
    options: list[str]


def _recipe_options(recipe: Recipe, mistake: str) -> _RecipeOptions | None:
    chosen = recipe.to_dict()
    for name, preset in RECIPES.items():
        # What the mistake changes needs no option of its own.
        start = (trainable(mistake).recipe(preset) if mistake else preset).to_dict()
        changed = {key for key, value in start.items() if chosen[key] != value}
        options = [_recipe_option(key, chosen[key]) for key in start if key in changed | {"epochs"}]
        if all(options):
            named = [] if name == DEFAULT_RECIPE else [f"--preset {name}"]
            built_in = [f"--mistake {mistake}"] if mistake else []
            return _RecipeOptions(name, [*named, *filter(None, options), *built_in])
    return None


def _recipe_option(key: str, value: object) -> str | None:
    """The option of `python -m core train` that gives a setting; None where there is none."""
    if key in ("epochs", "batch_size", "learning_rate", "hidden_size", "wordvec_size", "optimizer", "score"):
        return f"--{key.replace('_', '-')} {value}"
    if key == "max_grad":
        return f"--max-grad {'none' if value is None else value}"
    if key == "bidirectional" and value:
        return "--bidirectional"
    return "--not-reversed" if key == "reversed_input" and not value else None


# ---- Markdown -------------------------------------------------------------------------------------------------------


def _blocks(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 100, break_long_words=False, break_on_hyphens=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _percent(share: float) -> str:
    return f"{percentage(share)} %"


def _number(value: float) -> str:
    return f"{value:g}"
