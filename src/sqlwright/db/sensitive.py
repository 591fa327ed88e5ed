"""Columns whose values are never read: passwords, secrets, keys and hashes, by their names."""

from __future__ import annotations

from itertools import pairwise

from ..core.fold import identifier_words

_WORDS = frozenset(
    """
    password passwd pwd pass passphrase secret secrets token tokens hash hashes salt credential credentials otp pin cvv
    cvc apikey privatekey passwort kennwort geheimnis motdepasse mdp 密码 口令 密钥 令牌
    """.split()
)
_PAIRS = frozenset({("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key"), ("mot", "passe")})


def is_sensitive(name: str) -> bool:
    """Whether a column of this name may hold a password, a secret, a token, a key or a hash."""
    words = identifier_words(name)
    pairs = set(pairwise(words))
    return any(w in _WORDS or w.endswith(("password", "passwd", "密码")) for w in words) or bool(pairs & _PAIRS)
