"""Files, folders, patterns and standard input; one bad file never stops the others."""

import io
import json
import os
from pathlib import Path

import pytest

from rag.ingest import expected_articles, read_sources, records, sources
from rag.ingest.formats import jsonl, text
from rag.types import Article, Skipped

STORY = "The council of Bregenz rejected the new tram line by 14 votes to 9."


def read(*names, stdin=b""):
    return list(read_sources([str(name) for name in names], stdin=io.BytesIO(stdin)))


def reasons(found):
    return {Path(one.source).name: one.reason for one in found if isinstance(one, Skipped)}


def texts(found):
    return [one.text for one in found if isinstance(one, Article)]


@pytest.fixture
def news(tmp_path):
    folder = tmp_path / "news"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text(f"{STORY} One.")
    (folder / "b" / "c.md").write_text(f"{STORY} Two.")
    (folder / "d.jsonl").write_text(json.dumps({"text": f"{STORY} Three."}))
    return folder


def test_folder_is_walked_in_the_order_of_names(news):
    (news / ".hidden.txt").write_text(STORY)
    (news / ".git").mkdir()
    (news / ".git" / "x.txt").write_text(STORY)
    found = read(news)
    assert texts(found) == [f"{STORY} One.", f"{STORY} Three.", f"{STORY} Two."]
    assert found[0].sources == (str(news / "a.txt"),)


@pytest.mark.slow
def test_what_cannot_be_read_is_skipped_and_the_rest_goes_on(news, monkeypatch):
    monkeypatch.setattr(sources, "MAX_BYTES", 5000)
    (news / "empty.txt").touch()
    (news / "binary.txt").write_bytes(b"\x7fELF\x00\x00\x01")
    (news / "large.md").write_text("word " * 2000)
    (news / "page.html").write_text("<p>words</p>")
    (news / "loop.txt").symlink_to("loop.txt")
    (news / "gone.txt").symlink_to("nowhere.txt")
    (news / "round").symlink_to(news, target_is_directory=True)
    os.mkfifo(news / "pipe.txt")
    os.mkfifo(news / "pipe.jsonl")
    found = read(news)
    assert len(texts(found)) == 3
    why = reasons(found)
    assert "empty" in why["empty.txt"]
    assert "NUL" in why["binary.txt"]
    assert why["large.md"] == "too large: 10,000 bytes; the limit is 5,000"
    assert "without a story" in why["page.html"]
    assert "not a regular file" in why["loop.txt"]
    assert "not a regular file" in why["gone.txt"]
    assert "link to a folder" in why["round"]
    assert "not a regular file" in why["pipe.txt"] == why["pipe.jsonl"]
    assert len(why) == 9
    # Guessing how many there are opens no pipe, which would wait for a writer for ever.
    assert expected_articles([str(news)])


def test_lines_are_counted_and_those_of_huge_files_all_over_them(tmp_path, monkeypatch):
    file = tmp_path / "news.jsonl"
    line = '{"text": "%s"}\n'
    # The long articles stand first.
    with file.open("w") as lines:
        lines.writelines(line % ("x" * (2000 if n < 1000 else 200)) for n in range(8000))
    assert expected_articles([str(file)]) == 8000
    monkeypatch.setattr(jsonl, "_PIECE", 2000)
    assert expected_articles([str(file)]) == pytest.approx(8000, rel=0.05)


def test_links_out_of_the_folder_are_not_followed(news, tmp_path):
    (tmp_path / "secret.txt").write_text(STORY)
    (news / "x.txt").symlink_to(tmp_path / "secret.txt")
    (news / "y.txt").symlink_to(news / "a.txt")
    found = read(news)
    assert "leads out" in reasons(found)["x.txt"]
    assert texts(found).count(f"{STORY} One.") == 2
    assert texts(read(news / "x.txt")) == [STORY]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_unreadable_file(news):
    (news / "a.txt").chmod(0)
    assert "permission denied" in reasons(read(news))["a.txt"]


def test_unreadable_file_as_the_system_reports_it(news, monkeypatch):
    opened = Path.open

    def failing(path, *args, **kwargs):
        if path.suffix != ".jsonl":
            raise OSError(5, "Input/output error")
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", failing)
    found = read(news)
    assert reasons(found) == {"a.txt": "input/output error", "c.md": "input/output error"}
    assert texts(found) == [f"{STORY} Three."]


def test_globs(news):
    assert texts(read(news / "*.txt")) == [f"{STORY} One."]
    # "**" names folders and the files in them; each file is read once.
    assert len(texts(read(news / "**"))) == 3
    assert len(texts(read(news / "**" / "*.md"))) == 1
    (news / "odd[1].txt").write_text(STORY)
    assert texts(read(news / "odd[1].txt")) == [STORY]


@pytest.mark.parametrize(
    "name", ["nowhere.txt", "*.none", "a\0b.txt", "x" * 300 + ".txt", "~nobody9/x", ""]
)
def test_names_of_nothing(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (one,) = read(name) if name else read_sources([name])
    assert isinstance(one, Skipped)
    assert one.reason


def test_empty_folder_and_addresses(tmp_path):
    assert reasons(read(tmp_path)) == {tmp_path.name: "the folder is empty"}
    assert "private address" in read("http://127.0.0.1/a")[0].reason


def test_names_that_are_no_utf8(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(STORY)
    (article,) = read(tmp_path)
    assert article.sources[0].endswith("caf\\xe9.txt")
    (tmp_path / os.fsdecode(b"bad\xe9.txt")).touch()
    assert list(reasons(read(tmp_path))) == ["bad\\xe9.txt"]


def test_standard_input_is_text_or_jsonl():
    (article,) = read("-", stdin=STORY.encode())
    assert article.text == STORY
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        found = read("-", stdin=f'{{"text": "{STORY}"}}\n{{no\n'.encode(encoding))
        assert texts(found) == [STORY]
        assert found[1].source == "stdin#2"
    assert "empty" in read("-")[0].reason


def test_an_array_on_standard_input():
    for lead in ("[", " [\n ", "\ufeff["):
        rows = f'{lead}{{"text": "{STORY}"}}, {{"text": "{STORY} Again."}}]'
        assert texts(read("-", stdin=rows.encode())) == [STORY, f"{STORY} Again."]
    (article,) = read("-", stdin=f"[Update] {STORY}".encode())
    assert article.text == f"[Update] {STORY}"


def test_what_is_piped_in_later_has_a_source_of_its_own():
    first, second = read("-", stdin=b"One story.")[0], read("-", stdin=b"Another story.")[0]
    assert first.sources != second.sources
    assert read("-", stdin=b"One story.")[0] == first


def test_absurdly_large_standard_input(monkeypatch):
    monkeypatch.setattr(sources, "MAX_BYTES", 1000)
    assert "too large" in read("-", stdin=b"word " * 300)[0].reason


@pytest.mark.slow
def test_the_parts_of_a_saved_page_are_passed_over(tmp_path):
    page = "<html><head><title>Quay</title></head><body><article><h1>Quay opens at Orvane</h1>"
    page += f"<p>{STORY} {STORY}</p><p>{STORY}</p></article></body></html>"
    (tmp_path / "quay.html").write_text(page, encoding="utf-8")
    (tmp_path / "quay_files").mkdir()
    (tmp_path / "quay_files" / "frame.html").write_text(page, encoding="utf-8")
    (tmp_path / "quay_files" / "style.css").write_text("p {}", encoding="utf-8")
    (tmp_path / "other_files").mkdir()
    (tmp_path / "other_files" / "a.txt").write_text(STORY, encoding="utf-8")
    found = list(read_sources([str(tmp_path)]))
    assert sorted(Path(one.sources[0]).name for one in found) == ["a.txt", "quay.html"]
    assert expected_articles([str(tmp_path)]) == 2


def test_a_month_with_a_turkish_capital_is_read_wherever_it_stands(tmp_path):
    (tmp_path / "a.txt").write_text(f"{STORY} One.")
    (tmp_path / "b.txt").write_text(f"Tram line rejected\nAPRİL 12, 2024\n\n{STORY} Two.")
    rows = ({"text": STORY, "published": day} for day in ("APRİL 12, 2024", "5 Auguſt 2024"))
    (tmp_path / "c.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "d.csv").write_text(f'published,text\n"12 APRİL 2024","{STORY}"\n')
    found = read(tmp_path)
    days = [one.published and one.published.isoformat() for one in found]
    assert days == [None, "2024-04-12", "2024-04-12", "2024-08-05", "2024-04-12"]


@pytest.mark.parametrize("error", [KeyError("gone\nfor good"), AssertionError(), RecursionError()])
def test_what_no_parser_foresaw_costs_one_item(tmp_path, monkeypatch, error):
    made = text.make_article

    def failing(**given):
        if "Bad." in given["text"]:
            raise error
        return made(**given)

    for module in (records, text):
        monkeypatch.setattr(module, "make_article", failing)
    named = {"a.txt": "One.", "b.txt": "Bad.", "c.txt": "Two."}
    for name, told in named.items():
        (tmp_path / name).write_text(f"{STORY} {told}")
    lines = "\n".join(json.dumps({"text": f"{STORY} {told}"}) for told in named.values())
    (tmp_path / "d.jsonl").write_text(lines)
    for found, skipped in (
        (read(tmp_path), ["b.txt", "d.jsonl#2"]),
        (read("-", stdin=lines.encode()), ["stdin#2"]),
        (read("-", stdin=f"{STORY} Bad.".encode()), ["stdin"]),
    ):
        why = reasons(found)
        assert list(why) == skipped
        for reason in why.values():
            assert reason.startswith(("its parser failed (", "nested too deep to be parsed"))
            assert "\n" not in reason
    assert texts(read(tmp_path)) == [f"{STORY} {told}" for told in ("One.", "Two.", "One.", "Two.")]


def test_full_memory_is_no_fault_of_an_item(tmp_path, monkeypatch):
    def failing(**given):
        raise MemoryError

    monkeypatch.setattr(text, "make_article", failing)
    (tmp_path / "a.txt").write_text(STORY)
    with pytest.raises(MemoryError):
        read(tmp_path)
