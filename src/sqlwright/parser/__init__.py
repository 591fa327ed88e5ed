"""The built-in model: SQL in a pointer form that a small network can write."""
