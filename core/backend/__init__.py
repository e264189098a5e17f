"""Where arrays are computed: NumPy or CuPy behind one interface, which of them, and how many rows at a time."""
