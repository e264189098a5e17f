"""Files of any kind: written whole, read with care, found where they are; and numbers in words."""
