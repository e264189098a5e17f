"""The changes a person makes to a decoding: a list that can be switched off one by one, and travels in the URL."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    Argmax,
    Gold,
    Intervention,
    InterventionError,
    MaskPadding,
    Permute,
    Temperature,
    Uniform,
)
from core.decoding.interventions_json import intervention_from_dict, intervention_to_dict

# Browsers and proxies carry about 8,000 characters of URL; percent signs triple some of these.
_LONGEST: Final = 2500


@dataclass(frozen=True)
class Change:
    """An intervention, and whether it is switched on."""

    intervention: Intervention
    on: bool = True


Changes = tuple[Change, ...]


class Unread(NamedTuple):
    """What could not be read of a list of changes: which one, counted from 1 (None is the list itself), and why."""

    number: int | None
    why: str


# What means the same for every text; the others name characters of one.
_FOR_ANY_TEXT: Final = (Temperature, Argmax, Uniform, Permute, MaskPadding, Gold)


def active(changes: Changes) -> list[Intervention]:
    """The interventions that are switched on, in their order."""
    return [change.intervention for change in changes if change.on]


def switched(changes: Changes, index: int) -> Changes:
    """The same changes with one switched the other way."""
    return _with(changes, index, replace(changes[index], on=not changes[index].on))


def without(changes: Changes, index: int) -> Changes:
    """The changes without one of them."""
    return changes[:index] + changes[index + 1 :]


def for_any_text(changes: Changes) -> Changes:
    """Those of the changes that still mean something when another text is typed."""
    return tuple(change for change in changes if isinstance(change.intervention, _FOR_ANY_TEXT))


def added(changes: Changes, intervention: Intervention) -> Changes:
    """The changes with one more; where the same kind of change was made at the same place, it is replaced.

    Raises:
        InterventionError: there are too many already, or more than a link can carry.
    """
    index = index_of(changes, intervention)
    if index is None and len(changes) >= MAX_INTERVENTIONS:
        raise InterventionError(f"there are {len(changes)} changes already; remove one first")
    change = Change(intervention)
    more = (*changes, change) if index is None else _with(changes, index, change)
    if len(to_query(more)) > _LONGEST:
        raise InterventionError(f"the changes are more than a link of {_LONGEST} characters carries; remove one first")
    return more


def index_of(changes: Changes, intervention: Intervention) -> int | None:
    """Where the same kind of change is made at the same place; None if nowhere."""
    place = _place(intervention)
    return next((i for i, change in enumerate(changes) if _place(change.intervention) == place), None)


def to_query(changes: Changes) -> str:
    """The changes as one query parameter: JSON without spaces; empty for none."""
    if not changes:
        return ""
    items = [intervention_to_dict(change.intervention) | ({} if change.on else {"off": True}) for change in changes]
    return json.dumps(items, separators=(",", ":"), ensure_ascii=False)


def from_query(text: str) -> tuple[Changes, list[Unread]]:
    """Read what `to_query` wrote, whatever became of it on the way.

    Returns:
        the changes that can be read, and what cannot, at most five.
    """
    if not text:
        return (), []
    if len(text) > _LONGEST:
        return (), [Unread(None, f"the list of changes has {len(text)} characters; at most {_LONGEST} are read")]
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return (), [Unread(None, "the list of changes is not JSON")]
    if not isinstance(items, list):
        return (), [Unread(None, f"the list of changes is {type(items).__name__}; expected a list")]
    if len(items) > MAX_INTERVENTIONS:
        return (), [Unread(None, f"there are {len(items)} changes; at most {MAX_INTERVENTIONS} are read")]
    changes: Changes = ()
    problems = []
    for number, item in enumerate(items, start=1):
        try:
            changes = (*changes, _change(item))
        except InterventionError as error:
            problems.append(Unread(number, str(error)))
    return changes, problems[:5]


def _change(item: object) -> Change:
    if not isinstance(item, dict):
        return Change(intervention_from_dict(item))
    off = item.get("off", False)
    if not isinstance(off, bool):
        raise InterventionError("'off' is neither true nor false")
    return Change(intervention_from_dict({key: value for key, value in item.items() if key != "off"}), on=not off)


def _with(changes: Changes, index: int, change: Change) -> Changes:
    return (*changes[:index], change, *changes[index + 1 :])


def _place(intervention: Intervention) -> tuple[object, ...]:
    """What two changes have in common of which the second replaces the first."""
    values = intervention_to_dict(intervention)
    return intervention.kind, values.get("step"), values.get("position")
