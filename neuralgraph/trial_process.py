"""A process that carries out trials of a search: `neuralgraph.jobs` starts it, says what to try, and hears of it."""

from __future__ import annotations

import json
import select
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.file import loads
from neuralgraph.session import Session
from neuralgraph.studies import PRUNED, Search, Trial
from neuralgraph.trials import Levers, Setting, attempt


def main() -> int:
    """Meet whoever asks, try what is asked for, until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that began the search: it says stop
    port, secret, number = sys.stdin.readline().split()
    with socket.create_connection(("127.0.0.1", int(port))) as line:
        line.sendall(f"{secret} {number}\n".encode())
        asked = Asked(line)
        about = asked.next()
        if about is None:
            return 0
        try:
            setting = _setting(about)
        except NeuralGraphError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        while (word := asked.next()) is not None:
            if "trial" in word:
                _try(setting, Trial(**{**word["trial"], "figures": ()}), asked)
    return 0


class Asked:
    """What is asked for, a line of JSON a time."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lines: list[bytes] = []
        self._rest = b""
        self.over = False

    def next(self) -> dict[str, Any] | None:
        """The next line, waited for; None where nothing comes any more."""
        while not self._lines and not self.over:
            self._read()
        return json.loads(self._lines.pop(0)) if self._lines else None

    def waiting(self) -> bool:
        """A line, or the end, is there."""
        return bool(self._lines) or self.over or bool(select.select([self._line], [], [], 0)[0])

    def tell(self, what: Mapping[str, Any]) -> None:
        try:
            self._line.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            self.over = True

    def _read(self) -> None:
        try:
            block = self._line.recv(2**16)
        except OSError:
            block = b""
        self.over = not block
        *lines, self._rest = (self._rest + block).split(b"\n")
        self._lines += lines


def _try(setting: Setting, trial: Trial, asked: Asked) -> None:
    levers = Levers()

    def look() -> None:
        while not levers.stopping and asked.waiting():
            _heed(asked.next(), levers)

    def hopeless(trial: Trial) -> bool:
        asked.tell({"trial": asdict(trial)})
        while setting.wanted.prune and not levers.stopping:
            word = asked.next()
            if word is not None and "hopeless" in word:
                return bool(word["hopeless"])
            _heed(word, levers)
        return False

    levers.courtesy = look
    last = trial
    try:
        *_, last = attempt(setting, trial, levers, hopeless)
    except Exception as error:  # told where it is asked for; the next trial may do
        first = str(error).strip().partition("\n")[0]
        last = replace(last, state=PRUNED, reason=f"{type(error).__name__}: {first}")
    asked.tell({"trial": asdict(last)})


def _heed(word: Mapping[str, Any] | None, levers: Levers) -> None:
    """Stop where that is asked for, or nobody asks any more."""
    if word is None:
        levers.stop("broken off")
    elif "stop" in word:
        levers.stop(str(word["stop"]))


def _setting(about: Mapping[str, Any]) -> Setting:
    """The document as the other process has it, that may read what the other may."""
    import numpy as np

    session = Session(loads(about["document"]).graph, path=Path(about["path"]) if about["path"] else None)
    session._suggested, session._home = about["title"], Path(about["home"]) if about["home"] else None
    session.guarded, session.agreed = about["guarded"], frozenset(about["agreed"])
    if about["model"]:
        session._bring(Path(about["model"]))
    data = None
    if about["arrays"]:
        with np.load(about["arrays"], allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
    return Setting(session, Search(**about["wanted"]), about["study"], about["device"], data, about["store"],
                   about["threads"])
