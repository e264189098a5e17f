"""What the gallery and the quiz draw of a training with a bug: its map, its loss, its accuracy."""

from __future__ import annotations

from core.exhibits.gallery import GalleryEntry, GalleryMap
from viz_app.components.drawing import drawing
from viz_app.figures.svg.curves import curve_svg
from viz_app.figures.svg.weights import weights_svg
from viz_app.pages.bugs.gallery import accuracy_line, loss_line
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.tables import percent


def draw_map(map_: GalleryMap, label: str, key: str, view: ViewState, _: Translator, *, padding: bool = False) -> None:
    """Draw a map: the columns of the padding as wide as the others, or narrow ones."""
    source = map_.source if padding else map_.source.rstrip()
    title = _("Input, in reading order")
    svg = weights_svg(map_.weights, source, map_.output, label=label, title=title, scale=view.scale)
    drawing(Markup('<div class="drawn">{}</div>').format(svg), key)


def losses_svg(right: GalleryEntry, wrong: GalleryEntry, _: Translator) -> Markup:
    """The loss of the right code and that with the bug."""
    lines = [loss_line(right, _("right code"), 0), loss_line(wrong, _("bug"), 1)]
    label = _("Loss of the training, with the range over the seeds")
    return curve_svg(lines, label=label, x_title=_("iteration"), y_title=_("loss"), log_y=True, width=480, height=250)


def loss_in_question_svg(right: GalleryEntry, entry: GalleryEntry, _: Translator) -> Markup:
    """The loss that the quiz asks about, beside that of the right code."""
    lines = [loss_line(right, _("right code"), 0), loss_line(entry, _("this one"), 1)]
    label = _("Loss of the training in question beside that of the right code, with the range over the seeds")
    return curve_svg(lines, label=label, x_title=_("iteration"), log_y=True, width=520, height=280)


def accuracies_svg(right: GalleryEntry, wrong: GalleryEntry, _: Translator) -> Markup:
    """How often the right code and that with the bug are right, over the epochs."""
    return curve_svg(
        [accuracy_line(right, _("right code"), 0), accuracy_line(wrong, _("bug"), 1)],
        label=_("Exact match on the test set, with the range over the seeds"),
        x_title=_("epoch"),
        y_title=_("exact match"),
        y_range=(0, 1),
        y_format=lambda share: percent(share, _),
        width=480,
        height=250,
    )
