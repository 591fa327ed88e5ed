"""Data set formats to Examples, and back out."""
