"""Saved citations are verified by article, hash and offsets; what changed is named."""

from datetime import date

import pytest

from rag.checking import check_evidence, citations_of
from rag.index import Index
from rag.ingest.article import make_article
from rag.text.content_hash import content_hash
from tests.conftest import HashEncoder

URL = "https://orvane.example/quake"
FIRST = "The quake near Halden injured nine people. The district closed two schools."
QUOTE = "The quake near Halden injured nine people."


def page(text, url=URL):
    return make_article(text=text, source=url or "/a.txt", url=url)


@pytest.fixture
def index(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        made.add([page(FIRST)])
        yield made


def saved(article, quote=QUOTE, **more):
    start = article.text.index(quote)
    citation = {
        "article_id": article.id, "url": article.url, "quote": quote, "start": start,
        "end": start + len(quote), "hash": content_hash(article),
    }  # fmt: skip
    return {"question": "How many?", "citations": [citation | more], "alternatives": []}


def status(index, record):
    (one,) = check_evidence(index, [record])
    return one.status


def test_as_it_was_saved(index):
    (one,) = check_evidence(index, [saved(page(FIRST))])
    assert (one.status, one.start, one.question) == ("unchanged", 0, "How many?")


def test_an_edit_elsewhere_moves_the_quote(index):
    record = saved(page(FIRST))
    index.add([page(f"Updated on Tuesday. {FIRST}")])
    (one,) = check_evidence(index, [record])
    assert (one.status, one.start) == ("edited", len("Updated on Tuesday. "))


def test_a_correction_of_the_quote_is_shown(index):
    record = saved(page(FIRST))
    index.add([page(FIRST.replace("nine", "eleven"))])
    (one,) = check_evidence(index, [record])
    assert one.status == "earlier version"
    assert one.changes == (("nine", "eleven"),)


def test_an_article_that_was_removed(index):
    index.remove([page(FIRST).id])
    assert status(index, saved(page(FIRST))) == "article gone"


def test_a_quote_that_never_stood_there(index):
    record = saved(page(FIRST))
    record["citations"][0] |= {"quote": "Nobody was harmed by it at all.", "hash": "0"}
    assert status(index, record) == "quote gone"


def test_a_forged_hash_is_no_unchanged_article(index):
    assert status(index, saved(page(FIRST), hash="0" * 64)) == "edited"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"citations": None},
        {"citations": [1, {"quote": 3}]},
        {"alternatives": [7], "citations": []},
    ],
)
def test_what_is_no_citation_is_left_out(record):
    assert citations_of(record) == []


def test_alternatives_are_verified_too(index):
    record = saved(page(FIRST))
    record = {"citations": [], "alternatives": [{"citations": record["citations"]}]}
    assert status(index, record) == "unchanged"


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (10**9, 10**9 + 5), (5, 2)])
def test_offsets_out_of_the_text_are_no_error(index, start, end):
    assert status(index, saved(page(FIRST), start=start, end=end)) == "edited"


NAMED = {
    "title": "Quake near Halden",
    "outlet": "Orvane Post",
    "published": "2026-03-04",
    "url": URL,
    "link": f"{URL}#:~:text=The%20quake",
}


def named(text=FIRST, **more):
    day = date.fromisoformat(NAMED["published"])
    fields = {"title": NAMED["title"], "outlet": NAMED["outlet"], "published": day}
    return make_article(text=text, source=URL, url=URL, **fields | more)


@pytest.fixture
def named_index(tmp_path):
    with Index.open(tmp_path / "named", create=True, encoder=HashEncoder()) as made:
        made.add([named()])
        yield made


def test_what_is_saved_of_the_source_is_verified(named_index):
    (one,) = check_evidence(named_index, [saved(named(), **NAMED)])
    assert (one.status, one.fields) == ("unchanged", ())


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("title", "Nobody harmed"),
        ("outlet", "The Times"),
        ("published", "2020-01-01"),
        ("url", "https://evil.example/quake"),
        ("link", "https://evil.example/quake#:~:text=The%20quake"),
    ],
)
@pytest.mark.parametrize("with_hash", [True, False])
def test_a_forged_source_is_noticed(named_index, name, forged, with_hash):
    record = saved(named(), **NAMED | {name: forged})
    if not with_hash:
        del record["citations"][0]["hash"]
    (one,) = check_evidence(named_index, [record])
    assert one.status == "source differs"
    (field,) = one.fields
    assert (field.name, field.known) == (name, False)
    assert field.saved == forged.partition("#")[0]
    assert field.now == NAMED[name].partition("#")[0]
    assert one.start == 0


def test_a_title_that_was_corrected_since_is_no_forgery(named_index):
    record = saved(named(), **NAMED)
    named_index.add([named(title="Eleven hurt near Halden")])
    (one,) = check_evidence(named_index, [record])
    assert one.status == "edited"
    (field,) = one.fields
    assert (field.name, field.now, field.known) == ("title", "Eleven hurt near Halden", True)
    assert one.version == content_hash(named())


def test_a_forged_outlet_of_an_earlier_version_is_noticed(named_index):
    record = saved(named(), **NAMED | {"outlet": "The Times"})
    named_index.add([named(FIRST.replace("nine", "eleven"))])
    (one,) = check_evidence(named_index, [record])
    assert one.status == "source differs"
    assert one.start is None
    assert one.version == content_hash(named())


def test_the_version_that_was_cited_is_named(index):
    record = saved(page(FIRST))
    index.add([page(FIRST.replace("nine", "eleven"))])
    index.add([page(FIRST.replace("nine", "twelve"))])
    (one,) = check_evidence(index, [record])
    assert one.version == content_hash(page(FIRST))
    assert index.versions(one.article_id)[0].content_hash == one.version


def test_a_corrected_article_without_an_address_is_found_by_its_successor(tmp_path):
    with Index.open(tmp_path / "files", create=True, encoder=HashEncoder()) as made:
        made.add([page(FIRST, url=None)])
        record = saved(page(FIRST, url=None))
        made.add([page(FIRST.replace("nine", "eleven"), url=None)])
        (one,) = check_evidence(made, [record])
    assert one.status == "earlier version"


def test_a_version_of_the_saved_hash_does_not_vouch_for_another_quote(index):
    record = saved(page(FIRST))
    index.add([page(FIRST.replace("nine", "eleven"))])
    record["citations"][0]["quote"] = "Nobody was harmed by it at all."
    assert status(index, record) == "quote gone"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("nine people", "unchanged"), ("Nine\n people", "unchanged"), (None, "unchanged"),
     ("ninety people", "answer differs"), (7, "unchanged")],
)  # fmt: skip
def test_an_answer_that_no_quote_has_is_noticed(index, answer, expected):
    record = saved(page(FIRST)) | {"answer": answer}
    assert status(index, record) == expected
    other = {
        "citations": [],
        "alternatives": [{"answer": answer, "citations": record["citations"]}],
    }
    assert status(index, other) == expected


def test_an_answer_may_stand_in_any_of_its_quotes(index):
    record = saved(page(FIRST)) | {"answer": "two schools"}
    record["citations"] += saved(page(FIRST), "The district closed two schools.")["citations"]
    assert [one.status for one in check_evidence(index, [record])] == ["unchanged"] * 2


KILLED = "The storm killed 15 people. It cost 1,200 crowns. Mayor Ilse Karrow spoke."


@pytest.fixture
def storm_index(tmp_path):
    with Index.open(tmp_path / "storm", create=True, encoder=HashEncoder()) as made:
        made.add([page(KILLED)])
        yield made


@pytest.mark.parametrize("with_offsets", [True, False])
@pytest.mark.parametrize(
    ("true", "answer", "expected"),
    [
        ("15 people", "15 people", "unchanged"),
        ("15 people", "5 people", "answer differs"),
        ("15", "1", "answer differs"),
        ("killed", "kill", "answer differs"),
        ("1,200", "200", "answer differs"),
        ("1,200", "1", "answer differs"),
        ("Mayor Ilse Karrow", "may", "answer differs"),
        ("Mayor Ilse Karrow", "mayor ilse  karrow", "unchanged"),
        ("Ilse Karrow", "", "answer differs"),
    ],
)
def test_a_part_of_a_word_is_not_the_answer(storm_index, true, answer, expected, with_offsets):
    record = saved(page(KILLED), KILLED) | {"answer": answer}
    if with_offsets:
        at = KILLED.index(true)
        record["citations"][0] |= {"answer_start": at, "answer_end": at + len(true)}
    assert status(storm_index, record) == expected


@pytest.mark.parametrize(
    ("answer", "expected"), [("15 people", "unchanged"), ("Ilse Karrow", "answer differs")]
)
def test_another_part_of_the_quote_is_not_the_answer(storm_index, answer, expected):
    record = saved(page(KILLED), KILLED) | {"answer": answer}
    at = KILLED.index("15 people")
    record["citations"][0] |= {"answer_start": at, "answer_end": at + len("15 people")}
    assert status(storm_index, record) == expected


def test_moved_offsets_do_not_cut_a_number(storm_index):
    record = saved(page(KILLED), KILLED) | {"answer": "5 people"}
    at = KILLED.index("5 people")
    record["citations"][0] |= {"answer_start": at, "answer_end": at + len("5 people")}
    assert status(storm_index, record) == "answer differs"


def test_words_of_a_script_without_spaces_have_no_edges(tmp_path):
    text = "市長は港に橋を建てると述べた。"
    with Index.open(tmp_path / "wide", create=True, encoder=HashEncoder()) as made:
        made.add([page(text)])
        assert status(made, saved(page(text), text) | {"answer": "橋"}) == "unchanged"


def test_the_quotes_of_an_overview_are_verified_too(index):
    record = saved(page(FIRST))
    overview = (
        record["citations"] + saved(page(FIRST), "The district closed two schools.")["citations"]
    )
    whole = {"question": "What is said?", "citations": [], "overview": overview}
    assert [one.status for one in check_evidence(index, [whole])] == ["unchanged"] * 2
    overview[1]["quote"] = "The district closed ten schools."
    assert [one.status for one in check_evidence(index, [whole])] == ["unchanged", "quote gone"]


SPOKEN = (
    "The yard of Halden will build two ferries.\n\n"
    'Aldo Reik, head of the yard, spoke first. "A contract is a contract," he said. '
    "Mayor Tara Brandt said that the town would pay for both. Halden has four ferries."
)
REIK = '"A contract is a contract," he said.'
BRANDT = "Mayor Tara Brandt said that the town would pay for both."
NOBODY = "Halden has four ferries."


def spoken(quote, speaker, answer=None, text=SPOKEN):
    record = saved(page(text), quote, speaker=speaker)
    if answer:
        at = text.index(answer)
        record["citations"][0] |= {"answer_start": at, "answer_end": at + len(answer)}
    return record


@pytest.fixture
def spoken_index(tmp_path):
    with Index.open(tmp_path / "spoken", create=True, encoder=HashEncoder()) as made:
        made.add([page(SPOKEN)])
        yield made


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("quote", "answer", "speaker", "now"),
    [
        (REIK, "A contract", "Aldo Reik", None),
        (REIK, "A contract", "Reik", None),
        (REIK, "A contract", "Brandt", "Aldo Reik"),
        (REIK, "A contract", "Bo Reik", "Aldo Reik"),
        (REIK, "A contract", "Reik Brandt", "Aldo Reik"),
        (BRANDT, "would pay for both", "Tara Brandt", None),
        (BRANDT, "would pay for both", "Aldo Reik", "Tara Brandt"),
    ],
)
def test_a_speaker_must_be_the_one_whom_the_article_names(
    spoken_index, quote, answer, speaker, now, whole
):
    (one,) = check_evidence(spoken_index, [spoken(quote, speaker, None if whole else answer)])
    if now is None:
        assert (one.status, one.fields) == ("unchanged", ())
        return
    assert one.status == "source differs"
    (field,) = one.fields
    assert (field.name, field.saved, field.known) == ("speaker", speaker, False)
    assert now in field.now


def test_whose_lawyer_speaks_is_not_the_speaker(tmp_path):
    text = "“A contract is a contract,” said the lawyer for Otto Brandt."
    with Index.open(tmp_path / "lawyer", create=True, encoder=HashEncoder()) as made:
        made.add([page(text)])
        assert status(made, saved(page(text), text, speaker="Otto Brandt")) == "source differs"
        lawyer = saved(page(text), text, speaker="the lawyer for Otto Brandt")
        assert status(made, lawyer) == "unchanged"


def test_the_reporters_own_words_have_no_speaker(spoken_index):
    (one,) = check_evidence(spoken_index, [spoken(NOBODY, "Tara Brandt")])
    assert one.status == "source differs"
    assert [(f.name, f.now) for f in one.fields] == [("speaker", None)]


def test_a_speaker_who_was_corrected_since_is_no_forgery(spoken_index):
    record = spoken(BRANDT, "Tara Brandt", "would pay for both")
    record["citations"][0]["quote"] = quote = "said that the town would pay for both."
    record["citations"][0]["start"] = SPOKEN.index(quote)
    spoken_index.add([page(SPOKEN.replace("Tara Brandt", "Ivo Brandt"))])
    (one,) = check_evidence(spoken_index, [record])
    assert (one.status, len(one.fields)) == ("edited", 1)
    assert (one.fields[0].now, one.fields[0].known) == ("Ivo Brandt", True)


@pytest.mark.parametrize(
    ("speaker", "expected"), [("Tara Brandt", "earlier version"), ("Aldo Reik", "source differs")]
)
def test_the_speaker_of_an_earlier_version_is_compared_with_it(spoken_index, speaker, expected):
    spoken_index.add([page(SPOKEN.replace("for both", "for neither"))])
    assert status(spoken_index, spoken(BRANDT, speaker, "would pay for both")) == expected
