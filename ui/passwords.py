"""Passwords in a file, hashed with scrypt (RFC 7914), and checked in constant time."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rag.errors import SourceError

MIN_CHARS = 10
MAX_CHARS = 200
# OWASP's cheat sheet on password storage names these as one of its choices for scrypt; 32 MiB.
_COST, _BLOCK, _PARALLEL = 2**15, 8, 3
_SALT_BYTES, _HASH_BYTES = 16, 32
_MAX_FILE_BYTES = 1_000_000
_MAX_COST = 2**20


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """What is kept of a password."""

    cost: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> Self:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = _scrypt(password, _COST, _BLOCK, _PARALLEL, salt)
        return cls(_COST, _BLOCK, _PARALLEL, salt, digest)

    @classmethod
    def from_line(cls, text: str) -> Self:
        """Read what `to_line` wrote.

        Raises
        ------
        ValueError
            Where it is nothing of the kind.
        """
        kind, cost, block, parallel, salt, digest = text.split("$")
        read = cls(
            int(cost),
            int(block),
            int(parallel),
            base64.b64decode(salt, validate=True),
            base64.b64decode(digest, validate=True),
        )
        sound = kind == "scrypt" and 2**14 <= read.cost <= _MAX_COST and read.block == _BLOCK
        if not sound or not 1 <= read.parallel <= 16 or len(read.digest) != _HASH_BYTES:
            raise ValueError(f"{kind!r} with these parameters is not known")
        return read

    def to_line(self) -> str:
        """Return it as text without a colon."""
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.block}${self.parallel}${salt}${digest}"

    def matches(self, password: str) -> bool:
        """Whether this is the hash of a password; takes as long whatever the password is."""
        found = _scrypt(password, self.cost, self.block, self.parallel, self.salt)
        return hmac.compare_digest(found, self.digest)


class Passwords:
    """The users of a password file."""

    def __init__(self, hashes: Mapping[str, PasswordHash]) -> None:
        self._hashes = dict(hashes)
        # Checked for unknown users, so that the time does not tell that they are unknown.
        self._nobody = PasswordHash.of(secrets.token_hex())

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a password file.

        Raises
        ------
        SourceError
            Where it cannot be read, is no password file, or names no user.
        """
        found = read_hashes(path)
        if not found:
            raise SourceError(f"{path}: no user in it; add one with: presscite password {path}")
        return cls(found)

    def match(self, user: str, password: str) -> bool:
        """Whether this is the user's password."""
        known = self._hashes.get(user)
        right = (known or self._nobody).matches(password[:MAX_CHARS])
        return right and known is not None


def read_hashes(path: Path) -> dict[str, PasswordHash]:
    """Return the users of a password file with their hashes.

    Raises
    ------
    SourceError
        Where it cannot be read or is no password file.
    """
    try:
        with path.expanduser().open("rb") as stream:
            lines = stream.read(_MAX_FILE_BYTES).decode("utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SourceError(
            f"{path}: the passwords cannot be read ({reason}); make the file with: "
            f"presscite password {path}"
        ) from error
    found: dict[str, PasswordHash] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        user, _, text = line.partition(":")
        try:
            found[user] = PasswordHash.from_line(text)
        except ValueError:
            raise SourceError(
                f"{path}, line {number}: no password hash; set it anew with: "
                f"presscite password {path} --user NAME"
            ) from None
    return found


def checked_user(user: str) -> str:
    """Return a user name that HTTP can carry.

    Raises
    ------
    SourceError
        Where it is empty, has a colon, or cannot be printed.
    """
    name = unicodedata.normalize("NFC", user.strip())
    if not name or ":" in name or not name.isprintable() or len(name) > MAX_CHARS:
        raise SourceError(f"the user name {user!r} cannot be used; give letters without a colon")
    return name


def set_password(path: Path, user: str, password: str) -> None:
    """Write a user's password to a file that only its owner reads; the other users stay.

    Raises
    ------
    SourceError
        Where the name or the password cannot be used, or the file cannot be written.
    """
    path, user = path.expanduser(), checked_user(user)
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise SourceError(
            f"the password has {len(password)} characters; use {MIN_CHARS} to {MAX_CHARS}"
        )
    hashes = read_hashes(path) if path.exists() else {}
    hashes[user] = PasswordHash.of(password)
    text = "".join(f"{name}:{one.to_line()}\n" for name, one in hashes.items())
    try:
        # Made by mkstemp: readable by its owner alone from the first moment on.
        number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(draft).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(f"{path}: the passwords cannot be written ({reason})") from error


def _scrypt(password: str, cost: int, block: int, parallel: int, salt: bytes) -> bytes:
    # One password however a keyboard composes its letters (RFC 7617 asks for NFC).
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    memory = 2 * 128 * cost * block
    return hashlib.scrypt(
        text, salt=salt, n=cost, r=block, p=parallel, maxmem=memory, dklen=_HASH_BYTES
    )
