"""The server of the command line: one process, or several over one index, from its start to its end."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import QueryError
from ui.passwords import Passwords
from ui.web.health import starting_app
from ui.web.hosts import is_loopback
from ui.web.metrics import Metrics, check_metrics, metrics_app
from ui.web.prefix import PrefixMiddleware
from ui.web.processes import Place, Processes, check_processes
from ui.web.request_log import RequestMiddleware, log_as_json
from ui.web.security import SecurityMiddleware
from ui.web.server import announce, listen, run, serving_aside
from ui.web.shared_state import SharedState
from ui.web.watched import Watched

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rag.answering.answerer import Answerer

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and how.

    Attributes
    ----------
    processes
        How many server processes.
    state
        The folder that they, and the processes of further servers, share; None for one of their own.
    log_json, log_questions
        Whether requests are logged as JSON lines, and whether with the words of questions.
    metrics, metrics_port
        Whether ``/metrics`` is served beside the pages; a port of this machine that has it alone.
    """

    host: str = _LOOPBACK
    port: int = 7860
    open_browser: bool = True
    as_of: date | None = None
    root_path: str = ""
    allowed_hosts: Collection[str] = ()
    passwords: Passwords | None = field(default=None, repr=False)
    feedback: bool | None = None
    allow_add: bool = False
    processes: int = 1
    state: Path | None = None
    log_json: bool = False
    log_questions: bool = False
    metrics: bool = False
    metrics_port: int | None = None

    @property
    def counts(self) -> bool:
        """Whether anything is counted."""
        return self.metrics or self.metrics_port is not None


Opened = Callable[[ExitStack], tuple["Answerer", bool]]
"""Opens the index and loads the models; returns an answerer, and whether the index is the sample."""


def check_served(served: Served) -> None:
    """Check that what was asked for goes together, before anything is loaded.

    Raises
    ------
    QueryError
    """
    check_processes(served.processes)
    if served.counts:
        check_metrics()
    if served.allow_add and (served.processes > 1 or served.state):
        # What is being added is known to the process that was sent it.
        raise QueryError("--allow-add needs one server process, without --processes and --state")


def serve_opened(served: Served, opened: Opened, command: list[str]) -> int:
    """Serve until stopped; returns the exit status.

    Parameters
    ----------
    command
        The command line that starts a server as this one; `Place` tells it that it is one of several.

    Raises
    ------
    PressciteError
        Where the address cannot be listened on, or the index cannot be used.
    """
    if served.log_json or served.log_questions:
        log_as_json()
    place = Place.given()
    if place is not None:
        place.end_with_starter()
        with place.socket() as listener:
            _serve_one(served, opened, listener, place)
        return 0
    if served.passwords is not None and not is_loopback(served.host):
        print(
            "presscite: passwords are read by anyone on the way without https: "
            "put a proxy with it before",
            file=sys.stderr,
        )
    with listen(served.host, served.port) as listener, ExitStack() as aside:
        early = aside.enter_context(ExitStack())
        early.enter_context(serving_aside(_guarded(starting_app(), served), listener))
        if served.processes == 1:
            _serve_one(served, opened, listener, None, early.close)
            return 0
        processes = Processes(
            command, served.processes, listener, served.state, metrics=served.counts
        )
        aside.enter_context(_metrics_port(served, None))
        return processes.run(
            early.close,
            lambda: announce(served.host, listener, served.open_browser, served.processes),
        )


def _serve_one(
    served: Served,
    opened: Opened,
    listener: socket.socket,
    place: Place | None,
    on_opened: Callable[[], None] = lambda: None,
) -> None:
    with ExitStack() as stack:
        answerer, is_sample = opened(stack)
        from ui.web.chat import build_app
        from ui.web.examples import SAMPLE_EXAMPLES

        folder = Path(place.state) if place else served.state
        state = SharedState(folder) if folder else None
        if state:
            stack.callback(state.close)
        metrics = Metrics() if served.counts else None
        app = build_app(
            answerer,
            examples=SAMPLE_EXAMPLES if is_sample else (),
            subtitle="Asking the built-in sample" if is_sample else "",
            host=served.host,
            allowed_hosts=served.allowed_hosts,
            root_path=served.root_path,
            passwords=served.passwords,
            feedback=served.feedback,
            as_of=served.as_of,
            allow_add=served.allow_add,
            is_sample=is_sample,
            state=state,
            watched=Watched(
                log=served.log_json or served.log_questions,
                questions=served.log_questions,
                metrics=metrics,
                metrics_here=served.metrics,
            ),
        )
        if place is None:
            stack.enter_context(_metrics_port(served, metrics))
        on_opened()
        run(
            app,
            listener,
            place.say_ready
            if place
            else lambda: announce(served.host, listener, served.open_browser),
            log_config=not (served.log_json or served.log_questions),
        )


def _guarded(app: ASGIApp, served: Served) -> ASGIApp:
    """Return an application behind the protections that need no models."""
    guarded = SecurityMiddleware(app, served.host, served.allowed_hosts)
    return RequestMiddleware(PrefixMiddleware(guarded, served.root_path))


@contextmanager
def _metrics_port(served: Served, metrics: Metrics | None) -> Iterator[None]:
    """Serve the metrics on their own port of this machine, where that is asked for."""
    if served.metrics_port is None:
        yield
        return
    with listen(_LOOPBACK, served.metrics_port) as listener:
        app = SecurityMiddleware(metrics_app(metrics), _LOOPBACK)
        with serving_aside(app, listener):
            address = f"http://{_LOOPBACK}:{listener.getsockname()[1]}/metrics"
            print(f"presscite's metrics are at {address}", file=sys.stderr, flush=True)
            yield
