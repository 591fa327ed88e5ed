"""Every error the package raises on purpose.

    SqlwrightError            exit 1: asked, and failed or refused
    ├── UsageError            exit 2: the call itself is wrong
    │   ├── ConfigError       a setting is unknown or out of range
    │   ├── MissingExtraError an optional dependency is not installed
    │   └── NotFoundError     a file, table, model or preset that is not there
    ├── ConnectError          a database or endpoint cannot be reached or refuses the login
    ├── DataError             a row of a data set cannot be read
    └── GenerationError       a model gave no usable text

A message says what was expected and what was found; `hint` says what to do next. Both are English sentences, or for
errors that a person who asks a question may meet, a Phrase: a code and facts, which the command line and the page
word in the reader's language.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from .language import Language
from .phrase import Phrase

NEAR = 0.65  # likeness, see `closest`
NAME_CHARS = 130  # the longest name of a server's table with its schema has 127


class SqlwrightError(Exception):
    """The root: catch this to catch everything the package raises on purpose."""

    exit_code = 1

    def __init__(self, message: str | Phrase, hint: str | Phrase = "") -> None:
        self._message, self._hint = message, hint
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The code of the message in `error_words.ERRORS`; "" for an error that is only in English."""
        return self._message.code if isinstance(self._message, Phrase) else ""

    @property
    def facts(self) -> Mapping[str, object]:
        """What fills the places of the message."""
        return self._message.facts if isinstance(self._message, Phrase) else {}

    @property
    def message(self) -> str:
        return self.said("en")[0]

    @property
    def hint(self) -> str:
        return self.said("en")[1]

    @property
    def parts(self) -> tuple[str | Phrase, str | Phrase]:
        """Message and hint as they were given, for an error that wraps this one."""
        return self._message, self._hint

    def said(self, language: Language) -> tuple[str, str]:
        """Message and hint in `language`, where they have a code; else in English."""
        return _said(self._message, language), _said(self._hint, language)

    def text(self, language: Language) -> str:
        """Message and hint as one text in `language`."""
        return " ".join(filter(None, self.said(language)))

    def __str__(self) -> str:
        return self.text("en")


class UsageError(SqlwrightError):
    exit_code = 2


class ConfigError(UsageError):
    pass


class MissingExtraError(UsageError):
    """An optional dependency is needed: `MissingExtraError("Training needs torch.", "train")`."""

    def __init__(self, message: str, extra: str) -> None:
        super().__init__(message, f"Run: pip install 'sqlwright[{extra}]'")
        self.extra = extra


class NotFoundError(UsageError):
    pass


class ConnectError(SqlwrightError):
    pass


class DataError(SqlwrightError):
    """A row that cannot be read; `line` is 1-based, or None where the format has no lines."""

    def __init__(self, reason: str, *, path: Path | str = "", line: int | None = None, hint: str = "") -> None:
        where = str(path) + (f":{line}" if line is not None else "")
        super().__init__(f"{where}: {reason}" if where else reason, hint)
        self.path = str(path)
        self.line = line
        self.reason = reason


class GenerationError(SqlwrightError):
    pass


def _said(text: str | Phrase, language: Language) -> str:
    return text.said(language) if isinstance(text, Phrase) else text


def quoted(name: str) -> str:
    """`name` in quotes, cut after NAME_CHARS characters: a message must not send a whole request back."""
    return repr(_cut(name))


def closest(name: str, known: Iterable[str], *, cutoff: float = NEAR, listing: bool = True) -> str:
    """A sentence that names the nearest known name; where none is near, lists some with `listing`, else "".

    Near is a likeness of at least `cutoff` in [0, 1]: the default keeps "costumer" with Customer, and "nope" away from
    Invoice (0.55). Under the default, a name that begins with the whole other one is near as well: cust, album_title.
    """
    # Comparing takes time that grows with the product of the lengths.
    names, asked = sorted(known), name[:NAME_CHARS].casefold()
    folded = [n.casefold() for n in names]
    near = difflib.get_close_matches(asked, folded, n=1, cutoff=cutoff)
    if not near and cutoff <= NEAR:
        near = [n for n in folded if min(len(n), len(asked)) >= 3 and (n.startswith(asked) or asked.startswith(n))]
    if near:
        return f"Did you mean {quoted(next(n for n in names if n.casefold() == near[0]))}?"
    if not listing:
        return ""
    return f"Known: {', '.join(map(_cut, names[:12]))}{', ...' if len(names) > 12 else ''}." if names else ""


def _cut(name: str) -> str:
    return name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"
