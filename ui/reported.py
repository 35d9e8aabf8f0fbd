"""The wording that chat and terminal share: dates, confidence, headings; pure functions.

Without another language's words, it is in English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from rag.text.analyser import analyse, question_stop_words
from rag.text.patterns import lazily
from rag.text.retellings import reporting_outlets
from rag.text.sentences import sentence_spans
from rag.text.speaker_names import same_speaker
from rag.text.temporal import without_times
from rag.types import Answer, Article, Candidate, Citation, Filters, Passage, TimeGap, page_of
from ui.interface_text import ENGLISH, Words

UNDATED = ENGLISH("undated")
SILENT = ENGLISH("silent")
NEAREST = ENGLISH("nearest")
DIFFERENT = ENGLISH("different")
EARLIER = ENGLISH("earlier")
DATED = ENGLISH("dated")
WITHOUT_DATE = ENGLISH("without_date")
ALSO = ENGLISH("also")
COULD_ASK = ENGLISH("could_ask")
NO_OVERVIEW = ENGLISH("no_overview")
_TOLD_IN_DAYS = 60
# From this share of the threshold on an abstention says how near the best came.
_NEAR_THRESHOLD = 0.7
_MOST_DECIMALS = 4
_IN_WORDS = ((0.9, "almost_certain"), (0.75, "very_likely"), (0.5, "likely"))
_LEAST = "uncertain"
# Characters on each side of a quote in which its neighbours are sought.
_AROUND = 600
_NAMED_OUTLETS = 3
_ONE_WORD = r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}’.,-]*[\p{L}\p{M}\p{N}])?"
# A name of several words, or a word.
_SOUGHT = lazily(
    rf"(?<!^)(?<![\p{{L}}])\p{{Lu}}[\p{{L}}\p{{M}}-]+(?: \p{{Lu}}[\p{{L}}\p{{M}}-]+)+|{_ONE_WORD}"
)
_SUGGESTED = 2
_AUXILIARIES = """
    am are can could did do does had has have is may might must shall should was were will would
    aren't can't couldn't didn't don't doesn't hadn't hasn't haven't isn't mustn't shouldn't wasn't
    weren't won't wouldn't
"""
_ASKS_YES_OR_NO = frozenset(_AUXILIARIES.split())


def understood_as(question: str, words: Words = ENGLISH) -> str:
    """Return the line above an answer to a follow-up: the question that was searched for."""
    return f"{words('understood')} {question}"


def sureness(confidence: float, words: Words = ENGLISH) -> str:
    """Return a confidence as a percentage."""
    return words("percent_sure", percent=_percent(confidence))


def sure_in_words(confidence: float, words: Words = ENGLISH) -> str:
    """Return a confidence as people say it."""
    return words(next((name for least, name in _IN_WORDS if confidence >= least), _LEAST))


def said_by(citation: Citation, words: Words = ENGLISH) -> str | None:
    """Return whose words a quote reports, and whether word for word; None: the reporter's own."""
    if citation.speaker is None:
        return None
    name = "said_directly" if citation.in_quotes else "said_retold"
    return words(name, speaker=citation.speaker)


def silence(answer: Answer, words: Words = ENGLISH) -> tuple[str, str]:
    """Return what an abstention says first, and how near the best that was found came."""
    if answer.overview:
        return words("no_single_quote"), ""
    asked, best = answer.threshold, answer.confidence
    if asked is None or best < _NEAR_THRESHOLD * asked or best >= asked:
        return words("silent"), ""
    decimals = _telling_apart(best, asked)
    sure = words("percent_sure", percent=_percent(best, decimals, words))
    least = words("percent", percent=_percent(asked, decimals, words))
    return words("unsure"), words("best_found", best=sure, asked=least)


def chosen(filters: Filters) -> dict[str, str]:
    """Return the filters that are set, as they are written in an address."""
    values = {field.name: getattr(filters, field.name) for field in fields(Filters)}
    return {name: str(value) for name, value in values.items() if value is not None}


def filter_words(filters: Filters, words: Words = ENGLISH) -> str:
    """Return the filters that are set, as people read them."""
    return ", ".join(words(f"with_{name}", value=value) for name, value in chosen(filters).items())


def named_filters(answer: Answer, filters: Filters | None) -> Filters | None:
    """Return what an abstention says that it was searched under: the outlet that its question names too.

    None of other answers, and where it was asked without filters other than the day asked.
    """
    if not answer.abstained or filters is None or replace(filters, as_of=None).empty:
        return None
    return replace(filters, outlet=filters.outlet or answer.outlet)


def searched_under(answer: Answer, filters: Filters) -> Filters | None:
    """Return what bounded the search for an abstention; None where it was asked without filters."""
    named = named_filters(answer, filters)
    return None if named is None else replace(named, as_of=answer.as_of)


def searched_line(
    filters: Filters | None,
    articles: int | None = None,
    words: Words = ENGLISH,
    *,
    of: int | None = None,
) -> str | None:
    """Return that not all articles were searched; None without filters other than the day asked.

    Parameters
    ----------
    articles
        How many pass the filters; None where that is not known.
    of
        How many there are; None where that is not told.
    """
    if filters is None or replace(filters, as_of=None).empty:
        return None
    told = filter_words(filters, words)
    if articles is None:
        return words("searched_some", filters=told)
    if not articles:
        return words("searched_none", filters=told)
    if of is not None:
        found, total = words.number(articles), words.number(of)
        return words("searched_of", count=found, articles=total, filters=told)
    name = "searched_one" if articles == 1 else "searched_many"
    return words(name, count=words.number(articles), filters=told)


def looked_for(answer: Answer, words: Words = ENGLISH) -> str:
    """Return what was looked for, names whole, and which of it no passage has that was found."""
    question = answer.standalone_question or answer.question
    if answer.speaker:
        if not answer.topic:
            return words("looked_for_words", speaker=answer.speaker)
        return words("looked_for_words_about", speaker=answer.speaker, topic=answer.topic)
    # A time is told by the line of the time that was asked about.
    timeless = without_times(question, answer.as_of or date.today())
    sought = list(dict.fromkeys(m.group() for m in _SOUGHT.finditer(timeless)))
    sought = [part for part in sought if _content(part)]
    if not sought:
        return ""
    line = words("looked_for", sought=words("listed").join(sought))
    if not answer.passages:
        return line
    held = frozenset(term for passage in answer.passages for term in _terms_of(passage))
    missing = [part for part in sought if not _content(part) & held]
    if not missing:
        return line
    return f"{line} {words('missing', missing=words('listed').join(missing))}"


def could_ask(answer: Answer) -> list[str]:
    """Return questions that the nearest articles do answer: about names that they share with this one."""
    question = answer.standalone_question or answer.question
    text = " ".join(passage.text for passage in answer.passages)
    names = [m.group() for m in _SOUGHT.finditer(question) if m.group()[0].isupper() and m.start()]
    shared = [name for name in dict.fromkeys(names) if name in text]
    return [f"What do the articles say about {name}?" for name in shared[:_SUGGESTED]]


def scope_line(answer: Answer, words: Words = ENGLISH) -> str | None:
    """Return what bounds an answer: the outlet the question names, or words of another than it asks for."""
    if answer.outlet:
        return words("scope", outlet=answer.outlet)
    if answer.abstained or not answer.speaker or not answer.candidates:
        return None
    lead = answer.candidates[0].citations[0]
    if not lead.in_quotes or lead.speaker is None or same_speaker(lead.speaker, answer.speaker):
        return None
    return words("not_the_speaker", speaker=lead.speaker, asked=answer.speaker)


def overview_heading(answer: Answer, words: Words = ENGLISH) -> str:
    """Return what stands over the quotes of an overview."""
    who = answer.speaker or answer.outlet
    name = f"overview{'_of' if who else ''}{'_about' if answer.topic else ''}"
    quotes = counted(len(answer.overview), "quotes", words)
    return words(name, who=who or "", topic=answer.topic or "", quotes=quotes)


def sentences_around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the sentences right before and after ``text[start:end]``, and of its own what it leaves out.

    "" at the ends of the text, and for a sentence that goes on for more than `_AROUND` characters: an
    article may be long, its sentences too, and a page asks this of many quotes.
    """
    low = max(0, start - _AROUND)
    before, after = text[low:start], text[end : end + _AROUND]
    earlier = [before[s:e] for s, e in sentence_spans(before)]
    later = [after[s:e] for s, e in sentence_spans(after)]
    # A sentence that the window cuts off is left out.
    if low and len(earlier) == 1:
        earlier = []
    if end + _AROUND < len(text) and len(later) == 1:
        later = []
    return (earlier[-1] if earlier else "", later[0] if later else "")


def _content(word: str) -> frozenset[str]:
    return _stems(word) - question_stop_words()


def _terms_of(passage: Passage) -> frozenset[str]:
    return _stems(f"{passage.article.title or ''} {passage.text}")


def _stems(text: str) -> frozenset[str]:
    # A lone surrogate, which no article of an index has, cannot be analysed.
    return frozenset(analyse(text.encode("utf-8", "replace").decode()))


def independent_outlets(candidate: Candidate) -> int:
    """Return how many outlets are known to report an answer by themselves.

    Copies of one story count once, a report that is retold as its original outlet's, and articles
    without an outlet not at all.
    """
    outlets = reporting_outlets([one.article for one in candidate.sources])
    return len({outlet for outlet in outlets if outlet is not None})


def copied_by(citation: Citation, copies: int, words: Words = ENGLISH) -> str | None:
    """Return where else a cited story stands, a few outlets by name; None where nowhere.

    Parameters
    ----------
    copies
        How many other articles print it, as `without_copies` counts them.
    """
    if copies <= 0:
        return None
    outlets = citation.also_in
    if not outlets:
        return counted(copies, "copied", words)
    line = counted(len(outlets), "also_in", words)
    if len(outlets) > _NAMED_OUTLETS:
        return line
    return words("naming", line=line, names=words("listed").join(outlets))


def on_page(article: Article, offset: int, words: Words = ENGLISH) -> str | None:
    """Return the page of an offset ("page 3"); None for articles without pages, or of one page."""
    if len(article.pages) <= 1:
        return None
    return words("on_page", page=str(page_of(article, offset)))


def without_copies(citations: Sequence[Citation]) -> list[tuple[Citation, int]]:
    """Return the citations to show, each with how many other articles print a copy of its story.

    Of articles that copy one story the first cited is shown, with all its quotes; the number stands with
    the first of these. Copies that are not cited count too.
    """
    shown: list[tuple[Citation, int]] = []
    first: dict[int | str, str] = {}
    copies: dict[int | str, set[str]] = {}
    for citation in citations:
        story = citation.article.id if citation.copy_group is None else citation.copy_group
        if first.setdefault(story, citation.article.id) == citation.article.id:
            shown.append((citation, 0))
        else:
            copies.setdefault(story, set()).add(citation.article.id)
    counted = []
    for citation, _ in shown:
        story = citation.article.id if citation.copy_group is None else citation.copy_group
        named = copies.pop(story, set())
        own = {one.article_id for one in citation.reprints} if story in first else set()
        first.pop(story, None)
        counted.append((citation, len(named | own)))
    return counted


def article_day(article: Article, words: Words = ENGLISH) -> str:
    """Return an article's publication date as newspapers write it, or that it has none."""
    return words.day(article.published) if article.published else words("undated")


def reported(article: Article, as_of: date | None, words: Words = ENGLISH) -> str:
    """Return when an article was published and how long that was before the day asked."""
    if article.published is None:
        return words("reported_undated")
    day = words.day(article.published)
    if as_of is None:
        return words("reported", day=day)
    return words("reported_aged", day=day, age=age(article.published, as_of, words))


def answer_reported(candidate: Candidate, as_of: date | None, words: Words = ENGLISH) -> str:
    """Return when the article quoted first was published, and of the answer's newest report if later.

    What stands as an earlier report beside the answer is earlier than the last of these days.
    """
    first = candidate.citations[0].article
    line, newest = reported(first, as_of, words), candidate.reported
    if newest is None or (first.published is not None and first.published >= newest):
        return line
    return words("reported_newest", line=line, day=words.day(newest))


def age(published: date, as_of: date, words: Words = ENGLISH) -> str:
    """Return the time between two days in years and months; in days up to two months."""
    from dateutil.relativedelta import relativedelta

    if published >= as_of:
        return words("same_day")
    days = (as_of - published).days
    if days <= _TOLD_IN_DAYS:
        return words("before", span=_span(days, "days", words))
    between = relativedelta(as_of, published)
    parts = [_span(between.years, "years", words), _span(between.months, "months", words)]
    return words("before", span=" ".join(part for part in parts if part))


def gap_line(gap: TimeGap, words: Words = ENGLISH, *, answered: bool = False) -> str:
    """Return that nothing found was published in the time asked about, and the nearest report's date.

    Where there is an answer its own date stands below it: "last year" may be what it speaks of.
    """
    when = _days(gap.start, gap.end, words)
    if answered:
        return words("gap", when=when)
    return words("gap_nearest", when=when, day=words.day(gap.nearest))


def heading(answer: Answer, words: Words = ENGLISH) -> str | None:
    """Return what stands over the quote that settles a yes/no question: the yes or no is the reader's."""
    asked = (answer.standalone_question or answer.question).lower().split()
    return words("articles_say") if asked and asked[0] in _ASKS_YES_OR_NO else None


STANDINGS = ("different", "earlier", "dated", "without_date", "also")
"""How other answers stand to the answer, in the order shown; the fields of `Standing`, named as in texts."""

NEWEST_FIRST = ("earlier", "dated")
"""Those of `STANDINGS` that are ordered by date."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The other answers, as they stand to the answer."""

    different: tuple[Candidate, ...]
    """They cannot be true beside it."""
    earlier: tuple[Candidate, ...]
    """Reported before it of what changed since, newest first."""
    dated: tuple[Candidate, ...]
    """What changed, where the answer has no date that would tell before or after it; newest first."""
    undated: tuple[Candidate, ...]
    """What changed, of articles without a date."""
    also: tuple[Candidate, ...]
    """About something else that the question may mean, or the same in other words."""


def standing_of(answer: Answer) -> Standing:
    """Return the other answers, told apart by how they stand to the answer."""
    if not answer.alternatives:
        return Standing((), (), (), (), ())
    own = answer.candidates[0].reported
    found: dict[str, list[Candidate]] = {name: [] for name in STANDINGS}
    for other in answer.alternatives:
        found[standing_name(other.relation, other.reported, own)].append(other)
    for name in NEWEST_FIRST:
        found[name].sort(key=lambda other: other.reported or date.min, reverse=True)
    return Standing(*(tuple(found[name]) for name in STANDINGS))


def standing_name(relation: str | None, day: date | None, own: date | None) -> str:
    """Return which of `STANDINGS` another answer is, reported on ``day``, beside the answer of ``own``."""
    if relation == "different":
        return "different"
    if relation != "changed":
        return "also"
    if day is None:
        return "without_date"
    if own is None:
        return "dated"
    return "earlier" if day < own else "also"


def counted(number: int, unit: str, words: Words = ENGLISH) -> str:
    """Return a number of something that the interface's texts count, such as "quotes"; "" of none."""
    return words(_form_of(number, unit), count=words.number(number)) if number else ""


def _span(number: int, unit: str, words: Words) -> str:
    """Return a time; years are written without a mark between their thousands."""
    return words(_form_of(number, unit), count=str(number)) if number else ""


def _form_of(number: int, unit: str) -> str:
    return f"{unit}_one" if number == 1 else f"{unit}_many"


def _percent(confidence: float, decimals: int = 0, words: Words = ENGLISH) -> str:
    percent = f"{100 * min(max(confidence, 0.0), 1.0):.{decimals}f}"
    return percent.replace(".", words("decimal"))


def _telling_apart(one: float, other: float) -> int:
    """Return with how many decimals two confidences first read as different percentages."""
    for decimals in range(_MOST_DECIMALS):
        if _percent(one, decimals) != _percent(other, decimals):
            return decimals
    return _MOST_DECIMALS


def _days(start: date | None, end: date, words: Words) -> str:
    """Return an interval with what both days share said once: "from 20 to 26 November 2026"."""
    if start is None:
        return words("when_until", last=words.day(end))
    if start == end:
        return words("when_on", last=words.day(end))
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        if start.year == end.year:
            return words("when_in", year=str(start.year))
        return words("when_years", first=str(start.year), last=str(end.year))
    first = words.day(start).split(" ")
    last = words.day(end).split(" ")
    while first and last and first[-1] == last[-1] and len(first) > 1:
        first, last = first[:-1], last[:-1]
    return words("when_between", first=" ".join(first), last=words.day(end))
