"""A trained model as one file, `.ngz`: a zip of data with a closed list of names, every size bounded before it is used.

`manifest.json` names the format and gives length and SHA-256 of every other member; nothing is read that it does not
tell of, and what differs from it is refused with its name. Nothing is ever unpacked to the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.limits import LIMITS
from neuralgraph.graph.save import DISK, Disk, write_checked
from neuralgraph.graph.strictjson import parse

SUFFIX = ".ngz"
FORMAT = 1
MANIFEST, GRAPH, WEIGHTS, CHECKPOINT = "manifest.json", "graph.ngraph", "weights.safetensors", "checkpoint.safetensors"
DATA, ROWS, PICTURE = "data.json", "data.safetensors", "picture.png"
MOST: Mapping[str, int] = {
    MANIFEST: 1 << 20, GRAPH: LIMITS["bytes"].most, WEIGHTS: 10**9, CHECKPOINT: 10**9, DATA: 1 << 25, ROWS: 1 << 25,
    PICTURE: 1 << 24,
}
"""The members there can be, and the most bytes of each."""
STORED = (WEIGHTS, CHECKPOINT, ROWS, PICTURE)
"""Members that are never compressed: they are as long in the file as in memory."""
RATIO = 200
"""A compressed member is at most so many times as long as in the file, beyond its first 64 KiB."""
MEMBERS, LISTED = 16, 1 << 14
"""Entries and bytes of the list of contents, at most."""
_WHEN = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def is_packed(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == SUFFIX


def pack(members: Mapping[str, bytes]) -> bytes:
    """The file that holds these members: the same members, the same bytes. `DocumentError` where one is too large."""
    entries = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()}
    manifest = json.dumps({"format": FORMAT, "members": entries}, sort_keys=True, indent=1).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in (one for one in MOST if one == MANIFEST or one in members):
            data = manifest if name == MANIFEST else members[name]
            if len(data) > MOST[name]:
                raise DocumentError(f"The model was not saved: {name} takes {len(data):,} bytes, and at most "
                                    f"{MOST[name]:,} fit into one file.")
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_STORED if name in STORED else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            file.writestr(entry, data, compresslevel=6)
    if stray := set(members) - set(MOST):
        raise DocumentError(f"The model was not saved: there is no place for {sorted(stray)[0]!r} in it.")
    return out.getvalue()


def write_packed(path: Path, members: Mapping[str, bytes], *, disk: Disk = DISK) -> bytes:
    """Put them into a file: read back before the disk is touched, and all or nothing there. The bytes written."""
    data = pack(members)
    Packed(io.BytesIO(data), path.name, len(data)).everything()
    write_checked(path, data, disk=disk)
    return data


def opened(path: Path) -> Packed:
    """The file, its list of contents checked; a `DocumentError` where it is none, or asks for more than it may."""
    try:
        if not path.is_file():
            reason = "It is a folder." if path.is_dir() else f"There is no file of that name in {path.parent}."
            raise DocumentError(f"{path.name} cannot be opened. {reason}")
        size = path.stat().st_size
        if size > sum(MOST.values()):
            raise DocumentError(f"{path.name} cannot be opened. It has {size:,} bytes, and a trained model has at most "
                                f"{sum(MOST.values()):,}.")
        return Packed(path, path.name, size)
    except OSError as error:
        raise DocumentError(f"{path.name} cannot be opened. {error.strerror or error}.") from None


class Packed:
    """A trained model file. `take` gives a member whose length and digest are as the manifest says."""

    def __init__(self, source: Path | io.BytesIO, name: str, size: int) -> None:
        self._source, self.name = source, name
        try:
            with self._file() as file:
                self._entries = self._listed(file, size)
                manifest = self._read(file, MANIFEST)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
                UnicodeDecodeError) as error:
            raise self._refused(f"It is no trained model, or was cut off: {str(error)[:160]}.") from None
        self.manifest = self._told(manifest)

    @property
    def names(self) -> tuple[str, ...]:
        """The members there are, without the manifest."""
        return tuple(name for name in self._entries if name != MANIFEST)

    def take(self, name: str) -> bytes:
        """A member; `DocumentError` names it where it is missing or damaged."""
        if name not in self._entries:
            raise self._refused(f"{name} is missing in it.")
        try:
            with self._file() as file:
                data = self._read(file, name)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
                OSError) as error:
            raise self._refused(f"{name} in it is damaged: {str(error)[:160]}.") from None
        told = self.manifest[name]
        if len(data) != told["bytes"] or hashlib.sha256(data).hexdigest() != told["sha256"]:
            raise self._refused(f"{name} in it is damaged: its bytes are not those that were saved.")
        return data

    def everything(self) -> dict[str, bytes]:
        """Every member, all of them whole."""
        return {name: self.take(name) for name in self.names}

    def _file(self) -> zipfile.ZipFile:
        if isinstance(self._source, io.BytesIO):
            _bounded(self._source.getvalue()[-42:])
        else:
            with self._source.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - 42))
                _bounded(file.read(42))
        return zipfile.ZipFile(self._source)

    def _listed(self, file: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
        """The members by name, when every one of them may be read."""
        found: dict[str, zipfile.ZipInfo] = {}
        infos = file.infolist()
        for one in infos:
            name = one.orig_filename
            if name not in MOST:
                raise self._refused(f"It holds {name[:80]!r}, which has no place in a trained model.")
            if name in found:
                raise self._refused(f"It holds {name} twice.")
            self._allowed(name, one)
            found[name] = one
        if sum(one.compress_size for one in infos) > size:
            raise self._refused("Its members overlap: together they are longer than the file.")
        for name in (MANIFEST, GRAPH):
            if name not in found:
                raise self._refused(f"{name} is missing in it, so it is no trained model.")
        return found

    def _allowed(self, name: str, one: zipfile.ZipInfo) -> None:
        kind = one.external_attr >> 28
        if one.flag_bits & _ENCRYPTED:
            raise self._refused(f"{name} in it is encrypted.")
        if kind not in (0, 0o10) or one.is_dir():
            raise self._refused(f"{name} in it is a link or a folder, not a file.")
        if one.file_size > MOST[name]:
            raise self._refused(f"{name} in it has {one.file_size:,} bytes; at most {MOST[name]:,} are read.")
        wanted = zipfile.ZIP_STORED if name in STORED else zipfile.ZIP_DEFLATED
        if one.compress_type != wanted:
            raise self._refused(f"{name} in it is packed in a way that trained models are not.")
        if one.file_size > RATIO * one.compress_size + (1 << 16):
            raise self._refused(f"{name} in it is packed {one.file_size:,} to {one.compress_size:,}, far too tightly.")

    def _read(self, file: zipfile.ZipFile, name: str) -> bytes:
        entry = self._entries[name]
        with file.open(entry) as one:
            data = one.read(entry.file_size + 1)
        if len(data) != entry.file_size:
            raise zipfile.BadZipFile(f"{name} has another length than its list of contents says")
        return data

    def _told(self, data: bytes) -> dict[str, dict[str, Any]]:
        """What the manifest says of the members."""
        try:
            found = parse(data)
        except DocumentError as error:
            raise self._refused(f"{MANIFEST} in it is damaged: {error}") from None
        number = found.get("format") if isinstance(found, dict) else None
        if type(number) is not int:
            raise self._refused(f"{MANIFEST} in it is damaged: it does not list the members.")
        if number > FORMAT:
            raise self._refused(f"It was written by a newer NeuralGraph (format {number}; this one knows {FORMAT}).")
        members = found.get("members") if isinstance(found, dict) and number == FORMAT else None
        if not isinstance(members, dict) or len(found) != 2 or not all(map(_entry, members.values())):
            raise self._refused(f"{MANIFEST} in it is damaged: it does not list the members.")
        if set(members) != set(self.names):
            odd = sorted(set(members) ^ set(self.names))[0]
            raise self._refused(f"{MANIFEST} and the contents differ: {odd[:80]!r} is only in one of them.")
        return dict(members)

    def _refused(self, why: str) -> DocumentError:
        return DocumentError(f"{self.name} cannot be opened. {why}")


def _entry(one: Any) -> bool:
    return (isinstance(one, dict) and set(one) == {"bytes", "sha256"} and type(one["bytes"]) is int
            and isinstance(one["sha256"], str) and bool(_DIGEST.match(one["sha256"])))


def _bounded(end: bytes) -> None:
    """The list of contents is read as a whole by the library: its length, the last words of the file, comes first."""
    if len(end) < 22 or end[-22:-18] != b"PK\5\6" or end[-2:] != b"\0\0":
        raise zipfile.BadZipFile("it does not end in a list of contents")
    count, length = struct.unpack_from("<H", end, len(end) - 12)[0], struct.unpack_from("<I", end, len(end) - 10)[0]
    if count > MEMBERS or length > LISTED or end[-42:-38] == b"PK\6\7":
        raise zipfile.BadZipFile(f"its list of contents has {count:,} entries of {length:,} bytes, more than a trained "
                                 "model has")
