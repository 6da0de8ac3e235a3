"""A picture as the bytes of a PNG file, so that it goes to the disk through the one writer."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage


def png(image: QImage) -> bytes:
    """The bytes of a PNG file; empty where Qt cannot make one of it."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data()) if made else b""
