"""Fixtures of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from tests.viz_app.fake_models import MODELS, FakePipeline


@pytest.fixture
def pipelines(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, FakePipeline]]:
    """Made-up models in the place of the real ones, by name; the caches of the app are empty before and after."""
    fakes = {name: FakePipeline(name) for name in MODELS}
    monkeypatch.setattr("viz_app.models.load", fakes.__getitem__)
    monkeypatch.setattr("viz_app.models.names", lambda: MODELS)
    st.cache_resource.clear()
    yield fakes
    st.cache_resource.clear()
