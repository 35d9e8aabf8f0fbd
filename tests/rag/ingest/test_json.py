"""JSON in every form in which articles are exported, streamed, compressed, broken and hostile."""

import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.ingest import expected_articles, read_sources
from rag.ingest.formats import FORMATS, read_jsonl
from rag.ingest.formats.compressed import gunzipped
from rag.ingest.formats.json_values import json_values
from rag.ingest.formats.text_stream import text_lines
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.types import Article, Skipped

A = {"title": "A", "text": "The Orvane harbour board approved a new ferry terminal on Tuesday."}
B = {"title": "B", "text": "Striker Pelo Nandi scored twice as Torvik beat Halden 3-1."}
ONE, TWO = json.dumps(A), json.dumps(B)


def read(data, **options):
    notes = []
    data = data.encode() if isinstance(data, str) else data
    options = ReadOptions(notes.append, **options)
    return list(read_jsonl(io.BytesIO(data), "/news/a.json", options)), notes


def titles(found):
    return [one.title if isinstance(one, Article) else None for one in found]


@pytest.mark.parametrize("indent", [None, 0, 1, 4, "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_after_another_over_lines_and_in_arrays(indent, encoding, end):
    one, two = json.dumps(A, indent=indent), json.dumps(B, indent=indent)
    forms = [
        f"{one}\n{two}\n", f"{one}{two}", f"[{one}, {two}]", f"[\n{one},\n{two}\n]\n",
        json.dumps([A, B], indent=indent), f"{one}\n\n\n{two}", f"{one},\n{two},\n",
        f"\x1e{one}\n\x1e{two}\n",
        json.dumps({"status": "ok", "articles": [A, B]}, indent=indent),
        json.dumps({"response": {"meta": {}, "docs": [A, B]}}, indent=indent),
    ]  # fmt: skip
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    for form in forms:
        found, _ = read((mark + form.replace("\n", end)).encode(encoding))
        assert titles(found) == ["A", "B"], form


def test_where_wrapped_articles_were_found_is_told():
    _, notes = read(json.dumps({"response": {"docs": [A, B]}}))
    assert [note.message for note in notes] == ["took the articles under 'response.docs'"]


REPLY = {"author": "troll99", "text": "The mayor is a crook and stole 5 million crowns."}
EMPTY = {"title": "C", "date": "2026-05-12"}


@pytest.mark.parametrize(
    "record",
    [
        EMPTY | {"text": "", "comments": [REPLY]},
        EMPTY | {"text": None, "notes": [REPLY]},
        {"text": "", "data": {"list": [REPLY]}},
        {"body": "", "articles": [REPLY]},
        EMPTY | {"thread": [REPLY]},
        {"outlet": "Lake Wire", "data": [REPLY]},
        {"id": 7, "userComments": [REPLY]},
        {"id": 7, "comments": {"count": 1, "data": [REPLY]}},
        {"id": 7, "related_articles": [REPLY]},
        {"id": 7, "images": [{"text": "The mayor at the quay."}]},
        {"id": 7, "post": EMPTY | {"text": "", "answers": [REPLY]}},
    ],
)
def test_what_stands_below_an_article_without_a_text_is_no_article(record):
    found, notes = read(f"{ONE}\n{json.dumps(record)}\n{TWO}\n")
    assert titles(found) == ["A", None, "B"]
    assert "no 'text' in it" in found[1].reason
    assert [note for note in notes if "took the articles" in note.message] == []


@pytest.mark.parametrize(
    "wrapper",
    [
        {"title": "Lake Wire", "updated": "2026-05-12", "items": [A, B]},
        {"source": "Lake Wire", "date": "2026-05-12", "articles": [A, B]},
        {"feed": {"title": "Lake Wire", "entry": [A, B]}},
        {"response": {"content": [A, B]}},
        {"data": {"commentary": [A, B]}},
    ],
)
def test_a_feed_may_have_a_title_and_a_day(wrapper):
    assert titles(read(json.dumps(wrapper))[0]) == ["A", "B"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"text": "cut in the', "not JSON: Invalid control"),
        ('{"text": "cut behind", "n": 1', "not JSON: Expecting ','"),
        ('{"text": "cut", "authors": ["A",', "not JSON"),
        ("{broken", "not JSON: Expecting property name"),
        ("<html>", "not JSON: Expecting value"),
        ('{\n "text": "over lines",\n "n": 01\n}', "not JSON"),
        ('{\n "text": "over lines",\n "list": [\n  {"a": 1}\n  {"b": 2}\n ]\n}', "not JSON"),
        ("null", "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ('{"a":' * 5000, "nested too deep"),
        ("[" * 5000, "nested too deep"),
        ("1" * 5000, "not JSON: Exceeds the limit"),
    ],
)
def test_what_is_broken_costs_itself_alone(broken, reason):
    (bad, one, two), _ = read(f"{broken}\n{ONE}\n{TWO}\n")
    assert reason in bad.reason
    assert bad.source == "/news/a.json#1"
    assert titles([one, two]) == ["A", "B"]
    last = read(f"{ONE}\n{broken}")[0]
    assert titles(last) == ["A", None]
    assert last[1].source == "/news/a.json#2"


def test_a_file_cut_in_the_middle_says_so():
    (one, cut), _ = read(f"[{ONE}, {TWO[:40]}")
    assert one.title == "A"
    assert cut == Skipped("/news/a.json#2", "not JSON: it is cut off in the middle")


def test_what_is_no_json_at_all_is_given_up():
    found, _ = read("words\n" * 5000)
    assert len(found) == 1001
    assert "the rest of the file was not read" in found[-1].reason
    found, _ = read("7 " * 5000)
    assert len(found) == 1001
    assert "the rest was not read" in found[-1].reason


@pytest.mark.parametrize("data", ["", " \n", "[]", "\ufeff"])
def test_nothing_in_it(data):
    assert read(data)[0] == [Skipped("/news/a.json", "empty: no JSON object in it")]


def test_records_without_text_are_one_line():
    found, _ = read('{"id": 1, "question": "Who?"}\n{"id": 2, "question": "When?"}\n')
    assert found == [
        Skipped(
            "/news/a.json",
            "2 records without a text: no 'text' in it; it has id, question: name the one that "
            "holds the text with --field text=NAME",
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        ["One here.", "Two there."],
        [{"text": "One here."}, {"text": "Two there."}],
        {
            "summary": ["S."],
            "sections": [{"headline": ["One here."], "paragraphs": ["Two there."]}],
        },
        {"rendered": "<p>One here.</p><script>x()</script>\n<p>Two <b>there</b>.</p>"},
        "<p>One here.</p><p>Two there.</p>",
    ],
)
@pytest.mark.parametrize("name", ["text", "body", "content"])
def test_text_in_parts(name, text):
    ((one,), _) = read(json.dumps({name: text}))
    assert one.text == "One here.\n\nTwo there."


def test_a_text_nested_without_end_is_left():
    text = "deep"
    for _ in range(15):
        text = {"content": [text]}
    assert "is empty" in read(json.dumps({"text": text}))[0][0].reason


def test_records_that_are_far_too_much():
    deep, wide = "x", {str(n): n for n in range(3000)}
    for _ in range(60):
        deep = [{"a": deep}]
    found, _ = read(
        "\n".join(json.dumps({"text": "Alfa built it."} | one) for one in (A, {"x": deep}, wide))
    )
    assert isinstance(found[0], Article)
    assert [one.reason for one in found[1:]] == [
        "nested deeper than 50 levels", "3,001 fields; at most 2,000 are read",
    ]  # fmt: skip


def test_notes_of_one_file_are_bounded():
    _, notes = read("\n".join(json.dumps(B | {"date": f"yesterday {n}"}) for n in range(300)))
    assert len(notes) == 101
    assert notes[-1].message == "more notes on its records are left out"


def test_a_key_that_stands_twice_keeps_what_it_says():
    ((one,), _) = read('{"text": "", "text": "Alfa built it.", "title": "A", "title": null}')
    assert (one.text, one.title) == ("Alfa built it.", "A")


def test_numbers_that_are_none_are_blank():
    ((one,), notes) = read('{"text": "Alfa built it.", "title": NaN, "published": NaN, "url": NaN}')
    assert (one.title, one.published, one.url, notes) == (None, None, None, [])


def test_lines_of_two_encodings():
    one, two = '{"text": "Café in Malmö."}\n', '{"text": "Café in Århus “closed”."}\n'
    found, _ = read(one.encode() + two.encode("cp1252") + one.encode())
    assert [article.text for article in found] == [
        "Café in Malmö.", "Café in Århus “closed”.", "Café in Malmö.",
    ]  # fmt: skip


RUSSIAN = "Совет Линдау заказал семь паромов. Первый выйдет в море в мае, сказала мэр Хольм."
CHINESE = "市议会订购了七艘电动渡轮。市长说第一艘将于2021年5月启航。合同价值四千万欧元。"


@pytest.mark.parametrize("text", ["Le président a été réélu à Malmö.", RUSSIAN, CHINESE])
@pytest.mark.parametrize("stray", [b"\xff", b"\xe9 ", b"\x93a\x94"])
def test_a_stray_byte_leaves_its_line_of_utf_8_its_characters(text, stray):
    lead = '{"title": "A", "text": "The harbour board."}\n' * 3
    line = json.dumps({"text": f"{text} @ {text}"}, ensure_ascii=False).encode()
    line = line.replace(b"@", b"@" + stray) + b"\n"
    for data in (line, lead.encode() + line, line * 2000):
        *_, article = read(data)[0]
        assert article.text.startswith(f"{text} @")
        assert article.text.endswith(text)


@pytest.mark.parametrize("stray", [b"", b"\xff"])
@pytest.mark.parametrize("text", ["été à côté. ", RUSSIAN, CHINESE])
def test_a_long_line_of_utf_8_is_whole_whatever_byte_its_pieces_cut(text, stray):
    long = text * 40
    for limit in range(97, 105):
        pieces = text_lines(io.BytesIO(b"-" * 9 + stray + long.encode()), limit)
        assert "".join(pieces) == "-" * 9 + stray.decode("cp1252") + long
    pieces = text_lines(io.BytesIO(b"\xef\xbb\xbf" + stray + long.encode()), 101)
    assert "".join(pieces) == stray.decode("cp1252") + long


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        ("市議會訂購了七艘電動渡輪。市長說第一艘將於2021年5月啟航。合同價值四千萬歐元。", "big5"),
        (
            "市議会は電動フェリーを七隻発注した。市長によると、最初の船は2021年5月に出航する。",
            "cp932",
        ),
        (
            "시의회는 전기 여객선 일곱 척을 주문했다. 시장은 첫 배가 2021년 5월에 출항할 것이다.",
            "cp949",
        ),
    ],
)
@pytest.mark.parametrize("lead", ["", "A"])
def test_a_long_line_of_another_encoding_is_whole(text, encoding, lead):
    long = lead + text * 9000
    line = json.dumps({"text": long}, ensure_ascii=False)
    short = f"{ONE}\n" * 1000
    for before in ("", short):
        *_, article = read(f"{before}{line}\n{TWO}\n".encode(encoding))[0][:-1]
        assert article.text == long


@given(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.integers(4, 9),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_text_is_whole_whatever_its_pieces(text, limit, encoding):
    # The mark of UTF-16 and a zero are the mark of UTF-32.
    assume(not (encoding == "utf-16" and text.startswith("\0")))
    pieces = text_lines(io.BytesIO(text.encode(encoding)), limit)
    assert "".join(pieces) == (text.removeprefix("\ufeff") if encoding == "utf-8" else text)


@given(st.lists(st.integers(1, 40), min_size=1), st.sampled_from([None, 1]))
@pytest.mark.slow
def test_values_are_whole_whatever_the_pieces(sizes, indent):
    values = [A, {"n": 12345, "x": [1, {"y": None}]}, 1234567, [A], B]
    text = "\n".join(json.dumps(one, indent=indent) for one in values)
    pieces, at = [], 0
    for size in sizes * len(text):
        pieces.append(text[at : at + size])
        at += size
    found = [one.value for one in json_values(iter(pieces))]
    # An array of objects is read as its elements.
    assert found == [A, values[1], 1234567, A, B]


@pytest.mark.slow
def test_an_array_without_line_ends_is_streamed():
    row = json.dumps({"text": "The ferry to Orvane sailed at noon. " * 300}).encode()
    count = 4000

    class Array(io.RawIOBase):
        """Some forty megabytes that nobody holds."""

        def __init__(self):
            super().__init__()
            self.left = count
            self.held = b"["

        def readable(self):
            return True

        def readinto(self, buffer):
            while len(self.held) < len(buffer) and self.left:
                self.left -= 1
                self.held += row + (b"," if self.left else b"]")
            data, self.held = self.held[: len(buffer)], self.held[len(buffer) :]
            buffer[: len(data)] = data
            return len(data)

    values = json_values(text_lines(io.BufferedReader(Array())))
    tracemalloc.start()
    try:
        assert sum("text" in one.value for one in values) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


@given(st.binary(max_size=300), st.sampled_from([b"", b"[", b"{", b'{"text": "', b"\xff\xfe"]))
def test_any_bytes_end_in_articles_or_reasons(data, lead):
    found = list(read_jsonl(io.BytesIO(lead + data), "a"))
    assert all(isinstance(one, Article | Skipped) for one in found)


# gzip

LINES = "".join(f'{{"text": "Story {n} of the harbour board of Orvane."}}\n' for n in range(300))
gunzipped_lines = gunzipped(read_jsonl)


def test_every_suffix_reads_the_same(tmp_path):
    for suffix in (".jsonl", ".ndjson", ".json"):
        (tmp_path / f"a{suffix}").write_text(f"{ONE}\n{TWO}\n")
        (tmp_path / f"b{suffix}.gz").write_bytes(gzip.compress(f"{ONE}\n{TWO}\n".encode()))
        assert {suffix, f"{suffix}.gz"} <= FORMATS.keys()
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(A["text"].encode()))
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(b"title,text\nA,Alfa built it.\n"))
    found = list(read_sources([str(tmp_path)]))
    assert titles(found) == ["A", "B"] * 6 + [None, "A"]
    assert all(isinstance(one, Article) for one in found)
    assert expected_articles([str(tmp_path)])


@pytest.mark.slow
def test_a_damaged_archive_is_read_as_far_as_it_goes():
    whole = gzip.compress(LINES.encode())
    assert len(list(gunzipped_lines(io.BytesIO(whole + whole), "a", DEFAULTS))) == 600
    *found, cut = gunzipped_lines(io.BytesIO(whole[: len(whole) // 2]), "a", DEFAULTS)
    assert sum(isinstance(one, Article) for one in found) > 50
    assert "cut off in the middle" in cut.reason
    damaged = whole[:-8] + b"\0" * 8
    *found, bad = gunzipped_lines(io.BytesIO(damaged), "a", DEFAULTS)
    assert len(found) == 300
    assert "damaged (CRC check failed" in bad.reason


def test_what_is_no_archive():
    for data in (LINES.encode(), b"\x1f\x8b"):
        (one,) = gunzipped_lines(io.BytesIO(data), "a", DEFAULTS)
        assert one.reason == "not gzip, or cut off at its beginning"


@pytest.mark.slow
def test_decompression_bombs_are_refused(tmp_path):
    bomb = gzip.compress(b'{"text": "' + b"a" * 60_000_000)
    with pytest.raises(SourceError, match="decompression bomb"):
        list(FORMATS[".txt.gz"].read(io.BytesIO(bomb), "a", DEFAULTS))
    (one,) = gunzipped_lines(io.BytesIO(bomb), "a", DEFAULTS)
    assert "decompression bomb" in one.reason
    (tmp_path / "a.txt.gz").write_bytes(bomb)
    (one,) = read_sources([str(tmp_path)])
    assert "bomb" in one.reason
