"""The book's `common.base_model`: parameters in the book's own file, read without running it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import Backend
from core.book.session import backend
from core.models.book_pickle import write_book_pickle
from core.models.parameters import CheckpointError, HasParameters, cast, load_parameters


class NoParametersError(FileNotFoundError):
    """The file that `load_params` should read is not there; as in the book an `IOError`."""


class BaseModel:
    """What a model of the book derives from: `params` and `grads` in the same order, on disk under the class's name."""

    params: list[Array]
    grads: list[Array]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What the parameters are called in messages: their numbers."""
        return tuple(f"params[{number}]" for number in range(len(self.params)))

    @property
    def backend(self) -> Backend:
        """Where the parameters live."""
        return backend()

    def forward(self, *args: Any) -> Any:
        """To be written by the reader."""
        raise NotImplementedError

    def backward(self, *args: Any) -> Any:
        """To be written by the reader."""
        raise NotImplementedError

    def save_params(self, file_name: str | Path | None = None) -> None:
        """As `save_book_parameters`."""
        save_book_parameters(self, file_name)

    def load_params(self, file_name: str | Path | None = None) -> None:
        """As `load_book_parameters`."""
        load_book_parameters(self, file_name)


def save_book_parameters(model: HasParameters, file_name: str | Path | None = None) -> None:
    """Write the parameters as the book does: a pickle of float16 arrays, which the book's own code reads.

    Args: file_name: the class's name and `.pkl` if None; a file there is replaced in one step.
    Raises:
        CheckpointError: a parameter is not finite in float16. The file is as it was.
    """
    path = _path(model, file_name)
    arrays = [cast(model.backend.to_numpy(param), np.float16) for param in model.params]
    names = zip(model.parameter_names, arrays, strict=True)
    not_finite = [name for name, array in names if not np.isfinite(array).all()]
    if not_finite:
        raise CheckpointError(f"{path}: not written: {', '.join(not_finite)} are not finite numbers in float16")
    write_book_pickle(path, arrays)


def load_book_parameters(model: HasParameters, file_name: str | Path | None = None) -> None:
    """Read parameters that the book's `save_params` wrote, or this project's (.safetensors), without running the file.

    Args: file_name: the class's name and `.pkl` if None.
    Raises:
        NoParametersError: there is no such file.
        CheckpointError: it does not fit the model; says where.
    """
    path = _path(model, file_name)
    if not path.is_file():
        advice = "there is no such file; run the script that trains and calls save_params first, in the same folder"
        raise NoParametersError(errno.ENOENT, advice, str(path))
    load_parameters(path, model)


def _path(model: object, file_name: str | Path | None) -> Path:
    return Path(type(model).__name__ + ".pkl" if file_name is None else file_name)
