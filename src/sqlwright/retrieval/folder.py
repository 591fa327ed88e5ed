"""Files of what a user teaches about one database, which they can read, edit and take away.

`<root>/<name>-<mark>/` (see `db.folder`) holds `pairs.jsonl` (verified pairs, one a line, in the project's training
format), `documents/` (notes and terms in Markdown and text), `profile.yaml` (what the user says about columns and
keys), `meaning.yaml` (what words mean: see `meaning`) and `index/` (vectors, derived from the others, may be deleted).
"""

from __future__ import annotations

from ..db.folder import knowledge_folder

__all__ = ["DOCUMENTS", "INDEX", "PAIRS", "knowledge_folder"]

PAIRS = "pairs.jsonl"
DOCUMENTS = "documents"
INDEX = "index"
