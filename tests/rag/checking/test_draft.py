"""A draft's quotations are verbatim, altered, somebody else's words, or in no article."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rag.checking import check_text
from rag.index import Index
from rag.ingest.article import make_article
from tests.conftest import HashEncoder

TERMINAL = make_article(
    text=(
        "The Orvane harbour board approved a new ferry terminal on Tuesday.\n\n"
        '"The old pier had become unsafe and could not be repaired at any price that makes sense," '
        "chairwoman Liska Brenner said after the vote.\n\n"
        "Ben Oake, who leads the opposition, told reporters that the plan was “a gift of 48 million "
        "crowns to two shipping lines”."
    ),
    source="/news/terminal.txt",
    title="Terminal approved",
    outlet="Orvane Post",
    url="https://orvane.example/terminal",
)
REPRINT = make_article(
    text=TERMINAL.text, source="/news/reprint.txt", title="Ferry terminal", outlet="Halden Herald"
)
QUAKE = make_article(
    text="A quake shook the Sorrel islands on Wednesday and injured nine people.",
    source="/news/quake.txt",
)

YARD = make_article(
    text=(
        "The yard of Orvane met on Monday.\n\n"
        'Aldo Reik, head of the yard, spoke first. "We will build both," he said. "A contract is a '
        'contract," he added.\n\n'
        'Mayor Tara Okafor told Aldo Reik: "I do not blame the ferries. I blame ten years of delay."\n\n'
        'On the quay somebody had painted: "Nobody knows who pays for it."\n\n'
        '"We shall see in the spring," the union said.\n\n'
        '"The slip is too short," Reik said. "It was always too short for us."'
    ),
    source="/news/yard.txt",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checking") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as made:
        made.add([TERMINAL, REPRINT, QUAKE, YARD])
        yield made


def checked(index, draft):
    (one,) = check_text(index, draft)
    return one


def test_verbatim_words_are_cited_in_every_article_that_has_them(index):
    one = checked(index, "Liska Brenner said it “could not be repaired at any price”.")
    assert one.status == "verbatim"
    assert {match.citation.article.id for match in one.matches} == {TERMINAL.id, REPRINT.id}
    match = next(m for m in one.matches if m.citation.article.id == TERMINAL.id)
    assert match.citation.answer == "could not be repaired at any price"
    assert match.citation.quote.startswith('"The old pier')
    assert match.citation.link.startswith("https://orvane.example/terminal#")
    assert (match.speaker, match.in_quotes) == ("Liska Brenner", True)


def test_a_changed_figure_is_shown(index):
    one = checked(index, "Oake called it “a gift of 46 million crowns to two shipping lines”.")
    assert one.status == "altered"
    (change,) = one.matches[0].alignment.changes
    assert (change.quoted, change.article) == ("46", "48")


def test_a_changed_currency_is_shown(tmp_path):
    text = "“The bridge will cost $40 million to build,” said Ann Lee."
    with Index.open(tmp_path / "bridge", create=True, encoder=HashEncoder()) as made:
        made.add([make_article(text=text, source="/news/bridge.txt")])
        assert checked(made, text).status == "verbatim"
        one = checked(made, text.replace("$", "€"))
    assert one.status == "altered"
    (change,) = one.matches[0].alignment.changes
    assert (change.quoted, change.article) == ("€", "$")


def test_whose_lawyer_speaks_is_not_confirmed(tmp_path):
    text = "“It closes in May of next year,” said the lawyer for Otto Brandt."
    with Index.open(tmp_path / "lawyer", create=True, encoder=HashEncoder()) as made:
        made.add([make_article(text=text, source="/news/lawyer.txt")])
        one = checked(made, "“It closes in May of next year,” said Otto Brandt.")
    assert (one.speaker_confirmed, one.matches[0].speaker) == (None, None)


def test_words_of_somebody_else(index):
    one = checked(index, "“The old pier had become unsafe,” said Ben Oake.")
    assert one.status == "other speaker"
    assert one.quotation.speaker == "Ben Oake"
    assert one.matches[0].speaker == "Liska Brenner"


def test_a_draft_that_names_nobody_is_not_contradicted(index):
    assert checked(index, "“The old pier had become unsafe,” she said.").status == "verbatim"


def test_the_reporters_own_words_are_marked(index):
    one = checked(index, "It “injured nine people” on the islands, a report said.")
    assert one.status == "verbatim"
    assert (one.matches[0].in_quotes, one.matches[0].speaker) == (False, None)


def test_what_no_article_has(index):
    one = checked(index, "“Nobody will ever pay for a bridge to nowhere,” said Ben Oake.")
    assert (one.status, one.matches) == ("not found", ())


def test_a_draft_without_quotations_gives_none(index):
    assert list(check_text(index, 'No quotation in it. A 6" pipe.')) == []
    assert list(check_text(index, "")) == []


def test_markup_around_a_quotation_is_not_part_of_it(index):
    (one,) = check_text(index, "> *Brenner* said: “**could not be repaired** at any price”")
    assert one.status == "verbatim"


def test_a_name_in_the_speakers_title_accuses_nobody(index):
    one = checked(
        index, "Liska Brenner, chair of Orvane Harbour, said the pier “could not be repaired”."
    )
    assert one.status == "verbatim"
    one = checked(index, "‘The old pier had become unsafe,’ said Brenner, as Ben Oake left.")
    assert one.status == "verbatim"


@pytest.mark.parametrize("others", [False, True])
def test_articles_dated_later_than_today_are_found_too(tmp_path, others):
    later = date.today() + timedelta(days=1500)
    with Index.open(tmp_path / "later", create=True, encoder=HashEncoder()) as made:
        made.add([replace(TERMINAL, published=later), *([QUAKE] if others else [])])
        one = checked(made, "Brenner said it “could not be repaired at any price”, said on 2 May.")
    assert one.status == "verbatim"
    assert one.matches[0].citation.article.published == later


@pytest.mark.parametrize(
    ("draft", "speaker"),
    [
        ("“A contract is a contract,” Brandt said.", "Aldo Reik"),
        ("“A contract is a contract,” Bo Reik said.", "Aldo Reik"),
        ("“I blame ten years of delay,” Mayor Ada Okafor said.", "Tara Okafor"),
        ("Lena Brandt spoke next. “A contract is a contract,” she said.", "Aldo Reik"),
        ("“We will build both,” Tara Okafor told Aldo Reik.", "Aldo Reik"),
        ("“It was always too short for us,” Brandt said.", "Reik"),
        ("“I do not blame the ferries. I blame ten years of delay,” Reik said.", "Tara Okafor"),
        ("“I blame ten years of delay,” said Aldo Reik.", "Tara Okafor"),
    ],
)
def test_words_of_somebody_whom_a_pronoun_or_another_sentence_names(index, draft, speaker):
    one = checked(index, draft)
    assert (one.status, one.speaker_confirmed) == ("other speaker", False)
    assert one.matches[0].speaker == speaker


@pytest.mark.parametrize(
    ("draft", "confirmed"),
    [
        ("“A contract is a contract,” Reik said.", True),
        ("Aldo Reik spoke first. “A contract is a contract,” he said.", True),
        ("“I blame ten years of delay,” Okafor said.", True),
        ("“I blame ten years of delay,” she said.", None),
        ("“Nobody knows who pays for it,” Brandt said.", None),
        ("“We shall see in the spring,” said Ann Brandt of the union.", None),
    ],
)
def test_a_speaker_is_confirmed_only_where_both_texts_name_one(index, draft, confirmed):
    one = checked(index, draft)
    assert (one.status, one.speaker_confirmed) == ("verbatim", confirmed)


def test_who_goes_on_speaking_in_a_draft_is_compared_too(index):
    draft = "“The slip is too short,” Okafor said. “It was always too short for us.”"
    assert [one.status for one in check_text(index, draft)] == ["other speaker"] * 2
