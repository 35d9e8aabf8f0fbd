"""The default embedder run in other ways: other rounding, other layouts of texts, another runtime.

Each way takes texts and gives their vectors, cutting into word pieces among it, and is put beside
``SentenceTransformer.encode`` at its best batch size and, for nearness, beside the float32 vectors.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings import packaged_folder
from embeddings.graph import BertShape
from embeddings.runtime import Feeds, run_all, session_of
from eval.bench.archive import Sources
from eval.bench.figures import Figure, Findings, compared, rounds
from eval.bench.graphs import drawn, fast_gelu, masked, static_bytes
from eval.bench.inference import float32_encoder, news_chunks, torch_encoder, torch_way
from eval.bench.layouts import BUCKETS, Run, alone, batches, buckets, in_order, padding

if TYPE_CHECKING:
    from onnx import ModelProto
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Runner = Callable[[Sequence[Run]], list[Vectors]]
"""Gives each run's output, in order."""
Layout = Callable[[Sequence[Sequence[int]]], list[Run]]
FAST, MASKED = ", FastGelu", ", masked"
_UNPADDED = (
    *("float32", "float32, FastGelu", "columns", "columns, FastGelu", "blocks", "blocks, FastGelu"),
    *("static", "static, FastGelu", "static, 7 bits", "static, plain operators"),
)
"""What ships is ``columns``; ``static`` is calibrated, on attention and GELU as they ship."""
_PADDED = ("float32, masked", "columns, masked", "blocks, masked", "static")
_BATCH = 8
_SWEEP = (4, 8, 16, 32, 64)
_CALIBRATION = 64
"""Texts that static scales are taken from; none of those that are measured."""


def runtimes(
    sources: Sources, *, texts: int = 200, repeat: int, say: Callable[[str], None]
) -> Findings:
    """Compare the ways; one that cannot be run is a line, and the others go on."""
    everything = news_chunks(sources, texts + _CALIBRATION)
    chunks, calibration = everything[:texts], everything[texts:]
    tokenizer = _tokenizer()
    pieces = sum(len(ids) for ids in _pieces(tokenizer, chunks))
    say(f"runtimes: {len(chunks)} texts of {pieces / len(chunks):.0f} word pieces")
    exact = float32_encoder().encode(chunks)
    model = torch_encoder()
    sweep = rounds({str(n): torch_way(model, chunks, n) for n in _SWEEP}, 2)
    best = min(_SWEEP, key=lambda n: min(sweep[str(n)]))
    ways: dict[str, Callable[[], object]] = {"torch": torch_way(model, chunks, best)}
    notes: dict[str, str] = {}
    feeds = [run.feeds for run in alone(_pieces(tokenizer, calibration))]
    for name, layout, make in _ways(feeds, say):
        try:
            way = _way(tokenizer, chunks, layout, make())
            near = nearness(way(), exact)
        except Exception as error:  # whatever another's runtime raises is its result
            say(f"runtimes: {name}: cannot be run: {_first_line(error)}")
            continue
        ways[name] = way
        padded = padding(layout(_pieces(tokenizer, chunks)))
        notes[name] = f"cosine {near[0]:.5f} on average, {near[1]:.5f} at least" + (
            f"; {100 * padded:.0f} % padding" if padded else ""
        )
        say(f"runtimes: {name}: {notes[name]}")
    taken = rounds(ways, repeat)
    return Findings(figures(taken, pieces, notes, best))


def figures(
    taken: dict[str, list[float]], pieces: int, notes: dict[str, str], best: int
) -> list[Figure]:
    """Return a row a way, from the seconds of its rounds; ``torch`` is what all are beside."""
    found = []
    other = pieces / statistics.median(taken["torch"])
    for name, note in notes.items():
        ratio, spread = compared(taken[name], taken["torch"])
        value = pieces / statistics.median(taken[name])
        told = f"SentenceTransformer.encode, float32, batches of {best}"
        row = Figure("runtimes", name, value, "/s", "", told, other, ratio, spread, note)
        found.append(row)
    return found


def nearness(vectors: Vectors, exact: Vectors) -> tuple[float, float]:
    """Return the mean and the least cosine of rows of the same place.

    Raises
    ------
    ValueError
        Where a vector is not all numbers, or the shapes differ.
    """
    if vectors.shape != exact.shape:
        raise ValueError(f"vectors of shape {vectors.shape}, wanted {exact.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds what is not a number")
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(exact, axis=1)
    cosines = np.einsum("nd,nd->n", vectors, exact) / lengths
    return float(cosines.mean()), float(cosines.min())


def _ways(
    feeds: Sequence[Feeds], say: Callable[[str], None]
) -> Iterator[tuple[str, Layout, Callable[[], Runner]]]:
    """Yield each way's name, its layout of texts, and what makes its runner."""
    made = _Models(feeds)
    for name in _UNPADDED:
        yield f"ONNX Runtime, {name}: alone", alone, partial(_made, made, name, _onnx)
    for name in _PADDED:
        told = f"ONNX Runtime, {name.removesuffix(MASKED)}"
        yield f"{told}: batches of {_BATCH}", _batched, partial(_made, made, name, _onnx)
        yield f"{told}: fixed shapes", buckets, partial(_made, made, name, _onnx_fixed)
    try:
        from eval.bench.openvino_runs import rounded, runner
    except (ImportError, OSError) as error:
        say(f"runtimes: OpenVINO is skipped, {error}; it comes with presscite[compare]")
        return
    kinds: dict[str, Callable[[], Any]] = {"float32": lambda: made.get("plain")}
    if find_spec("nncf"):
        kinds["int8"] = cache(lambda: rounded(made.get("plain"), feeds))
    else:
        say("runtimes: without NNCF, OpenVINO is given the bytes of ONNX Runtime's calibration")
        kinds["int8, of ONNX Runtime"] = lambda: made.get("static, plain operators")
    layouts: dict[str, Layout] = {"alone": alone, f"batches of {_BATCH}": _batched}
    for name, model in kinds.items():
        for hint in ("THROUGHPUT", "LATENCY"):
            for told, layout in (layouts | {"fixed shapes": buckets}).items():
                lengths = BUCKETS if layout is buckets else ()
                yield (
                    f"OpenVINO, {name}, {hint.lower()}: {told}",
                    layout,
                    lambda m=model, h=hint, s=lengths: runner(m(), h, s),  # type: ignore[misc]
                )


class _Models:
    """The graphs by name, each drawn when first asked for, so that one that fails is no other's loss."""

    def __init__(self, feeds: Sequence[Feeds]) -> None:
        self._feeds = feeds
        self._folder = packaged_folder()
        self._shape = BertShape.read(self._folder)
        self._kept: dict[str, ModelProto] = {}

    def get(self, name: str) -> ModelProto:
        if name not in self._kept:
            self._kept[name] = self._drawn(name)
        return self._kept[name]

    def _drawn(self, name: str) -> ModelProto:
        if name.endswith(FAST):
            return fast_gelu(self.get(name.removesuffix(FAST)))
        if name.endswith(MASKED):
            return masked(self.get(name.removesuffix(MASKED)), self._shape)
        match name:
            case "plain":
                return masked(self.get("float32"), self._shape, plain=True)
            case "static":
                return static_bytes(self.get("float32" + MASKED), self._feeds)
            case "static, 7 bits":
                source = self.get("float32" + MASKED)
                return static_bytes(source, self._feeds, seven_bits=True)
            case "static, plain operators":
                return static_bytes(self.get("plain"), self._feeds)
            case "float32" | "columns" | "blocks":
                return drawn(self._folder, name)
        raise ValueError(f"{name}: no such graph")


def _made(models: _Models, name: str, make: Callable[[ModelProto], Runner]) -> Runner:
    return make(models.get(name))


def _way(
    tokenizer: Tokenizer, chunks: Sequence[str], layout: Layout, run: Runner
) -> Callable[[], Vectors]:
    def way() -> Vectors:
        runs = layout(_pieces(tokenizer, chunks))
        return in_order(runs, run(runs))

    return way


def _batched(pieces: Sequence[Sequence[int]]) -> list[Run]:
    return batches(pieces, _BATCH)


def _onnx(model: ModelProto) -> Runner:
    session = session_of(model.SerializeToString())
    taken = {one.name for one in session.get_inputs()}

    def run(runs: Sequence[Run]) -> list[Vectors]:
        fed = [{name: run.feeds[name] for name in taken} for run in runs]
        return run_all(session, "vectors", fed)

    return run


def _onnx_fixed(model: ModelProto) -> Runner:
    """Return a runner with a session a length, each told its shape before it plans its memory."""
    from onnx.tools.update_model_dims import update_inputs_outputs_dims

    made = {}
    for length in BUCKETS:
        copied = type(model)()
        copied.CopyFrom(model)
        size, out = [1, length], [1, copied.graph.output[0].type.tensor_type.shape.dim[1].dim_value]
        fixed = update_inputs_outputs_dims(copied, {"ids": size, "mask": size}, {"vectors": out})
        made[length] = _onnx(fixed)

    def run(runs: Sequence[Run]) -> list[Vectors]:
        outputs: list[Vectors] = []
        # The runs come longest first, so those of a length stand together.
        for length in sorted(made, reverse=True):
            outputs += made[length]([one for one in runs if one.length == length])
        return outputs

    return run


def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(packaged_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(max(BUCKETS))
    tokenizer.no_padding()
    return tokenizer


def _pieces(tokenizer: Tokenizer, chunks: Sequence[str]) -> list[list[int]]:
    return [encoded.ids for encoded in tokenizer.encode_batch(list(chunks))]


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
