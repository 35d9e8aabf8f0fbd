"""Catalogs compared row by row, and news of every format that a cluster reads."""

import json
import sqlite3

import pyarrow
from pyarrow import parquet

from tests.rag.ingest.archive_files import Archive, page
from tests.rag.stories import story

FOOTER = "Reporting by the Lake Wire desk in Lindau."
DERIVED = ("derived", "sqlite_sequence", "meta", "removed")


def rows(folder, without=DERIVED):
    """Return every row of an index's catalog by table, but of those that tell of its history."""
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in names
            if name not in without
        }
    finally:
        connection.close()


def write_news(folder, count=40):
    """Write articles as JSONL, Parquet, web archives and texts: copies, furniture and bad ones among them."""
    folder.mkdir(parents=True)
    lines = []
    for n in range(count):
        one = story(n, sentences=8)
        record = {
            "text": f"{one.text}\n\n{FOOTER}",
            "title": one.title,
            "outlet": "Lake Wire",
            "published": f"{n % 28 + 1}/03/2024",
            "url": f"https://lake.example/{n}",
        }
        lines.append(json.dumps(record))
    lines[7:7] = ["{broken", json.dumps({"title": "nothing"}), json.dumps({"text": "  "})]
    # The story of another outlet that is printed again, and one record that stands twice.
    lines.append(json.dumps({"text": story(3, sentences=8).text, "outlet": "Echo", "id": "e3"}))
    lines.append(lines[0])
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    archive = Archive()
    for n in range(6):
        archive.add(f"https://ferry.example/{n}", page(n), "text/html")
    archive.add("https://ferry.example/gone", b"", "text/html", status="404 Not Found")
    archive.add("https://ferry.example/index", b"<html><body>Home</body></html>", "text/html")
    (folder / "b.warc.gz").write_bytes(archive.data)
    table = [
        {"body": story(n, sentences=6).text, "headline": f"P{n}", "url": f"https://p.example/{n}"}
        for n in range(100, 100 + count // 2)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(table), folder / "c.parquet")
    inner = folder / "inner"
    inner.mkdir()
    for n in range(5):
        (inner / f"{n}.html").write_bytes(page(20 + n))
        text = story(200 + n).text
        (inner / f"{n}.txt").write_text(f"{text}\n", encoding="utf-8")
    (inner / "x.unknown").write_text("?")
    (inner / "empty.txt").write_text("")
    return folder
