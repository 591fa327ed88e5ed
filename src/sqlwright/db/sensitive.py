"""Columns whose values are never read: passwords, secrets, keys and hashes, by their names."""

from __future__ import annotations

from itertools import pairwise

from ..core.fold import identifier_words

# A column whose name has one of these words is never sampled.
SENSITIVE_WORDS = frozenset(
    """
    password passwords passwd passwort passphrase passcode pwd pw secret secrets token tokens hash hashes passhash
    pwhash otp totp cvv cvc csrf jwt credential credentials apikey privatekey secretkey accesskey authkey sessionid
    cookie cookies ssn kennwort geheimnis motdepasse mdp
    """.split()
)
# Secret only where nothing follows: `user_pass` and `pin`, but not `pass_attempts` and `pin_code`.
SENSITIVE_ENDINGS = frozenset({"pass", "pin"})
# Two words that together name a secret: `key` alone is often a foreign key, `code` and `number` are everything.
SENSITIVE_PAIRS = frozenset(
    {
        *((kind, "key") for kind in "access activation api auth encryption license private secret session".split()),
        *((kind, "keys") for kind in ("access", "api", "private", "secret")),
        *((kind, "code") for kind in "activation auth recovery reset security verification".split()),
        ("bank", "account"),
        ("mot", "passe"),
        ("card", "number"),
        ("security", "answer"),
        ("session", "id"),
        ("social", "security"),
    }
)
SENSITIVE_CHINESE = ("密码", "密碼", "口令", "密钥", "密鑰", "令牌", "身份证号", "银行卡号")


def is_sensitive(column: str) -> bool:
    """Whether values of a column with this name must not be read into a prompt, a value index or a profile.

    `user_pass`, `apiKey`, `PasswordHash` and `reset_token` are sensitive; `key`, `compass` and `passenger` are not.
    """
    words = identifier_words(column)
    return (
        any(word in SENSITIVE_WORDS or word.endswith(("password", "passwd")) for word in words)
        or (words[-1:] or ("",))[0] in SENSITIVE_ENDINGS
        or any(pair in SENSITIVE_PAIRS for pair in pairwise(words))
        or any(word in column for word in SENSITIVE_CHINESE)
    )
