"""The packaged word lists: no entry twice, none empty, comments left out."""

from importlib.resources import files

import pytest

from rag.text.word_lists import listed_words, word_list

LISTS = sorted(
    ("rag.text", entry.name.removesuffix(".txt"))
    for entry in files("rag.text").iterdir()
    if entry.name.endswith(".txt")
)


@pytest.mark.parametrize(("package", "name"), LISTS)
def test_each_list_has_distinct_words_and_no_comment(package, name):
    words = word_list(name, package)
    assert words
    assert len(set(words)) == len(words)
    assert not any(word.startswith("#") or word != word.strip() for word in words)


def test_a_list_is_read_once():
    assert listed_words("office_words") is listed_words("office_words")
    assert "minister" in listed_words("office_words")
