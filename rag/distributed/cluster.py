"""Reaching a Ray cluster, or starting one on this machine: quiet, without statistics, closed at the end."""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.errors import ClusterError, QueryError

LOCAL = "local"
_ADDRESS = re.compile(r"(?:ray://)?(?P<host>[^\s/:\[\]]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")
_OBJECT_STORE = 256_000_000
"""Bytes of shared memory of a cluster that is started here: some blocks for each worker."""
_SECONDS = 10.0
_SHORT = "/tmp"  # noqa: S108  (mkdtemp makes a folder in it that is nobody else's)
_MAX_PARENT = 20
"""Characters: a socket's path has at most 107, of which Ray needs some 65."""
_AUTHENTICATION = "RAY_AUTH_MODE"
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Where a cluster goes away, the next call would start another one on this machine.
    "RAY_ENABLE_AUTO_CONNECT": "0",
    # What Ray tells of its processes would stand on standard output, among JSON.
    "RAY_DEDUP_LOGS": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}


def check_address(address: str) -> None:
    """Check the form of an address.

    Raises
    ------
    QueryError
    """
    found = _ADDRESS.fullmatch(address)
    if address not in (LOCAL, "auto") and not (found and 0 < int(found["port"]) < 1 << 16):
        raise QueryError(
            f"--ray {address!r} is no cluster; name local, auto, HOST:PORT or ray://HOST:PORT"
        )


def check_installed() -> None:
    """Check that Ray is installed.

    Raises
    ------
    ClusterError
    """
    if find_spec("ray") is None:
        raise ClusterError("--ray needs ray; install it with: pip install 'presscite[ray]'")


@contextmanager
def connected(address: str, processors: int | None = None) -> Iterator[Any]:
    """Yield the module ``ray`` with a connection to a cluster.

    Parameters
    ----------
    address
        ``local``: started here, on 127.0.0.1 alone, and ended at the end. ``auto``: the one that runs on
        this machine. ``HOST:PORT`` or ``ray://HOST:PORT``: that one. A connection that is there is kept.
    processors
        Of a cluster that is started here; None: one for each core.

    Raises
    ------
    QueryError, ClusterError
    """
    check_address(address)
    check_installed()
    os.environ.update(_ENVIRONMENT)
    if address == LOCAL:
        # Where Ray expects no other machine, its processes listen on the loopback interface only.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    if ray.is_initialized():
        yield ray
        return
    folder = _folder() if address == LOCAL else None
    try:
        with warnings.catch_warnings():
            # What Ray warns of is in the error, or of no use to who adds articles.
            warnings.simplefilter("ignore")
            _connect(ray, address, processors, folder)
        yield ray
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> str:
    """Return a new folder of this user's alone, with a name that leaves room for those of Ray's sockets."""
    parent = tempfile.gettempdir()
    if len(parent) > _MAX_PARENT and Path(_SHORT).is_dir():
        parent = _SHORT
    return tempfile.mkdtemp(prefix="presscite-", dir=parent)


def _connect(ray: Any, address: str, processors: int | None, folder: str | None) -> None:  # noqa: ANN401
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    # The client's log channel ignores both, and may tell of a lost connection before anyone else does,
    # with a traceback.
    logging.getLogger("ray.util.client.logsclient").disabled = True
    try:
        if folder is not None:
            ray.init(
                LOCAL,
                num_cpus=processors,
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE,
                _temp_dir=folder,
                **quiet,
            )
            return
        if address != "auto":
            _knock(address)
        ray.init(address, **quiet)
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"--ray {address}: needs {error.name}; install it with: pip install 'ray[client]'"
        ) from None
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise ClusterError(
            f"--ray {address}: no cluster can be used there ({_reason(error)}){_hint(address)}"
        ) from error


def _hint(address: str) -> str:
    """Return what may be missing: Ray gives its token to no address that was named, unless it is told to."""
    if address in (LOCAL, "auto") or os.environ.get(_AUTHENTICATION):
        return ""
    return f"; where it wants a token, set {_AUTHENTICATION}=token"


def lost(address: str, error: ConnectionError) -> ClusterError:
    """Return the error to raise where a cluster went away in the middle."""
    return ClusterError(
        f"--ray {address}: the cluster went away ({_reason(error)}); what was added stays, run the same "
        f"command again when it is back"
    )


def _reason(error: Exception) -> str:
    text = str(error).strip()
    if "Traceback (most recent call last)" in text:
        # What a server sends with its traceback says why in the last line.
        text = text.splitlines()[-1]
    return " ".join(text.split())[:200] or type(error).__name__


def _knock(address: str) -> None:
    """Raise `OSError` where nothing listens at an address: Ray itself would try for minutes."""
    found = _ADDRESS.fullmatch(address)
    assert found is not None
    host = found["host"].strip("[]")
    socket.create_connection((host, int(found["port"])), timeout=_SECONDS).close()
