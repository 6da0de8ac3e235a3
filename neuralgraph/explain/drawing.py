"""A plain picture of a document, without a window: cards and wires."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from neuralgraph.graph.document import Graph

WIDE, TALL = 640, 400
CARD = (168.0, 44.0)
MARGIN = 16
PAPER, WIRE, FILL, EDGE, TEXT = "#F5F7FA", "#4A586E", "#FFFFFF", "#7C899B", "#17202C"
MOST = 2_000
"""So many nodes are drawn, at most."""


def drawn(graph: Graph) -> bytes:
    """A PNG of at most 640 × 400 pixels."""
    image = Image.new("RGB", (WIDE, TALL), PAPER)
    pen = ImageDraw.Draw(image)
    nodes = dict(list(graph.nodes.items())[:MOST])
    if nodes:
        left, top = min(one.x for one in nodes.values()), min(one.y for one in nodes.values())
        right = max(one.x for one in nodes.values()) + CARD[0]
        bottom = max(one.y for one in nodes.values()) + CARD[1]
        scale = min(1.0, (WIDE - 2 * MARGIN) / (right - left), (TALL - 2 * MARGIN) / (bottom - top))
        boxes = {id: (MARGIN + (one.x - left) * scale, MARGIN + (one.y - top) * scale,
                      MARGIN + (one.x - left + CARD[0]) * scale, MARGIN + (one.y - top + CARD[1]) * scale)
                 for id, one in nodes.items()}
        for edge in graph.edges.values():
            if edge.source in boxes and edge.target in boxes:
                a, b = boxes[edge.source], boxes[edge.target]
                pen.line((a[2], (a[1] + a[3]) / 2, b[0], (b[1] + b[3]) / 2), WIRE, 2)
        for id, box in boxes.items():
            pen.rectangle(box, FILL, EDGE)
            if box[3] - box[1] > 12:
                title = nodes[id].title or nodes[id].type
                room = max(1, int((box[2] - box[0] - 8) / 6))
                plain = title.encode("ascii", "replace").decode()[:room]
                pen.text((box[0] + 4, (box[1] + box[3]) / 2 - 6), plain, TEXT)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
