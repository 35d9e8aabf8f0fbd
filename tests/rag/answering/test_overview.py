"""Questions that ask for words: recognised, limited to an outlet, answered by quotes of several sides."""

from datetime import date

import pytest

from rag import Answerer, Index
from rag.answering.asking import Asking, asking
from rag.errors import QueryError
from rag.index.snapshots import restore
from rag.ingest.article import make_article
from rag.reader.protocol import Calibration
from rag.types import TimeGap

OUTLETS = ("Hill Post", "Lake Wire")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What do the articles say about the dam?", Asking("the dam")),
        ("Tell me about the dam", Asking("the dam")),
        ("What did the Hill Post report about the dam?", Asking("the dam", outlet="Hill Post")),
        ("what does lake wire say about the dam?", Asking("the dam", outlet="Lake Wire")),
        ("What did Ann Lee say about the dam?", Asking("the dam", speaker="Ann Lee")),
        ("What did Ann Lee tell reporters?", Asking(None, speaker="Ann Lee")),
        ("What does UNESCO stand for?", None),
        ("Who opened the dam?", None),
    ],
)
def test_a_question_for_words_is_recognised(question, found):
    assert asking(question, OUTLETS) == found


@pytest.mark.parametrize(
    ("named", "outlet"),
    [
        ("Hill Post", "The Hill Post"),
        ("the hill post", "The Hill Post"),
        ("El Pais", "El País"),
        ("El País", "El Pais"),
        ("L'Equipe", "L’Équipe"),
        ("the L’Équipe", "L'Equipe"),
        ("Straße", "Strasse"),
        ("The Shore", "The Shore"),
        ("Shore", "Shore"),
        ("Shore Report", "The Shore Report"),
    ],
)
def test_an_outlet_is_known_by_another_spelling(named, outlet):
    outlets = ("", outlet, "The Shore", "Shore")
    question = f"What does {named} say about the dam?"
    assert asking(question, outlets) == Asking("the dam", outlet=outlet)
    assert asking("What does Shoreham say about the dam?", outlets).outlet is None


class Silent:
    """A reader that finds nothing."""

    name = "silent"
    calibration = Calibration({}, intercept=0.0, threshold=0.5)

    def read(self, question, passages, *, as_of=None):
        return []


@pytest.fixture
def index(tmp_path, encoder):
    stories = (
        ("Hill Post", "2024-01-05", "Mayor Ann Lee said the dam was safe. The dam is 90 metres high."),
        ("Lake Wire", "2023-06-01", "Farmers near the dam want more water from the river this summer."),
        ("Lake Wire", "2024-02-01", "Mayor Ann Lee said the dam was safe. It rained in Oslo."),
        (None, None, "An engineer, Bo Lund, warned that the old dam might leak after the frost."),
    )  # fmt: skip
    with Index.open(tmp_path / "index", create=True, encoder=encoder) as made:
        made.add(
            make_article(
                text=text,
                source=f"/{n}",
                id=str(n),
                outlet=outlet,
                published=date.fromisoformat(day) if day else None,
            )
            for n, (outlet, day, text) in enumerate(stories)
        )
        yield made


def test_an_overview_is_in_order_of_time_without_repeats(index):
    answer = Answerer(index, reader=Silent()).ask("What do the articles say about the dam?")
    assert answer.text is None
    days = [cited.article.published for cited in answer.overview]
    assert days == sorted(days, key=lambda day: day or date.max)
    quotes = [cited.quote for cited in answer.overview]
    assert len(quotes) == len(set(quotes))
    assert "It rained in Oslo." not in quotes
    assert {cited.article.outlet for cited in answer.overview} >= {"Hill Post", "Lake Wire"}
    assert "Ann Lee" in {cited.speaker for cited in answer.overview}
    assert len(answer.overview) <= 6


def test_words_of_a_namesake_are_not_those_of_the_one_asked_about(index):
    answerer = Answerer(index, reader=Silent())
    assert answerer.ask("What did Bo Lee say about the dam?").overview == ()
    for name in ("Ann Lee", "Mayor Lee"):
        overview = answerer.ask(f"What did {name} say about the dam?").overview
        assert {cited.speaker for cited in overview} == {"Ann Lee"}


def test_quotes_on_a_topic_name_the_copies_of_their_stories(tmp_path, encoder):
    text = (
        "The old dam above Arbon is to be raised by nine metres, the water board decided on Friday. Work "
        "starts after the spring floods, and two roads along the shore are closed until the autumn."
    )
    printed = {"Hill Post": (2024, 1, 5), "Lake Wire": (2024, 1, 6), "Late Paper": (2024, 3, 1)}
    with Index.open(tmp_path / "copied", create=True, encoder=encoder) as made:
        made.add(
            make_article(text=text, source=name, id=name, outlet=name, published=date(*day))
            for name, day in printed.items()
        )
        for asked, others in (("2024-02-05", 1), ("2024-04-01", 2)):
            answer = Answerer(made, reader=Silent()).ask("Tell me about the dam", as_of=asked)
            assert [len(cited.reprints) for cited in answer.overview] == [others]


def test_a_time_of_which_an_overview_found_nothing_is_told(index):
    answerer = Answerer(index, reader=Silent())
    answer = answerer.ask("Tell me about the dam this week", as_of="2026-11-26")
    assert answer.overview
    assert answer.threshold is None
    assert answer.time_gap == TimeGap(date(2026, 11, 20), date(2026, 11, 26), date(2024, 2, 1))
    assert answerer.ask("Tell me about the dam in 2023").time_gap is None
    assert answerer.ask("Tell me about the dam").time_gap is None


def test_an_outlet_that_the_question_names_is_searched_alone(index):
    answer = Answerer(index, reader=Silent()).ask("What does the Hill Post say about the dam?")
    assert answer.outlet == "Hill Post"
    assert {cited.article.outlet for cited in answer.overview} == {"Hill Post"}
    chosen = Answerer(index, reader=Silent()).ask(answer.question, outlet="hill post")
    assert (chosen.outlet, chosen.overview) == ("Hill Post", answer.overview)
    with pytest.raises(
        QueryError, match="asks what Hill Post says, and only Lake Wire is searched"
    ):
        Answerer(index, reader=Silent()).ask(
            "What does the Hill Post say about the dam?", outlet="Lake Wire"
        )


def test_the_outlets_of_a_restored_index_are_known(tmp_path, encoder):
    def made(name):
        index = Index.open(tmp_path / name, create=True, encoder=encoder)
        text = f"The dam near Arbon is 90 metres high, the {name} reported."
        index.add([make_article(text=text, source=f"/{name}", id=name, outlet=name)])
        return index

    question = "What does the Lake Wire say about the dam?"
    with made("Lake Wire") as other:
        revision = other.revision
    with made("Hill Post") as index:
        answerer = Answerer(index, reader=Silent())
        assert answerer.ask(question).outlet is None
        restore(tmp_path / "Lake Wire", index.folder)
        assert index.revision == revision
        assert answerer.ask(question).outlet == "Lake Wire"


def test_words_of_a_person_stand_by_where_no_quote_answers(index):
    answer = Answerer(index, reader=Silent()).ask("What did Bo Lund say?")
    assert answer.abstained
    assert [cited.speaker for cited in answer.overview] == ["Bo Lund"]
