"""Words, numbers and markup in the visitor's language; nothing here draws or decodes."""
