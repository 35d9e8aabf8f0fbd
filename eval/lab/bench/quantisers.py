"""The packaged int8 graphs beside ONNX Runtime's own quantiser, on the same float32 weights.

The encoder is compared by MRR and recall of retrieval on the sample's development questions, the
reader by F1 on held-out Wikipedia questions. ONNX Runtime's graphs: the float32 graph, its transformer
optimiser (which fuses what is left to fuse), ``quantize_dynamic(per_channel=True, reduce_range=True)``.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from embeddings import Encoder, load_encoder
from embeddings.loading import VOCABULARY, WEIGHTS
from embeddings.onnx_encoder import OnnxEncoder
from embeddings.runtime import session_of
from eval.lab.export.bert_graph import bert_graph
from eval.lab.export.encoder import encoder_bytes, float32_encoder
from eval.lab.export.float_weights import verified_folder
from eval.lab.train.examples import Example, load
from eval.lab.train.export import bert_named, shape_of
from eval.lab.train.measure import best_f1, spans_of
from eval.lab.train.shipped import shipped_tensors
from eval.lab.tune.corpora import indexed, sample
from eval.lab.tune.fusion import measured
from rag.reader.encoding import load_tokenizer
from rag.reader.loading import GRAPH as READER_GRAPH
from rag.reader.loading import VOCABULARY as READER_VOCABULARY
from rag.reader.loading import WEIGHTS as READER_WEIGHTS
from rag.reader.loading import packaged_scorer
from rag.reader.onnx_scorer import OnnxScorer

app = typer.Typer(add_completion=False)


@app.command()
def main(
    data: Annotated[Path, typer.Argument(help="Folder of reader data.")],
    limit: Annotated[int, typer.Option(help="Reader questions.")] = 200,
) -> None:
    """Print one JSON object with the figures of both models under each quantiser."""
    print(json.dumps({"encoder": encoders(), "reader": readers(data, limit)}, indent=2))


def encoders() -> dict[str, dict[str, float]]:
    """Return retrieval figures and the milliseconds per chunk of each encoder graph."""
    exact = float32_encoder()
    quantised = ort_quantised(encoder_bytes(verified_folder(), "float32"), heads=12, width=384)
    systems: dict[str, Encoder] = {
        "float32": exact,
        "packaged": load_encoder(),
        "onnxruntime": OnnxEncoder(quantised, WEIGHTS / VOCABULARY, exact.identity),
    }
    corpus = sample()
    found = {}
    for name, encoder in systems.items():
        encoder.encode(["warm-up"])
        with indexed(corpus, encoder) as index:
            # Vectors alone: the lexical half would hide a difference.
            row = measured(corpus, index, name, dense_weight=1.0)
            mixed = measured(corpus, index, name)
        texts = [question.question for question in corpus.questions] * 2
        found[name] = {
            "questions": len(corpus.questions),
            "dense_mrr": row.mrr,
            "dense_recall_at_1": row.recall_at_1,
            "dense_recall_at_5": row.recall_at_5,
            "dense_recall_at_10": row.recall_at_10,
            "fused_mrr": mixed.mrr,
            "fused_recall_at_10": mixed.recall_at_10,
            "ms_per_text": _milliseconds(partial(encoder.encode, texts)) / len(texts),
        }
    return found


def readers(data: Path, limit: int) -> dict[str, dict[str, float]]:
    """Return F1 (forced to answer) and the milliseconds per question of each reader graph.

    The float32 weights are the packaged ones dequantised, so ONNX Runtime quantises them a second time.
    """
    held = [e for e in load(data) if e.held_out and e.source == "squadshifts-new_wiki"]
    order = np.random.default_rng(7).permutation(len(held))[:limit]
    questions = [held[n] for n in order]
    tensors = shipped_tensors(READER_WEIGHTS / READER_GRAPH)
    model = bert_graph(bert_named(tensors), shape_of(tensors), precision="float32", head="span")
    exact: bytes = model.SerializeToString()
    tokenizer = load_tokenizer(READER_WEIGHTS / READER_VOCABULARY)
    found = {"packaged": _read(packaged_scorer(), questions)}
    found["float32"] = _read(OnnxScorer(session_of(exact), tokenizer), questions)
    quantised = ort_quantised(exact, heads=12, width=768)
    found["onnxruntime"] = _read(OnnxScorer(session_of(quantised), tokenizer), questions)
    return found


def ort_quantised(graph: bytes, *, heads: int, width: int) -> bytes:
    """Return a float32 graph after ONNX Runtime's transformer optimiser and dynamic quantiser."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    with tempfile.TemporaryDirectory() as folder:
        source, fused = Path(folder) / "float32.onnx", Path(folder) / "fused.onnx"
        target = Path(folder) / "int8.onnx"
        source.write_bytes(graph)
        optimised = optimizer.optimize_model(
            str(source), model_type="bert", num_heads=heads, hidden_size=width, opt_level=0
        )
        optimised.save_model_to_file(str(fused))
        quantize_dynamic(
            fused,
            target,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            # Shape inference does not know the fused operators' outputs.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        return target.read_bytes()


def _read(scorer: OnnxScorer, questions: Sequence[Example]) -> dict[str, float]:
    began = time.perf_counter()
    spans = spans_of(scorer, questions)
    seconds = time.perf_counter() - began
    scores = [best_f1(e, text) for e, (text, _) in zip(questions, spans, strict=True)]
    return {
        "questions": len(questions),
        "f1": statistics.fmean(scores),
        "ms_per_question": 1000 * seconds / len(questions),
    }


def _milliseconds(run: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    app()
