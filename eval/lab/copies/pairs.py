"""Labelled pairs: every text is paired with another one, of which it is a copy or not."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from eval.lab.copies.stories import FOLDER, Story, blocks, briefs, paragraphs, stories
from eval.lab.copies.templates import fill, templates
from eval.lab.copies.variants import (
    cut,
    in_house_style,
    joined,
    with_dateline,
    with_figures,
    with_furniture,
    with_local,
)

FILE = FOLDER / "pairs.jsonl"
HALVES = ("dev", "test")
_SEED = 19
_INSTANCES = 9
"""Reports drawn from a template."""
_SHARING = 6
"""Stories that end in the same background."""
_APART = (0, 1, 4, 9, 11)
"""Stories of a digest, counted from its own: no two digests share two of them (a Golomb ruler)."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the archive, and the pair that it makes with another."""

    id: str
    half: str
    story: str
    """Copies of one text share it, and nothing else does."""
    text: str
    of: str | None = None
    """The other text of the pair; None where the text stands for itself."""
    kind: str = "original"
    copy: bool = False


def load() -> list[Text]:
    """Return the texts of `pairs.jsonl`, in its order."""
    return [Text(**json.loads(line)) for line in FILE.read_text("utf-8").splitlines()]


def write() -> int:
    """Make `pairs.jsonl` of the stories; returns how many texts it has."""
    made = list(make())
    lines = (json.dumps(asdict(one), ensure_ascii=False) for one in made)
    FILE.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return len(made)


def make() -> Iterator[Text]:
    """Yield all texts; the same ones every time. Stories are given to the halves two by two."""
    for number, half in enumerate(HALVES):
        # Of two that follow each other, one has a second agency's report and one a follow-up.
        own = tuple(one for place, one in enumerate(stories()) if place // 2 % 2 == number)
        for story in own:
            yield from _of_story(story, half)
        yield from _with_backgrounds(own, half, blocks("backgrounds.txt")[number::2])
        yield from _digests(own, half)
        yield from _of_templates(half, list(templates().items())[number::2])
        yield from _of_briefs(half, briefs()[number::2])


def _of_story(story: Story, half: str) -> Iterator[Text]:
    rng = random.Random(f"{_SEED} {story.name}")
    whole = story.paragraphs
    standing = [paragraphs(body) for _, body in blocks("furniture.txt")]
    local = story.local or story.lead
    yield Text(story.name, half, story.name, joined(whole))
    copies = {
        "verbatim": with_dateline(story, whole),
        "cut": cut(whole, rng),
        "figures": with_figures(whole, rng),
        "house style": in_house_style(whole),
        "furniture": with_furniture(whole, rng.choice(standing), rng),
        "cut, edited": in_house_style(with_dateline(story, cut(whole, rng))),
        "figures, edited": in_house_style(with_figures(whole, rng)),
    }
    if story.lead:
        copies["new lead"] = (*story.lead, *whole[1:])
        copies["new lead, cut"] = (*story.lead, *whole[1 : max(4, round(len(whole) * 0.7))])
    if story.local:
        copies["local paragraph"] = with_local(whole, local, rng)
        copies["local paragraph, cut"] = with_local(cut(whole, rng), local, rng)
    for kind, made in copies.items():
        name = f"{story.name}/{kind}"
        yield Text(name, half, story.name, joined(made), story.name, kind, copy=True)
    if story.other:
        name = f"{story.name}/two agencies"
        yield Text(name, half, name, joined(story.other), story.name, "two agencies")
    if story.later:
        name = f"{story.name}/follow-up"
        text = joined((*story.later, *whole[-2:]))
        yield Text(name, half, name, text, story.name, "follow-up")


def _with_backgrounds(
    own: tuple[Story, ...], half: str, standing: list[tuple[str, str]]
) -> Iterator[Text]:
    """Yield stories that end in a background which others end in as well."""
    for number, (name, body) in enumerate(standing):
        first = None
        for story in own[number * _SHARING :][:_SHARING]:
            one = f"{story.name}/{name}"
            text = joined((*story.paragraphs[:5], *paragraphs(body)))
            yield Text(one, half, story.name, text, first, "same background")
            first = first or one
        short = None
        for story in own[number * _SHARING :][:_SHARING]:
            if not story.other:
                continue
            one = f"{story.name}/{name}, short"
            text = joined((*story.other, *paragraphs(body)[:2]))
            yield Text(
                one, half, f"{story.name}/two agencies", text, short, "same background, short"
            )
            short = short or one


def _digests(own: tuple[Story, ...], half: str) -> Iterator[Text]:
    """Yield digests of five stories, each with another one in common with the story it is paired with."""
    for number, story in enumerate(own):
        told = [own[(number + step) % len(own)] for step in _APART]
        place = number % len(told)
        told = [*told[1 : place + 1], story, *told[place + 1 :]]
        text = joined([line for one in told for line in one.paragraphs[:2]])
        yield Text(f"{story.name}/digest", half, f"{story.name}/digest", text, story.name, "digest")


def _of_templates(half: str, found: list[tuple[str, list[str]]]) -> Iterator[Text]:
    for name, lines in found:
        rng = random.Random(f"{_SEED} {name}")
        first = None
        for number in range(_INSTANCES):
            one = f"{name} {number}"
            text = fill(lines, rng)
            yield Text(one, half, one, text, first, "same template")
            first = one
            if number % 3 == 0:
                reprint = joined(cut(tuple(text.split("\n\n")), rng))
                yield Text(f"{one}/cut", half, one, reprint, one, "template, cut", copy=True)


def _of_briefs(half: str, own: list[str]) -> Iterator[Text]:
    standing = [paragraphs(body)[0] for _, body in blocks("furniture.txt")][:2]
    for number, line in enumerate(standing):
        first = None
        for place, brief in enumerate(own[number * 3 :][:3]):
            name = f"brief {half} {number} {place}"
            yield Text(name, half, name, joined((brief, line)), first, "brief with furniture")
            first = first or name
