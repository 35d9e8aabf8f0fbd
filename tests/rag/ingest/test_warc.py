"""Web archives: which records are pages, damage, and going on where an add was broken off."""

import gzip
import json
import zipfile
from contextlib import suppress

import pytest

from rag.index import Index
from rag.ingest import ReadOptions, expected_articles, read_sources
from rag.types import Article, Skipped
from tests.rag.ingest.archive_files import Archive, page, text, wacz

# warcio's writer leaves temporary files open.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
PLAIN = "https://news.example/story/{}"


def read(path, notes=None, **chosen):
    options = ReadOptions((notes if notes is not None else []).append, **chosen)
    return list(read_sources([str(path)], options=options))


def stories(count, compressed=True, archive=None):
    archive = archive or Archive(compressed)
    for n in range(count):
        archive.add(PLAIN.format(n), text(n), type_="request")
        archive.add(PLAIN.format(n), text(n), date=f"2024-05-{n % 28 + 1:02}T00:00:00Z")
    return archive


def written(tmp_path, data, name="news.warc.gz"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def urls(found):
    return [one.url for one in found if isinstance(one, Article)]


def reasons(found):
    return [one.reason for one in found if isinstance(one, Skipped)]


@pytest.mark.slow
def test_pages_are_responses_that_are_ok_and_of_a_kind_that_holds_stories(tmp_path):
    archive = stories(2, archive=Archive().info())
    archive.add("https://news.example/old", b"", status="301 Moved Permanently")
    archive.add("https://news.example/gone", b"<p>Not found", "text/html", "404 Not Found")
    archive.add("https://news.example/i.png", b"\x89PNG", "image/png")
    archive.add("https://news.example/robots.txt", b"User-agent: *\nDisallow: /x")
    archive.add("https://news.example/again", b"", type_="revisit")
    archive.add("dns:news.example", b"192.0.2.1", "text/dns", type_="resource")
    archive.add(PLAIN.format("saved"), text(7), type_="resource")
    archive.add(PLAIN.format("meta"), b"a: b", "application/warc-fields", type_="metadata")
    notes = []
    path = written(tmp_path, archive.data)
    found = read(path, notes)
    assert urls(found) == [PLAIN.format(n) for n in (0, 1, "saved")]
    assert found[0].sources == (f"{path}#{PLAIN.format(0)}",)
    assert found[0].published is None, "the day of the capture is no publication date"
    assert not reasons(found)
    (note,) = notes
    assert note.source == str(path)
    assert note.message == (
        "13 records: 3 pages, 3 of them articles, 6 requests, revisits, metadata and the like, "
        "2 redirects and errors, 2 not HTML, PDF or text"
    )


@pytest.mark.slow
def test_compressed_per_record_as_a_whole_or_not_at_all_reads_the_same(tmp_path):
    data = stories(3).data
    plain = gzip.decompress(data)
    whole = written(tmp_path, gzip.compress(plain), "whole.warc.gz")
    padded = written(tmp_path, data + bytes(70_000), "padded.warc.gz")
    for path in (written(tmp_path, data), written(tmp_path, plain, "n.warc"), whole, padded):
        found = read(path)
        assert urls(found) == [PLAIN.format(n) for n in range(3)], path.name
        assert not reasons(found), path.name
        assert expected_articles([str(path)]) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_is_a_zip_of_archives(tmp_path, method):
    second = Archive().add(PLAIN.format("b"), text(9))
    data = wacz({"1.warc.gz": stories(2).data, "2.warc": gzip.decompress(second.data)}, method)
    path = written(tmp_path, data, "saved.wacz")
    found = read(path)
    assert urls(found) == [PLAIN.format(n) for n in (0, 1, "b")]
    assert found[2].sources == (f"{path}#{PLAIN.format('b')}",)
    assert expected_articles([str(path)]) >= 2


@pytest.mark.slow
def test_codings_of_the_transfer_are_undone(tmp_path):
    archive = Archive()
    archive.add(PLAIN.format(1), gzip.compress(text(1)), headers=[("Content-Encoding", "gzip")])
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(text(2)), text(2))
    archive.add(PLAIN.format(2), body, headers=[("Transfer-Encoding", "chunked")])
    archive.add(PLAIN.format(3), text(3), headers=[("Content-Encoding", "br")])
    bomb = gzip.compress(bytes(30_000_000))
    archive.add(PLAIN.format(4), bomb, headers=[("Content-Encoding", "gzip")])
    found = read(written(tmp_path, archive.data))
    assert [f"number {n}" in one.text for n, one in enumerate(found[:3], 1)] == [True] * 3
    assert reasons(found) == [
        "too large: its body has more than 20,000,000 bytes when decompressed"
    ]


@pytest.mark.slow
def test_of_a_file_that_is_cut_off_what_is_whole_is_kept(tmp_path):
    data = stories(4).data
    plain = gzip.decompress(data)
    cut = {
        "a.warc.gz": data[:-100],
        "b.warc": plain[:-40],
        "c.warc.gz": gzip.compress(plain)[:-30],
    }
    for name, held in cut.items():
        found = read(written(tmp_path, held, name))
        assert urls(found) == [PLAIN.format(n) for n in range(3)], name
        (reason,) = reasons(found)
        assert reason.startswith("cut off in the "), name
        assert " at byte " in reason, name


@pytest.mark.slow
def test_damage_is_told_with_its_place_and_the_rest_is_kept(tmp_path):
    data = stories(4).data
    starts = [n for n in range(len(data)) if data.startswith(b"\x1f\x8b\x08", n)]
    flipped = bytearray(data)
    flipped[starts[5] + 60] ^= 0xFF
    found = read(written(tmp_path, bytes(flipped), "flipped.warc.gz"))
    assert urls(found) == [PLAIN.format(n) for n in range(2)]
    assert reasons(found)[0].startswith(f"damaged in the compressed record at byte {starts[5]:,} (")
    found = read(written(tmp_path, data[: starts[4]] + b"garbage", "tail.warc.gz"))
    assert len(urls(found)) == 2
    assert reasons(found) == [f"not gzip from byte {starts[4]:,} on; nothing after that was read"]
    plain = gzip.decompress(data)
    third = plain.index(b"WARC/1.0", plain.index(PLAIN.format(1).encode()) + 500)
    mixed = plain[:third] + b"garbage \0\n\nmore\n" + plain[third:]
    found = read(written(tmp_path, mixed, "mixed.warc"))
    assert urls(found) == [PLAIN.format(n) for n in range(4)]
    (reason,) = reasons(found)
    assert f"no WARC record at byte {third:,}" in reason


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.warc", b""),
        ("b.warc.gz", b""),
        ("c.warc", b"\0" * 100),
        ("d.warc", b"WARC/1.0\r\n\r\n"),
        ("e.warc", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\nx"),
        ("f.warc", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\nx"),
        ("g.warc", b"WARC/1.0\r\n" + b"x" * 3_000_000),
        ("h.warc", b"WARC/1.0\r\n" + b"a: b\r\n" * 400_000),
        ("i.warc.gz", b"\x1f\x8b"),
        ("j.warc.gz", gzip.compress(bytes(5_000_000))),
        ("k.wacz", b"no zip"),
        ("l.wacz", wacz({})),
        ("m.wacz", wacz({"x.warc.gz": b"\x1f\x8b\x08 broken"})),
    ],
)
@pytest.mark.slow
def test_what_is_no_archive_ends_in_reasons(tmp_path, name, data):
    found = read(written(tmp_path, data, name))
    assert not urls(found)
    assert len(found) <= 3
    assert all("\n" not in reason for reason in reasons(found))


def test_a_wacz_whose_zip_is_damaged_is_told(tmp_path):
    data = bytearray(wacz({"1.warc.gz": stories(2).data}, zipfile.ZIP_DEFLATED))
    data[data.index(b"1.warc.gz") + 200] ^= 0xFF
    found = read(written(tmp_path, bytes(data), "saved.wacz"))
    assert reasons(found)


class Broken(Exception):
    pass


def broken_off(items, after):
    """Yield items until one too many is asked for."""
    for number, item in enumerate(items):
        if number == after:
            raise Broken
        yield item


def add(folder, path, encoder, after=None):
    """Add a file as the command does; returns what was read of it, and the notes."""
    seen, notes = [], []
    with Index.open(folder, create=True, encoder=encoder) as index:
        positions = index.positions()
        options = ReadOptions(notes.append, positions=positions)
        items = read_sources([str(path)], options=options)
        if after is not None:
            items = broken_off(items, after)
        recorded = (seen.append(one.url) or one for one in items)
        with suppress(Broken):
            index.add(recorded, positions=positions)
        return seen, [note.message for note in notes], index.positions(), index.counts()["articles"]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("rag.index.batch.BATCH_CHUNKS", 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["n.warc.gz", "n.warc", "n.wacz"])
def test_an_add_that_was_broken_off_goes_on_there(tmp_path, encoder, small_batches, name):
    data = stories(20).data
    if name == "n.warc":
        data = gzip.decompress(data)
    elif name == "n.wacz":
        data = wacz({"1.warc.gz": stories(7).data, "2.warc.gz": stories(20).data})
    path = written(tmp_path, data, name)
    whole = urls(read(path))
    seen, _, positions, held = add(tmp_path / "index", path, encoder, after=14)
    assert seen == whole[:14]
    assert list(positions) == [str(path)]
    assert 0 < held < 14
    seen, notes, positions, held = add(tmp_path / "index", path, encoder)
    assert seen == whole[len(whole) - len(seen) :]
    assert len(seen) <= len(whole) - 11
    assert "records were read before an earlier add was broken off" in notes[0]
    assert held == 20
    assert positions == {}
    # Adding a file that was read to its end looks at all of it again.
    assert add(tmp_path / "index", path, encoder)[0] == whole


@pytest.mark.slow
def test_a_file_that_changed_or_is_read_otherwise_is_read_from_its_beginning(
    tmp_path, encoder, small_batches
):
    path = written(tmp_path, stories(20).data)
    add(tmp_path / "index", path, encoder, after=14)
    with Index.open(tmp_path / "index", encoder=encoder) as index:
        positions = index.positions()
        assert len(read(path, positions=dict(positions))) < 20
        assert len(read(path, positions=dict(positions), date_order="mdy")) == 20
        assert len(read(written(tmp_path, stories(21).data), positions=dict(positions))) == 21
        index.remove([next(index.articles()).id])
        assert index.positions() == {}


@pytest.mark.slow
def test_files_before_the_one_that_was_broken_off_are_not_read_again(
    tmp_path, encoder, small_batches
):
    news = tmp_path / "news"
    news.mkdir()
    for n in range(3):
        archive = Archive()
        for m in range(10):
            archive.add(PLAIN.format(f"{n}-{m}"), text(100 * n + m))
        written(news, archive.data, f"{n}.warc.gz")
    seen = add(tmp_path / "index", news, encoder, after=25)[0]
    assert len(seen) == 25
    seen, notes, positions, held = add(tmp_path / "index", news, encoder)
    assert all(url.startswith(PLAIN.format("2-")) for url in seen)
    assert [note.partition(" ")[0] for note in notes[:2]] == ["all", "all"]
    assert held == 30
    assert positions == {}


@pytest.mark.slow
def test_html_pages_are_read_with_their_address_and_charset(tmp_path):
    pytest.importorskip("rag.ingest.formats.html")
    archive = Archive()
    latin = page(1, "<p>Zoë waited as well, and so did the crew of the Halden ferry.</p>")
    latin = latin.decode().encode("latin-1")
    archive.add("https://news.example/1", latin, "text/html; charset=iso-8859-1")
    archive.add("https://news.example/2", gzip.compress(page(2)), "text/html",
                headers=[("Content-Encoding", "gzip")])  # fmt: skip
    found = read(written(tmp_path, archive.data))
    assert urls(found) == ["https://news.example/1", "https://news.example/2"]
    assert "Zoë waited" in found[0].text
    assert found[0].title == "Ferry 1"
    assert str(found[0].published) == "2024-03-02"


@pytest.mark.parametrize("name", ["n.jsonl", "n.jsonl.gz", "n.json", "n.csv"])
@pytest.mark.slow
def test_files_of_records_go_on_as_well(tmp_path, encoder, small_batches, name):
    rows = [(PLAIN.format(n), text(n).decode().replace("\n", " ")) for n in range(20)]
    lines = [json.dumps({"url": url, "text": story}) for url, story in rows]
    data = "\n".join(lines)
    if name == "n.json":
        data = f"[{','.join(lines)}]"
    elif name == "n.csv":
        data = "\n".join(["url,text", *(f'{url},"{story}"' for url, story in rows)])
    data = data.encode()
    path = written(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name)
    seen, _, positions, held = add(tmp_path / "index", path, encoder, after=14)
    assert len(seen) == 14
    assert positions[str(path)].records in (held - 1, held)
    seen, notes, positions, held = add(tmp_path / "index", path, encoder)
    assert len(seen) < 10
    assert seen[-1] == PLAIN.format(19)
    assert any("records were read before an earlier add was broken off" in one for one in notes)
    assert held == 20
    assert positions == {}
