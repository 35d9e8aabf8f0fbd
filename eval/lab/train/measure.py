"""Development figures of a span network, as the model card gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.confidence import auroc
from eval.lab.train.examples import Example
from eval.lab.train.hard_negatives import NearMisses
from eval.lab.train.synthetic import StoryExample
from eval.metrics import exact_match, token_f1
from rag.reader.encoding import lead_text
from rag.reader.feature_reader import FeatureReader
from rag.reader.onnx_scorer import OnnxScorer
from rag.reader.protocol import Calibration
from rag.reader.scoring import TokenScores
from rag.reader.span_normalisation import expand_span
from rag.reader.span_reader import SpanReader
from rag.reader.windows import best_span
from rag.types import Article, Chunk, Passage

_NETWORK_ALONE = {"null_score_diff": 1.0}
_UNCALIBRATED = Calibration({}, 0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the development questions; in 0..1."""

    wiki_f1: float
    wiki_em: float
    wiki_reader_f1: float
    """F1 of the words the reader chooses: sentences read again alone, spans normalised."""
    qamr_f1: float
    selqa_first: float
    selqa_mrr: float
    clapnq_auroc: float
    removed_auroc: float
    """AUROC of answerable Wikipedia questions against the same without their answering sentences."""
    written_f1: float
    """Answerable written questions over all passages of their story."""
    written_right: float
    """Share of these whose best span has a word in common with an accepted answer."""
    written_auroc: float
    """AUROC of written questions against written unanswerable ones, by the best null score difference."""


def figures(
    scorer: OnnxScorer,
    examples: Sequence[Example],
    stories: Sequence[StoryExample] = (),
    *,
    tidy: bool = False,
) -> Figures:
    """Evaluate a network on held-out examples and stories; answerable ones are forced to a span."""
    from eval.lab.train.passages import without_answer

    held = [e for e in examples if e.held_out]
    wiki = [e for e in held if e.source == "squadshifts-new_wiki"]
    qamr = [e for e in held if e.source == "qamr"]
    selqa = [e for e in held if e.source == "selqa"]
    clapnq = [e for e in examples if e.source.startswith("clapnq")]
    wiki_scores = spans_of(scorer, wiki, tidy=tidy)
    qamr_scores = spans_of(scorer, qamr, tidy=tidy)
    ranks = [_rank(scorer, e) for e in selqa if e.regions]
    gaps = [gap for _, gap in spans_of(scorer, clapnq)]
    kept = [(e, gap) for e, (_, gap) in zip(wiki, wiki_scores, strict=True)]
    emptied = [made for e in wiki for made in without_answer(e)]
    empty_gaps = [gap for _, gap in spans_of(scorer, emptied)]
    return Figures(
        wiki_f1=_mean([best_f1(e, text) for e, (text, _) in zip(wiki, wiki_scores, strict=True)]),
        wiki_reader_f1=_mean([best_f1(e, words_read(scorer, e)) for e in wiki]),
        wiki_em=_mean([best_em(e, text) for e, (text, _) in zip(wiki, wiki_scores, strict=True)]),
        qamr_f1=_mean([best_f1(e, text) for e, (text, _) in zip(qamr, qamr_scores, strict=True)]),
        selqa_first=_mean([float(r == 1) for r in ranks]),
        selqa_mrr=_mean([1 / r for r in ranks]),
        clapnq_auroc=_auroc([e.source == "clapnq-answerable" for e in clapnq], gaps),
        removed_auroc=_auroc(
            [True] * len(kept) + [False] * len(emptied), [g for _, g in kept] + empty_gaps
        ),
        **_of_stories(scorer, [s for s in stories if s.held_out]),
    )


def _of_stories(scorer: OnnxScorer, stories: Sequence[StoryExample]) -> dict[str, float]:
    """Read the ten passages of its story with the highest overlap for each question."""
    near = NearMisses(stories)
    asked = [(story, question) for story in stories for question in story.asked]
    offered = [near.ranked(story, q.question)[:10] for story, q in asked]
    best = iter(spans_of(scorer, [e for some in offered for e in some]))
    f1s, rights, answerable, gaps = [], [], [], []
    for (story, question), some in zip(asked, offered, strict=True):
        (text, gap) = max((next(best) for _ in some), key=lambda found: found[1])
        answerable.append(bool(question.places))
        gaps.append(gap)
        if question.places:
            accepted = [story.articles[n].text[a:b] for n, a, b in question.places]
            f1s.append(token_f1(text, accepted))
            rights.append(float(f1s[-1] > 0))
    return {
        "written_f1": _mean(f1s),
        "written_right": _mean(rights),
        "written_auroc": _auroc(answerable, gaps),
    }


def spans_of(
    scorer: OnnxScorer, examples: Sequence[Example], *, tidy: bool = False
) -> list[tuple[str, float]]:
    """Return each example's best span and its null score difference."""
    questions = [e.question for e in examples]
    texts = [e.context for e in examples]
    leads = [lead_text(e.published, e.as_of, e.title) for e in examples]
    best: dict[int, tuple[str, float]] = {}
    for scores in scorer.score_many(questions, texts, leads):
        if not len(scores.offsets):
            continue
        first, last, score = best_span(scores.starts, scores.ends)
        gap = score - scores.null
        if scores.text not in best or gap > best[scores.text][1]:
            text = texts[scores.text]
            start, end = int(scores.offsets[first, 0]), int(scores.offsets[last, 1])
            if tidy:
                start, end = expand_span(text, start, end, 0, len(text))
            best[scores.text] = (text[start:end], gap)
    return [best.get(n, ("", -99.0)) for n in range(len(examples))]


def words_read(scorer: OnnxScorer, example: Example) -> str:
    """Return the words that the reader chooses in an example's text, as it reads a passage."""
    reader = SpanReader(scorer, FeatureReader(None), _UNCALIBRATED, _NETWORK_ALONE)
    text = example.context
    article = Article("read", text, title=example.title, published=example.published)
    passage = Passage(Chunk(0, article.id, 0, len(text), text), article, 1.0)
    spans = reader.read(example.question, [passage], as_of=example.as_of)
    return spans[0].text if spans else ""


def _rank(scorer: OnnxScorer, example: Example) -> int:
    """Return the rank of the first answering sentence, sentences ranked by their best span."""
    scores = scorer.score(
        example.question, [example.context], [lead_text(None, None, example.title)]
    )
    ranked = sorted(example.sentences, key=lambda s: -max(_sentence_gap(t, s) for t in scores))
    return min(ranked.index(region) + 1 for region in example.regions)


def _sentence_gap(scores: TokenScores, place: tuple[int, int]) -> float:
    low = int(np.searchsorted(scores.offsets[:, 0], place[0]))
    high = int(np.searchsorted(scores.offsets[:, 1], place[1], side="right"))
    if low >= high:
        return -99.0
    return best_span(scores.starts[low:high], scores.ends[low:high])[2] - scores.null


def best_f1(example: Example, text: str) -> float:
    """Return the highest word F1 with an accepted answer."""
    return token_f1(text, [example.context[a:b] for a, b, _ in example.spans])


def best_em(example: Example, text: str) -> float:
    """Return 1 where the words equal an accepted answer's."""
    return exact_match(text, [example.context[a:b] for a, b, _ in example.spans])


def _auroc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    found = auroc(scores, labels)
    return float("nan") if found is None else found


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
