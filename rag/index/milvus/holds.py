"""Holds: a revision that is read for longer than a view may be held, and whose rows stay meanwhile."""

from __future__ import annotations

import time

from rag.index.milvus.schema import CLOCK_SECONDS, NO_VECTOR, Names
from rag.index.milvus.server import Server

HOLD_SECONDS = 600.0
"""How long a hold counts after it was last renewed."""
_KIND = "hold"


def hold(server: Server, names: Names, token: str, revision: int) -> None:
    """Hold a revision, or renew it: for `HOLD_SECONDS` no writer deletes what it alone sees."""
    row = {
        "key": f"{_KIND}-{token}",
        "nothing": NO_VECTOR,
        "serial": revision,
        "piece": 0,
        "pieces": 1,
        "kind": _KIND,
        "content": str(time.time()),
    }
    server.put(names.heads, [row], new=False)


def forget_hold(server: Server, names: Names, token: str) -> None:
    """Let a revision go."""
    server.delete(names.heads, f'key in ["{_KIND}-{token}"]')


def oldest_held(server: Server, names: Names) -> int | None:
    """Return the oldest revision that is held; None where none is."""
    rows = server.query(names.heads, f'kind == "{_KIND}"', ["serial", "content"])
    since = time.time() - HOLD_SECONDS - CLOCK_SECONDS
    return min((int(row["serial"]) for row in rows if float(row["content"]) > since), default=None)
