"""The screen: from a trace to a page; no model mathematics."""
