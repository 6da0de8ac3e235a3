"""A thousand nodes with real content, all in sight: CPU ms per frame to pan, drag and zoom, and seconds to create."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

FRAMES, NODES, COLUMNS = 40, 1000, 40
KINDS = (("Conv2d", "out_channels", 16), ("ReLU", "", 0), ("Linear", "out_features", 32), ("Dropout", "", 0))


def _graph() -> Any:
    from neuralgraph.graph.document import Edge, Graph, Placed
    from neuralgraph.graph.frozen import FrozenDict
    from neuralgraph.nodes import CATALOG

    nodes, edges = {}, {}
    for k in range(NODES):
        kind, name, least = KINDS[k % len(KINDS)]
        params = FrozenDict({name: least + k % 97}) if name else FrozenDict()
        one = Placed(f"n_{k}", kind, params, 240.0 * (k % COLUMNS), 160.0 * (k // COLUMNS), title=f"node {k}")
        nodes[one.id] = one
        if k:
            edge = Edge(f"n_{k - 1}", "out", one.id, CATALOG[kind].ports[0].name)
            edges[edge.end] = edge
    return Graph(nodes, edges)


def _timed(app: Any, act: Callable[[int], None]) -> float:
    taken = []
    for frame in range(FRAMES):
        began = time.process_time()
        act(frame)
        app.processEvents()
        taken.append((time.process_time() - began) * 1e3)
    return round(statistics.median(taken), 2)


def canvas() -> dict[str, Any]:
    """Medians of 40 frames each, in one process, one thread, without a graphics card."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from types import SimpleNamespace

    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    from neuralgraph.nodes import CATALOG
    from neuralgraph.tokens import LIGHT
    from neuralgraph.ui.canvas.scene import CanvasScene
    from neuralgraph.ui.canvas.view import CanvasView

    app = QApplication.instance() or QApplication([])
    session: Any = SimpleNamespace(graph=_graph(), catalog=CATALOG)
    began = time.process_time()
    scene = CanvasScene(session, LIGHT)
    create = time.process_time() - began
    view = CanvasView(scene)
    view.resize(1440, 900)
    view.show()
    view.fit()
    app.processEvents()
    assert len(scene.nodes) == NODES and len(scene.wires) == NODES - 1
    fitted = view.zoom
    pan = _timed(app, lambda k: view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + 7 * (-1) ** k))
    drag = _timed(app, lambda k: scene.move_nodes({"n_420": QPointF(4800.0 + 5 * k, 1600.0 + 3 * k)}))
    scene.move_nodes({})
    zoom = _timed(app, lambda k: view.zoom_to(fitted * (1.0 + 0.01 * (k % 20))))
    view.actual_size()
    near = _timed(app, lambda k: view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + 9))
    view.close()
    return {"benchmark": "canvas", "nodes": NODES, "create_s": round(create, 3), "pan_ms": pan, "drag_ms": drag,
            "zoom_ms": zoom, "pan_at_100_ms": near, "zoom_at": round(fitted, 3),
            "ratio": round(max(pan, drag, zoom) / 16, 2)}
