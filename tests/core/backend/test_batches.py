"""Batches follow one another, and become smaller where memory runs out."""

import logging

import pytest

from core.backend.batches import in_batches


def test_batches_follow_one_another():
    done: list[tuple[int, int]] = []
    in_batches(7, 3, lambda rows: done.append((rows.start, rows.stop)))
    assert done == [(0, 3), (3, 6), (6, 7)]
    in_batches(0, 3, lambda rows: done.append((rows.start, rows.stop)))
    assert len(done) == 3


class OutOfDeviceMemory(MemoryError):
    """CuPy's `OutOfMemoryError` is a MemoryError too."""


def test_a_batch_that_does_not_fit_is_done_in_halves(caplog):
    done: list[tuple[int, int]] = []

    def work(rows: slice) -> None:
        if rows.stop - rows.start > 2:
            raise OutOfDeviceMemory
        done.append((rows.start, rows.stop))

    with caplog.at_level(logging.WARNING):
        in_batches(5, 100, work)
    assert done == [(0, 2), (2, 4), (4, 5)]
    assert [record.getMessage() for record in caplog.records] == [
        "out of memory with 5 rows at a time; going on with 2"
    ]


def test_what_does_not_fit_row_by_row_is_an_error():
    def work(rows: slice) -> None:
        raise OutOfDeviceMemory(f"{rows.stop - rows.start}")

    with pytest.raises(OutOfDeviceMemory, match="1"):
        in_batches(5, 4, work)
