"""Pronoun resolution: antecedents within the question, else in the earlier turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from rag.dialogue.mentions import Mention, answered, mentions, personal
from rag.dialogue.referents import Class, antecedent_of_noun, find_antecedent, place
from rag.dialogue.word_lists import one_of
from rag.text.patterns import lazily
from rag.types import Turn

_PRONOUNS: dict[Class, regex.Pattern[str]] = {
    "person": lazily(r"\b(?:he|him|she|her|his|hers)\b", regex.I),
    "it": lazily(r"\b(?:it|its)\b", regex.I),
    "they": lazily(r"\b(?:they|them|their|theirs)\b", regex.I),
}
_HE = lazily(r"\b(?:he|him|his)\b", regex.I)
_SHE = lazily(r"\b(?:she|her|hers)\b", regex.I)
_POSSESSIVES = ("his", "hers", "its", "their", "theirs")
# After "her" these show that no noun follows: it is an object, not a possessive.
_NO_NOUN = lazily(rf"\s*(?:$|[?.,;:!)]|(?:{one_of('after_object_her')})\b)", regex.I)
_EXPLETIVE = lazily(
    r"\bit(?:[’']s| (?:is|was|be|will be))? (?:(?:not|really|still|also|now|ever) )?(?:true"
    r"|possible|likely|unlikely"
    r"|clear|known|necessary|important|legal|illegal|raining|snowing|difficult|hard|easy)\b"
    r"|\bit(?:[’']s| (?:is|was)) (?:that|for|said|reported|time)\b"
    r"|\b(?:is|was|will|would|could|can|has|does|did) it (?:be |been )?(?:not |really "
    r"|still )?(?:true|possible"
    r"|likely|clear|known|necessary|legal|illegal|safe|matter|rain|snow|for|that|to|who|when"
    r"|where|on|in)\b"
    # "The one before it" is found by what it is one of; the antecedent's own number would mislead.
    r"|\bones? (?:before|after|following) it\b|\bit (?:take|takes|took)\b(?=.* to\b)"
    r"|\bit (?:rain|rains|rained|seem|seems|seemed|snow"
    r"|snows|snowed)\b",
    regex.I,
)
_FINITE = (
    r"(?:[’'](?:s|d|ll|re)\b| (?:also |not |never |still )?(?:is|are|was|were|has|have|had|will"
    r"|would|can|could"
    r"|should|must|may|might|did|does|do|said|says|plans?|wants?|needs?|\p{Ll}+ed)\b)"
)
_AUXILIARY_BEFORE = lazily(rf"\b(?:{one_of('auxiliaries')}) $", regex.I)
# A subordinate clause begins here, whose pronoun may refer to a mention before it.
_CLAUSE = lazily(
    r"\b(?:if|whether|when|while|because|although|though|unless|where|how|why)\b"
    r"|\b(?:that|after|before|since|until|what|who|which)\b(?! ?$)|\b(?:and|but|or) (?=\p{Ll})",
    regex.I,
)
# "When it was sold, what was Twitter worth?": the name comes after its pronoun.
_AHEAD = lazily(r"(?:when|after|before|since|if|as|while|although|until|with|in) [^,?]*,", regex.I)
_EXISTENTIAL = lazily(
    r"\bhow (?:many|much)\b.*\b(?:is|are|was|were|will|has|have) there(?= (?:be |been )?\p{L})|"
    r"\b(?:is|are|was|were|been|be|has|have|had|will|would|can|could|should|may"
    r"|might) there(?= (?!in\b|on\b|at\b"
    r"|during\b|for\b|before\b|after\b|then\b)\p{L})|\bthere(?=[’']s| (?:is|are|was|were|be"
    r"|been|will|has|have|had)\b)",
    regex.I,
)
_THERE = lazily(r"\bthere\b", regex.I)
_THEN = lazily(r"(?<!^)\bthen\b", regex.I)
_DEMONSTRATIVE = lazily(r"\b(?P<word>that|this|those|these)\b(?: (?P<noun>[\p{L}-]+))?", regex.I)
_TIMES = lazily(rf"(?:{one_of('time_nouns')})$", regex.I)
_BEFORE_THAT = lazily(rf"(?:^|\b(?:{one_of('before_final_that')}) )$", regex.I)
_NOT_A_NOUN = lazily(rf"(?:{one_of('not_nouns')}|\p{{L}}+ed)$", regex.I)
_GRAMMAR = lazily(rf"\b(?:{one_of('grammar_words')})\b", regex.I)
_GOING = lazily(rf"\b(?:{one_of('motion_verbs')})$")
_PREPOSITION_BEFORE = lazily(
    r"\b(?:in|at|from|to|near|around|over|up|down|out|through|of)$", regex.I
)


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def resolve_pronouns(question: str, turns: Sequence[Turn]) -> str | None:
    """Return the question with its pronouns replaced by antecedents of earlier turns; None without any.

    Of each class of pronoun (he and she, it, they) the first without an antecedent is replaced.
    """
    edits: list[_Edit] = []
    for sort in _PRONOUNS:
        found = next(_open(question, sort), None)
        # With both he and she, the antecedent is ambiguous.
        if found is None or (sort == "person" and _HE.search(question) and _SHE.search(question)):
            continue
        meaning = find_antecedent(sort, turns, question, question[found.end() :])
        if meaning and not any(edit.text.startswith(meaning) for edit in edits):
            edits.append(_Edit(*found.span(), _in_place(question, found, meaning)))
    edits += [*_placed(question, turns), *_shown(question, turns)]
    for edit in sorted(edits, key=lambda e: -e.start):
        question = f"{question[: edit.start]}{_cased(edit, question)}{question[edit.end :]}"
    return question if edits else None


def has_anaphora(question: str) -> bool:
    """Whether a question has pronouns or demonstratives that refer to earlier turns."""
    return (
        any(next(_open(question, sort), None) for sort in _PRONOUNS)
        or next(_locative(question), None) is not None
        or bool(_THEN.search(question) and not regex.search(r"\bif\b", question, regex.I))
        or next(_demonstratives(question), None) is not None
    )


def content(text: str) -> list[str]:
    """Return the content words of a text, without pronouns and grammar."""
    bare = _GRAMMAR.sub(" ", text)
    for form in _PRONOUNS.values():
        bare = form.sub(lambda m: m.group() if m.group() == "IT" else " ", bare)
    words: list[str] = regex.findall(r"[\p{L}\p{N}]+(?:[,'’.-][\p{L}\p{N}]+)*", bare)
    return [word for word in words if len(word) > 1 or word.isdigit()]


def _open(question: str, sort: Class) -> Iterator[regex.Match[str]]:
    """Yield the pronouns of a class without an antecedent in the question itself."""
    named = mentions(question)
    expletive = {m.start() + m.group().lower().index("it") for m in _EXPLETIVE.finditer(question)}
    for found in _PRONOUNS[sort].finditer(question):
        shouted = found.group().isupper() and not question.isupper()
        if shouted or (sort == "it" and _is_expletive(found, expletive)):
            continue
        ahead = _AHEAD.match(question)
        named_later = ahead and found.end() < ahead.end()
        if named_later and any(
            m.start > found.end() and _compatible(m, sort, question) for m in named
        ):
            continue
        if not any(_binds(m, found, sort, question) for m in named):
            yield found


def _is_expletive(found: regex.Match[str], starts: set[int]) -> bool:
    return found.group().lower() == "it" and found.start() in starts


def _binds(named: Mention, pronoun: regex.Match[str], sort: Class, question: str) -> bool:
    """Whether a pronoun can refer to a mention before it in the same question.

    A possessive can refer within its own clause ("Did Xi meet his host?"), others only to a mention of the
    clause above ("Did Apple say it would ..."; in "When did Xi meet him?" he is another).
    """
    if named.end >= pronoun.start() or not _compatible(named, sort, question):
        return False
    between = question[named.end : pronoun.start()]
    if _possessive(pronoun, question):
        return not regex.search(r"^(?:[’']s)? (?:is|was|are|were)\b", between)
    subject = regex.match(_FINITE, question[pronoun.end() :]) and not _AUXILIARY_BEFORE.search(
        question[: pronoun.start()]
    )
    return bool(subject) or bool(_CLAUSE.search(between))


def _compatible(named: Mention, sort: Class, question: str) -> bool:
    match sort:
        case "person":
            return named.sort == "person" or personal(named, question) or _could(named)
        case "it":
            return named.sort != "person" and not named.plural
        case "they":
            return named.plural or named.sort in ("place", "thing") or not named.named
    return False


def _could(named: Mention) -> bool:
    return named.named and named.sort == "unknown"


def _possessive(pronoun: regex.Match[str], question: str) -> bool:
    said = pronoun.group().lower()
    if said == "her":
        return not _NO_NOUN.match(question, pronoun.end())
    return said in _POSSESSIVES


def _in_place(question: str, pronoun: regex.Match[str], meaning: str) -> str:
    return f"{meaning}'s" if _possessive(pronoun, question) else meaning


def _cased(edit: _Edit, question: str) -> str:
    return edit.text if edit.start else edit.text[:1].upper() + edit.text[1:]


def _locative(question: str) -> Iterator[regex.Match[str]]:
    """Yield each locative "there", not the existential one of "Is there ..."."""
    empty = {m.end() for m in _EXISTENTIAL.finditer(question)}
    for found in _THERE.finditer(question):
        if found.end() not in empty and not any(
            m.start() <= found.start() < m.end() for m in _EXISTENTIAL.finditer(question)
        ):
            yield found


def _placed(question: str, turns: Sequence[Turn]) -> list[_Edit]:
    found = next(_locative(question), None)
    where = place(turns) if found else None
    if found is None or where is None or not found.start():
        return []
    before = question[: found.start()].rstrip()
    if _PREPOSITION_BEFORE.search(before):
        return [_Edit(*found.span(), where)]
    return [_Edit(*found.span(), f"{'to' if _GOING.search(before) else 'in'} {where}")]


def _demonstratives(question: str) -> Iterator[regex.Match[str]]:
    """Yield the demonstratives "that", "this", ..., not those that introduce a clause."""
    for found in _DEMONSTRATIVE.finditer(question):
        noun = found["noun"] or ""
        before, after = question[: found.start()], question[found.end("word") :]
        low = found["word"].lower()
        if (_TIMES.match(noun) and low in ("this", "these")) or noun.lower() in ("who", "whose"):
            continue
        if low == "that":
            last = not after.strip("?!. ")
            if not last and not _BEFORE_THAT.search(before) and not _short_object(before, after):
                continue
        elif low == "those" and noun.lower() == "of":
            continue
        yield found


def _short_object(before: str, after: str) -> bool:
    """Whether "that" is with its noun the object of a verb: "Which country uses that name?"."""
    rest = regex.match(r" (?:\p{Ll}+ ?){1,2}(?=\?|$|in\b|on\b|at\b)", after)
    clause = regex.match(r" (?:he|she|it|they|we|\p{Ll}+ (?:was|were|would|will|is|are))\b", after)
    return (
        bool(rest)
        and not clause
        and not regex.search(
            r"\b(?:say|said|says|claim|report|announce|believe|agree|think|know|deny|find|show"
            r"|the \p{L}+|an? \p{L}+"
            r"|(?:did|does|do) \p{Ll}+) $",
            before,
            regex.I,
        )
    )


def _shown(question: str, turns: Sequence[Turn]) -> list[_Edit]:
    """Replace "that session", or a final bare "that", by its antecedent where there is one."""
    for found in _demonstratives(question):
        noun = found["noun"]
        after = question[found.end("word") :].strip("?!. ")
        if not after:
            said = answered(turns[-1])
            if (
                said
                and said.sort in ("place", "thing")
                and _AUXILIARY_BEFORE.search(question[: found.start()])
            ):
                return [_Edit(found.start(), found.end("word"), said.text)]
        elif noun and not _NOT_A_NOUN.match(noun):
            named = antecedent_of_noun(noun.lower(), turns)
            if named:
                return [_Edit(*found.span(), named)]
    return []
