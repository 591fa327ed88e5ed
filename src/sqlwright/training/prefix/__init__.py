"""Rows that begin alike, computed as one tree of tokens."""
