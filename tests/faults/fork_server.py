"""A process kept warm that forks one child a try, and lets the child's disk fail or kills it.

Started with the shim preloaded; reads a request a line (JSON) and answers with a line. Starting
Python and loading the index's libraries takes a second, a fork some milliseconds: that is what
makes thousands of tries possible. Nothing that starts threads may run before the fork.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

import faiss  # noqa: F401  (loaded before the fork)
import tantivy  # noqa: F401

from rag.errors import PressciteError
from rag.index.chunking import count_tokens
from tests.faults.operations import OPERATIONS, change

PATIENCE = 60.0


def main() -> None:
    """Answer requests until standard input ends."""
    shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
    shim.fault_call.restype = ctypes.c_char_p
    shim.fault_disarm.restype = ctypes.c_long
    shim.fault_arm.argtypes = [
        ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    count_tokens("warm")
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_try(shim, json.loads(line))), flush=True)


def _try(shim: ctypes.CDLL, asked: dict) -> dict:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(shim, asked, writing)
    os.close(writing)
    deadline = time.monotonic() + PATIENCE
    if asked["kill_after"] is not None:
        _wait_for_start(reading)
        time.sleep(asked["kill_after"])
        os.kill(child, signal.SIGKILL)
    report = b""
    hung = False
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(reading, 65536) if ready else b""
        if not ready:
            hung = True
            os.kill(child, signal.SIGKILL)
        if not part:
            break
        report += part
    os.close(reading)
    _, status = os.waitpid(child, 0)
    answer = json.loads(report.strip() or b"{}")
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status)
    return (
        {"outcome": "killed", "error": "", "calls": []} | answer | {"killed": killed, "hung": hung}
    )


def _wait_for_start(reading: int) -> None:
    while os.read(reading, 1) not in (b"\n", b""):
        pass


def _child(shim: ctypes.CDLL, asked: dict, writing: int) -> None:
    """Do the operation under the fault, say how it went, and end without any clean-up."""
    folder = Path(asked["folder"])
    named = asked["operation"]
    act = OPERATIONS[named].act if isinstance(named, str) else change(named)
    os.write(writing, b"\n")
    if asked["file_limit"] is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_limit"],) * 2)
    started = time.monotonic()
    shim.fault_arm(os.fsencode(folder), asked["nth"], asked["mode"], asked["errno"], asked["reads"])
    answer = {"outcome": "done", "error": ""}
    try:
        act(folder)
    except PressciteError as error:
        answer = {"outcome": "refused", "error": str(error)}
    except BaseException as error:
        answer = {"outcome": "raw", "error": f"{type(error).__name__}: {error}"}
    count = shim.fault_disarm()
    wanted = range(1, count + 1) if asked["trace"] else [asked["nth"]]
    answer["calls"] = [shim.fault_call(n).decode(errors="replace") for n in wanted]
    answer["seconds"] = time.monotonic() - started
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
