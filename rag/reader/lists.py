"""Keeps enumerations whole where a question asks for several things."""

from __future__ import annotations

import regex

from rag.numbers import CARDINALS, any_of
from rag.patterns import lazily
from rag.reader.kinds import has_verb

# What may stand between "which" and the noun that says how many are wanted; a noun there ("which
# company makes ...") would make a verb look like a plural.
_MODIFIER = (
    r"are|were|the|other|new|all|main|key|major|top|big|most|joint|free|former|future|possible"
    r"|leading|remaining|existing|important|different|his|her|its|their|\p{L}+['’]s?"
    r"|\p{L}+(?:al|ic|ese|ian|an|ed|ish|ive|est|ous|ful|ary)"
)
_NUMBER = any_of([*(word for word, number in CARDINALS.items() if number > 1), "several"])
_ACRONYM = r"(?-i:\p{Lu}{2,5}|(?:\p{Lu}\.)+)"
_AFTER_PLURAL = r"(?:are|were|do|did|have|had|will|would|can|could|should|must|may|might)"
_SEVERAL = lazily(
    # A noun before a noun is only told from a noun before its verb by what follows.
    rf"\bwhich (?:(?:{_MODIFIER}) )*\p{{L}}+ (?P<compound>\p{{L}}{{2,}}s) (?:{_AFTER_PLURAL}|\p{{L}}+ed)\b"
    rf"|\b(?:(?P<what>what)|which|(?<!\b(?:the|a|an|what) )(?:name|list))"
    rf"(?P<between>(?: of(?= the| his| her| its| their))?(?: (?:{_MODIFIER}|{_ACRONYM}))*)"
    rf" (?:(?-i:{_NUMBER})|(?P<noun>\p{{L}}{{2,}}s))\b"
    r"|\bwho (?:are|were|all)\b|\bwho else\b|\b(?:which|what) (?:people|men|women|countries)\b",
    regex.I,
)
_SINGULAR = lazily(r"(?:ss|us|is|does|was|has|says?|news|series|species|means)$", regex.I)
# After "what" these are verbs ("what causes inflation?") unless a verb of a plural follows.
_VERB_FORM = lazily(
    r"(?:causes|makes|happens|helps|drives|leads|keeps|explains|threatens|follows|matters|remains"
    r"|prevents|stops|triggers|affects|determines|decides|separates|connects|links|unites|brings|gives"
    r"|takes|goes|comes|lies|stands|works|shows|becomes|counts|needs|changes|forces|limits|sets|supports"
    r"|worries|concerns|distinguishes|motivates|holds|lets|allows|ends|begins|starts|runs|sparks)",
    regex.I,
)
_OF_A_PLURAL = lazily(rf" {_AFTER_PLURAL}\b", regex.I)
_JOIN = r"(?:,? (?:and|or|&|as well as) |, )"
_CAPITAL = r"(?:(?:\p{Lu}\.)+|\p{Lu}[\p{L}\p{M}\p{N}'’&-]*)"
_NAMED = rf"(?:the )?{_CAPITAL}(?:(?: (?:of|the|de|la))* {_CAPITAL})*"
_PLAIN = r"\p{L}[\p{L}\p{M}'’-]*(?: \p{L}[\p{L}\p{M}'’-]*){0,3}"
# Where the first of several plain items can begin.
_OPENS = (
    r"(?:(?<=[,:;] )|(?<=\b(?:and|or|on|in|of|for|with|to|at|by|from|into|as|about|like|between|include"
    r"|includes|included|including|are|were|is|was|cover|covers|covered|namely) ))"
)
# A name to the left is whole, and not what the sentence opens with ("In Geneva, ...").
_ALONE = (
    r"(?<![\p{L}\p{N}'’-])(?<!\b(?:In|On|At|By|For|From|To|After|Before|According to) )"
    r"(?!(?:However|Meanwhile|Yesterday|Today|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|In|On|At|By|For|From"
    r"|To|After|Before|According)\b)"
)
_ENDS = r"(?=[,.;:)”\"]|$| and | or | as well as )"
_LAST = lazily(r"\b(?:and|or|&|as well as) ")
_MOST = 300


def asks_for_several(question: str) -> bool:
    """Whether a question wants more than one thing named ("Which countries ...", "Who were ...")."""
    return any(
        _is_plural(found, question) for found in _SEVERAL.finditer(question, overlapped=True)
    )


def _is_plural(found: regex.Match[str], question: str) -> bool:
    noun = found["noun"] or found["compound"]
    if noun is None:
        return True
    if _SINGULAR.search(noun):
        return False
    verb = found["what"] and not found["between"] and _VERB_FORM.fullmatch(noun)
    return not verb or bool(_OF_A_PLURAL.match(question, found.end()))


def whole_list(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    """Return the span grown over the enumeration it is an item or a part of, inside ``text[low:high]``.

    An enumeration is items of one sort (names, or up to four plain words without a verb) with commas
    between them and an "and" or "or" before one; where there is none the span is returned as it is.
    """
    named = text[start].isupper()
    item = _NAMED if named else _PLAIN + _ENDS
    after = lazily(rf"{_JOIN}(?P<item>{item})")
    opened = _ALONE + item if named else _OPENS + _PLAIN
    before = lazily(rf"(?P<item>{opened}){_JOIN}$")
    first, last = start, end
    while found := after.match(text, last, high):
        if not _fits(found["item"], named=named) or found.end() - start > _MOST:
            break
        last = found.end()
    while items := list(before.finditer(text, max(low, first - 80), first, overlapped=not named)):
        # Of plain items that end there the shortest: what is before "on" or a comma is no part of it.
        if not _fits(items[-1]["item"], named=named):
            break
        first = items[-1].start()
    joined = text[first:last]
    grown = (first, last) != (start, end)
    return (first, last) if grown and _LAST.search(joined) else (start, end)


def _fits(item: str, *, named: bool) -> bool:
    return named or not has_verb(item)
