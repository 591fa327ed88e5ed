"""The fixture of `sales` for the tests of the parser."""

from .sales import make  # noqa: F401
