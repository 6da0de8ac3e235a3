"""A trained model file: the same bytes again, and whatever is wrong with it refused by name, before it costs memory."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neuralgraph.errors import DocumentError
from neuralgraph.graph import packed
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.file import dumps, read

MEMBERS = {
    packed.GRAPH: dumps(Graph({"relu_1": Placed("relu_1", "ReLU")}, title="small")).encode(),
    packed.WEIGHTS: bytes(range(256)) * 8, packed.DATA: b"{}", packed.PICTURE: b"picture",
}


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "model.ngz"
    path.write_bytes(data)
    return path


def made(*entries: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda one: None,
         only: str = "") -> bytes:
    """A zip of these members, in good order or not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in entries:
            one = zipfile.ZipInfo(name)
            one.compress_type = zipfile.ZIP_STORED if name in packed.STORED else zipfile.ZIP_DEFLATED
            if not only or name == only:
                change(one)
            file.writestr(one, data)
    return out.getvalue()


def good() -> list[tuple[str, bytes]]:
    """Its members in their order, the manifest first."""
    with zipfile.ZipFile(io.BytesIO(packed.pack(MEMBERS))) as file:
        return [(name, file.read(name)) for name in file.namelist()]


def test_what_goes_in_comes_out_and_the_same_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.ngz"
    data = packed.write_packed(path, MEMBERS)
    assert path.read_bytes() == data == packed.pack(dict(reversed(MEMBERS.items())))
    assert packed.opened(path).everything() == MEMBERS
    assert read(path).graph.title == "small"
    assert packed.opened(written(tmp_path, made(*good()))).everything() == MEMBERS


def test_a_member_without_a_place_is_not_written() -> None:
    with pytest.raises(DocumentError, match=r"no place for 'extra\.py'"):
        packed.pack({**MEMBERS, "extra.py": b""})


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "C:\\evil", "graph.ngraph/", "run.py",
                                  "weights.pt", "GRAPH.NGRAPH", "..\\evil", ""])
def test_a_name_that_has_no_place_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"has no place in a trained model|no trained model"):
        packed.opened(written(tmp_path, made(*good(), (name, b"x"))))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"holds graph\.ngraph twice"):
        packed.opened(written(tmp_path, made(*good(), (packed.GRAPH, b"{}"))))


def link(one: zipfile.ZipInfo) -> None:
    one.external_attr = 0o120777 << 16


def folder(one: zipfile.ZipInfo) -> None:
    one.external_attr = 0o040755 << 16


def other_way(one: zipfile.ZipInfo) -> None:
    one.compress_type = zipfile.ZIP_BZIP2


@pytest.mark.parametrize(("change", "said"), [(link, "is a link or a folder"), (folder, "is a link or a folder"),
                                              (other_way, "is packed in a way that trained models are not")])
def test_links_folders_and_other_packings_are_refused(
    change: Callable[[zipfile.ZipInfo], None], said: str, tmp_path: Path
) -> None:
    with pytest.raises(DocumentError, match=f"weights.safetensors in it {said}"):
        packed.opened(written(tmp_path, made(*good(), change=change, only=packed.WEIGHTS)))


def listed(data: bytes, name: str, offset: int, value: bytes) -> bytes:
    """The same with other bytes in the list of contents, at `offset` of the entry of `name`."""
    at = data.index(b"PK\1\2")
    while data[at + 46:at + 46 + len(name)] != name.encode():
        at = data.index(b"PK\1\2", at + 4)
    return data[:at + offset] + value + data[at + offset + len(value):]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = listed(made(*good()), packed.GRAPH, 8, b"\1\0")
    with pytest.raises(DocumentError, match=r"graph\.ngraph in it is encrypted"):
        packed.opened(written(tmp_path, data))


@pytest.mark.parametrize(("size", "said"), [(2**31, "at most"), (2**25, "far too tightly")])
def test_a_size_that_would_burst_memory_is_refused_before_it_is_taken(size: int, said: str, tmp_path: Path) -> None:
    data = listed(made(*good()), packed.GRAPH, 24, struct.pack("<I", size))
    with pytest.raises(DocumentError, match=f"graph.ngraph in it .*{said}"):
        packed.opened(written(tmp_path, data))


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    entries = [(name, b" " * (30 << 20) if name == packed.GRAPH else data) for name, data in good()]
    with pytest.raises(DocumentError, match=r"graph\.ngraph in it is packed .* far too tightly"):
        packed.opened(written(tmp_path, made(*entries)))


def test_a_member_that_is_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    data = listed(made(*good()), packed.GRAPH, 24, struct.pack("<I", 10))
    with pytest.raises(DocumentError, match=r"graph\.ngraph in it is damaged"):
        packed.opened(written(tmp_path, data)).take(packed.GRAPH)


def test_a_long_list_of_contents_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="list of contents has 300 entries"):
        packed.opened(written(tmp_path, made(*((f"{n}", b"") for n in range(300)))))


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    data = made(*good())
    size = len(data)
    for name in (packed.WEIGHTS, packed.PICTURE):
        data = listed(data, name, 20, struct.pack("<II", size, size))
    with pytest.raises(DocumentError, match=r"overlap|damaged|no trained model"):
        packed.opened(written(tmp_path, data)).everything()


@pytest.mark.parametrize(("manifest", "said"), [
    (b"not json", "manifest.json in it is damaged"), (b"[]", "does not list"), (b"{}", "does not list"),
    (b'{"format": 2, "members": {}}', "newer NeuralGraph"), (b'{"format": true, "members": {}}', "does not list"),
    (b'{"format": 1, "members": {}}', "only in one of them"),
    (b'{"format": 1, "members": {"graph.ngraph": {"bytes": "1", "sha256": ""}}}', "does not list"),
    (b'{"format": 1, "format": 1, "members": {}}', "manifest.json in it is damaged"),
])
def test_a_manifest_that_does_not_fit_is_refused(manifest: bytes, said: str, tmp_path: Path) -> None:
    entries = [(name, manifest if name == packed.MANIFEST else data) for name, data in good()]
    with pytest.raises(DocumentError, match=said):
        packed.opened(written(tmp_path, made(*entries)))


def test_other_bytes_than_the_manifest_tells_of_are_refused_by_name(tmp_path: Path) -> None:
    for damaged in MEMBERS:
        entries = [(name, data[:-1] + b"?" if name == damaged else data) for name, data in good()]
        file = packed.opened(written(tmp_path, made(*entries)))
        with pytest.raises(DocumentError, match=f"{damaged} in it is damaged: its bytes are not those"):
            file.take(damaged)


@pytest.mark.parametrize("lost", [packed.MANIFEST, packed.GRAPH])
def test_what_every_model_has_must_be_there(lost: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=f"{lost} is missing"):
        packed.opened(written(tmp_path, made(*(one for one in good() if one[0] != lost))))


def test_flipped_and_cut_files_never_give_other_bytes(tmp_path: Path) -> None:
    data, rng = packed.pack(MEMBERS), random.Random(0)
    refused = 0
    for turn in range(400):
        at = rng.randrange(len(data))
        bad = data[:at] if turn % 4 == 0 else data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1:]
        try:
            found = packed.opened(written(tmp_path, bad)).everything()
        except DocumentError as error:
            refused += 1
            assert "model.ngz cannot be opened" in str(error)
        else:
            assert found == MEMBERS  # a date or the like, of which nothing depends
    assert refused > 300


def test_noise_is_no_model(tmp_path: Path) -> None:
    for seed in range(50):
        noise = random.Random(seed).randbytes(200)
        with pytest.raises(DocumentError, match="no trained model"):
            packed.opened(written(tmp_path, noise + b"PK\5\6" + noise[:18] if seed % 2 else noise))
    with pytest.raises(DocumentError, match="There is no file"):
        packed.opened(tmp_path / "none.ngz")
    with pytest.raises(DocumentError, match="It is a folder"):
        packed.opened(tmp_path)
