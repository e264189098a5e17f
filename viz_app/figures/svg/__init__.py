"""Pictures as light SVG texts, for pages that are drawn often and for files that work without a network."""
