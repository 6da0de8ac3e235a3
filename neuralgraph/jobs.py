"""Several trials of a search at once, each in a process of its own; this one alone proposes and remembers.

The processes are told what to try and tell what comes of it, one line of JSON a time, over a connection on this
computer that opens with a secret. A process whose connection ends stops, so nothing outlives whoever began it.
"""

from __future__ import annotations

import json
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import IO, Any

from neuralgraph.errors import RunError
from neuralgraph.graph.file import dumps
from neuralgraph.graph.packed import is_packed
from neuralgraph.graph.ranges import Range
from neuralgraph.nodes import CATALOG
from neuralgraph.studies import BROKEN, PRUNED, Search, Study, Trial
from neuralgraph.trials import OVERDUE, STOPPED, Levers, Setting

TURN = 0.1
"""Seconds after which levers and clock are looked at again."""
PATIENCE = 10.0
"""Seconds that processes have to end their batch when all is over."""
LINE = 64 * 2**20
"""The longest line: what a trial tells is far shorter."""
START = ("import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from neuralgraph.trial_process import main; "
         "raise SystemExit(main())")
"""What a process begins with: it finds what this one finds, and nothing that lies about in the present folder."""


def side_by_side(setting: Setting, study: Study, ranges: Mapping[str, Range], levers: Levers, until: float, jobs: int
                 ) -> Iterator[Trial]:
    """Every trial when it begins, after its epochs and at its end, up to `jobs` of them at once."""
    if setting.session.catalog is not CATALOG:
        raise RunError("Several trials at once need the program's own node types. Search with jobs=1.")
    with Jobs(setting, jobs) as pool:
        left = setting.wanted.trials
        try:
            while True:
                if levers.stopping or time.monotonic() >= until:
                    left = 0
                    pool.stop(STOPPED if levers.stopping else OVERDUE)
                while left and pool.free:
                    begun = study.ask(ranges)
                    pool.begin(begun)
                    left -= 1
                    yield begun
                if not pool.busy:
                    return
                for trial in pool.hear(TURN):
                    if trial.state:
                        study.tell(trial)
                    elif study.hopeless(trial):
                        pool.give_up(trial)
                    yield trial
        except BaseException:  # nobody listens any more: what was tried is known, and is tried again
            for trial in pool.end():
                study.tell(trial)
            raise


class Jobs:
    """The processes; entered, and left without any of them."""

    def __init__(self, setting: Setting, count: int) -> None:
        self._setting, self._count = setting, count
        self._workers: list[_Worker] = []
        self._secret = secrets.token_hex(32)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._about: dict[str, Any] = {}
        self._left = ExitStack()
        self._ending = False

    def __enter__(self) -> Jobs:
        try:
            folder = self._left.enter_context(tempfile.TemporaryDirectory(prefix="neuralgraph-"))
            self._about = _about(self._setting, self._count, Path(folder))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *of: object) -> None:
        for one in self._workers:
            one.leave()
        for one in self._workers:
            one.kill()
        self._workers = []
        self._door.close()
        self._left.close()

    @property
    def busy(self) -> bool:
        return any(one.trial is not None for one in self._workers)

    @property
    def free(self) -> bool:
        """Another trial can begin."""
        return len(self._workers) < self._count or any(one.trial is None for one in self._workers)

    def begin(self, trial: Trial) -> None:
        """Have it tried."""
        worker = next((one for one in self._workers if one.trial is None), None)
        if worker is None:
            worker = _Worker(self._door.getsockname()[1], self._secret, self._about)
            self._workers.append(worker)
        worker.trial, worker.began = trial, time.monotonic()
        worker.say({"trial": asdict(trial)})

    def stop(self, reason: str) -> None:
        """End what is under way at the next batch; told once."""
        for one in self._workers:
            if one.trial is not None and not one.stopped:
                one.stopped = True
                one.say({"stop": reason})

    def give_up(self, trial: Trial) -> None:
        """It is worse than others."""
        for one in self._workers:
            if one.trial is not None and one.trial.number == trial.number:
                one.hopeless = True

    def hear(self, seconds: float) -> Iterator[Trial]:
        """What is told within so many seconds; a process that is gone has ended its trial."""
        places: dict[socket.socket, _Worker | None] = {self._door: None}
        places |= {one.line: one for one in self._workers if one.line is not None}
        for ready in select.select(list(places), [], [], seconds)[0]:
            worker = places[ready]
            self._meet() if worker is None else worker.read()
        for worker in list(self._workers):
            while worker.lines:
                yield from self._said(worker, json.loads(worker.lines.pop(0)))
        for one in [one for one in self._workers if one.gone]:
            self._workers.remove(one)
            yield from self._lost(one)

    def end(self) -> Iterator[Trial]:
        """Stop all; what becomes of each that was under way, within `PATIENCE`."""
        self._ending = True
        self.stop("broken off")
        over = time.monotonic() + PATIENCE
        while self.busy and time.monotonic() < over:
            for trial in self.hear(TURN):
                if trial.state:
                    yield trial
        for one in self._workers:
            if one.trial is not None:
                yield replace(one.trial, state=BROKEN, reason="broken off", seconds=time.monotonic() - one.began)

    def _meet(self) -> None:
        """A process comes to the door: the one that knows the secret and says who it is."""
        line, _ = self._door.accept()
        line.settimeout(5.0)
        try:
            with line.makefile("rb") as reader:
                secret, _, number = reader.readline(200).decode("ascii", "replace").strip().partition(" ")
        except OSError:
            secret, number = "", ""
        known = [one for one in self._workers if one.line is None and str(one.number) == number]
        if not known or not secrets.compare_digest(secret.encode(), self._secret.encode()):
            line.close()
            return
        line.settimeout(PATIENCE)
        known[0].meet(line)

    def _said(self, worker: _Worker, said: Mapping[str, Any]) -> Iterator[Trial]:
        trial = Trial(**{**said["trial"], "figures": tuple(said["trial"]["figures"])})
        worker.trial = trial
        if trial.state:
            worker.trial, worker.stopped, worker.hopeless = None, False, False
        yield trial
        if not trial.state and self._setting.wanted.prune:  # it waits for the word
            worker.say({"hopeless": worker.hopeless})

    def _lost(self, worker: _Worker) -> Iterator[Trial]:
        why = worker.kill()
        if worker.trial is None:
            return
        if self._ending:  # whoever ended this one may have ended that one as well, with one key
            yield replace(worker.trial, state=BROKEN, reason="broken off", seconds=time.monotonic() - worker.began)
            return
        if not worker.met:
            raise RunError(f"A process for trials did not start: {why}")
        yield replace(worker.trial, state=PRUNED, seconds=time.monotonic() - worker.began,
                      reason=f"its process ended by itself ({why}). Where memory is short, search with fewer jobs")


class _Worker:
    """A process, from here."""

    _numbers = 0

    def __init__(self, port: int, secret: str, about: Mapping[str, Any]) -> None:
        self.trial: Trial | None = None
        self.began = 0.0
        self.stopped = self.hopeless = self.met = self._over = False
        self.line: socket.socket | None = None
        self.lines: list[bytes] = []
        self._rest = b""
        self._waiting = [dict(about)]
        _Worker._numbers += 1
        self.number = _Worker._numbers
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the process is gone)
        self._process = subprocess.Popen(  # noqa: S603  (this Python, this program)
            [sys.executable, "-P", "-c", START, json.dumps(sys.path)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=self._errors, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0))
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin as way:  # not in its arguments, which all users of a computer see
            way.write(f"{port} {secret} {self.number}\n".encode())

    def meet(self, line: socket.socket) -> None:
        self.line, self.met = line, True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self.say(one)

    def say(self, what: Mapping[str, Any]) -> None:
        if self.line is None:
            self._waiting.append(dict(what))
            return
        try:
            self.line.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            self._over = True

    def read(self) -> None:
        """Take what has come; `lines` are whole."""
        assert self.line is not None
        try:
            block = self.line.recv(2**16)
        except OSError:
            block = b""
        if not block or len(self._rest) > LINE:
            self._over = True
        *lines, self._rest = (self._rest + block).split(b"\n")
        self.lines += lines

    @property
    def gone(self) -> bool:
        return self._over or (self.line is None and self._process.poll() is not None)

    def leave(self) -> None:
        """Nothing more is asked of it: it ends by itself, after its batch."""
        if self.line is not None:
            self.line.close()

    def kill(self) -> str:
        """End it, with its last words."""
        self.leave()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0 if self.met else 0.0)
        forced = self._process.poll() is None
        if forced:
            self._process.kill()
        code = self._process.wait()
        with self._errors as errors:
            errors.seek(0)
            words = [one.strip() for one in errors.read(2**20).decode(errors="replace").splitlines() if one.strip()]
        if code < 0 and not forced:
            return f"signal {signal.Signals(-code).name}"
        return words[-1][:300] if words else f"exit code {code}"


def _about(setting: Setting, jobs: int, folder: Path) -> dict[str, Any]:
    """What every process needs to know, as plain words and numbers; arrays lie in a file."""
    import numpy as np
    import torch

    session, arrays = setting.session, ""
    if setting.data is not None:
        arrays = str(folder / "arrays.npz")
        held: dict[str, Any] = {name: np.asarray(one) for name, one in setting.data.items()}
        np.savez(arrays, **held)
    path = session.path
    return {
        "document": dumps(session.graph), "path": str(path) if path is not None else None,
        "home": str(session.folder) if session.folder is not None else None, "title": session.title,
        "model": str(path) if path is not None and session.held and is_packed(path) else None,
        "guarded": session.guarded, "agreed": sorted(session.agreed), "study": setting.study,
        "wanted": _plain(setting.wanted), "device": setting.device, "arrays": arrays, "store": setting.store,
        "threads": setting.threads or max(1, torch.get_num_threads() // jobs),
    }


def _plain(wanted: Search) -> dict[str, Any]:
    names = [one.name for one in fields(wanted)]
    return {name: dict(one) if isinstance(one := getattr(wanted, name), Mapping) else one for name in names}
