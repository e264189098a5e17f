"""Changes to a decoding as JSON and back: an object with `kind` and the fields of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    Argmax,
    ForceCharacter,
    Gold,
    Intervention,
    InterventionError,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)

_CLASSES: dict[str, type[Any]] = {
    c.kind: c
    for c in (
        ForceCharacter,
        ReplaceCharacter,
        Temperature,
        Argmax,
        Uniform,
        Permute,
        Mask,
        MaskPadding,
        Gold,
        SetWeights,
    )
}


def intervention_to_dict(intervention: Intervention) -> dict[str, Any]:
    """Plain values for JSON: `kind` and the fields; a step of None is left out."""
    values = {f.name: getattr(intervention, f.name) for f in fields(intervention)}
    return {"kind": intervention.kind} | {name: value for name, value in values.items() if value is not None}


def intervention_from_dict(content: object) -> Intervention:
    """Read what `intervention_to_dict` wrote, or JSON made of it.

    Raises:
        InterventionError: not such an object; says what is wrong.
    """
    if not isinstance(content, Mapping):
        raise InterventionError(f"a change is {type(content).__name__}; expected an object with a 'kind'")
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise InterventionError(f"a change is of kind {str(kind)[:40]!r}; expected one of {', '.join(_CLASSES)}")
    given = {str(key): value for key, value in content.items() if key != "kind"}
    known = {f.name for f in fields(_CLASSES[kind])}
    unknown = sorted(given.keys() - known)
    if unknown:
        raise InterventionError(
            f"a change of kind {kind!r} has {unknown[0][:40]!r}; expected {', '.join(sorted(known))}"
        )
    try:
        intervention: Intervention = _CLASSES[kind](**given)
    except InterventionError:
        raise
    except (TypeError, ValueError) as error:
        raise InterventionError(f"a change of kind {kind!r} does not have the fields it needs: {error}") from error
    return intervention


def interventions_from_list(content: object) -> list[Intervention]:
    """Read a list of changes.

    Raises:
        InterventionError: not a list, too long, or a change in it is wrong; says which, counted from 1.
    """
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise InterventionError(f"the changes are {type(content).__name__}; expected a list")
    if len(content) > MAX_INTERVENTIONS:
        raise InterventionError(f"there are {len(content)} changes; at most {MAX_INTERVENTIONS} are taken")
    interventions = []
    for number, item in enumerate(content, start=1):
        try:
            interventions.append(intervention_from_dict(item))
        except InterventionError as error:
            raise InterventionError(f"change {number}: {error}") from error
    return interventions
