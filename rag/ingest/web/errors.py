"""What cannot be fetched, and whether it is worth asking again."""

from __future__ import annotations

from rag.errors import SourceError


class FetchError(SourceError):
    """An address that cannot be fetched.

    Parameters
    ----------
    passing
        Whether it may succeed later: a host that does not answer, a server that is busy.
    status
        Of the answer, where there was one.
    of_host
        Whether it holds for every address of the host: it is private, unknown, or dead.
    of_run
        Whether only this run's limits keep it out, whoever's fault that is: the next run may fetch it.
    retry_after
        Seconds after which the server asked to be asked again.
    """

    def __init__(
        self,
        message: str,
        *,
        passing: bool = False,
        of_host: bool = False,
        of_run: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.passing = passing
        self.of_host = of_host
        self.of_run = of_run
        self.status = status
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """Whether the server says that there is no such page."""
        return self.status in (404, 410)
