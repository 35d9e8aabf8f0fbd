"""Bytes to text: encodings, one Unicode form, line ends, control characters."""

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.text.normalise import decode, normalise, normalise_line

WORDS = "Nguyễn Phú Trọng – “café”, 中文"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_encodings_are_detected(mark, encoding):
    assert decode(mark + WORDS.encode(encoding)) == WORDS


def test_windows_1252_is_what_is_left():
    assert decode(b"\x93Caf\xe9\x94 \x96 10 \x80") == "“Café” – 10 €"


def test_a_file_of_utf_8_that_was_cut_or_put_together_keeps_its_characters():
    assert decode(WORDS.encode() + "ộ".encode()[:2]) == WORDS
    assert decode(f"{WORDS}\n".encode() + b"\x93Caf\xe9\x94\n") == f"{WORDS}\n“Café”\n"
    assert decode(codecs.BOM_UTF8 + f"{WORDS} ".encode() + b"\xe9") == WORDS + " "
    assert decode(codecs.BOM_UTF8 + b"\x93" + WORDS.encode()) == f"“{WORDS}"
    # Pairs that could be UTF-8 by chance do not make a text that.
    assert decode("“CAFÉ” – café, où, là".encode("cp1252")) == "“CAFÉ” – café, où, là"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04\x00\x00word", "NUL"),
        (b"\x89PNG" + bytes(range(1, 9)) * 9, "control bytes"),
        (b"words" + bytes(range(1, 9)) * 9, "control bytes"),
        (b"na\xefve \x81 text", "byte 6 fits neither"),
        (codecs.BOM_UTF8 + b"caf\xe9", "marked utf-8, but byte 3"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "marked utf-16-le"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(data, reason):
    with pytest.raises(SourceError, match=reason):
        decode(data)


def test_line_ends_spaces_and_control_characters():
    raw = "a\r\nb\rc\u2028d\x0be\x85f \u00a0\t g\x07\x00\u202eh\u200bi\ufeff\ud800 \n\n\n\n j"
    assert normalise(raw) == "a\nb\nc\nd\ne\nf ghi\n\nj"


def test_joiners_that_scripts_need_stay():
    persian = "می\u200cخواهم"
    family = "👨\u200d👩\u200d👧"
    assert normalise(f"{persian} {family}") == f"{persian} {family}"


def test_composed_and_decomposed_are_one():
    decomposed = unicodedata.normalize("NFD", WORDS)
    assert decomposed != WORDS
    assert normalise(decomposed) == normalise(WORDS) == WORDS


def test_line_has_no_break():
    assert normalise_line(" Two\r\n\n lines \u2029 here ") == "Two lines here"


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert "\n\n\n" not in once


def test_marks_are_cut_before_they_are_ordered(monkeypatch):
    # Canonical ordering takes the square of a run's length.
    longest = 0
    ordered = unicodedata.normalize

    def watched(form, text):
        nonlocal longest
        longest = max(longest, len(text))
        return ordered(form, text)

    monkeypatch.setattr("rag.text.normalise.unicodedata.normalize", watched)
    assert len(normalise("a" + "\u0301\u0327" * 500_000 + "b")) < 40
    assert 0 < longest < 40


@pytest.mark.timeout(60)
@pytest.mark.parametrize("run", ["\u00ad", "\u00ad ", "\u00ad\n"])
def test_a_megabyte_of_soft_hyphens_is_read_in_its_length(run):
    assert normalise(f"sub{run * 500_000}marine")[:3] == "sub"


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("the har\u00adbour", "the harbour"),
        ("a sub\u00ad\nmarine cable", "a submarine cable"),
        ("a sub\u00ad  \r\n  marine cable", "a submarine cable"),
        ("a sub\u00ad\n\nMarine cables", "a sub\n\nMarine cables"),
        ("1990\u00ad\n2000", "1990\n2000"),
        (
            "o\ufb03ce, \ufb01rst \ufb02eet, a\ufb00air, wa\ufb04e, mo\ufb05, la\ufb06",
            "office, first fleet, affair, waffle, most, last",
        ),
        ("\u0133sbeer en \u0132ssel", "ijsbeer en IJssel"),
        ("min\u200cister Tor\u200dben", "minister Torben"),
        ("Cafe\u0301\u200dbar e\u200d\u0301", "Cafébar é"),
        ("мор\u200dской порт", "морской порт"),
        ("7\u202f400 and 4\u00a0%", "7 400 and 4 %"),
        ("word\u2060joiner and zero\u200bwidth", "wordjoiner and zerowidth"),
    ],
)
def test_words_are_whole(raw, read):
    assert normalise(raw) == read


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී", "👩\u200d🚒", "❤\ufe0f\u200d🔥", "👩🏽\u200d🚀"],
)
def test_joiners_stay_where_they_shape(text):
    assert normalise(text) == text
