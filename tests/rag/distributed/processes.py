"""The processes below this one, by what they are, and what they listen on."""

import os
from contextlib import suppress
from pathlib import Path


def descendants(pid=None):
    """Return the numbers of all processes that a process started, and those did; by their titles."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(path.parent.name))
    found, waiting = {}, [pid or os.getpid()]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            with suppress(OSError):
                title = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                found[child] = title.decode(errors="replace")
                waiting.append(child)
    return found


def listening(pids):
    """Return the local addresses, as hex, on which processes accept connections from elsewhere."""
    held = set()
    for pid in pids:
        for path in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):
                name = str(path.readlink())
                if name.startswith("socket:["):
                    held.add(name[8:-1])
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in held:
                found.add(fields[1].partition(":")[0])
    return found
