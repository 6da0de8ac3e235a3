"""Figures without a window: what is shown as plain values, its drawing as marks, colours, SVG and PNG."""
