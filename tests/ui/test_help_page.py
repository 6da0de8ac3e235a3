"""The help page of a node type: nothing is left unset, it follows the theme, its link opens on a click alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QDesktopServices, QImage, QTextDocumentFragment
from PySide6.QtWidgets import QLabel, QWidget

from neuralgraph.graph.document import Graph, Placed
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session
from neuralgraph.spec.help import help_of
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.ui.formula import formula_html
from neuralgraph.ui.help_page import HelpPage, NodeHelp
from neuralgraph.ui.prose import leading, prose_html
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow


def shown(page: QWidget) -> str:
    return "\n".join(QTextDocumentFragment.fromHtml(one.text()).toPlainText() for one in page.findChildren(QLabel))


def picture(html: str) -> QImage:
    found = re.search(r'base64,([^"]+)"', html)
    assert found is not None, html
    return QImage.fromData(base64.b64decode(found[1]))


@pytest.mark.parametrize("category", ["Data", "Layers", "Activations", "Maths", "Losses", "Metrics", "Modules"])
def test_every_page_is_set(qtbot: Any, category: str) -> None:
    for kind in CATALOG.by_category()[category]:
        page = HelpPage(kind, Theme())
        qtbot.addWidget(page)
        text = shown(page)
        found = help_of(kind)
        assert not set("$`\\^") & set(text), text
        assert "**" not in text.replace(found.pytorch, "")
        assert found.summary.replace("`", "") in text
        assert all(one in text for one in found.shapes.split("; "))
        assert all(one.text.replace("-", "−") in text for one in found.examples)
        links = re.findall(r'href="([^"]+)"', "".join(one.text() for one in page.findChildren(QLabel)))
        assert links == ([found.url] if found.url else [])


def test_the_link_opens_on_a_click_alone(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = NodeHelp(parent, CATALOG["ReLU"], Theme())
    dialog.show()
    assert opened == []
    label = next(one for one in dialog.findChildren(QLabel) if "href" in one.text())
    assert not label.openExternalLinks()
    label.linkActivated.emit(help_of(CATALOG["ReLU"]).url)
    assert opened == ["https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html"]


def test_an_open_page_follows_the_theme(qtbot: Any) -> None:
    parent, theme = QWidget(), Theme(LIGHT)
    qtbot.addWidget(parent)
    dialog = NodeHelp(parent, CATALOG["Softmax"], theme)
    before = picture("".join(one.text() for one in dialog.findChildren(QLabel)))
    theme.set_tokens(DARK)
    theme.set_scale(2.0)
    pages = dialog.findChild(HelpPage)
    assert pages is not None
    after = picture("".join(one.text() for one in pages.findChildren(QLabel)))
    assert after.width() > before.width() * 1.7


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_a_formula_has_the_colour_of_the_text(qtbot: Any, tokens: Any) -> None:
    image = picture(formula_html("1/√x", Theme(tokens), 15))
    inked = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    full = [one for one in inked if one.alpha() == 255]
    assert full and all(one == QColor(tokens.text) for one in full)


@pytest.mark.parametrize("formula", [
    "1/x", "√(x + 1)", "Σ_i x_i", "(Σ_i |x_i|^p)^{1/p}", "a^2/(b^2/c)", "⌊1/2⌋ + [1/2]", "f / j"])
def test_nothing_of_a_formula_is_cut_off(qtbot: Any, formula: str) -> None:
    for alone in (True, False):
        image = picture(formula_html(formula, Theme(), 15, ratio=2.0, alone=alone))
        wide, high = image.width(), image.height()
        rim = [*((x, y) for x in range(wide) for y in (0, high - 1)),
               *((x, y) for x in (0, wide - 1) for y in range(high))]
        assert not any(image.pixelColor(x, y).alpha() for x, y in rim)


def test_a_sharp_screen_gets_a_sharp_picture(qtbot: Any) -> None:
    one, two = (formula_html("1/x", Theme(), 15, ratio=ratio) for ratio in (1.0, 2.0))
    assert re.findall(r'width="\d+" height="\d+"', one) == re.findall(r'width="\d+" height="\d+"', two)
    assert picture(two).width() >= 2 * picture(one).width() - 1


def test_a_paragraph_begins_with_its_formulas() -> None:
    assert leading("$a$, $b$: and so on.") == (("a", "b"), "And so on.")
    assert leading("$a$ is so. $b$.") == ((), "$a$ is so. $b$.")
    assert leading("$a$.") == (("a",), "")


def test_prose_is_escaped(qtbot: Any) -> None:
    assert prose_html("1 < 2 & `a` **b** $x < y$", Theme()) == (
        '1 &lt; 2 &amp; <span style="font-weight: 600">a</span> <b>b</b> '
        "<i>x</i>\N{NO-BREAK SPACE}&lt; <i>y</i>")


def test_the_properties_of_a_node_without_parameters_show_its_formula(
    qtbot: Any, window: Callable[..., MainWindow], tmp_path: Path,
) -> None:
    path = tmp_path / "one.ngraph"
    Session(Graph({"tanh_1": Placed("tanh_1", "Tanh")})).save(path)
    bench = window(file=path).bench
    bench.canvas.select(("tanh_1",))
    labels = [one for one in bench.properties.findChildren(QLabel) if one.accessibleName().startswith("tanh(x) = ")]
    assert len(labels) == 1 and picture(labels[0].text()).width() > 100
