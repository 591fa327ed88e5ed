"""Settings of a training run: base classes, checks, and reading of YAML files."""
