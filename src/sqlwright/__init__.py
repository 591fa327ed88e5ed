"""Build, prove and serve a text-to-SQL model you own."""

__version__ = "0.1.0"
