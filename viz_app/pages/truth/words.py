"""What the Truth page says about its numbers: names, meanings, and the rows of its tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.analysis.alignment_measures import AlignmentMeasures, AlignmentScores, GroupAlignment
from core.analysis.map_agreement import MapAgreement
from core.analysis.truth import Truth
from core.backend.arrays import BoolArray
from core.data.corpus import ANSWER_LENGTH
from core.data.dates import FAMILIES
from core.decoding.interventions import Argmax, Gold, MaskPadding, Permute, Uniform
from core.decoding.trace import DecodingTrace
from viz_app.text.change_words import kind_title
from viz_app.text.characters import name_character, visible
from viz_app.text.i18n import Translator
from viz_app.text.tables import NOTHING, Table, number, percent


def measures(total: AlignmentMeasures, _: Translator) -> list[tuple[str, str, str]]:
    """Name, value and meaning of every measure."""
    return [
        (
            _("Argmax on gold"),
            percent(total.argmax_on_gold, _),
            _("Digits that are written while the largest weight is on a gold character."),
        ),
        (
            _("Mass on gold"),
            percent(total.mass_on_gold, _),
            _("Attention of these steps that is on gold characters."),
        ),
        (
            _("Alignment error rate"),
            number(total.alignment_error_rate),
            _("0 is no miss, 1 nothing but misses. A miss counts twice where only one character was right."),
        ),
        (
            _("Coverage"),
            percent(total.coverage, _),
            _(
                "Attention due to each gold character that arrives there. One letter of a month is enough to be "
                "right, but covers one letter."
            ),
        ),
        (
            _("Entropy"),
            _("{number} bits").format(number=number(total.entropy)),
            _(
                "0 bits: every step looks at one character; 4.86 bits: at all 29 alike. It says how sharp the picture "
                "is, not how right."
            ),
        ),
        (
            _("Mass on padding"),
            percent(total.mass_on_padding, _),
            _("Attention on the empty places after the text, where a step that needs nothing may leave it."),
        ),
    ]


def steps_of_date(trace: DecodingTrace, gold: BoolArray | None, scores: AlignmentScores, _: Translator) -> Table:
    """Every step of one decoding: what was written, where it looked, and how well."""
    header = [
        _("Written"),
        _("What it is"),
        _("Looks most at"),
        _("Gold"),
        _("Argmax on gold"),
        _("Mass on gold"),
        _("Entropy, bits"),
        _("Mass on padding"),
    ]
    rows = []
    names = step_names(_) if len(trace) == ANSWER_LENGTH else [NOTHING] * len(trace)
    for i, (step, name) in enumerate(zip(scores.steps, names, strict=True)):
        most = scores.argmax[i]
        where = name_character(trace.source[most], _) if most < len(trace.text) else _("the padding")
        decides = "" if gold is None else "".join(visible(trace.source[j]) for j in np.flatnonzero(gold[i]))
        hit = NOTHING if step.argmax_on_gold is None else _("yes") if step.argmax_on_gold else _("no")
        rows.append(
            [
                visible(trace.output[i]),
                name,
                where,
                decides or NOTHING,
                hit,
                percent(step.mass_on_gold, _),
                number(step.entropy),
                percent(step.mass_on_padding, _),
            ]
        )
    return header, rows, _("Step by step")


def step_names(_: Translator) -> list[str]:
    """What the ten characters of YYYY-MM-DD are."""
    return [
        _("year, 1st digit"),
        _("year, 2nd digit"),
        _("year, 3rd digit"),
        _("year, 4th digit"),
        _("hyphen"),
        _("month, 1st digit"),
        _("month, 2nd digit"),
        _("hyphen"),
        _("day, 1st digit"),
        _("day, 2nd digit"),
    ]


# --- Maps beside each other


def agreement(
    trace: DecodingTrace, agreements: Sequence[MapAgreement], _: Translator, *, times_input: bool = False
) -> Table:
    """How far each pair of maps agrees, in all and at every step; without attention there is one pair.

    Args:
        times_input: whether saliency is gradient times input.
    """
    pairs = [_("Attention and influence"), _("Attention and saliency"), _("Influence and saliency")]
    if times_input:
        pairs[1:] = [_("Attention and gradient times input"), _("Influence and gradient times input")]
    rows = []
    for pair, agreement in zip(pairs[-len(agreements) :], agreements, strict=True):
        known = [same for same in agreement.same_first if same is not None]
        first = _("{count} of {all}").format(count=sum(known), all=len(known))
        rows.append([pair, number(agreement.mean), first, *map(number, agreement.steps)])
    header = [_("Maps"), _("Mean"), _("Same first"), *map(visible, trace.output)]
    return header, rows, _("Rank correlation of the maps, step by step")


def about_agreement(_: Translator) -> str:
    """What the rank correlations mean."""
    return _(
        "1: both maps put the typed characters in the same order; 0: the orders have nothing to do with each other; "
        "-1: opposite orders. The padding, and steps on which nothing has influence, are left out. “Same first” counts "
        "the steps in which the same character comes first. The correlation can be low though the first agree: most "
        "weights are thousandths, and so is their order."
    )


# --- The test set


def experiments(truth: Truth, _: Translator) -> Table:
    """How many answers are right, by what was done to the attention."""
    told = {
        "none": (_("as it is"), _("The model by itself.")),
        "argmax": (
            kind_title(Argmax.kind, _),
            _("Each step sees only the character that it looks at most: are the small weights needed?"),
        ),
        "padding-masked": (
            kind_title(MaskPadding.kind, _),
            _("No step may look at the empty places after the text: is anything kept there?"),
        ),
        "gold": (
            kind_title(Gold.kind, _),
            _("Each step sees only the characters that decide it, where a person would look: is that enough?"),
        ),
        "uniform": (kind_title(Uniform.kind, _), _("Each step sees all characters alike: must it choose at all?")),
        "permuted": (kind_title(Permute.kind, _), _("The same weights on other characters: must it choose these?")),
    }
    rows = [
        [
            told[name][0],
            percent(evaluation.exact_match, _, 2),
            _("{count} of {all}").format(count=f"{evaluation.total.correct:,}", all=f"{evaluation.total.n:,}"),
            told[name][1],
        ]
        for name, evaluation in truth.experiments.items()
    ]
    header = [_("Attention"), _("Exact match"), _("Right"), _("What was done, and what it asks")]
    return header, rows, _("Answers that are right to the last character, by what was done to the attention")


def about_experiments(_: Translator) -> str:
    """What the table of changes says, and what it does not."""
    return _(
        "Read it from both ends. If even and shuffled attention ruin the answers, the model needs its attention. "
        "If gold attention ruins answers too, it needs it elsewhere than a person would look: the encoder's state at a "
        "character has read everything to the right of it, and the model uses what is kept there. So the map shows a "
        "part of how the answer is made, and not by itself the reason for it."
    )


def steps_of_all(group: GroupAlignment, _: Translator) -> Table:
    """The measures of each of the ten steps, over many dates."""
    rows = [
        [
            name,
            percent(step.argmax_on_gold, _, 1),
            percent(step.mass_on_gold, _, 1),
            number(step.entropy),
            percent(step.mass_on_padding, _, 1),
        ]
        for name, step in zip(step_names(_), group.steps, strict=True)
    ]
    header = [_("Written"), _("Argmax on gold"), _("Mass on gold"), _("Entropy, bits"), _("Mass on padding")]
    return header, rows, _("By the step")


def families(truth: Truth, _: Translator) -> Table:
    """The measures of each of the seven families."""
    examples = {family.name: family.example for family in FAMILIES}
    rows = [
        [
            examples.get(name, _("anything else")),
            f"{group.n:,}",
            percent(group.exact_match, _, 1),
            percent(group.total.argmax_on_gold, _, 1),
            number(group.total.alignment_error_rate, 3),
            percent(group.total.coverage, _),
            number(group.total.entropy),
            percent(group.total.mass_on_padding, _),
        ]
        for name, group in truth.alignment.families.items()
    ]
    header = [
        _("Written like"),
        _("Dates"),
        _("Exact match"),
        _("Argmax on gold"),
        _("Alignment error rate"),
        _("Coverage"),
        _("Entropy, bits"),
        _("Mass on padding"),
    ]
    return header, rows, _("By the way the date is written")


def about_alignment(_: Translator) -> str:
    """What the measures say, and what they do not."""
    return _(
        "A right answer does not prove that the model looked at a gold character, and a miss is often a good one: the "
        "space before a day of one digit is the first place where the encoder knows that there is no second digit. "
        "Steps without gold, the hyphens, park their attention, often on the padding."
    )
