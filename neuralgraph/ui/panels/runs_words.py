"""How a kept run is said in the Runs panel: the columns of the table, its details, and two runs side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuralgraph.training.kept import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED, Kept

STATES: Mapping[str, tuple[str, str, str]] = {
    RUNNING: ("training", "play", "accent"),
    FINISHED: ("finished", "check-circle", "ok"),
    STOPPED: ("stopped", "stop", "text2"),
    INTERRUPTED: ("broken off", "lightning-bolt", "warning"),
    FAILED: ("failed", "alert-octagon", "error"),
}
"""The word, the icon and the colour of every state."""
NONE = float("inf")


@dataclass(frozen=True)
class Column:
    """One column: what it says of a run, and by what it is sorted."""

    title: str
    width: int
    text: Callable[[Kept], str]
    order: Callable[[Kept], Any]
    right: bool = False


def state(one: Kept) -> str:
    return STATES.get(one.state, (one.state,))[0]


def name(one: Kept) -> str:
    """The document stands beside it."""
    return one.name or f"run {one.id}"


def document(one: Kept) -> str:
    return Path(one.document).name if one.document else "not saved"


def started(one: Kept) -> str:
    """14:02 today, else 3 May 14:02, with the year where it is another one."""
    then, now = time.localtime(one.started), time.localtime()
    clock = time.strftime("%H:%M", then)
    if then[:3] == now[:3]:
        return f"today {clock}"
    year = "" if then.tm_year == now.tm_year else f" {then.tm_year}"
    return f"{then.tm_mday} {time.strftime('%b', then)}{year} {clock}"


def number(value: float | None) -> str:
    """A figure with three or four digits, a real minus sign; – where there is none."""
    if value is None or value - value != 0:
        return "–"
    return f"{value:.4g}".replace("e-0", "e-").replace("e+", "e").replace("-", "−")


def loss_of(one: Kept) -> tuple[str, float | None]:
    """The loss that counts and its name: that of validation, where there is one."""
    return next(((name, one.final[name]) for name in ("val_loss", "loss") if name in one.final), ("", None))


def metric_of(one: Kept) -> tuple[str, float | None]:
    """The first metric and its name: of validation, where there is one."""
    for name in one.begun.get("metrics", ()):
        for full in (f"val_{name}", name):
            if full in one.final:
                return full, one.final[full]
    return "", None


def figure_words(name: str, value: float | None) -> str:
    """accuracy 97.2 %: shares as people say them."""
    bare = name.removeprefix("val_").removeprefix("test_")
    if not bare:
        return "–"
    share = value is not None and "accuracy" in bare and 0 <= value <= 1
    return f"{bare} {100 * value:.1f} %" if share and value is not None else f"{bare} {number(value)}"


def figure_name(name: str) -> str:
    """«validation loss»: a figure of a run as the plots call it."""
    for sign, word in (("val_", "validation"), ("test_", "test")):
        if name.startswith(sign):
            return f"{word} {name.removeprefix(sign)}"
    return name


def _order(value: float | None) -> float:
    return NONE if value is None or value != value else value


COLUMNS: tuple[Column, ...] = (
    Column("State", 98, state, lambda one: list(STATES).index(one.state) if one.state in STATES else 9),
    Column("Name", 92, name, lambda one: (one.name.casefold(), one.id)),
    Column("Document", 116, document, lambda one: document(one).casefold()),
    Column("Started", 96, started, lambda one: (one.started, one.id)),
    Column("Epochs", 96, lambda one: f"{one.epoch} of {one.epochs}", lambda one: one.epoch, right=True),
    Column("Loss", 76, lambda one: number(loss_of(one)[1]), lambda one: _order(loss_of(one)[1]), right=True),
    Column("Metric", 134, lambda one: figure_words(*metric_of(one)), lambda one: _order(metric_of(one)[1])),
    Column("Seed", 44, lambda one: str(one.seed), lambda one: one.seed, right=True),
    Column("Device", 58, lambda one: one.device, lambda one: one.device),
    Column("Why it ended", 110, lambda one: one.reason, lambda one: one.reason.casefold()),
)


def about(one: Kept) -> str:
    """What hovering tells: what does not fit into the row."""
    lines = [f"{one.called}: {state(one)}" + (f", {one.reason}" if one.reason else "")]
    if one.document:
        lines.append(one.document)
    if one.final:
        lines.append(", ".join(f"{figure_name(name)} {number(value)}" for name, value in one.final.items()))
    if one.note:
        lines.append(f"Note: {one.note}")
    if one.thinned:
        lines.append("Its weights were thrown away to save space.")
    return "\n".join(lines)


def facts(one: Kept) -> dict[str, str]:
    """Everything that is known of a run, by name, for its details."""
    begun, best, took = one.begun, one.best, one.seconds
    rows = f"{begun.get('rows', 0):,} to learn from, {begun.get('validation_rows', 0):,} to validate"
    if begun.get("test_rows"):
        rows += f", {begun['test_rows']:,} to test"
    found = {
        "State": state(one) + (f": {one.reason}" if one.reason else ""),
        "Document": one.document or "not saved",
        "Started": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.started)),
        "Took": f"{took:.1f} s" if took < 100 else f"{took // 60:.0f} min {took % 60:.0f} s",
        "Epochs": f"{one.epoch} of {one.epochs}, {one.step:,} steps of {one.steps_per_epoch:,} an epoch",
        "Rows": rows if begun else "",
        "Parameters": f"{begun['parameters']:,}" if begun.get("parameters") else "",
        "Figures": ", ".join(f"{figure_name(name)} {number(value)}" for name, value in one.final.items()),
        "Best": f"epoch {best['epoch']}: {figure_name(best['by'])} {number(best['value'])}" if best else "",
        "Seed": str(one.seed),
        "Device": one.computed_on,
        "Goes on from": f"run {one.parent}" if one.parent else "",
        "Data": one.data,
        "Versions": ", ".join(f"{name} {value}" for name, value in one.versions.items()),
        "Weights": "thrown away to save space" if one.thinned else
                   ", ".join(one.files) + f" in {one.folder}" if one.files else "none",
        "Note": one.note,
    }
    return {name: text for name, text in found.items() if text}


def matches(one: Kept, words: str) -> bool:
    """Whether every word is somewhere in what is said of a run."""
    said = " ".join((one.called, one.document or "not saved", one.reason, one.note, state(one), one.device)).casefold()
    return all(word in said for word in words.casefold().split())


def as_text(runs: Sequence[Kept]) -> str:
    """Rows for the clipboard: what the table shows, with tabs between."""
    rows = ["\t".join(("Run", *(one.title for one in COLUMNS)))]
    rows += ["\t".join((str(one.id), *(column.text(one) for column in COLUMNS))) for one in runs]
    return "\n".join(rows)
