"""Passages written by hand, each an article of its own."""

from datetime import date

from rag.types import Article, Chunk, Passage, Span


def passage(text, *, name="a", score=1.0, title=None, published=None, copy_group=None, start=0):
    published = date.fromisoformat(published) if published else None
    article = Article(id=name, text=text, title=title, published=published)
    signals = {"dense": 0.5} | ({"copy_group": copy_group} if copy_group is not None else {})
    chunk = Chunk(hash(name) % 1000, name, start, len(text), text[start:])
    return Passage(chunk, article, score, signals)


def span(found, words, *, score=1.0, quote=None, **signals):
    text = found.article.text
    quote = quote or text
    low = text.index(quote)
    start = text.index(words, low)
    return Span(found, start, start + len(words), low, low + len(quote), score, signals)
