"""Where what a user teaches about one database lies, as files that they can read, edit and take away.

`<root>/<name>-<mark>/` holds `pairs.jsonl` (verified pairs, one a line, in the project's training format), `documents/`
(notes and terms in Markdown and text) and `index/` (vectors, derived from the others, may be deleted).
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..db import Database

PAIRS = "pairs.jsonl"
DOCUMENTS = "documents"
INDEX = "index"


def knowledge_folder(database: Database) -> Path:
    """The folder of `database`, whether or not it is there yet.

    The root is SQLWRIGHT_KNOWLEDGE, else `knowledge` in the user's data folder. The mark comes from the path or the
    server, so that two databases of one name share nothing; one that moves takes its folder along by renaming it.
    """
    import platformdirs

    chosen = os.environ.get("SQLWRIGHT_KNOWLEDGE")
    root = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("sqlwright")) / "knowledge"
    mark = hashlib.sha256(f"{database.dialect} {database.engine.location}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^\w-]+", "-", database.name).strip("-")[:60]
    return root / f"{readable or 'database'}-{mark}"
