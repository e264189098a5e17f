"""From a name to a model that answers text: `load_pretrained("date-attention").decode(["2/10/93"])`."""

from __future__ import annotations

from pathlib import Path

from core.backend.devices import get_backend
from core.backend.numpy_backend import Backend
from core.decoding.pipeline import Pipeline
from core.files.places import PRETRAINED_FOLDER
from core.files.wording import writable
from core.models.parameters import CheckpointError, assign_parameters, parameter_digest, read_safetensors
from core.models.spec import ModelSpec

PARAMETER_FILE = "model.safetensors"


def available_models() -> list[str]:
    """Names of the models in `pretrained/`."""
    return sorted(path.parent.name for path in PRETRAINED_FOLDER.glob(f"*/{PARAMETER_FILE}"))


def load_pretrained(name: str = "date-attention", device: str = "auto") -> Pipeline:
    """Load a model that ships with the repository, or one of your own.

    Args:
        name: a folder of `pretrained/`, or the path of a safetensors file written by `python -m core train`.
        device: "auto", "cpu" or "cuda".
    Raises:
        CheckpointError: there is no such model, or its file does not fit; says what differs.
        DeviceError: "cuda" without a GPU.
    """
    backend = get_backend(device)
    if name.endswith(".safetensors"):
        return load_pipeline(Path(name), Path(name).stem, backend)
    if name not in available_models():
        known = ", ".join(available_models()) or "none"
        raise CheckpointError(
            f"there is no model {name!r}; the repository has: {known}. "
            "A file of your own is given by its path, ending in .safetensors"
        )
    return load_pipeline(PRETRAINED_FOLDER / name / PARAMETER_FILE, name, backend)


def load_pipeline(file: Path, name: str, backend: Backend) -> Pipeline:
    """A pipeline from a safetensors file that says what it holds. Its parameters are read-only.

    Args:
        file: as `python -m core train` writes it.
        name: what the model is to be called.
        backend: where it is to compute.
    Raises:
        CheckpointError: the file is not readable, lacks its description, or names, shapes or dtypes do not fit it.
    """
    parameters, metadata = read_safetensors(file)
    try:
        spec = ModelSpec.from_metadata(metadata)
        spec.check_sizes(parameters)
    except ValueError as error:
        raise CheckpointError(f"{file}: not a model of this project: {error}") from error
    model = spec.build(backend=backend)
    assign_parameters(model, parameters, str(file))
    # Who wants to train it further copies them into a model of their own.
    backend.make_read_only(model.params)
    return Pipeline(writable(name), model, spec, parameter_digest(parameters), metadata)
