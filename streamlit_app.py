"""The front door: `streamlit run streamlit_app.py` finds the app here; its page script is `viz_app/main.py`."""

import os

# Before NumPy loads: with two OpenBLAS threads a decoding's small products took 2 to 12 times as long, spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pathlib import Path

import streamlit as st

import viz_app

app = st.App(Path(viz_app.__file__).with_name("main.py"))
