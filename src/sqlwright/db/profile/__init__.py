"""What the stored values say about columns, and the foreign keys that are not declared."""

from .read import profile_of_schema, read_profile

__all__ = ["profile_of_schema", "read_profile"]
