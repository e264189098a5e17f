"""What the Bugs page says of every bug: its name, what goes wrong, how one would notice, and which test catches it."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.exhibits.gallery import RIGHT
from core.training.mistakes import Where
from viz_app.text.i18n import Translator


class BugWords(NamedTuple):
    """What is said of one bug.

    Attributes:
        name: a few words by which people know it.
        wrong: what goes wrong.
        unnoticed: why it stays so.
        notice: how one would notice.
        telling: what gives it away in the quiz, where its map and its loss are shown.
    """

    name: str
    wrong: str
    unnoticed: str
    notice: str
    telling: str


def place_words(where: Where, _: Translator) -> str:
    """Where a bug sits."""
    return {
        "start": _("in the first parameters"),
        "forward": _("in forward"),
        "backward": _("in backward"),
        "training": _("in the training loop"),
        "data": _("in the data"),
        "picture": _("in the picture only"),
    }[where]


def bug_name(bug: str, _: Translator) -> str:
    """What a bug is called; the right code, too, which the quiz offers as an answer."""
    return bug_words(bug, _).name


def bug_words(bug: str, _: Translator) -> BugWords:
    """Everything that is said of a bug, or of the right code."""
    return _ABOUT[bug](_)


def _right(_: Translator) -> BugWords:
    return BugWords(
        _("Nothing is wrong"),
        "",
        "",
        "",
        _(
            "The loss falls as that of the right code does, and the digits are written while looking at the "
            "characters they come from."
        ),
    )


def _affine_not_scaled(_: Translator) -> BugWords:
    return BugWords(
        _("Output weight not scaled by 1/√(2H)"),
        _(
            "The weight of the affine layer starts with standard deviation 1 instead of 1/√(2H), and the first logits "
            "are √(2H) times as large as they should be."
        ),
        _(
            "Nothing breaks, and whether it harms depends on all the other settings. The quick demo that was measured "
            "here even learns faster with it, so nobody asks; with other settings the training can stall."
        ),
        _(
            "Look at the weight before the first iteration. Its standard deviation has to be 1/√(2H): 0.07 for the "
            "quick demo with H = 96."
        ),
        _(
            "The loss falls sooner than that of the right code, and every digit looks at several characters at once: "
            "large first logits have large gradients."
        ),
    )


def _state_gradient_misplaced(_: Translator) -> BugWords:
    return BugWords(
        _("State gradient added to the wrong array"),
        _(
            "The decoder starts from the encoder's last state, so the gradient of this state belongs into dhs_enc. "
            "Here it is added to dhs_dec, from which nothing is computed any more, and is lost."
        ),
        _(
            "Both arrays have room for it, so nothing complains. Through attention the encoder still gets nearly all "
            "of its gradient: loss, accuracy and map are as good as those of the right code."
        ),
        _(
            "Not by eye: by comparing the gradients with finite differences. Those of the decoder agree, those of the "
            "encoder do not."
        ),
        _("Only a check of the gradients tells it; neither the loss nor the map does."),
    )


def _wrong_first_state(_: Translator) -> BugWords:
    return BugWords(
        _("enc_hs[:-1]: the wrong index for the first state"),
        _(
            "Meant is hs_enc[:, -1], the last state of every sample. The much asked about hs_enc[:-1] stops with an "
            "error of shapes; hs_enc[-1, -1] does not: NumPy spreads the last sample's state over the whole batch."
        ),
        _(
            "Attention makes up for it: whatever the decoder needs, it finds among the encoder's states. Loss and "
            "accuracy are as good as those of the right code, and a date that is decoded alone comes out right."
        ),
        _("Decode a date alone and in a batch. The answers have to be the same to the last digit."),
        _("Only decoding a date alone and in a batch tells it; neither the loss nor the map does."),
    )


def _softmax_wrong_axis(_: Translator) -> BugWords:
    return BugWords(
        _("Softmax over the wrong axis"),
        _(
            "The softmax runs over an axis of length 1, so that every weight is 1 whatever the score. The context is "
            "the plain sum of all encoder states, the same at every step."
        ),
        _("All shapes fit, no number is NaN, the loss falls, and in the end most dates come out right."),
        _("Add up the weights of a row: over the typed characters they have to give 1. Here they give 29."),
        _("Every cell is at its brightest: the weights are all 1, so a row cannot sum to 1."),
    )


def _weights_without_encoder(_: Translator) -> BugWords:
    return BugWords(
        _("Weights computed without the encoder states"),
        _(
            "The scores come from the decoder's state alone: where to look is learned as a position, whatever stands "
            "there."
        ),
        _(
            "The decoder's state knows something of the date, so the map moves with it and looks like attention, and "
            "most dates come out right."
        ),
        _("Put the encoder's states into another order: the weights have to come in that order, too. Here they stay."),
        _("The digits look beside the characters they come from: positions were learned, not what stands there."),
    )


def _context_not_fed(_: Translator) -> BugWords:
    return BugWords(
        _("Context not fed to the affine layer"),
        _(
            "The context is computed, can be drawn, and is thrown away: the affine layer gets the decoder's state "
            "alone."
        ),
        _(
            "The loss falls from 4 to 1, which looks like learning, and there is a heatmap. But no gradient ever "
            "passes through the weights, so the map means nothing, and hardly any date comes out right."
        ),
        _("Change the weights and decode again: the answer does not move. The affine weight has H rows and not 2H."),
        _("The loss stays near 1, and the rows of the map are alike: nothing has ever trained the weights."),
    )


def _input_not_reversed(_: Translator) -> BugWords:
    return BugWords(
        _("Input not reversed"),
        _(
            "The first typed character is read first. The book reads the last one first, so that the decoder starts "
            "nearer to what it needs first."
        ),
        _(
            "Forgetting [:, ::-1] breaks nothing. With attention, which finds everything wherever it stands, the loss "
            "is only a little higher and the accuracy the same."
        ),
        _(
            "Look where the month is read: at its first letter by a reader from the right, behind its name by one "
            "from the left."
        ),
        _(
            "The month is read behind its name and not at its first letter: the encoder came from the left. The loss "
            "stays a little higher."
        ),
    )


def _gradients_not_clipped(_: Translator) -> BugWords:
    return BugWords(
        _("Gradients not clipped"),
        _("A gradient may be as long as it likes. A single bad batch can then throw all parameters far off."),
        _(
            "Most runs never meet such a batch. In those that were measured here no gradient was ever longer than "
            "allowed, so that they are those of the right code to the last digit."
        ),
        _("Log the length of the gradient beside the loss, and look for jumps of both."),
        _("Nothing tells it as long as no gradient is too long."),
    )


def _days_in_both_sets(_: Translator) -> BugWords:
    return BugWords(
        _("The same days in training and test set"),
        _(
            "The pairs are split line by line and not by day, so that the days of the test set, and often the very "
            "lines, stand in the training set too."
        ),
        _(
            "Who doubts a good number? How much of it is memory is told by unseen days alone. In the runs that were "
            "measured here it is little: who has learned the rule need not remember."
        ),
        _("Count the days of the test set that the training set has too: there must be none."),
        _("Only days that are in neither set tell it."),
    )


def _labels_reversed(_: Translator) -> BugWords:
    return BugWords(
        _("Axis labels left reversed"),
        _(
            "The model reads the last character first. Whoever draws its weights under labels in typing order puts "
            "every column under another character."
        ),
        _("The model is right and all its tests pass. Only the picture lies, and pictures are seldom tested."),
        _("The year should be written while looking at the year. Where it looks at the month's name, turn the labels."),
        _("The map is mirrored: read from the right to the left, every digit looks at the character it comes from."),
    )


def _teacher_forced_map(_: Translator) -> BugWords:
    return BugWords(
        _("A teacher-forced map shown as decoding"),
        _(
            "The map is from a pass in which the decoder was fed the right answer, as in training. It is shown as if "
            "the model had decoded by itself."
        ),
        _(
            "Where the model is right, both maps are the same. They part only where it errs, and there the map is "
            "most wanted."
        ),
        _("Take a date that the model gets wrong: a teacher-forced map has the right answer at its rows all the same."),
        _("Only a date that the model gets wrong tells it."),
    )


_ABOUT: Final = {
    RIGHT: _right,
    "affine-not-scaled": _affine_not_scaled,
    "state-gradient-misplaced": _state_gradient_misplaced,
    "wrong-first-state": _wrong_first_state,
    "softmax-wrong-axis": _softmax_wrong_axis,
    "weights-without-encoder": _weights_without_encoder,
    "context-not-fed": _context_not_fed,
    "input-not-reversed": _input_not_reversed,
    "gradients-not-clipped": _gradients_not_clipped,
    "days-in-both-sets": _days_in_both_sets,
    "labels-reversed": _labels_reversed,
    "teacher-forced-map": _teacher_forced_map,
}
