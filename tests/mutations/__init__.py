"""The code broken on purpose, place by place, to see that a test notices: `python -m tests.mutations`."""
