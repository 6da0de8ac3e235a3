"""The one stylesheet of the window, made from tokens."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from neuralgraph.tokens import Tokens

_TEMPLATE = Template("""
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $window; width: $p6; height: $p6; }
QToolTip { background: $raised; color: $text; border: 1px solid $outline; padding: $p4 $p6; }
QLabel { background: transparent; }

#top, #menurow, #bar, #status { background: $panel; }
#bar, #menurow { border: none; }
#top { border-bottom: 1px solid $hairline; }
#status { border-top: 1px solid $hairline; }
#panel, #canvasframe { background: $panel; border: 1px solid $hairline; border-radius: $p8; }
#canvasframe, #stage { background: $canvas; }
#rule { background: $hairline; border: none; max-height: 1px; min-height: 1px; }
#bar_rule { background: $hairline; border: none; max-width: 1px; min-width: 1px; }

QMenuBar { background: transparent; border: none; padding: 0; }
QMenuBar::item { padding: $p4 $p7; margin: 0 $p2; border-radius: $p4; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $accent_soft; color: $text; }
QMenu { background: $raised; color: $text; border: 1px solid $outline; padding: $p4; icon-size: $p16; }
QMenu::item { padding: $p6 $p24 $p6 $p8; border-radius: $p4; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $text3; }
QMenu::separator { height: 1px; background: $hairline; margin: $p4 $p6; }
QMenu::icon { padding-left: $p6; }
QMenu::indicator { width: $p14; height: $p14; left: $p6; }

QPushButton { background: $panel; color: $text; border: 1px solid $outline; border-radius: $p6; padding: 0 $p12;
    min-height: $p26; font-weight: 600; }
QPushButton:hover { background: $sunken; border-color: $text2; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:focus { border: 2px solid $accent; padding: 0 $p11; min-height: $p24; }
QPushButton:disabled { color: $text3; border-color: $hairline; background: $panel; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[kind="primary"]:hover { border: 1px solid $text; background: $accent; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $hairline; color: $text3; border-color: $hairline; }
QPushButton[kind="link"] { background: transparent; border: none; padding: 0; min-height: $p20; color: $text2;
    font-weight: 400; text-align: left; }
QPushButton[kind="link"]:hover { color: $text; text-decoration: underline; }
QPushButton[kind="link"]:focus { color: $accent; border: none; padding: 0; min-height: $p20; }
QPushButton[kind="strong"] { background: $text; color: $panel; border-color: $text; }
QPushButton[cut="bar"] { min-height: $p30; padding: 0 $p12; }
QPushButton[cut="bar"]:focus { min-height: $p28; padding: 0 $p11; }
QPushButton[cut="square"] { min-height: $p30; min-width: $p32; max-width: $p32; padding: 0; }
QPushButton[cut="square"]:focus { min-height: $p28; min-width: $p30; max-width: $p30; }
QPushButton[cut="large"] { min-height: $p48; min-width: $p26; padding: 0 $p14; font-size: $p26; }
QPushButton[cut="large"]:focus { min-height: $p46; min-width: $p24; padding: 0 $p13; }
QPushButton[kind="chip"] { border-radius: $p14; padding: 0 $p12; min-height: $p26; }
QPushButton[kind="chip"]:checked { background: $text; color: $panel; border-color: $text; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: $p4; padding: $p2; color: $text; }
QToolButton:hover { background: $sunken; border-color: $hairline; }
QToolButton:checked { background: $accent_soft; border-color: $accent; }
QToolButton:focus { border: 2px solid $accent; padding: $p1; }
QToolButton::menu-indicator { image: none; }

#pages::pane { border: none; border-top: 1px solid $hairline; top: -1px; }
#pages QTabBar { background: transparent; }
#pages QTabBar::tab { padding: 8px 14px; color: $text2; background: transparent; border-bottom: 3px solid transparent; }
#pages QTabBar::tab:selected { color: $text; border-bottom: 3px solid $accent; }
#pages QTabBar::tab:focus { color: $accent; }
QLineEdit, QPlainTextEdit, QComboBox { background: $sunken; color: $text; border: 1px solid $outline;
    border-radius: $p6; padding: 0 $p8; min-height: $p26; selection-background-color: $accent;
    selection-color: $on_accent; }
QLineEdit:hover, QPlainTextEdit:hover, QComboBox:hover { border-color: $text2; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus { border: 2px solid $accent; padding: 0 $p7; min-height: $p24; }
QLineEdit[wrong="true"] { border: 2px solid $error; background: $error_soft; padding: 0 $p7; min-height: $p24; }
QLineEdit:disabled, QComboBox:disabled { color: $text3; border-color: $hairline; }
QLineEdit[look="search"] { padding-left: $p28; }
QLineEdit[look="bare"] { background: transparent; border: none; min-height: $p16; padding: 0; }
Choice::drop-down { border: none; width: $p24; }
Choice::down-arrow { image: none; }
QComboBox[cut="bar"] { background: $panel; min-height: $p30; padding-left: $p32; font-weight: 600; }
QComboBox[cut="bar"]:focus { min-height: $p28; padding-left: $p31; }
QComboBox QAbstractItemView { background: $raised; color: $text; border: 1px solid $outline; padding: $p4;
    selection-background-color: $accent_soft; selection-color: $text; outline: none; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QAbstractScrollArea { border: none; }
QTreeView, QListView, QTableView, QListWidget, QTreeWidget { background: transparent; border: none; outline: none;
    color: $text; }
#numbers { background: $sunken; border: 1px solid $outline; border-radius: $p6; gridline-color: $hairline; }
#numbers:focus { border: 1px solid $accent; }
#numbers::item:selected { background: $accent_soft; color: $text; }
#numbers::item:focus { border: 2px solid $accent; }
#numbers QHeaderView, #numbers QTableCornerButton::section { background: $sunken; border: none; }
#numbers QHeaderView::section { background: $sunken; color: $text2; border: none; padding: 0 $p6; }
#runs { selection-background-color: $accent_soft; selection-color: $text; }
#runs::item { padding: 0 $p4; border: none; border-bottom: 1px solid $hairline; }
#runs::item:selected { background: $accent_soft; color: $text; }
#runs::item:focus { border-bottom: 1px solid $accent; }
#runs QHeaderView { background: transparent; border: none; }
#runs QHeaderView::section { background: $panel; color: $text2; border: none; border-bottom: 1px solid $hairline;
    padding: 0 $p6; }
QLineEdit[look="cell"], QLineEdit[look="cell"]:focus { border: 2px solid $accent; border-radius: 0; padding: 0 $p2;
    min-height: $p16; background: $panel; }
QLineEdit[look="cell"][wrong="true"] { border: 2px solid $error; background: $error_soft; padding: 0 $p2;
    min-height: $p16; }
QTreeWidget::item, QListWidget::item { padding: $p2; border-radius: $p4; }
QTreeWidget::item:selected, QListWidget::item:selected { background: $accent_soft; color: $text; }
QTreeWidget::item:hover, QListWidget::item:hover { background: $sunken; }
#choices::item { min-height: $p20; }
#choices::indicator { width: $p10; height: $p10; border: 1px solid $outline; border-radius: $p3; background: $panel; }
#choices::indicator:checked { background: $accent; border: 1px solid $accent; }
#choices::indicator:disabled { border-color: $hairline; }
#choices, #trials { background: $panel; border: 1px solid $hairline; border-radius: $p6; }
#choices QHeaderView, #trials QHeaderView { background: transparent; border: none; }
#choices QHeaderView::section, #trials QHeaderView::section { background: $panel; color: $text2; border: none;
    border-bottom: 1px solid $hairline; padding: $p4 $p6; }
#choices::item, #trials::item { min-height: $p20; }
#results QTabBar::tab { color: $text2; padding: $p4 $p10; border-bottom: 2px solid transparent; }
#results QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QScrollBar:vertical { background: transparent; width: $p10; margin: $p2; }
QScrollBar:horizontal { background: transparent; height: $p10; margin: $p2; }
QScrollBar::handle { background: $hairline; border-radius: $p3; min-height: $p24; min-width: $p24; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: $outline; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QDockWidget { color: $text2; font-weight: 600; }
QDockWidget::title { background: $window; padding: $p4 $p8; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid $hairline; }
QProgressBar { background: $sunken; border: 1px solid $outline; border-radius: $p5; max-height: $p8; min-height: $p8; }
QProgressBar::chunk { background: $accent; border-radius: $p4; }
#lessonbar { background: $hairline; border: none; border-radius: $p2; max-height: $p4; min-height: $p4; }
#lessonbar::chunk { border-radius: $p2; }
QPushButton[kind="answer"] { text-align: left; padding: 0 $p8; font-weight: 400; border-color: $hairline; }
QPushButton[kind="answer"]:hover { border-color: $text2; }
#lesson QPushButton[kind="plain"] { text-align: left; padding: 0 $p8; }
#lesson QPushButton[kind="plain"]:focus { padding: 0 $p7; }
QSplitter::handle { background: $hairline; }
QSlider::groove:horizontal { height: $p4; background: $hairline; border-radius: $p2; }
QSlider::sub-page:horizontal { background: $accent; border-radius: $p2; }
QSlider::handle:horizontal { background: $panel; border: 2px solid $accent; width: $p10; height: $p10;
    border-radius: $knob; margin: -$p5 0; }

#card { background: $panel; border: 1px solid $hairline; border-radius: $p8; }
#problem_card { background: $error_soft; border: 1px solid $error; border-radius: $p8; }
#problem_card[severity="warning"] { background: $warning_soft; border-color: $warning; }
#problem_card[severity="note"] { background: $sunken; border-color: $outline; }
#advice { background: $warning_soft; border: 1px solid $warning; border-radius: $p8; }
#advice[severity="error"] { background: $error_soft; border-color: $error; }
#offer { background: $accent_soft; border: 1px solid $accent; border-radius: $p8; }
#welcome_left { background: $panel; border-right: 1px solid $hairline; }
#welcome, #welcome_right { background: $window; }
""")


def stylesheet(tokens: Tokens, scale: float = 1.0) -> str:
    """The stylesheet for these tokens; `$p12` is 12 px times `scale`."""
    values = {name: value for name, value in asdict(tokens).items() if isinstance(value, str)}
    values["knob"] = f"{(round(10 * scale) + 4) // 2}px"  # more than half of it, and Qt draws two bars for a circle
    return _TEMPLATE.substitute(values, **{f"p{size}": f"{round(size * scale)}px" for size in range(65)})
