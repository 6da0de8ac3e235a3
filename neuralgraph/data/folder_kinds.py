"""The data nodes that read files and folders beside tables and IDX: what each depends on, describes and delivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neuralgraph.data.cifar import Batches, cifar_files, describe_cifar, read_cifar
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.folders import Inside, arranged, places
from neuralgraph.data.npz import describe_npz, read_npz
from neuralgraph.data.pictures import SUFFIXES, describe_images, read_images
from neuralgraph.data.reading import read_texts
from neuralgraph.data.series import read_series
from neuralgraph.data.texts import text_files
from neuralgraph.spec import Spec

Given = Mapping[str, Any]
Files = Callable[[Path, Inside, Given], tuple[Path, ...]]
Read = Callable[[Path, Inside, Given], Delivery]
Describe = Callable[[Path, Inside, Given], Mapping[str, Spec]] | None
"""`path` is where the node points, `inside` lets links through; None: described by what is delivered."""


def _size(given: Given) -> tuple[int, int]:
    size = given["size"]
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _image_specs(path: Path, inside: Inside, given: Given) -> Mapping[str, Spec]:
    return describe_images(arranged(path, inside, SUFFIXES, "images"), _size(given), given["colour"])


def _images(path: Path, inside: Inside, given: Given) -> Delivery:
    found = arranged(path, inside, SUFFIXES, "images")
    return read_images(path, found, size=_size(given), colour=given["colour"], fit=given["fit"], most=given["most"],
                       together=given["together"])


def _batches(path: Path, inside: Inside, given: Given) -> Batches:
    return cifar_files(path, given["labels"], inside)


def _one(path: Path, inside: Inside, given: Given) -> tuple[Path, ...]:
    return (path,)


def _rest(given: Given) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "path"}


READERS: dict[str, tuple[Files, Read, Describe]] = {
    "ImageFolder": (lambda path, inside, given: places(path, inside), _images, _image_specs),
    "CifarBinary": (
        lambda path, inside, given: _batches(path, inside, given).all,
        lambda path, inside, given: read_cifar(_batches(path, inside, given), inside),
        lambda path, inside, given: describe_cifar(_batches(path, inside, given)),
    ),
    "Npz": (
        _one,
        lambda path, inside, given: read_npz(path, **_rest(given)),
        lambda path, inside, given: describe_npz(path, **_rest(given)),
    ),
    "TextFile": (
        lambda path, inside, given: text_files(path, given["pattern"], inside),
        lambda path, inside, given: read_texts(path, inside, _rest(given)),
        None,
    ),
    "TimeSeries": (_one, lambda path, inside, given: read_series(path, **_rest(given)), None),
}
