"""The colours, sizes and durations of the look, in one place and without Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Colours are #RRGGBB; names are the roles they play."""

    name: str
    window: str
    panel: str
    canvas: str
    grid_dot: str
    card: str
    raised: str
    sunken: str
    text: str
    text2: str
    text3: str
    hairline: str
    outline: str
    wire: str
    accent: str
    on_accent: str
    accent_soft: str
    error: str
    error_soft: str
    warning: str
    warning_soft: str
    warning_fill: str
    ok: str
    ok_soft: str
    frozen: str
    negative: str
    positive: str
    series: tuple[str, str, str, str]
    ghost: str
    data: str
    layers: str
    activations: str
    maths: str
    losses: str
    metrics: str
    modules: str
    on_tile: str
    header_tint: float
    port_float: str
    shadow: str
    shadow_alpha: float
    signed: tuple[str, ...]
    """The signed map from −1 to +1."""
    signed_stops: tuple[float, ...]

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def category(self, name: str) -> str:
        """The colour of a category of nodes; grey for one that is not known."""
        return str(getattr(self, name.lower(), self.outline))


LIGHT = Tokens(
    name="light", window="#E9EDF2", panel="#FFFFFF", canvas="#F5F7FA", grid_dot="#D3DAE4", card="#FFFFFF",
    raised="#FFFFFF", sunken="#F0F3F7", text="#17202C", text2="#455264", text3="#5F6C80", hairline="#D5DCE5",
    outline="#7C899B", wire="#4A586E", accent="#5B27B8", on_accent="#FFFFFF", accent_soft="#EEE7FB", error="#C8201F",
    error_soft="#FDECEB", warning="#9A5B00", warning_soft="#FFF3DC", warning_fill="#F5B82E", ok="#1C7A3E",
    ok_soft="#E5F5EA", frozen="#2B5C9E", negative="#C65200", positive="#2779DB",
    series=("#5B27B8", "#008088", "#8F4A00", "#3C4454"), ghost="#7C899B", data="#008088", layers="#444EA5",
    activations="#D6156A", maths="#3C4454", losses="#743F0A", metrics="#627000", modules="#17202C", on_tile="#FFFFFF",
    header_tint=0.13, port_float="#2F3B4D", shadow="#1B2A44", shadow_alpha=0.10,
    signed=("#722700", "#C65200", "#F2A868", "#F3F4F6", "#8FBFF2", "#2779DB", "#08417F"),
    signed_stops=(-1.0, -0.67, -0.34, 0.0, 0.34, 0.67, 1.0),
)

DARK = Tokens(
    name="dark", window="#0B1016", panel="#161D26", canvas="#10161E", grid_dot="#263140", card="#1E2733",
    raised="#243040", sunken="#0F151D", text="#E9EEF4", text2="#B4C0CF", text3="#92A0B3", hairline="#2B3644",
    outline="#6D7C90", wire="#94A3B7", accent="#C3AEFF", on_accent="#120A2A", accent_soft="#2B2347", error="#FF7468",
    error_soft="#3A1D1E", warning="#F2B544", warning_soft="#37290F", warning_fill="#F5B82E", ok="#5CC983",
    ok_soft="#15301F", frozen="#7DB1F2", negative="#EF8B33", positive="#5FACFE",
    series=("#9C7BFF", "#5FE3E3", "#F0BE88", "#DCE4EE"), ghost="#7E8CA0", data="#3BD0D6", layers="#7F9CF7",
    activations="#F4669F", maths="#EEF2F7", losses="#F0BE88", metrics="#93A100", modules="#E9EEF4", on_tile="#10161E",
    header_tint=0.17, port_float="#DCE4EE", shadow="#000000", shadow_alpha=0.40,
    signed=("#FED1A5", "#EF8B33", "#844511", "#1A212B", "#275A91", "#5FACFE", "#BFDFFF"),
    signed_stops=(-1.0, -0.74, -0.35, 0.0, 0.35, 0.74, 1.0),
)

# The same in both themes: a note is paper, the sign of a warning is dark on amber.
PAPER, PAPER_EDGE, INK = "#FFF4C9", "#B79A45", "#17202C"

CATEGORY_ICONS = {
    "Data": "database", "Layers": "layers-triple", "Activations": "sine-wave", "Maths": "sigma",
    "Losses": "trending-down", "Metrics": "gauge", "Modules": "package-variant-closed",
}
CATEGORY_SIGNS = {
    "Data": "D", "Layers": "L", "Activations": "ƒ", "Maths": "Σ", "Losses": "↓", "Metrics": "%", "Modules": "M",
}

# Node anatomy and canvas, in px at 100 %.
GRID, DOT_EVERY, STRONG_EVERY = 8, 16, 64
NODE_MIN, NODE_MAX, NODE_BARE = 120, 240, 88
HEADER, PARAM_ROW, PORT_ROW, FOOTER, TILE, PORT, PORT_HIT = 32, 18, 20, 22, 20, 14, 24
RADIUS_TILE, RADIUS_CONTROL, RADIUS_CARD, RADIUS_FRAME = 4, 6, 8, 12
WIRE, CASING, LANE_RADIUS, LANE_GAP = 2.0, 4.0, 12, 20

# Motion, in ms.
HOVER, PORT_GROWTH, PANEL, INSERTION, TIDY = 80, 120, 160, 240, 320
