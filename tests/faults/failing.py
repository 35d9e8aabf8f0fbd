"""Point 1: every file-system call of every write fails, once and for ever; point 2: it kills."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence

from tests.faults.disk import (
    FAIL_EVER,
    FAIL_ONCE,
    KILL,
    KILL_TORN,
    Disk,
    Fault,
    Outcome,
)
from tests.faults.model import Setting, Try
from tests.faults.operations import OPERATIONS
from tests.faults.oracle import Expected, judge

_ERRORS = (errno.EIO, errno.ENOSPC)
_READS = ("open-read", "read", "pread", "mmap")
_TIMES = {FAIL_ONCE: "once", FAIL_EVER: "for ever"}


def failing_calls(setting: Setting) -> Iterator[Try]:
    """Fail each call that writes with EIO and ENOSPC, and each that reads with EIO."""
    with Disk(setting.root) as disk:
        for operation in OPERATIONS.values():
            expected = Expected.of(setting, operation, "fail")
            for reads in (False, True):
                calls = _traced(disk, expected, reads=reads).calls
                # Calls that write are failed once already, without those that read among them.
                numbers = [n for n, c in enumerate(calls, 1) if not reads or c.split()[0] in _READS]
                for error in (errno.EIO,) if reads else _ERRORS:
                    for mode, times in _TIMES.items():
                        name = (
                            f"{operation.name}: {'read ' if reads else ''}{errno.errorcode[error]}"
                        )
                        for nth in _some(setting, f"{name} {times}", numbers, 1):
                            fault = Fault(nth, mode, error, reads)
                            outcome = disk.run(operation.name, expected.again(), fault)
                            what = f"{name} {times} at call {nth} ({_call(outcome)})"
                            yield judge(expected, f"{name} {times}", what, outcome)


def killed_at_calls(setting: Setting) -> Iterator[Try]:
    """Kill each write before each of its calls, and with half of a call's bytes written."""
    with Disk(setting.root) as disk:
        for operation in OPERATIONS.values():
            expected = Expected.of(setting, operation, "kill")
            calls = _traced(disk, expected, reads=False).calls
            for mode, how in ((KILL, "before"), (KILL_TORN, "half way")):
                row = f"{operation.name}: {how} a call"
                for nth in _some(setting, row, range(1, len(calls) + 1), 1):
                    outcome = disk.run(operation.name, expected.again(), Fault(nth, mode))
                    # The dead tell no tales: the call is the one of the undisturbed run.
                    yield judge(expected, row, f"{row}, call {nth} ({calls[nth - 1]})", outcome)


def killed_at_random(setting: Setting) -> Iterator[Try]:
    """Kill writes after a random part of the time they take."""
    chance = setting.chance("kill at random")
    with Disk(setting.root) as disk:
        known = {
            name: Expected.of(setting, operation, "random")
            for name, operation in OPERATIONS.items()
        }
        lengths = {name: _traced(disk, one, reads=False).seconds for name, one in known.items()}
        for _ in range(setting.pick(12, 200)):
            name = chance.choice(list(known))
            delay = chance.uniform(0, 1.2 * lengths[name])
            outcome = disk.run(name, known[name].again(), Fault(kill_after=delay))
            yield judge(known[name], f"{name}: at random", f"{name} after {delay:.4f} s", outcome)


def _traced(disk: Disk, expected: Expected, *, reads: bool) -> Outcome:
    """Run an operation undisturbed, to know its calls."""
    outcome = disk.run(expected.operation.name, expected.again(), Fault(reads=reads, trace=True))
    assert outcome.outcome == "done", outcome.error
    return outcome


def _some(setting: Setting, name: str, numbers: Sequence[int], short: int) -> list[int]:
    """Return all of some numbers, or in a short run a few of them."""
    if setting.long:
        return list(numbers)
    return sorted(setting.chance(name).sample(numbers, min(short, len(numbers))))


def _call(outcome: Outcome) -> str:
    return outcome.calls[0] if outcome.calls and outcome.calls[0] else "not reached"
