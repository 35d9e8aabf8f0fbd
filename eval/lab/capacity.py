"""``python -m eval.lab.capacity``: bytes, memory, nodes and cost of an archive, from measured constants.

Every constant is an option; the command that measures it stands beside it in docs/scale.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import typer

GB = 1e9
_HOURS_A_MONTH = 730.0


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive is made of, in bytes a chunk.

    Attributes
    ----------
    vector
        Of one vector in memory: HNSW in float32 takes 4 d + 8 M, with links to M neighbours on each side.
    text, words
        On disk: its share of articles and offsets, and of the inverted index.
    """

    chunks: float
    vector: float
    text: float
    words: float
    replicas: int

    @property
    def memory(self) -> float:
        """Bytes of memory of all replicas."""
        return self.chunks * self.vector * self.replicas

    @property
    def disk(self) -> float:
        """Bytes on disk of all replicas."""
        return self.chunks * (self.vector + self.text + self.words) * self.replicas


def hnsw_bytes(dimension: int, links: int, value_bytes: int) -> float:
    """Return the bytes of one vector in an HNSW index: its values, and 2 M links of 4 bytes."""
    return dimension * value_bytes + 2 * links * 4


def nodes(memory: float, node: float, usable: float) -> int:
    """Return how many nodes hold some bytes of memory, where a share of each is usable."""
    return math.ceil(memory / (node * usable))


def processes(per_second: float, service: float, load: float) -> int:
    """Return how many server processes answer questions at a load below saturation."""
    return math.ceil(per_second * service / load)


def main(
    chunks: Annotated[float, typer.Option(min=1)] = 1e8,
    dimension: Annotated[int, typer.Option(min=1)] = 384,
    links: Annotated[int, typer.Option(min=1, help="M of HNSW.")] = 16,
    text_bytes: Annotated[
        float, typer.Option(min=0, help="Of a chunk: text and metadata.")
    ] = 1000.0,
    words_bytes: Annotated[float, typer.Option(min=0, help="Of a chunk: inverted index.")] = 235.0,
    replicas: Annotated[int, typer.Option(min=1)] = 2,
    node_gb: Annotated[
        float, typer.Option(min=1, help="Memory of an engine's node, 10^9 bytes.")
    ] = 64.0,
    usable: Annotated[float, typer.Option(min=0.1, max=1, help="Share of it for vectors.")] = 0.7,
    service_ms: Annotated[float, typer.Option(min=1, help="Work on a question.")] = 304.0,
    load: Annotated[float, typer.Option(min=0.05, max=0.95, help="Share of time spent.")] = 0.6,
    rate: Annotated[float, typer.Option(min=0.01, help="Questions a second.")] = 50.0,
    cores: Annotated[float, typer.Option(min=0.1, help="Of a server process.")] = 2.0,
    core_hour: Annotated[float, typer.Option(min=0, help="Price.")] = 0.04,
    gb_hour: Annotated[float, typer.Option(min=0, help="Price of memory.")] = 0.005,
    disk_gb_month: Annotated[float, typer.Option(min=0, help="Price.")] = 0.10,
    server_gb: Annotated[float, typer.Option(min=0, help="Memory of a server process.")] = 0.45,
    node_cores: Annotated[float, typer.Option(min=1, help="Of an engine's node.")] = 16.0,
) -> None:
    """Print the arithmetic of an archive, for vectors in float32 and in 8 bits."""
    print("| | float32 | 8 bits |\n|---|---|---|")
    rows: list[tuple[str, list[str]]] = [
        ("bytes a vector in memory", []), ("memory, GB", []), ("disk, GB", []),
        ("engine nodes", []), ("server processes", []), ("server cores", []),
        ("cost a month", []),
    ]  # fmt: skip
    for value_bytes in (4, 1):
        archive = Archive(
            chunks, hnsw_bytes(dimension, links, value_bytes), text_bytes, words_bytes, replicas
        )
        engine = nodes(archive.memory, node_gb * GB, usable)
        servers = processes(rate, service_ms / 1000, load)
        hour = engine * (node_cores * core_hour + node_gb * gb_hour)
        hour += servers * (cores * core_hour + server_gb * gb_hour)
        cost = hour * _HOURS_A_MONTH + archive.disk / GB * disk_gb_month
        told = [
            f"{archive.vector:,.0f}", f"{archive.memory / GB:,.0f}", f"{archive.disk / GB:,.0f}",
            f"{engine}", f"{servers}", f"{servers * cores:g}", f"{cost:,.0f}",
        ]  # fmt: skip
        for (_, cells), cell in zip(rows, told, strict=True):
            cells.append(cell)
    for name, cells in rows:
        print(f"| {name} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    typer.run(main)
