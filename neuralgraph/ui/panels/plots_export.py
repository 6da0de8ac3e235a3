"""The plots as CSV, PNG and SVG: what is plotted, as it is plotted, in the light theme."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QStackedLayout, QWidget

from neuralgraph.errors import DocumentError
from neuralgraph.graph.save import write_checked
from neuralgraph.tokens import LIGHT, Tokens
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.plot_data import Track
from neuralgraph.ui.panels.plots_run import as_csv
from neuralgraph.ui.png import png

if TYPE_CHECKING:
    from neuralgraph.ui.panels.plots_view import PlotView, Shown


class Exported(QWidget):
    """A panel of plots that can be written to a file."""

    views: dict[str, PlotView]
    tokens: Tokens
    axis: str
    notice: Notice
    _pages: QStackedLayout

    @abstractmethod
    def curves(self, name: str) -> list[Shown]:
        """The curves of a quantity."""

    @abstractmethod
    def _name(self, side: str) -> str: ...

    @abstractmethod
    def _title(self, name: str) -> str: ...

    def csv(self) -> str:
        """Exactly what is plotted: the visible quantities, on this x axis, smoothed as shown and raw."""
        wanted: dict[str, tuple[Track, bool]] = {}
        for side in ("left", "right"):
            name = self._name(side)
            for one in self.curves(name) if name else ():
                title = f"{self._title(name)}, {one.name}"
                wanted[title] = (one.track, one.smoothed)
                if one.smoothed and not one.kind.startswith("ghost"):
                    wanted[f"{title} (raw)"] = (one.track, False)
        return as_csv(wanted, self.axis)

    def picture(self, scale: float = 2.0) -> QImage:
        """The plots as they stand, in the light theme."""
        size = self.size()
        image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(scale)
        image.fill(QColor(LIGHT.panel))
        painter = QPainter(image)
        self._paint_light(painter)
        painter.end()
        return image

    def svg(self) -> bytes:
        """The same as an SVG document."""
        from PySide6.QtSvg import QSvgGenerator

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        generator.setTitle("Training curves")
        painter = QPainter(generator)
        painter.fillRect(self.rect(), QColor(LIGHT.panel))
        self._paint_light(painter)
        painter.end()
        return bytes(buffer.data().data())

    def export(self, path: str | Path) -> None:
        """Writes .csv, .png or .svg, as the name says. `DocumentError` says why not."""
        path = Path(path)
        match path.suffix.lower():
            case ".csv":
                write_checked(path, self.csv().encode())
            case ".svg":
                write_checked(path, self.svg())
            case _:
                write_checked(path, png(self.picture()))

    def _paint_light(self, painter: QPainter) -> None:
        for view in self.views.values():
            if view.isVisible():
                view.set_tokens(LIGHT)
                try:
                    view.paint_into(painter, view.mapTo(self, view.rect().topLeft()))
                finally:
                    view.set_tokens(self.tokens)

    def _ask_export(self, suffix: str) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export the plots", f"plots.{suffix}", f"*.{suffix}")
        if path:
            try:
                self.export(path)
            except (OSError, DocumentError) as error:
                self.notice.say("The file could not be written", str(error), icon="alert-circle-outline", error=True)
                self._pages.setCurrentWidget(self.notice)
