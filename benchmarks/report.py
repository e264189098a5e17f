"""A report as text for a terminal, or as Markdown for docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import results
from benchmarks.machine import NOT_INSTALLED
from benchmarks.results import CORE, LAYER_BY_LAYER, NOTHING_SHARED, PRODUCTS, PYTORCH, Report, Result, Verdict

_CONTENDERS = (CORE, LAYER_BY_LAYER, PYTORCH, PRODUCTS)
_MISSING = "-"


@dataclass(frozen=True)
class Table:
    """Rows of words under a header; the first column is aligned left, the others right."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """For a terminal."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.header))]
        out = [self.title, "=" * len(self.title)]
        for line in lines:
            first, *others = (word.rjust(width) for word, width in zip(line, widths, strict=True))
            out.append("  ".join([first.strip().ljust(widths[0]), *others]).rstrip())
        return "\n".join(out) + "\n"

    def markdown(self) -> str:
        """For a document."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = ["| " + " | ".join(line) + " |" for line in (self.header, rule, *self.rows)]
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n"


def render(report: Report, *, markdown: bool) -> str:
    """The whole report."""
    parts = [table.markdown() if markdown else table.text() for table in tables(report)]
    if report.quick:
        parts.append("This was a quick run, to see that everything works: its numbers say nothing.\n")
    if report.machine[PYTORCH] == NOT_INSTALLED:
        parts.append(
            "PyTorch is not installed, so its rows are missing: `pip install -r requirements-benchmarks.txt`.\n"
        )
    return "\n".join(parts)


def tables(report: Report) -> list[Table]:
    """The tables that have rows, those that answer first."""
    found = [
        Table("Must reach", ("", "threads", "measured", "middle half", "at most", ""), _verdict_rows(report)),
        Table("Medians", ("", "threads", *_CONTENDERS), _median_rows(report)),
        Table("The book's own script", ("", "threads", CORE, LAYER_BY_LAYER, "times as fast"), _book_rows(report)),
        Table("Parts of a training iteration", ("", "threads", *_PART_HEADER), _part_rows(report)),
        Table("Growth of a training iteration", ("", "threads", *_GROWTH_HEADER), _growth_rows(report)),
        Table("Changes of a decoding", ("", "threads", "median"), _change_rows(report)),
        Table("Start-up", ("", "median"), _start_rows(report)),
        Table("A visitor beside a training", ("", results.IDLE, results.BESIDE_TRAINING), _visitor_rows(report)),
        *(Table(f"What {name} takes", ("", "time"), _share_rows(shares)) for name, shares in report.shares.items()),
        Table("Machine", ("", ""), list(report.machine.items())),
    ]
    return [table for table in found if table.rows]


# ---- rows -----------------------------------------------------------------------------------------------------------

_PART_HEADER = (CORE, NOTHING_SHARED, LAYER_BY_LAYER, f"{CORE} / {LAYER_BY_LAYER}")
_PART = results.PART.format("")
_GROWTH_HEADER = (CORE, PYTORCH, PRODUCTS, f"{CORE} / {PRODUCTS}", f"{CORE} / {PYTORCH}")


def _verdict_rows(report: Report) -> list[list[str]]:
    return [_verdict_row(verdict) for verdict in report.verdicts()]


def _verdict_row(verdict: Verdict) -> list[str]:
    goal, result = verdict.goal, verdict.result
    is_ratio = goal.against is not None
    unit = "ratio" if is_ratio else result.unit
    name = f"{goal.piece} / {goal.against}" if is_ratio else goal.piece
    at_most = quantity(goal.at_most, unit)
    if verdict.value is None:
        missing = goal.against or goal.contender
        return [name, _threads(result), _MISSING, _MISSING, at_most, f"no {missing} here"]
    low, high = (quantity(value, unit) for value in verdict.spread)
    words = "reached" if verdict.reached else f"missed by {verdict.missed_by:.0%}"
    return [name, _threads(result), quantity(verdict.value, unit), f"{low} to {high}", at_most, words]


def _median_rows(report: Report) -> list[list[str]]:
    whole = [r for r in report.results if r.sizes is None and not (_is_part(r) or _is_book(r))]
    shown = [r for r in whole if set(r.samples) <= set(_CONTENDERS)]
    return [[r.piece, _threads(r), *(_median(r, contender) for contender in _CONTENDERS)] for r in shown]


def _book_rows(report: Report) -> list[list[str]]:
    rows = []
    for r in report.results:
        if _is_book(r):
            faster = f"{median(r.ratios(LAYER_BY_LAYER, CORE)):.1f}"
            rows.append([r.piece, _threads(r), _median(r, CORE), _median(r, LAYER_BY_LAYER), faster])
    return rows


def _is_book(result: Result) -> bool:
    return result.piece in (results.BOOK_TRAINING, results.BOOK_ANSWER)


def _growth_rows(report: Report) -> list[list[str]]:
    rows = []
    for r in report.results:
        if r.sizes is not None:
            times = [_median(r, contender) for contender in (CORE, PYTORCH, PRODUCTS)]
            ratios = [_ratio(r, PRODUCTS), _ratio(r, PYTORCH)]
            rows.append([f"{r.sizes[0]} = {r.sizes[1]}", _threads(r), *times, *ratios])
    return rows


def _part_rows(report: Report) -> list[list[str]]:
    rows = []
    for r in report.results:
        if _is_part(r):
            times = [_median(r, contender) for contender in (CORE, NOTHING_SHARED, LAYER_BY_LAYER)]
            rows.append([r.piece.removeprefix(_PART), _threads(r), *times, _ratio(r, LAYER_BY_LAYER)])
    return rows


def _is_part(result: Result) -> bool:
    return result.piece.startswith(_PART)


def _change_rows(report: Report) -> list[list[str]]:
    changes = [r for r in report.results if r.piece == results.CHANGES]
    return [[name, _threads(r), _median(r, name)] for r in changes for name in r.samples]


def _start_rows(report: Report) -> list[list[str]]:
    starts = [r for r in report.results if r.piece in (results.IMPORT, results.APP)]
    return [[f"{r.piece}: {name}", _median(r, name)] for r in starts for name in r.samples]


def _visitor_rows(report: Report) -> list[list[str]]:
    shown = [r for r in report.results if r.piece in (results.STEP, results.ANOTHER_DATE)]
    return [[r.piece, *(_median(r, name) for name in (results.IDLE, results.BESIDE_TRAINING))] for r in shown]


def _share_rows(shares: dict[str, float]) -> list[list[str]]:
    return [[package, quantity(seconds, "s")] for package, seconds in shares.items()]


# ---- words ----------------------------------------------------------------------------------------------------------


def quantity(value: float, unit: str) -> str:
    """A value with three digits that count, and its unit: 0.0123 s is "12.3 ms"."""
    if unit == "s":
        return f"{_digits(value)} s" if value >= 1 else f"{_digits(value * 1e3)} ms"
    return {"MB": f"{_digits(value)} MB", "times": f"{_digits(value)} x", "ratio": _digits(value)}[unit]


def _digits(value: float) -> str:
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:,.{decimals}f}"


def _median(result: Result, contender: str) -> str:
    return quantity(result.median(contender), result.unit) if contender in result.samples else _MISSING


def _ratio(result: Result, against: str) -> str:
    return _digits(median(result.ratios(CORE, against))) if against in result.samples else _MISSING


def _threads(result: Result) -> str:
    return _MISSING if result.threads is None else str(result.threads)
