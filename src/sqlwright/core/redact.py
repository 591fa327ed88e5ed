"""Passwords taken out of text that is shown or kept."""

from __future__ import annotations

import re

_PASSWORD = re.compile(
    r"""
    # user:password@ of a database's URL, where people forget to write / and @ as %2F and %40
    (?P<database>\b(?:postgres\w*|mysql|mariadb)[\w+.-]*:/+[^\s:/@]*:)[^\s'"]+(?=@)
    # of any other URL
  | (?P<url>\b[\w+.-]+://[^\s:/@]*:)[^\s/'"]+(?=@)
    # the parameters of a URL that drivers read a password from
  | (?P<key>[?&](?:password|passwd|pwd|sslpassword)=)[^&\s'"]+
    """,
    re.VERBOSE,
)


def without_passwords(text: str) -> str:
    """`text` with *** for the passwords of URLs."""
    return _PASSWORD.sub(lambda m: f"{m['database'] or m['url'] or m['key']}***", text)
