"""Settings for all tests."""

import os

from hypothesis import HealthCheck, settings

# Before NumPy is imported: on small matrices a second BLAS thread spins and slows the first one down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A deadline would make a test's outcome depend on how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
