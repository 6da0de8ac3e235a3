"""A lock that the system frees when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys

_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_FAR = 1 << 40
"""Windows locks bytes, and nobody reads so far."""


def hold(file: int) -> bool:
    """Take the lock of an open file for as long as it stays open; False where another process has it.

    Where the file system has no locks nobody can have it: True.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            here = os.lseek(file, 0, os.SEEK_CUR)
            os.lseek(file, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(file, here, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN
    return True
