"""Where what belongs to an index and is no part of it is kept: feedback, what a watch saw, made questions."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from ui.defaults import user_folder

_READABLE = 40
"""Characters of an index's name in its folder's."""


@runtime_checkable
class InFolder(Protocol):
    """An index that is a folder."""

    @property
    def folder(self) -> Path:
        """Where it is."""


@runtime_checkable
class Placed(Protocol):
    """An index that is opened by a name."""

    @property
    def place(self) -> str:
        """The name."""


def kept_folder(index: InFolder | Placed, *, make: bool = False) -> Path:
    """Return the folder of what is kept beside an index: its own, or one of the user's named by its address.

    Parameters
    ----------
    make
        Make it where it is missing; a folder that cannot be made is told by what is to be kept in it.
    """
    if isinstance(index, InFolder):
        return index.folder
    place = index.place
    digest = hashlib.blake2b(place.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", place.rpartition("/")[2]).strip(".-")[-_READABLE:]
    folder = user_folder() / "beside" / f"{readable or 'index'}-{digest}"
    if make:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    return folder
