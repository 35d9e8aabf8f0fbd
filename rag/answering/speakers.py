"""Prefers the words of the person asked about: "What did Ann Lee say about the dam?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.text.attribution import Attribution, attribution_of
from rag.text.speaker_names import same_speaker
from rag.types import Span

# presscite eval eval/forms/questions.jsonl --split dev --by kind: the kind "say". A gain for words of the one
# asked about was measured too: it makes what they say about something else look like an answer.
OTHER_WORDS = 0.3
"""What a span loses where the text names another speaker."""
_LOOKED_AT = 24


def prefer_speaker(spans: Sequence[Span], speaker: str) -> list[Span]:
    """Return spans, best first, those lower in which another than the one asked about speaks.

    They stay as they are where none has words of the one asked about.

    Parameters
    ----------
    spans
        Best first; of the first two dozen the speaker is looked for.
    speaker
        A name as the question has it.
    """
    said = [spoken_by(span) for span in spans[:_LOOKED_AT]]
    own = [one is not None and same_speaker(one.speaker, speaker) for one in said]
    if not any(own):
        # A country or a firm speaks through persons, whose words are then its own.
        return list(spans)
    moved = [
        _confirmed(span) if is_own else span if one is None else _lowered(span)
        for span, one, is_own in zip(spans, said, own, strict=False)
    ]
    return sorted([*moved, *spans[_LOOKED_AT:]], key=lambda span: -span.score)


def spoken_by(span: Span) -> Attribution | None:
    """Return who says a span's answer."""
    return attribution_of(
        span.passage.article.text, span.quote_start, span.quote_end, span.start, span.end
    )


def _confirmed(span: Span) -> Span:
    return replace(span, features=replace(span.features, by_speaker=1.0))


def _lowered(span: Span) -> Span:
    score = span.score - OTHER_WORDS
    return replace(span, score=score, features=replace(span.features, score=score))
