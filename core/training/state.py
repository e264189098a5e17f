"""The state of a training as a file: all that is needed to go on to the same parameters as without a break."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import save as to_safetensors

from core.models.parameters import CheckpointError, Parameters, assign_parameters, named_parameters, read_safetensors
from core.training.trainer import EpochResult, EpochUnderWay, Trainer


def state_of(identity: Mapping[str, str], trainer: Trainer, results: Sequence[EpochResult]) -> bytes:
    """Parameters, moments and random state, in the safetensors format.

    Args:
        identity: what must be the same where somebody goes on from it.
        trainer: between two iterations.
        results: of the whole epochs so far.
    """
    model, optimizer = trainer.model, trainer.optimizer
    arrays = named_parameters(model)
    for slot, kept in optimizer.slots.items():
        for name, array in zip(model.parameter_names, kept, strict=True):
            arrays[f"{slot}.{name}"] = np.ascontiguousarray(model.backend.to_numpy(array))
    metadata = {
        "plan": json.dumps(identity),
        "results": json.dumps([asdict(result) for result in results]),
        "iteration": str(trainer.current_iteration),
        "random_state": json.dumps(trainer.rng.bit_generator.state),
    }
    epoch = trainer.under_way
    if epoch is not None:
        metadata["random_state"] = json.dumps(epoch.random_state)
        numbers = {"iteration": epoch.iteration, "losses": [float(x) for x in epoch.losses]}
        metadata["under_way"] = json.dumps(numbers | {"reported": epoch.reported})
    return to_safetensors(arrays, metadata)


def restore_state(file: Path, identity: Mapping[str, str], trainer: Trainer) -> list[EpochResult]:
    """Put a trainer, its model and its optimizer where `state_of` found them.

    Returns:
        the results of the whole epochs so far.
    Raises:
        CheckpointError: the file is damaged, or of another identity; says what differs.
    """
    arrays, metadata = read_safetensors(file)
    try:
        return _restore(file, arrays, metadata, identity, trainer)
    except CheckpointError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{file}: is damaged ({error!r}); start again in another folder") from error


def _restore(
    file: Path, arrays: Parameters, metadata: Mapping[str, str], identity: Mapping[str, str], trainer: Trainer
) -> list[EpochResult]:
    stored = json.loads(metadata["plan"])
    differing = [key for key, value in identity.items() if stored.get(key) != value]
    if differing:
        raise CheckpointError(
            f"{file}: belongs to another run, with another {', another '.join(differing)}; "
            "resume with the same settings, or choose another folder"
        )
    model, optimizer = trainer.model, trainer.optimizer
    names = model.parameter_names
    assign_parameters(model, {name: arrays[name] for name in names}, str(file))
    for slot, kept in optimizer.slots.items():
        kept[:] = [model.backend.asarray(arrays[f"{slot}.{name}"].copy()) for name in names]
    results = [EpochResult(**result) for result in json.loads(metadata["results"])]
    optimizer.iter = trainer.current_iteration = int(metadata["iteration"])
    trainer.current_epoch = len(results)
    trainer.rng.bit_generator.state = json.loads(metadata["random_state"])
    trainer.under_way = _epoch_under_way(metadata["under_way"], trainer) if "under_way" in metadata else None
    return results


def _epoch_under_way(stored: str, trainer: Trainer) -> EpochUnderWay:
    numbers = json.loads(stored)
    losses = np.array(numbers["losses"], dtype=trainer.model.params[0].dtype)
    return EpochUnderWay(
        random_state=trainer.rng.bit_generator.state,
        iteration=int(numbers["iteration"]),
        losses=list(trainer.model.backend.asarray(losses)),
        reported=[float(loss) for loss in numbers["reported"]],
    )
