"""The changes a person makes to a decoding: a list that can be switched off one by one, and travels in the URL."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from core.interventions import (
    MAX_INTERVENTIONS,
    Intervention,
    InterventionError,
    intervention_from_dict,
    intervention_to_dict,
)

# Browsers and proxies carry about 8,000 characters of URL; percent signs triple some of these.
_LONGEST: Final = 2500


@dataclass(frozen=True)
class Change:
    """An intervention, and whether it is switched on."""

    intervention: Intervention
    on: bool = True


Changes = tuple[Change, ...]


def active(changes: Changes) -> list[Intervention]:
    """The interventions that are switched on, in their order."""
    return [change.intervention for change in changes if change.on]


def switched(changes: Changes, index: int) -> Changes:
    """The same changes with one switched the other way."""
    return _with(changes, index, replace(changes[index], on=not changes[index].on))


def without(changes: Changes, index: int) -> Changes:
    """The changes without one of them."""
    return changes[:index] + changes[index + 1 :]


def added(changes: Changes, intervention: Intervention) -> Changes:
    """The changes with one more; where the same kind of change was made at the same place, it is replaced.

    Raises:
        InterventionError: there are too many already.
    """
    place = _place(intervention)
    for index, change in enumerate(changes):
        if _place(change.intervention) == place:
            return _with(changes, index, Change(intervention))
    if len(changes) >= MAX_INTERVENTIONS:
        raise InterventionError(f"there are {len(changes)} changes already; remove one first")
    return (*changes, Change(intervention))


def to_query(changes: Changes) -> str:
    """The changes as one query parameter: JSON without spaces; empty for none."""
    if not changes:
        return ""
    items = [intervention_to_dict(change.intervention) | ({} if change.on else {"off": True}) for change in changes]
    return json.dumps(items, separators=(",", ":"), ensure_ascii=False)


def from_query(text: str) -> tuple[Changes, list[str]]:
    """Read what `to_query` wrote, whatever became of it on the way.

    Returns:
        the changes that can be read, and for each that cannot a sentence in English that says why.
    """
    if not text:
        return (), []
    if len(text) > _LONGEST:
        return (), [f"the list of changes has {len(text)} characters; at most {_LONGEST} are read"]
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return (), ["the list of changes is not JSON"]
    if not isinstance(items, list):
        return (), [f"the list of changes is {type(items).__name__}; expected a list"]
    if len(items) > MAX_INTERVENTIONS:
        return (), [f"there are {len(items)} changes; at most {MAX_INTERVENTIONS} are read"]
    changes: Changes = ()
    problems = []
    for number, item in enumerate(items, start=1):
        try:
            changes = (*changes, _change(item))
        except InterventionError as error:
            problems.append(f"change {number}: {error}")
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
