"""The fault campaign: what an index promises, tried against disks that fail and processes that die.

``python -m tests.faults`` runs a sample of every point in about a minute, ``--long`` all of it, and
``--fuzz`` gives random bytes to every reader of them; the exit status is 1 where anything was wrong.
From the repository's root, with the test extra installed. The points:

1  every file-system call of every write fails with EIO or ENOSPC, once and for ever
2  SIGKILL before and inside each of these calls, and at random times
3  bits turned in derived files and in the catalog
4  files truncated, emptied, missing, swapped with another revision's
5  readers while a writer commits
6  two writers at once, and the winner killed
7  one field at a time of what an index was built with, or its format, differs
8  random sequences of writes, restarts, damage and deaths against fresh builds
9  read-only folders, full disks, limits on files

The index is a black box here: its public names are called and its folder's files are listed, so that
another layout of the derived files needs no change. After each try a reader's answers are compared
with those of fresh builds of the state before and the state after; then the folder is mended by an
empty write, verified, and the write is done again undisturbed.
"""
