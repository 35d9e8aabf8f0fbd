"""The default embedder's graph run by OpenVINO, in float32 or in the bytes NNCF makes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino
from numpy.typing import NDArray

from embeddings.runtime import Feeds, cores
from eval.bench.layouts import Run

if TYPE_CHECKING:
    from onnx import ModelProto

Vectors = NDArray[np.float32]


def rounded(model: ModelProto, calibration: Sequence[Feeds]) -> openvino.Model:
    """Return the model in bytes, weights and activations, by NNCF's quantisation after training.

    Raises
    ------
    ImportError
        Where NNCF is not installed.
    """
    # NNCF reports each use to its makers, except where this is set; nothing here calls out.
    os.environ.setdefault("NNCF_CI", "1")
    import nncf

    nncf.set_log_level(40)
    return nncf.quantize(
        _read(model),
        nncf.Dataset(calibration),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(calibration),
    )


def runner(
    model: ModelProto | openvino.Model, hint: str, lengths: Sequence[int] = ()
) -> Callable[[Sequence[Run]], list[Vectors]]:
    """Return what runs the model: of any shape, or compiled once for each of some lengths.

    Parameters
    ----------
    hint
        ``THROUGHPUT``: a stream a core, each of one thread, and a run a stream; ``LATENCY``: one run
        at a time on all cores.
    """
    read = model if isinstance(model, openvino.Model) else _read(model)
    options: dict[str, Any] = {
        "PERFORMANCE_HINT": hint,
        "INFERENCE_NUM_THREADS": cores(),
        # Else a processor with bfloat16 would round what is called float32.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    if hint == "THROUGHPUT":
        options["NUM_STREAMS"] = cores()
    core = openvino.Core()
    queues = {}
    for length in lengths or (0,):
        fixed = read.clone()
        size = [1, length] if length else [-1, -1]
        fixed.reshape({"ids": size, "mask": size})
        queues[length] = _queue(core.compile_model(fixed, "CPU", options))

    def run(runs: Sequence[Run]) -> list[Vectors]:
        outputs: list[Vectors] = [np.empty((0, 0), np.float32)] * len(runs)
        for n, one in enumerate(runs):
            queues[one.length if lengths else 0].start_async(one.feeds, (outputs, n))
        for queue in queues.values():
            queue.wait_all()
        return outputs

    return run


def _read(model: ModelProto) -> openvino.Model:
    return openvino.Core().read_model(model.SerializeToString())


def _queue(compiled: openvino.CompiledModel) -> openvino.AsyncInferQueue:
    queue = openvino.AsyncInferQueue(compiled)

    def keep(request: Any, place: tuple[list[Vectors], int]) -> None:  # noqa: ANN401
        outputs, n = place
        outputs[n] = np.array(request.get_output_tensor(0).data, np.float32)

    queue.set_callback(keep)
    return queue
