"""A stand-in for openml.org: the few answers that scikit-learn asks for, without a socket."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.request
from email.message import Message
from typing import Any
from urllib.error import URLError
from urllib.response import addinfourl

ARFF = """@RELATION tiny
@ATTRIBUTE size REAL
@ATTRIBUTE kind {1,2,3}
@ATTRIBUTE answer {no,yes}
@DATA
1.5,1,yes
2.5,2,no
?,3,yes
4.5,1,no
"""
FEATURES = (("size", "numeric", False, 1), ("kind", "nominal", False, 0), ("answer", "nominal", True, 0))


def answers(arff: str = ARFF, *, url: str = "https://data.openml.org/tiny.arff") -> dict[str, Any]:
    """What stands at each address, by the end of its path."""
    feature = [{"index": str(at), "name": name, "data_type": kind, "is_target": str(target).lower(),
                "is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": str(gaps)}
               for at, (name, kind, target, gaps) in enumerate(FEATURES)]
    about = {"id": "7", "name": "tiny", "version": "3", "description": "A tiny set.", "format": "ARFF",
             "licence": "CC0", "status": "active", "url": url, "file_id": "70",
             "md5_checksum": hashlib.md5(arff.encode()).hexdigest()}
    return {
        "data_name/tiny/limit/2/status/active/": {"data": {"dataset": [{"did": 7, "version": 3, "status": "active"}]}},
        "data_name/tiny/limit/2/data_version/3": {"data": {"dataset": [{"did": 7, "version": 3, "status": "active"}]}},
        "json/data/7": {"data_set_description": about},
        "features/7": {"data_features": {"feature": feature}},
        "qualities/7": {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "4.0"}]}},
        "tiny.arff": arff,
    }


class FakeOpenML(urllib.request.HTTPSHandler):
    """Answers instead of the network; `asked` are the addresses, `down` says why there is no network."""

    def __init__(self, known: dict[str, Any] | None = None, *, down: str = "", code: int = 200,
                 encoding: str = "") -> None:
        super().__init__()
        self.known = answers() if known is None else known
        self.down, self.code, self.encoding = down, code, encoding
        self.asked: list[str] = []

    def https_open(self, request: urllib.request.Request) -> Any:
        self.asked.append(request.full_url)
        if self.down:
            raise URLError(self.down)
        found = next((one for end, one in self.known.items() if request.full_url.endswith(end)), None)
        head = Message()
        if self.encoding:
            head["Content-Encoding"] = self.encoding
        code = self.code if self.code != 200 else 412 if found is None else 200
        if isinstance(found, str) and found.startswith("https://"):
            head["Location"], code = found, 302
        data = found.encode() if isinstance(found, str) else json.dumps(found).encode()
        made = addinfourl(io.BytesIO(data), head, request.full_url, code)
        made.msg = "as told"  # type: ignore[attr-defined]
        return made
