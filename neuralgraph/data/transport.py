"""Bytes from openml.org, counted and bounded, to be given up at any moment. Nothing here is used unless somebody asked.

scikit-learn fetches with `urllib.request.urlopen`; while a download is under way, that goes through these hands.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

HOST = "openml.org"
MOST_BYTES = 1 << 27
PATIENCE = 20.0
"""Seconds that the other side may be silent."""


@dataclass(slots=True)
class Download:
    """One download, seen from outside: how many bytes have come. `cancelled` ends it at the next piece."""

    bytes: int = 0
    cancelled: bool = False


class Refused(URLError):
    """It was given up here, not by the network; the reason is a sentence."""


class _Counted:
    """A response whose bytes are counted while they are read."""

    def __init__(self, response: Any, download: Download) -> None:
        self._response, self._download = response, download

    def read(self, size: int = -1) -> bytes:
        """At most a piece at a time, so that a download can be given up."""
        parts = []
        left = size
        while left:
            self._check()
            part = bytes(self._response.read(65_536 if left < 0 else min(left, 65_536)))
            self._download.bytes += len(part)
            self._check()
            parts.append(part)
            left = left - len(part) if left > 0 else left
            if not part:
                break
        return b"".join(parts)

    def _check(self) -> None:
        if self._download.cancelled:
            raise Refused("The download was given up.")
        if self._download.bytes > MOST_BYTES:
            raise Refused(f"The data set is larger than {MOST_BYTES:,} bytes, which is the most that is fetched.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)


class _Watch(urllib.request.BaseHandler):
    """Lets requests to openml.org through, unpacked, and counts what comes."""

    handler_order = 2_000

    def __init__(self, download: Download) -> None:
        self._download = download

    def https_request(self, request: urllib.request.Request) -> urllib.request.Request:
        host = urlsplit(request.full_url).hostname or ""
        if host != HOST and not host.endswith(f".{HOST}"):
            raise Refused(f"OpenML sends on to {host or 'another place'}, which nobody agreed to.")
        if self._download.cancelled:
            raise Refused("The download was given up.")
        request.remove_header("Accept-encoding")  # packed bytes could become any number of bytes
        request.timeout = PATIENCE
        return request

    def https_response(self, request: urllib.request.Request, response: Any) -> Any:
        if isinstance(response, _Counted):  # it was sent on: the last answer is counted already
            return response
        if response.info().get("Content-Encoding", "identity") not in ("", "identity"):
            raise Refused("OpenML sent packed bytes that nobody asked for.")
        return _Counted(response, self._download)

    http_request, http_response = https_request, https_response


class _Only(urllib.request.BaseHandler):
    """No other way than the web: an address may come from the other side."""

    handler_order = 100

    def file_open(self, request: urllib.request.Request) -> Any:
        raise Refused(f"OpenML sends on to {request.full_url[:60]}, which nobody agreed to.")

    ftp_open = data_open = file_open


@contextmanager
def watched(download: Download, *handlers: urllib.request.BaseHandler) -> Iterator[None]:
    """Within, `urlopen` speaks to openml.org only, and counts; `handlers` stand for the network in tests."""
    urllib.request.install_opener(urllib.request.build_opener(_Only(), _Watch(download), *handlers))
    try:
        yield
    finally:
        urllib.request.install_opener(None)  # the usual one is made again at need
