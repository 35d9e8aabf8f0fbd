"""Several server processes behind one listening socket: started, watched, started again, stopped in order."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import PressciteError, QueryError
from ui.web.server import ANSWER_SECONDS

_VARIABLE = "PRESSCITE_SERVER_PROCESS"
_STOP_SECONDS = ANSWER_SECONDS + 10.0
_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 1.0, 30.0
_STEADY_SECONDS = 60.0
_LOOKED_AT_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """What a server process is given by the one that started it.

    Attributes
    ----------
    listener, ready, life
        File descriptors: the listening socket; a pipe to say on that it can answer; a pipe that ends
        with the process that started it.
    state
        The folder that the processes share.
    """

    listener: int
    ready: int
    life: int
    state: str

    @classmethod
    def given(cls) -> Place | None:
        """Return what this process was given; None where nobody started it as one of several."""
        told = os.environ.pop(_VARIABLE, None)
        return cls(**json.loads(told)) if told else None

    def socket(self) -> socket.socket:
        """Return the listening socket."""
        return socket.socket(fileno=self.listener)

    def say_ready(self) -> None:
        """Say that this process can answer."""
        os.write(self.ready, b"1")
        os.close(self.ready)

    def end_with_starter(self) -> None:
        """Terminate in order when the process that started this one has gone."""

        def wait() -> None:
            os.read(self.life, 1)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=wait, name="life", daemon=True).start()


def check_processes(count: int) -> None:
    """Check that several processes can be had here.

    Raises
    ------
    QueryError
        Where the system cannot hand a socket to another process.
    """
    if count > 1 and os.name != "posix":
        raise QueryError("--processes needs a POSIX system; start one process here")


@dataclass(slots=True)
class _Process:
    popen: subprocess.Popen[bytes]
    ready: int
    began: float
    is_ready: bool = False


class Processes:
    """The server processes of one command line.

    Parameters
    ----------
    command
        What starts one.
    count
        How many.
    state
        The folder that they share; None for one that goes with them.
    metrics
        Whether they count together.
    """

    def __init__(
        self,
        command: list[str],
        count: int,
        listener: socket.socket,
        state: Path | None,
        *,
        metrics: bool = False,
    ) -> None:
        self._command, self._count, self._listener = command, count, listener
        self._running: list[_Process] = []
        self._spare = Path(tempfile.mkdtemp(prefix="presscite-processes-"))
        self._state = state or self._spare
        self._metrics = self._spare / "metrics" if metrics else None
        if self._metrics:
            self._metrics.mkdir()
            from ui.web.metrics import SHARED_VARIABLE

            os.environ[SHARED_VARIABLE] = str(self._metrics)
        self._life, self._alive = os.pipe()
        self._stops = 0
        self._pause, self._next = _PAUSE_SECONDS, 0.0

    def run(self, on_first: Callable[[], None], on_all: Callable[[], None]) -> int:
        """Keep the processes running until this one is told to stop; returns its exit status.

        Parameters
        ----------
        on_first, on_all
            Called when a first one can answer, and when all can.
        """
        with self._told_to_stop():
            try:
                status = self._keep(on_first, on_all)
                self._stop()
                return status
            finally:
                for one in self._running:
                    one.popen.kill()
                    one.popen.wait()
                os.close(self._alive)
                os.close(self._life)
                shutil.rmtree(self._spare, ignore_errors=True)

    def _keep(self, on_first: Callable[[], None], on_all: Callable[[], None]) -> int:
        # The first one alone: what it makes for all (the sample's index, a migration) is made once, and what
        # is wrong is said once.
        self._running.append(self._start())
        served = complete = False
        while not self._stops:
            self._wait()
            for one in [one for one in self._running if one.popen.poll() is not None]:
                self._gone(one)
                if not served:
                    return abs(one.popen.returncode) or 1
            if not served and any(one.is_ready for one in self._running):
                served = True
                on_first()
            if served and len(self._running) < self._count and time.monotonic() >= self._next:
                self._running.append(self._start())
            if not complete and sum(one.is_ready for one in self._running) == self._count:
                complete = True
                on_all()
        return 0

    def _start(self) -> _Process:
        ready, told = os.pipe()
        place = Place(self._listener.fileno(), told, self._life, str(self._state))
        path = os.pathsep.join(one or os.getcwd() for one in sys.path)  # noqa: PTH109
        try:
            popen = subprocess.Popen(  # noqa: S603  (this program again)
                self._command,
                pass_fds=(place.listener, place.ready, place.life),
                env=os.environ | {_VARIABLE: json.dumps(asdict(place)), "PYTHONPATH": path},
                # Ctrl+C is for this process, which stops the others in order.
                start_new_session=True,
            )
        except OSError as error:
            os.close(ready)
            raise PressciteError(f"a server process cannot be started ({error})") from error
        finally:
            os.close(told)
        return _Process(popen, ready, time.monotonic())

    def _wait(self) -> None:
        pipes = {one.ready: one for one in self._running if not one.is_ready}
        for found in select.select(list(pipes), [], [], _LOOKED_AT_EVERY_S)[0]:
            if os.read(found, 1):
                pipes[found].is_ready = True
            else:
                # It ended, or is about to: that is seen when its status is there.
                time.sleep(_LOOKED_AT_EVERY_S)

    def _gone(self, one: _Process) -> None:
        self._running.remove(one)
        os.close(one.ready)
        if self._metrics:
            from ui.web.metrics import forget_process

            forget_process(one.popen.pid)
        if time.monotonic() - one.began > _STEADY_SECONDS:
            self._pause = _PAUSE_SECONDS
        self._next = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _MAX_PAUSE_SECONDS)
        if one.is_ready:
            how = one.popen.returncode
            reason = f"signal {-how}" if how < 0 else f"status {how}"
            print(
                f"presscite: a server process ended ({reason}); another is started",
                file=sys.stderr,
                flush=True,
            )

    def _stop(self) -> None:
        """Let all answer what they took; those that take too long, or all at a second signal, are ended."""
        for one in self._running:
            if one.popen.poll() is None:
                one.popen.terminate()
        ends = time.monotonic() + _STOP_SECONDS
        while any(one.popen.poll() is None for one in self._running):
            if time.monotonic() > ends or self._stops > 1:
                return
            time.sleep(0.05)

    @contextmanager
    def _told_to_stop(self) -> Iterator[None]:
        def told(*_: object) -> None:
            self._stops += 1

        before = {one: signal.signal(one, told) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
