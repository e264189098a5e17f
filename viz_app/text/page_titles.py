"""What the pages are called, by their addresses: in the navigation, and in the browser's tab."""

from __future__ import annotations

from viz_app.text.i18n import Translator


def page_titles(_: Translator) -> dict[str, str]:
    """The title of every page by its address below that of the app, in the order of the navigation."""
    return {
        "": _("Step"),
        "inside": _("Inside"),
        "truth": _("Truth"),
        "lab": _("Layer lab"),
        "ladder": _("Ladder"),
        "film": _("Film"),
        "train": _("Train"),
        "bugs": _("Bugs"),
    }


def tab_title(path: str, _: Translator) -> str:
    """What the browser's tab, history and bookmarks call a page: what tells it from the others comes first."""
    app = _("Attention, step by step")
    return f"{page_titles(_)[path]} · {app}"
