"""Dates as texts and as ids: made, read, judged, and kept in files."""
