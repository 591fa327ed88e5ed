"""Seeded databases, one module each, for the analysts' questions."""
