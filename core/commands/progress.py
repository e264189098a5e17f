"""What a person sees of a training: a line an epoch, and a bar that moves in between."""

from __future__ import annotations

from typing import NoReturn

from tqdm import tqdm

from core.training.trainer import EpochResult, TrainingReport


class ProgressBar:
    """A line an epoch on standard output and, where standard error is a terminal, a bar that moves in between."""

    def __init__(self, epochs: int) -> None:
        """Args: epochs: of the whole training."""
        self._epochs = epochs
        self._began: int | None = None
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._wipe()

    def show(self, report: TrainingReport) -> None:
        """Move the bar: it shows the epoch, and the time that is left for all of them."""
        if self._began is None:
            self._began = report.epoch
        done = (report.epoch - self._began) * report.iterations + report.iteration
        remaining = (self._epochs + 1 - self._began) * report.iterations - done
        minutes, seconds = divmod(round(report.seconds / done * remaining), 60)
        if (bar := self._bar) is None:
            # Nothing is drawn (disable=None) where standard error is no terminal.
            bar = self._bar = tqdm(disable=None, leave=False, ascii="-#", delay=1e-9)
        epoch = f"epoch {report.epoch} of {self._epochs}"
        bar.bar_format = f"{epoch} [{{bar:24}}] loss {report.loss:.4f}, {minutes}:{seconds:02d} left"
        bar.total, bar.n = report.iterations, report.iteration
        bar.refresh()

    def show_epoch(self, result: EpochResult, run: str = "") -> None:
        """Put a line in the place of the bar. Args: run: what the run is called, where there are several."""
        self._wipe()
        print(f"{run}epoch {result.epoch}  loss {result.loss:.4f}  exact match {result.exact_match:.5f}", flush=True)

    def _wipe(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
