"""The numbers in the document are those of the recorded runs."""

from __future__ import annotations

import json

import pytest

from benchmarks.report import render
from benchmarks.results import Report
from benchmarks.timing import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("mark", "file"), [("measured", "performance.json"), ("measured on a GPU", "performance-gpu.json")]
)
def test_the_document_shows_the_recorded_run(mark, file):
    _, _, rest = (DOCS / "performance.md").read_text("utf-8").partition(f"<!-- {mark}: begin -->")
    shown, _, _ = rest.partition(f"<!-- {mark}: end -->")
    report = Report.from_dict(json.loads((DOCS / file).read_text("utf-8")))
    assert not report.quick
    assert shown.strip() == render(report, markdown=True).strip()
