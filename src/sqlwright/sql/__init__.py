"""Text and trees, no connection."""
