"""Prometheus metrics by prometheus-client; those of several processes are counted together."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag.errors import QueryError
from ui.web.hosts import only_this_machine
from ui.web.security import METRICS_PATH

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ui.web.observing import Asked
    from ui.web.request_log import Served

SHARED_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which processes count together; read when prometheus_client is imported."""
_SECONDS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)


def check_metrics() -> None:
    """Check that the extra is installed.

    Raises
    ------
    QueryError
        Where it is not.
    """
    try:
        import prometheus_client  # noqa: F401
    except ImportError as error:
        raise QueryError(
            "--metrics needs prometheus-client; install it with: pip install 'presscite[metrics]'"
        ) from error


def check_may_measure(
    host: str, allowed_hosts: Collection[str], root_path: str, *, asks_password: bool
) -> None:
    """Check that strangers cannot read the metrics.

    Raises
    ------
    QueryError
        Where others than the users of this machine could, without a password.
    """
    if not asks_password and not only_this_machine(host, allowed_hosts, root_path):
        raise QueryError(
            "--metrics shows how a server is used to all who reach it: ask for a password with "
            "--auth, or give them a port of this machine with --metrics-port"
        )


class Metrics:
    """What this process has counted."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "presscite_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._questions = Counter(
            "presscite_questions",
            "Questions, searches and drafts by outcome.",
            ["kind", "outcome"],
            registry=registry,
        )

        def seconds(name: str, what: str, label: str) -> Histogram:
            return Histogram(name, what, [label], buckets=_SECONDS, registry=registry)

        self._request_seconds = seconds(
            "presscite_request_seconds", "Time to the end of a response.", "route"
        )
        self._question_seconds = seconds(
            "presscite_question_seconds", "Work on a question.", "kind"
        )
        self._queue_seconds = seconds(
            "presscite_queue_seconds", "A question's wait for its turn.", "kind"
        )
        self._waiting = Gauge(
            "presscite_questions_in_progress",
            "Questions being answered or waiting for their turn.",
            multiprocess_mode="livesum",
            registry=registry,
        )

    def count_served(self, served: Served) -> None:
        """Count a request."""
        status = str(served.status or "gone")
        self._requests.labels(served.method, served.route, status).inc()
        self._request_seconds.labels(served.route).observe(served.took)

    def count_asked(self, asked: Asked) -> None:
        """Count a question."""
        self._questions.labels(asked.kind, asked.outcome).inc()
        self._question_seconds.labels(asked.kind).observe(asked.took)
        self._queue_seconds.labels(asked.kind).observe(asked.waited)

    def set_waiting(self, count: int) -> None:
        """Set how many questions are being answered or wait in this process."""
        self._waiting.set(count)

    def response(self) -> Response:
        """Return the metrics of all processes in the format Prometheus reads."""
        return metrics_response(None if os.environ.get(SHARED_VARIABLE) else self._registry)


def metrics_response(registry: CollectorRegistry | None) -> Response:
    """Return metrics in the format Prometheus reads.

    Parameters
    ----------
    registry
        That of this process; None for what all processes have counted together.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    if registry is None:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        # prometheus_client types its public interface in part.
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    headers = {"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    return Response(generate_latest(registry), headers=headers)


def metrics_app(metrics: Metrics | None) -> Starlette:
    """Return an application of the metrics alone, for a port of their own.

    Parameters
    ----------
    metrics
        Those of this process; None for what all processes have counted together.
    """

    def told(_request: Request) -> Response:
        return metrics.response() if metrics else metrics_response(None)

    return Starlette(routes=[Route(METRICS_PATH, told)])


def forget_process(process_id: int) -> None:
    """Take a process that has ended out of what is counted at this moment; its totals stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process_id)  # type: ignore[no-untyped-call]  # as above
