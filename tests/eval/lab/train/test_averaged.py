"""The mean of two files of weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from eval.lab.train.averaged import average
from rag.errors import PressciteError


def test_a_mean_by_share(tmp_path: Path) -> None:
    first, second, mean = (tmp_path / name for name in ("first", "second", "mean"))
    save_file({"a": np.array([0.0, 4.0], np.float32)}, first)
    save_file({"a": np.array([8.0, 4.0], np.float32)}, second)
    average(first, second, 0.25, mean)
    assert load_file(mean)["a"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("other", [{"b": [1.0]}, {"a": [1.0, 2.0]}])
def test_other_networks_are_not_mixed(tmp_path: Path, other: dict[str, list[float]]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    save_file({"a": np.ones(1, np.float32)}, first)
    save_file({name: np.array(values, np.float32) for name, values in other.items()}, second)
    with pytest.raises(PressciteError, match="not weights of one network"):
        average(first, second, 0.5, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
