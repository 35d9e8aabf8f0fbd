"""The workers of a cluster: started, checked, given one document block after another, replaced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import EncoderIdentity, Vectors
from rag.distributed.actors import Preparer
from rag.distributed.frames import vectors_of
from rag.distributed.plan import Plan, installed_version
from rag.errors import ClusterError, IndexMismatchError, PressciteError
from rag.index.writer import PROBES

_TASKS = 2
"""Blocks that a worker has at a time: one that it works on, and the next."""
_START_SECONDS = 300.0
_MAX_FAILED_STARTS = 5
_MIN_PROBE_COSINE = 0.95
"""As for an index and a model: int8 weights differ by processor, another model's vectors are far below."""
_FEW_TEXTS = 16


@dataclass(slots=True, eq=False)
class Worker:
    """One process on some node."""

    actor: Any
    starting: Any
    """The reference of its first answer; None once it has come."""
    tasks: list[Any] = field(default_factory=list)
    """What it works on, in order."""
    pid: int = 0


class Pool:
    """Some workers that prepare; `close` ends them.

    Parameters
    ----------
    count
        How many there are; those that die are replaced.
    probes
        Returns the vectors that `PROBES` have in this process, shape (probes, dimension).
    """

    def __init__(
        self,
        ray: Any,  # noqa: ANN401
        plan: Plan,
        known: NDArray[np.uint64],
        count: int,
        probes: Callable[[], Vectors],
    ) -> None:
        self._ray = ray
        self._plan = plan
        self._probes = probes
        self._known = ray.put(known)
        self._actor_class = ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )(Preparer)
        self._began = time.monotonic()
        self._failed_starts = 0
        self.workers: list[Worker] = []
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        actor = self._actor_class.remote(self._plan, self._known)
        self.workers.append(Worker(actor, actor.hello.remote()))

    def close(self) -> None:
        """End every worker now."""
        for worker in self.workers:
            self._end(worker)
        self.workers.clear()

    def _end(self, worker: Worker) -> None:
        with suppress(Exception):
            self._ray.kill(worker.actor)

    @property
    def starting(self) -> list[Any]:
        """References of the first answers that are waited for.

        Raises
        ------
        ClusterError
            Where no worker came up at all.
        """
        waited = [worker.starting for worker in self.workers if worker.starting is not None]
        late = time.monotonic() - self._began > _START_SECONDS
        if late and len(waited) == len(self.workers):
            raise ClusterError(
                f"no worker started within {_START_SECONDS:g} s; has the cluster a free processor?"
            )
        return waited

    def started(self, reference: Any) -> None:  # noqa: ANN401
        """Take a worker's first answer.

        Raises
        ------
        ClusterError, IndexMismatchError, ModelError
            Where it cannot start, or would compute something else than this process.
        """
        worker = next(one for one in self.workers if one.starting == reference)
        try:
            told = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise _as_ours(error) from None
        except self._ray.exceptions.RayError as error:
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                raise ClusterError(f"workers do not start: {_line(error)}") from None
            self.replace(worker)
            return
        self._check(told)
        self._failed_starts = 0
        worker.starting, worker.pid = None, told["pid"]

    def _check(self, told: dict[str, Any]) -> None:
        """Raise where a worker would not compute what this process does."""
        ours, theirs = installed_version(), told["version"]
        if ours != theirs:
            raise ClusterError(
                f"node {told['node']} has presscite {theirs or 'of no version'}, this is {ours}; "
                "install the same one on every node"
            )
        identity = EncoderIdentity(**told["identity"])
        if identity != self._plan.identity:
            raise IndexMismatchError(
                f"node {told['node']}: its model is {identity.name} of {identity.weights_sha256[:12]}, "
                f"the index's is {self._plan.identity.name} of {self._plan.identity.weights_sha256[:12]}"
            )
        vectors = vectors_of(told["probes"], len(PROBES))
        cosine = float((vectors * self._probes()).sum(axis=1).min())
        if cosine < _MIN_PROBE_COSINE:
            raise IndexMismatchError(
                f"node {told['node']}: its model's vectors are not this machine's (probe cosine "
                f"{cosine:.3f}, at least {_MIN_PROBE_COSINE} wanted)"
            )

    def replace(self, worker: Worker) -> None:
        """Start another worker in the place of a dead one."""
        self._end(worker)
        self.workers.remove(worker)
        self._start()

    def free(self, *, alone: bool) -> Worker | None:
        """Return the worker that is to get the next block; None where all have enough.

        Parameters
        ----------
        alone
            Whether it must have nothing else to do.
        """
        ready = [worker for worker in self.workers if worker.starting is None]
        least = min(ready, key=lambda worker: len(worker.tasks), default=None)
        limit = 1 if alone else _TASKS
        return least if least is not None and len(least.tasks) < limit else None

    def seconds(self) -> dict[str, float]:
        """Return what the workers spent so far by step, together."""
        told = self._ray.get([worker.actor.seconds.remote() for worker in self.workers])
        return {step: sum(one[step] for one in told) for step in told[0]}

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """Return unit vectors of texts, shape (texts, dimension), by all workers; None where they cannot."""
        ready = [worker for worker in self.workers if worker.starting is None]
        if len(texts) < _FEW_TEXTS or not ready:
            return None
        parts = np.array_split(np.arange(len(texts)), len(ready))
        try:
            sent = [
                worker.actor.encode.remote([texts[number] for number in part])
                for worker, part in zip(ready, parts, strict=True)
                if len(part)
            ]
            return vectors_of(b"".join(self._ray.get(sent)), len(texts))
        except (self._ray.exceptions.RayError, ConnectionError):
            return None


def _as_ours(error: Any) -> PressciteError:  # noqa: ANN401
    """Return the error that a worker's own code raised, as one line."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, PressciteError):
        return cause
    return ClusterError(f"workers do not start: {_line(cause or error)}")


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:300]
