"""The command that follows feeds: watch."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import IndexStoreError, QueryError
from ui.cli.options import AllowPrivateOption, IndexOption, LabelOption, app, label_given
from ui.cli.output import say, write_line

if TYPE_CHECKING:
    from rag.ingest.web.watch import Round, Watcher

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MIN_EVERY = 60.0


@app.command(
    epilog="Example: presscite watch https://example.org/feed.xml --every 15m --index my.index"
)
def watch(
    feeds: Annotated[
        list[str],
        typer.Argument(help="Addresses of feeds and site maps, or OPML files that list feeds."),
    ],
    index: IndexOption = None,
    every: Annotated[str, typer.Option(help="Time between rounds: 90s, 15m, 2h, 1d.")] = "15m",
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    collection: LabelOption = None,
    allow_private: AllowPrivateOption = False,
    delay: Annotated[
        float, typer.Option(min=0.0, max=60.0, help="Seconds between two requests to one host.")
    ] = 1.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each round.")
    ] = False,
) -> None:
    """Follow feeds and site maps: add what is new and replace what was corrected, until stopped."""
    from rag.index.opening import open_index
    from rag.ingest import ReadOptions, labelled
    from rag.ingest.web.client import Client
    from rag.ingest.web.limits import Limits
    from rag.ingest.web.watch import Round, Watcher
    from rag.ingest.web.watch_state import FILE, WatchState
    from ui.defaults import meant_index
    from ui.keeping import kept_folder

    seconds = _seconds(every)
    addresses = list(dict.fromkeys(one for name in feeds for one in _addresses(name)))
    options = ReadOptions(
        lambda note: say(f"note on {note.source}: {note.message}"), allow_private=allow_private
    )
    name = meant_index(index)
    label = label_given(collection)
    total, rounds = Round(), 0
    with (
        open_index(name, create=True) as opened,
        WatchState(kept_folder(opened, make=True) / FILE) as state,
        Client(allow_private=allow_private, limits=Limits(delay_seconds=delay)) as client,
        _ended_by_sigterm(),
    ):
        watcher = Watcher(
            state, client, options, lambda items: opened.add(labelled(items, label)), say, seconds
        )
        try:
            while True:
                began = client.clock.monotonic()
                done = _round(watcher, addresses, None if once else began + seconds)
                rounds += 1
                _sum(total, done)
                _show(done, as_json, always=once)
                if once:
                    break
                client.clock.sleep(max(0.0, began + seconds - client.clock.monotonic()))
        except KeyboardInterrupt as stop:
            told = f"added {total.added}, updated {total.updated}, skipped {len(total.skipped)}"
            say(f"stopped; {rounds} round{'' if rounds == 1 else 's'}, {told}")
            raise typer.Exit(0 if isinstance(stop, _Terminated) else 130) from None
        finally:
            watcher.close()
    if once and total.feeds and total.failed_feeds == total.feeds:
        raise typer.Exit(2)


class _Terminated(KeyboardInterrupt):
    """Stopped by SIGTERM, as services are."""


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _round(watcher: Watcher, addresses: list[str], until: float | None) -> Round:
    from rag.ingest.web.watch import Round

    try:
        return watcher.round(addresses, until)
    except IndexStoreError as error:
        if until is None:
            raise
        # A disk may be full or another process may write for long; the next round goes on.
        say(str(error))
        return Round()


def _sum(total: Round, done: Round) -> None:
    total.feeds += done.feeds
    total.failed_feeds += done.failed_feeds
    total.added += done.added
    total.updated += done.updated
    total.skipped += done.skipped


def _show(done: Round, as_json: bool, *, always: bool) -> None:
    if as_json:
        import json
        from dataclasses import asdict
        from datetime import UTC, datetime

        at = datetime.now(UTC).isoformat(timespec="seconds")
        write_line(json.dumps({"at": at} | asdict(done), ensure_ascii=False))
    elif always or done.added or done.updated or done.skipped:
        waiting = f"; to be fetched later: {done.waiting}" if done.waiting else ""
        write_line(
            f"added {done.added}, updated {done.updated}, unchanged {done.unchanged}, skipped "
            f"{len(done.skipped)}; of {done.feeds} feeds {done.unchanged_feeds} said nothing new and "
            f"{done.failed_feeds} failed{waiting}"
        )
    import sys

    sys.stdout.flush()


def _seconds(every: str) -> float:
    text = every.strip().lower()
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise QueryError(f"--every {every!r} is no time; write 90s, 15m, 2h or 1d")
    seconds = float(number) * _UNITS[unit]
    if seconds < _MIN_EVERY:
        raise QueryError(f"--every {every!r} is too often; at least {_MIN_EVERY:.0f}s")
    return seconds


def _addresses(name: str) -> list[str]:
    """Return the addresses meant by one argument: itself, or those of a file's feeds."""
    from rag.errors import SourceError
    from rag.ingest.web.addresses import checked_address
    from rag.ingest.web.sitemaps import parse_opml

    if name.lower().startswith(("http://", "https://")):
        return [checked_address(name)]
    try:
        found = parse_opml(Path(name).expanduser().read_bytes())
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise QueryError(
            f"{name!r} is neither an address nor a list of feeds that can be read ({reason})"
        ) from error
    except SourceError as error:
        raise QueryError(f"{name}: {error}") from error
    if not found:
        raise QueryError(f"{name}: a list without feeds")
    return found
