"""What the Bugs page says of the slips that crash: what each is called, what its error means, and the mend."""

from __future__ import annotations

from typing import NamedTuple

from viz_app.text.i18n import Translator


class SlipWords(NamedTuple):
    """What is said of one slip.

    Attributes:
        name: a few words by which people know it.
        means: what went wrong, and what the error says of it.
        mend: what to write instead.
    """

    name: str
    means: str
    mend: str


def slip_words(slip: str, _: Translator) -> SlipWords:
    """Everything that is said of a slip."""
    return {
        "return-forgotten": SlipWords(
            _("Crashes: a forgotten return"),
            _(
                "A function that returns nothing returns None, and nobody asks for it before it is used. So the error "
                "names another line than the one at fault: NumPy takes None for an array without axes."
            ),
            _("Return what was computed. At an error about None or no dimensions, look where the value was made."),
        ),
        "shape-forgotten": SlipWords(
            _("Crashes: N, T, H = hs_enc"),
            _(
                "Without .shape the array itself is taken apart along its first axis, into as many parts as the batch "
                "has samples. With a batch of three it even runs on, and crashes later or not at all."
            ),
            _("Write hs_enc.shape."),
        ),
        "list-reshaped": SlipWords(
            _("Crashes: a list that is reshaped"),
            _("The scores were collected in a Python list, which has no shape. Only an array can be reshaped."),
            _("Make an array of the list first, with np.array, or fill an array made by np.empty."),
        ),
        "counter-undefined": SlipWords(
            _("Crashes: a counter that is not there"),
            _(
                "The loop counts with i, its body with t. In a notebook in which an earlier cell has left a t it does "
                "not crash: every step is then computed from the same state."
            ),
            _("Give the counter one name. Run a notebook from the top before you trust it."),
        ),
        "misspelt-affine": SlipWords(
            _("Crashes: self.afine"),
            _("An attribute is looked up when the line runs, not when the class is made; so the slip shows only then."),
            _("Write self.affine. A type checker finds such a name without running anything."),
        ),
    }[slip]
