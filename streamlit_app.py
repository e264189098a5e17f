"""The front door: `streamlit run streamlit_app.py` finds the app here; its page script is `viz_app/main.py`."""

import os

# Before NumPy loads: with two OpenBLAS threads a decoding's small products took 2 to 12 times as long, spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import streamlit as st

from viz_app import server

server.say_at_start()
app = st.App(
    server.PAGE_SCRIPT, routes=server.routes(), middleware=server.middleware(), lifespan=server.sending_at_once
)
