"""Writing a file all or nothing: documents, weights, exports and settings go through here.

A temporary file in the same folder, every byte counted, fsync, read again and compared, then one atomic replace and an
fsync of the folder. Whatever fails, the old file is as it was. Symbolic links are followed, permissions are kept; a
hard link is not kept (the name gets a new file).
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from neuralgraph.errors import DocumentError

SUFFIX = ".ng-tmp"
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF}


class Disk:
    """The calls that a save makes, one method each, so that a test can let any of them fail."""

    def status(self, path: Path) -> os.stat_result | None:
        """What is there now; None where there is nothing."""
        try:
            return path.stat()
        except FileNotFoundError:
            return None

    def create(self, path: Path) -> int:
        """Open a file that does not exist yet; its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)

    def reopen(self, path: Path) -> int:
        """Open a file that is there, to write on at its end; its descriptor."""
        return os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))

    def cut(self, file: int, length: int) -> None:
        """Take away what stands behind the first `length` bytes."""
        os.ftruncate(file, length)

    def permit(self, path: Path, mode: int) -> None:
        path.chmod(mode)

    def write(self, file: int, data: memoryview) -> int:
        """Write some of `data`; how many bytes were taken."""
        return os.write(file, data)

    def sync(self, file: int) -> None:
        os.fsync(file)

    def close(self, file: int) -> None:
        os.close(file)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def replace(self, path: Path, target: Path) -> None:
        path.replace(target)

    def sync_folder(self, folder: Path) -> None:
        """Make the new name last; systems that cannot (Windows, some network folders) are left alone."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)


DISK = Disk()


def write_checked(path: Path, data: bytes, *, disk: Disk = DISK) -> None:
    """Put `data` into the file `path`; where that fails a `DocumentError` says why, and the old file is untouched."""
    try:
        target = Path(os.path.realpath(path))
        old = disk.status(target)
        _refuse_target(target, old)
        spare = target.with_name(f".{secrets.token_hex(6)}{SUFFIX}")
        try:
            _fill(spare, data, old, disk)
            disk.replace(spare, target)
        except BaseException:
            with contextlib.suppress(OSError):
                disk.remove(spare)
            raise
    except OSError as error:
        raise DocumentError(
            f"{path.name} was not saved; what was there before is unchanged. {_why(error, path)}"
        ) from None
    try:
        disk.sync_folder(target.parent)
    except OSError as error:
        raise DocumentError(
            f"{path.name} was written, but the disk did not confirm that it will last. {_why(error, path)}") from None


@contextlib.contextmanager
def written_along(path: Path, *, disk: Disk = DISK) -> Iterator[IO[bytes]]:
    """A file to write to bit by bit, for what is larger than memory; it takes its name when all of it is on the disk.

    Where that fails an `OSError` says why, nothing is left over, and what was there is untouched.
    """
    spare = path.with_name(f".{secrets.token_hex(6)}{SUFFIX}")
    try:
        with os.fdopen(disk.create(spare), "wb") as file:
            yield file
            file.flush()
            disk.sync(file.fileno())
        disk.replace(spare, path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove(spare)
        raise
    disk.sync_folder(path.parent)


def _refuse_target(target: Path, old: os.stat_result | None) -> None:
    if old is None:
        return
    if not stat.S_ISREG(old.st_mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(old.st_mode) else errno.EINVAL, "not a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only")


def _fill(spare: Path, data: bytes, old: os.stat_result | None, disk: Disk) -> None:
    file = disk.create(spare)
    try:
        rest = memoryview(data)
        while rest:
            taken = disk.write(file, rest)
            if taken <= 0:
                raise OSError(errno.EIO, "the disk takes no more bytes")
            rest = rest[taken:]
        disk.sync(file)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.close(file)
        raise
    disk.close(file)
    if old is not None:
        disk.permit(spare, stat.S_IMODE(old.st_mode))
    if disk.read(spare) != data:
        raise OSError(errno.EIO, "the disk gives back other bytes than it was given")


_REASONS = {
    errno.ENOSPC: "The disk is full: free some space, or save somewhere else.",
    errno.EDQUOT: "Your quota on this disk is used up: free some space, or save somewhere else.",
    errno.EFBIG: "The disk does not take files of this size: save somewhere else.",
    errno.EACCES: "You may not write there: save somewhere else, or change the permissions of the file and its folder.",
    errno.EPERM: "You may not write there: save somewhere else, or change the permissions of the file and its folder.",
    errno.EROFS: "The disk is read-only: save somewhere else.",
    errno.EISDIR: "There is a folder of that name: choose another name.",
    errno.ENOENT: "Its folder does not exist any more: save somewhere else.",
    errno.ENOTDIR: "Its folder is not a folder: save somewhere else.",
    errno.ENAMETOOLONG: "The name is too long: choose a shorter one.",
    errno.ELOOP: "It is a link that leads back to itself: choose another name.",
}


def _why(error: OSError, path: Path) -> str:
    reason = _REASONS.get(error.errno or 0, f"The system says: {error.strerror or error}.")
    return f"{reason} (folder: {path.parent})"
