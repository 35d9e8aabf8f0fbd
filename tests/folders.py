"""Folders of indexes, and how a test removes one."""

import shutil
import time


def remove_folder(folder):
    """Remove a folder that an index was just opened in.

    Tantivy looks at a folder for the first time from a thread of its own, and may make its lock file there
    while the folder is emptied, also once the index is closed.
    """
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(folder)
