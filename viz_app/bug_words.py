"""What the Bugs page says of every bug: its name, what goes wrong, how one would notice, and which test catches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.gallery import RIGHT
from core.mistakes import Where
from viz_app.i18n import Translator

TESTS: Final[Mapping[str, str]] = {
    "affine-not-scaled": "test_affine_weight_without_its_scale",
    "state-gradient-misplaced": "test_gradient_of_the_decoders_first_state_in_the_wrong_place",
    "wrong-first-state": "test_decoder_started_from_another_state_than_the_last",
    "softmax-wrong-axis": "test_softmax_over_the_wrong_axis",
    "weights-without-encoder": "test_weights_that_ignore_the_encoder_states",
    "context-not-fed": "test_the_context_not_fed_to_the_affine_layer",
    "input-not-reversed": "test_a_recipe_says_in_which_order_the_input_is_read",
    "gradients-not-clipped": "test_gradients_not_clipped",
    "days-in-both-sets": "test_days_in_both_sets",
    "labels-reversed": "test_columns_left_reversed",
    "teacher-forced-map": "test_teacher_forced_map_is_not_the_decoding",
}
"""The test of every bug, in `tests/core/test_known_mistakes.py`."""


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


def place(where: Where, _: Translator) -> str:
    """Where a bug sits."""
    return {
        "start": _("in the first parameters"),
        "forward": _("in forward"),
        "backward": _("in backward"),
        "training": _("in the training loop"),
        "data": _("in the data"),
        "picture": _("in the picture only"),
    }[where]


def name(bug: str, _: Translator) -> str:
    """What a bug is called; the right code, too, which the quiz offers as an answer."""
    return words(bug, _).name


def words(bug: str, _: Translator) -> BugWords:
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
            "The weight of the affine layer starts with standard deviation 1 instead of 1/√(2H). The first logits are "
            "so large that the softmax is certain of something wrong before anything was learned."
        ),
        _("The loss falls all the same, only from far above, and nobody knows by heart where it should begin."),
        _(
            "Look at the very first loss. Who knows nothing and says so has a loss of ln V: 4.1 for the 59 characters "
            "here. A start far above it is not ignorance but false certainty."
        ),
        _("The loss begins far above ln V = 4.1, the loss of somebody who knows nothing."),
    )


def _state_gradient_misplaced(_: Translator) -> BugWords:
    return BugWords(
        _("State gradient added to the wrong array"),
        _(
            "The decoder starts from the encoder's last state, so the gradient of this state belongs into dhs_enc. "
            "Here it is added to dhs_dec, from which nothing is computed any more, and is lost."
        ),
        _(
            "Both arrays have room for it, so nothing complains. The encoder still learns through attention, and the "
            "loss falls."
        ),
        _(
            "Not by eye: by comparing the gradients with finite differences. Those of the decoder agree, those of the "
            "encoder do not."
        ),
        _("The encoder gets only a part of its gradient: the loss falls later, and the map is another one."),
    )


def _wrong_first_state(_: Translator) -> BugWords:
    return BugWords(
        _("enc_hs[:-1]: the wrong index for the first state"),
        _(
            "Meant is hs_enc[:, -1], the last state of every sample. The much asked about hs_enc[:-1] stops with an "
            "error of shapes; hs_enc[-1, -1] does not: NumPy spreads the last sample's state over the whole batch."
        ),
        _("A date that is decoded alone comes out right, and in a batch attention makes up for much."),
        _("Decode a date alone and in a batch. The answers have to be the same to the last digit."),
        _("The decoder starts from the state of another date, and the loss stays higher than it should."),
    )


def _softmax_wrong_axis(_: Translator) -> BugWords:
    return BugWords(
        _("Softmax over the wrong axis"),
        _(
            "The softmax runs over an axis of length 1, so that every weight is 1 whatever the score. The context is "
            "the plain sum of all encoder states, the same at every step."
        ),
        _("All shapes fit, no number is NaN, and the loss falls: the model learns as one without attention would."),
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
            "Where all dates are written alike this even works, for the year always stands at the same place. The map "
            "looks like attention."
        ),
        _(
            "Exchange two typed characters or take a longer month: the map stays where it was although the characters "
            "have moved."
        ),
        _("The weights follow positions and not characters: they do not meet the digits that are written."),
    )


def _context_not_fed(_: Translator) -> BugWords:
    return BugWords(
        _("Context not fed to the affine layer"),
        _(
            "The context is computed, can be drawn, and is thrown away: the affine layer gets the decoder's state "
            "alone."
        ),
        _(
            "There is a heatmap, and the model learns what one without attention learns. But no gradient ever reaches "
            "the weights, so the map means nothing."
        ),
        _("Change the weights and decode again: the answer does not move. The affine weight has H rows and not 2H."),
        _(
            "The map was never trained: it has nothing to do with what is written. The loss is that of a model "
            "without attention."
        ),
    )


def _input_not_reversed(_: Translator) -> BugWords:
    return BugWords(
        _("Input not reversed"),
        _(
            "The first typed character is read first. The book reads the last one first, so that the decoder starts "
            "nearer to what it needs first."
        ),
        _("Forgetting [:, ::-1] breaks nothing, and with attention it costs far less than without."),
        _("Compare the first epochs with those of the book, and read off a trace in which order the input was read."),
        _("The loss falls otherwise than with the input reversed, and the weights lie on other characters."),
    )


def _gradients_not_clipped(_: Translator) -> BugWords:
    return BugWords(
        _("Gradients not clipped"),
        _("A gradient may be as long as it likes. A single bad batch can then throw all parameters far off."),
        _("Most runs never meet such a batch, and Adam divides by the size of the gradients anyway."),
        _("Log the length of the gradient beside the loss, and look for jumps of both."),
        _("The loss jumps up in the middle of the training."),
    )


def _days_in_both_sets(_: Translator) -> BugWords:
    return BugWords(
        _("The same days in training and test set"),
        _(
            "The pairs are split line by line and not by day, so that the days of the test set, and often the very "
            "lines, stand in the training set too."
        ),
        _(
            "A part of the accuracy is memory. The number is only better than it should be, and who doubts a good "
            "number?"
        ),
        _("Count the days of the test set that the training set has too: there must be none."),
        _("On unseen days the accuracy is lower than the training says."),
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
        _("The map is mirrored: digits are written while it looks at the other end of the date."),
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
        _("Take a date that the model gets wrong, and compare the rows after the first wrong character."),
        _("After the first wrong character the rows are those of another answer."),
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
