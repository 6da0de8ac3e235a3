"""The Runs panel: what it lists, finds and sorts, what its commands do, and how quick it stays."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QLineEdit, QPushButton

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.training.store import Store, transaction
from neuralgraph.ui import dialogs, run_commands
from neuralgraph.ui.panels.runs_words import COLUMNS, figure_words, number
from neuralgraph.ui.window import MainWindow
from tests.ui.test_words_are_text import rich

Open = Callable[..., MainWindow]
TITLES = [one.title for one in COLUMNS]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield Store()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A document with two runs, and a run of another one that has no file."""
    path = tmp_path / "iris.ngraph"
    ng.save(ng.load("examples/iris.ngraph"), path)
    ng.train(ng.load(path), epochs=2, seed=1, store=True)
    ng.train(ng.load(path), epochs=3, seed=2, lr=0.1, store=True)
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    g.add("CrossEntropyLoss", g.add("Linear", data["x"], out_features=3), data["y"], id="loss")
    ng.train(g, epochs=1, store=True)
    return path


@pytest.fixture
def bench(qtbot: Any, window: Open, file: Path) -> Any:
    one = window(file=file).bench
    one.runs.show()
    qtbot.waitUntil(lambda: bool(one.runs.panel.table.runs.shown), timeout=5000)
    return one


def ids(bench: Any) -> list[int]:
    return [one.id for one in bench.runs.panel.table.runs.shown]


def cells(bench: Any, title: str) -> list[str]:
    model = bench.runs.panel.table.runs
    return [model.index(row, TITLES.index(title)).data() for row in range(model.rowCount())]


def choose(bench: Any, *wanted: int) -> None:
    bench.runs.panel.table.select(wanted)
    assert sorted(one.id for one in bench.runs.chosen) == sorted(wanted)


def do(bench: Any, id: str) -> None:
    assert bench.actions[id].isEnabled(), id
    bench.actions[id].trigger()


def opened(bench: Any, title: str) -> QDialog:
    (found,) = [one for one in bench.window.findChildren(QDialog) if title in one.windowTitle()]
    assert isinstance(found, QDialog)
    return found


def said(dialog: QDialog) -> str:
    return "\n".join(one.text() for one in dialog.findChildren(QLabel))


def press(dialog: QDialog, label: str) -> None:
    next(one for one in dialog.findChildren(QPushButton) if one.text() == label).click()


def test_it_lists_runs_of_all_documents_or_of_this_one(bench: Any) -> None:
    panel = bench.runs.panel
    assert ids(bench) == [3, 2, 1] and panel.count.text() == "3 runs"
    assert cells(bench, "State") == ["finished"] * 3 and cells(bench, "Epochs") == ["1 of 1", "3 of 3", "2 of 2"]
    assert cells(bench, "Document") == ["not saved", "iris.ngraph", "iris.ngraph"]
    assert cells(bench, "Why it ended")[0] == "its one epoch is done" and cells(bench, "Seed") == ["0", "2", "1"]
    kept = Store().get(2)
    assert cells(bench, "Loss")[1] == number(kept.final["val_loss"])
    assert cells(bench, "Metric")[1] == figure_words("val_accuracy", kept.final["val_accuracy"])
    panel.scope.setCurrentIndex(1)
    assert ids(bench) == [2, 1] and panel.count.text() == "2 of 3 runs"
    (tab,) = [one for one in bench.docks.bottom._tabs.values() if one.key == "runs"]
    assert tab.count == 2, "the pill counts the runs of this document"


def test_it_is_searched_and_sorted_and_says_where_nothing_is_found(qtbot: Any, bench: Any) -> None:
    panel = bench.runs.panel
    for title, wanted in (("Seed", [3, 1, 2]), ("Epochs", [3, 1, 2]), ("Started", [1, 2, 3])):
        panel.table.sortByColumn(TITLES.index(title), Qt.SortOrder.AscendingOrder)
        assert ids(bench) == wanted, title
        panel.table.sortByColumn(TITLES.index(title), Qt.SortOrder.DescendingOrder)
        assert ids(bench) == wanted[::-1], title
    losses = [Store().get(id).final["val_loss"] for id in ids(bench)]
    panel.table.sortByColumn(TITLES.index("Loss"), Qt.SortOrder.AscendingOrder)
    assert cells(bench, "Loss") == [number(one) for one in sorted(losses)]  # type: ignore[type-var]
    choose(bench, 2)
    panel.search.setText("iris.ngraph FINISHED")
    assert sorted(ids(bench)) == [1, 2] and [one.id for one in bench.runs.chosen] == [2], "what is chosen stays so"
    panel.search.setText("nowhere")
    assert panel.notice.isVisible() and "No run has these words" in panel.notice.title.text()
    qtbot.mouseClick(panel.notice.button, Qt.MouseButton.LeftButton)
    assert len(ids(bench)) == 3 and panel.table.isVisible()


def test_without_runs_it_says_what_fills_it(qtbot: Any, window: Open, store: Store) -> None:
    one = window("xor").bench
    assert not one.actions["runs_delete"].isEnabled() and one.actions["runs_follow"].isEnabled()
    one.runs.show()
    qtbot.waitUntil(lambda: "No runs are kept yet" in one.runs.panel.notice.title.text(), timeout=5000)
    assert "Press Train" in one.runs.panel.notice.hint.text() and not store.folder.exists()


def test_a_store_that_cannot_be_read_is_said_and_tried_again(
    qtbot: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> dict[int, tuple[Any, ...]]:
        raise RunError("You may not write there: change the permissions of the folder.")

    panel = bench.runs.panel
    with monkeypatch.context() as patched:
        patched.setattr(Store, "glance", broken)
        bench.runs.look()
        assert panel.notice.isVisible() and "permissions" in panel.notice.hint.text()
    qtbot.mouseClick(panel.notice.button, Qt.MouseButton.LeftButton)
    assert panel.table.isVisible() and len(ids(bench)) == 3


def test_a_run_of_this_window_is_live_in_it(qtbot: Any, bench: Any) -> None:
    bench.training.one_batch()
    qtbot.waitUntil(lambda: bench.training.state.phase == "paused", timeout=30000)
    bench.runs.look()
    assert ids(bench)[0] == 4 and cells(bench, "State")[0] == "training"
    choose(bench, 4)
    for id in ("runs_delete", "runs_weights", "runs_go_on"):
        assert not bench.actions[id].isEnabled(), id
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=10000)
    assert cells(bench, "State")[0] == "stopped" and cells(bench, "Why it ended")[0] == "stopped by you"
    assert bench.actions["runs_go_on"].isEnabled() and [one.id for one in bench.runs.chosen] == [4]
    do(bench, "runs_go_on")
    qtbot.waitUntil(lambda: not bench.bridge.running and Store().get(4).state == "finished", timeout=60000)


def test_what_another_process_changes_is_seen(qtbot: Any, bench: Any, store: Store) -> None:
    store.change(2, name="the good one")
    qtbot.waitUntil(lambda: "the good one" in cells(bench, "Name"), timeout=3000)
    store.delete(1)
    qtbot.waitUntil(lambda: ids(bench) == [3, 2], timeout=3000)
    bench.docks.bottom.open("log")
    qtbot.waitUntil(lambda: not bench.runs._pulse.on, timeout=3000)


def test_rename_note_keep_copy_and_details(qtbot: Any, bench: Any, store: Store) -> None:
    table = bench.runs.panel.table
    choose(bench, 2)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    dialog = opened(bench, "Rename run 2")
    dialog.findChild(QLineEdit).setText("  quick ")
    press(dialog, "Save")
    assert store.get(2).name == "quick" and "quick" in cells(bench, "Name")
    do(bench, "runs_note")
    dialog = opened(bench, "Note on run 2")
    dialog.findChild(QLineEdit).setText("rate × 10")
    press(dialog, "Save")
    assert store.get(2).note == "rate × 10"
    do(bench, "runs_keep")
    assert store.get(2).pinned and bench.actions["runs_keep"].text() == "Let go of it"
    do(bench, "runs_keep")
    assert not store.get(2).pinned
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert len(rows) == 2 and rows[0][1:] == TITLES and rows[1][:3] == ["2", "finished", "quick"]
    qtbot.keyClick(table, Qt.Key.Key_Return)
    text = said(opened(bench, "quick, run 2"))
    assert "rate × 10" in text and "all 3 epochs are done" in text and "1 thread" in text


def test_compare_overlays_the_curves_and_lists_what_differs(bench: Any, store: Store) -> None:
    choose(bench, 1)
    assert not bench.actions["runs_compare"].isEnabled()
    choose(bench, 1, 2)
    do(bench, "runs_compare")
    plots = bench.docks.bottom.page_of("plots")
    assert bench.docks.bottom.current() == "plots" and [one.name for one in plots.pinned] == ["run 1", "run 2"]
    kinds = [(one.name, one.kind) for one in plots.curves("loss")]
    assert kinds == [("run 1", "ghost"), ("run 2", "ghost 2")]
    for run, curves in zip((1, 2), plots.pinned, strict=True):
        steps, losses = store.curves(run)["loss"]
        assert curves.figures["loss"].train.values().tolist() == losses.tolist()
        assert curves.figures["loss"].train.x("step").tolist() == steps.tolist()
    text = said(opened(bench, "2 runs compared"))
    assert "seed 1 → 2" in text and "epochs 2 → 3" in text and "From run 1 to run 2" in text
    assert number(store.get(1).final["val_loss"]) in text
    assert "validation loss" in text and "val_loss" not in text, "as the plots call it"
    lines = [line.split(",") for line in plots.csv().splitlines()]
    assert {one[1].strip('" ') for one in lines if one[0] == '"Loss'} == {"run 1", "run 2"}
    assert plots.views["left"]._end == 3.0, "the longer of both is seen to its end"
    plots.pin(on=False)
    bench.runs.show()
    choose(bench, 3)
    do(bench, "runs_pin")
    assert [one.name for one in plots.pinned] == ["run 3"]


def test_the_legend_never_widens_the_window(bench: Any, store: Store) -> None:
    store.change(1, name="a name that is so long that nobody would want all of it in a legend")
    bench.runs.look()
    before = bench.docks.bottom.minimumSizeHint().width()
    choose(bench, 1, 2, 3)
    do(bench, "runs_compare")
    assert bench.docks.bottom.minimumSizeHint().width() <= max(before, 400)
    assert all(len(one.name) <= 16 for one in bench.docks.bottom.page_of("plots").curves("loss"))


def test_weights_are_taken_and_a_run_opens_as_it_was(qtbot: Any, bench: Any, store: Store) -> None:
    import torch
    from safetensors.torch import load_file

    choose(bench, 2)
    do(bench, "runs_weights")
    want = load_file(store.get(2).files["last"])
    have = bench.session.program.state_dict()
    assert want.keys() == have.keys() and all(torch.equal(have[name], want[name]) for name in want)
    do(bench, "runs_best")
    best = load_file(store.get(2).files["best"])
    assert all(torch.equal(bench.session.program.state_dict()[name], best[name]) for name in best)
    choose(bench, 3)
    before = bench.session
    bench.documents.another = lambda: bench.documents
    do(bench, "runs_as_it_was")
    assert bench.session is not before and bench.session.path is None and "run 3" in bench.session.title
    assert bench.session.graph == store.graph(3)
    assert bench.session.moments.last == store.get(3).step and bench.session.moments.first == 0
    last = load_file(store.get(3).files["last"])
    assert all(torch.equal(bench.session.program.state_dict()[name], last[name]) for name in last)


def test_deleting_asks_and_can_be_undone_and_then_is_done(
    qtbot: Any, bench: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = [], [-1, 0, 0]
    monkeypatch.setattr(dialogs, "choose", lambda _parent, *words: asked.append(words) or answers.pop(0))
    panel = bench.runs.panel
    store.change(1, pinned=1)
    bench.runs.look()
    choose(bench, 1, 2)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert asked[0][0] == "Delete 2 runs?" and "kept for good" in asked[0][1] and len(ids(bench)) == 3
    do(bench, "runs_delete")
    assert ids(bench) == [3] and len(store.runs()) == 3 and "2 runs deleted" in panel.said.text()
    qtbot.mouseClick(panel._foot.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert ids(bench) == [3, 2, 1] and sorted(one.id for one in bench.runs.chosen) == [1, 2]
    assert not panel._foot.isVisible()
    monkeypatch.setattr(run_commands, "REGRET", 50)
    choose(bench, 2)
    do(bench, "runs_delete")
    qtbot.waitUntil(lambda: [one.id for one in store.runs()] == [3, 1], timeout=3000)
    assert ids(bench) == [3, 1] and not panel._foot.isVisible() and not store.folder_of(2).exists()


def test_closing_the_window_finishes_deleting(bench: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogs, "choose", lambda *_words: 0)
    choose(bench, 3)
    do(bench, "runs_delete")
    bench.runs.close()
    assert [one.id for one in store.runs()] == [2, 1]


def test_exports(bench: Any, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.training import tensorboard
    from neuralgraph.training.plotted import as_csv

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "numbers.csv"), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "log"))
    choose(bench, 2)
    do(bench, "runs_csv")
    assert (tmp_path / "numbers.csv").read_text() == as_csv(store, 2)
    monkeypatch.setattr(tensorboard, "find_spec", lambda _name: None)
    do(bench, "runs_tensorboard")
    assert "neuralgraph[tensorboard]" in bench.log.text() and bench.docks.bottom.current() == "log"
    monkeypatch.undo()
    pytest.importorskip("tensorboard", reason="the extra «tensorboard» is not installed")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "log"))


def test_the_log_of_several_runs(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboard", reason="the extra «tensorboard» is not installed")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "log"))
    choose(bench, 1, 2)
    do(bench, "runs_tensorboard")
    assert sorted(one.name.split("-")[1] for one in (tmp_path / "log").iterdir()) == ["1", "2"]
    assert "tensorboard --logdir" in bench.log.text()


def test_both_themes_and_a_larger_text(bench: Any) -> None:
    from neuralgraph.tokens import DARK, LIGHT

    panel = bench.runs.panel
    bench.runs.follower.begin(2)
    for tokens in (DARK, LIGHT):
        bench.theme.set_tokens(tokens)
        icon = panel.table.runs.index(0, 0).data(Qt.ItemDataRole.DecorationRole)
        picture = icon.pixmap(16, 16).toImage()
        assert picture.pixelColor(8, 2).name().upper() == tokens.ok
        assert tokens.text2 in panel.count.styleSheet() and tokens.text in bench.runs.follower._strip.words.styleSheet()
    before = panel.table.verticalHeader().defaultSectionSize()
    bench.theme.set_scale(1.5)
    assert panel.table.verticalHeader().defaultSectionSize() > before
    bench.theme.set_scale(1.0)
    bench.runs.follower.stop()


def test_two_of_one_name_stay_two_curves(bench: Any, store: Store) -> None:
    for id in (1, 2):
        store.change(id, name="the same")
    bench.runs.look()
    choose(bench, 1, 2)
    do(bench, "runs_compare")
    plots = bench.docks.bottom.page_of("plots")
    assert [one.name for one in plots.curves("loss")] == ["1 · the same", "2 · the same"]


def test_the_words_of_a_run_are_text(qtbot: Any, bench: Any, store: Store) -> None:
    evil = "<img src='file:///etc/hostname'><b>bold</b>"
    store.change(1, name=evil, note=evil, title=evil, reason=evil, document=f"/{evil[:20]}", device=evil)
    live = store.folder_of(1) / "live.jsonl"
    first, *rest = live.read_text().splitlines()
    live.write_text("\n".join([json.dumps({**json.loads(first), "title": evil, "host": evil}), *rest]) + "\n")
    bench.runs.look()
    choose(bench, 1, 2)
    do(bench, "runs_compare")
    bench.runs.show()
    choose(bench, 1)
    do(bench, "runs_details")
    do(bench, "runs_rename")
    bench.runs.follower.begin(1)
    qtbot.waitUntil(lambda: "finished" in bench.runs.follower._strip.words.text(), timeout=5000)
    model = bench.runs.panel.table.runs
    tips = [model.index(model.row_of(1), column).data(Qt.ItemDataRole.ToolTipRole) for column in range(len(TITLES))]
    assert all("&lt;img" in one and "<img" not in one for one in tips)
    assert rich(bench.window) == [] and sum("<img" in one.text() for one in bench.window.findChildren(QLabel)) > 5
    bench.runs.follower.stop()


def test_a_context_menu_has_the_commands(qtbot: Any, bench: Any) -> None:
    from PySide6.QtWidgets import QApplication, QMenu

    choose(bench, 1)
    bench.runs.panel.table.menu.emit(bench.window.mapToGlobal(bench.window.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [one.objectName() for one in menu.actions() if not one.isSeparator()][:2] == ["runs_details", "runs_copy"]
    menu.close()


def test_a_run_that_fails_before_it_begins_is_in_the_list(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window("xor").bench
    one.runs.show()
    one.session.compile = lambda **_: (_ for _ in ()).throw(RunError("There is no room for it."))
    one.training.toggle()
    qtbot.waitUntil(lambda: not one.bridge.running, timeout=20000)
    qtbot.waitUntil(lambda: cells(one, "State") == ["failed"], timeout=5000)
    assert cells(one, "Why it ended") == ["There is no room for it."]


def test_a_thousand_runs_stay_quick(qtbot: Any, bench: Any, store: Store) -> None:
    db = store.connect()
    with transaction(db):
        for number_ in range(1000):
            db.execute("INSERT INTO runs (title, state, started, epochs, final, begun, versions) VALUES "
                       "(?, 'finished', ?, 20, ?, '{\"metrics\": [\"accuracy\"]}', '{\"torch\": \"2\"}')",
                       (f"run {number_}", number_, f'{{"loss": {1 / (number_ + 1)}, "accuracy": 0.5}}'))
    db.close()
    panel = bench.runs.panel
    begin = time.thread_time()
    bench.runs.look()
    read = time.thread_time() - begin
    assert len(ids(bench)) == 1003 and read < 0.5, read
    for work in (bench.runs.look, lambda: panel.search.setText("run 99"),
                 lambda: panel.table.sortByColumn(TITLES.index("Loss"), Qt.SortOrder.AscendingOrder)):
        begin = time.thread_time()
        work()
        assert time.thread_time() - begin < 0.1


SLOW = """
import sys, time
import neuralgraph as ng
g = ng.load("examples/digits-mlp.ngraph")
for event in ng.fit(g, store=True, epochs=100000):
    if type(event).__name__ == "Started": print(g.session.run.id, flush=True)
    time.sleep(0.005)
"""


def test_a_run_of_another_process_is_followed_until_it_is_killed(qtbot: Any, window: Open, store: Store) -> None:
    one = window("xor").bench
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            id = int(process.stdout.readline())
            do(one, "runs_follow")
            dialog = opened(one, "Follow a run")
            assert dialog.list.count() == 1 and "epoch 1 of" in dialog.list.item(0).text()  # type: ignore[attr-defined]
            press(dialog, "Follow")
            plots, follow = one.docks.bottom.page_of("plots"), one.runs.follower
            qtbot.waitUntil(lambda: len(plots.run.figures["loss"].train) > 0, timeout=5000)
            count = len(plots.run.figures["loss"].train)
            qtbot.waitUntil(lambda: len(plots.run.figures["loss"].train) > count, timeout=5000)
            assert f"run {id}" in follow._strip.words.text() and "loss" in follow._strip.words.text()
            assert one.docks.bottom.current() == "plots" and one.actions["runs_unfollow"].isEnabled()
        finally:
            process.kill()
    qtbot.waitUntil(lambda: "ended without a word" in follow._strip.words.text(), timeout=5000)
    assert not follow._pulse.on and store.get(id).state == "interrupted"
    losses = plots.run.figures["loss"].train.values()
    assert losses[: len(store.curves(id)["loss"][1])].tolist() == store.curves(id)["loss"][1].tolist()[: len(losses)]
    do(one, "runs_unfollow")
    assert plots.run.empty and follow._strip is None and not one.actions["runs_unfollow"].isEnabled()


def test_a_folder_is_followed_and_own_training_ends_it(
    qtbot: Any, window: Open, store: Store, file: Path, tmp_path: Path
) -> None:
    one = window("xor").bench
    follow, plots = one.runs.follower, one.docks.bottom.page_of("plots")
    follow.begin(store.folder_of(2))
    qtbot.waitUntil(lambda: "finished: all 3 epochs are done" in follow._strip.words.text(), timeout=5000)
    assert plots.run.figures["loss"].train.values().tolist() == store.curves(2)["loss"][1].tolist()
    assert len(plots.run.figures["accuracy"].validation) == 3
    one.training.one_batch()
    qtbot.waitUntil(lambda: one.training.state.phase == "paused", timeout=30000)
    assert not follow.on and len(plots.run.figures["loss"].train) == 1
    follow.begin(store.folder)
    assert not follow.on and "trains itself" in one.log.text()
    one.training.stop()
    qtbot.waitUntil(lambda: not one.bridge.running, timeout=10000)


def test_a_place_without_a_run_is_said(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(dialogs, "tell", lambda _parent, *words: told.append(words))
    one = window("xor").bench
    do(one, "runs_follow")
    dialog = opened(one, "Follow a run")
    assert not dialog.list.isVisible() and "No other run is under way" in said(dialog)  # type: ignore[attr-defined]
    dialog.path.setText(str(tmp_path))  # type: ignore[attr-defined]
    press(dialog, "Follow")
    assert "no run to follow" in told[0][1] and not one.runs.follower.on


def test_a_damaged_file_ends_following_with_a_sentence(qtbot: Any, window: Open, store: Store, file: Path) -> None:
    live = store.folder_of(1) / "live.jsonl"
    lines = live.read_bytes().splitlines(keepends=True)
    live.write_bytes(b"".join([*lines[:2], b"{broken\n", *lines[2:]]))
    one = window("xor").bench
    one.runs.follower.begin(1)
    qtbot.waitUntil(lambda: "damaged at line 3" in one.runs.follower._strip.words.text(), timeout=5000)
    assert not one.runs.follower._pulse.on
    one.runs.follower.stop()
