"""What is logged and counted of a server, chosen when it is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ui.web.metrics import Metrics
from ui.web.request_log import Served, asked_logger, log_served
from ui.web.service import QueuedAnswerer


@dataclass(frozen=True, slots=True)
class Watched:
    """What is logged and counted.

    Attributes
    ----------
    log
        Whether requests and questions are logged.
    questions
        Whether the lines of questions have their words.
    metrics
        What counts; None for nothing.
    metrics_here
        Whether the counts are served beside the pages.
    """

    log: bool = False
    questions: bool = False
    metrics: Metrics | None = None
    metrics_here: bool = False

    @property
    def of_requests(self) -> tuple[Callable[[Served], None], ...]:
        """Who is told of requests."""
        counted = (self.metrics.count_served,) if self.metrics else ()
        return (*((log_served,) if self.log else ()), *counted)

    def watch(self, service: QueuedAnswerer) -> None:
        """Begin to be told of questions."""
        if self.log:
            service.observers.append(asked_logger(questions=self.questions))
        if self.metrics:
            service.observers.append(self.metrics.count_asked)
            service.on_waiting = self.metrics.set_waiting


UNWATCHED = Watched()
"""Nothing is logged but errors, and nothing counted."""
