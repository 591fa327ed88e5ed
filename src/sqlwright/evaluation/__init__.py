"""Is it right, by execution."""
