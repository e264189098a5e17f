"""Fixtures of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from core.runs.store import RunStore
from tests.viz_app.fake_models import MODELS, FakePipeline
from viz_app.session import bounded_cache, runs


@pytest.fixture(autouse=True, scope="package")
def no_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The training runs of whoever runs the tests are no part of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTENTION_RUNS", str(tmp_path_factory.mktemp("no-runs") / "runs"))
        # As on one's own computer; tests of what visitors may do to each other ask for `shared`.
        patch.setenv("ATTENTION_SHARED", "0")
        # Made-up models are known to this process alone; tests of the pool have processes.
        patch.setenv("ATTENTION_POOL", "0")
        yield


@pytest.fixture(autouse=True, scope="package")
def components_sought_once() -> Iterator[None]:
    """Which installed packages bring components of their own does not change from one run of a page to the next.

    AppTest asks anew at every run, and reads the metadata of every package for it: twice the work of most pages.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


def clear_caches() -> None:
    """Let the app keep nothing of what was before."""
    st.cache_resource.clear()
    bounded_cache.clear_all()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors share the server, as they do unless somebody says otherwise."""
    monkeypatch.delenv("ATTENTION_SHARED")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """An empty store of training runs, which is the app's."""
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "runs"))
    clear_caches()
    yield runs.store()
    clear_caches()


@pytest.fixture
def pipelines(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, FakePipeline]]:
    """Made-up models in the place of the real ones, by name; the caches of the app are empty before and after."""
    fakes = {name: FakePipeline(name) for name in MODELS}
    monkeypatch.setattr("viz_app.session.models.load", fakes.__getitem__)
    monkeypatch.setattr("viz_app.session.models.names", lambda: MODELS)
    clear_caches()
    yield fakes
    clear_caches()
