"""Read-only connections."""
