"""Figures without a window: what is shown as plain values, drawn as marks, written as SVG, PNG and CSV.

`shown` says what there is to see, `draw` lays it out as `marks`, and `svg`, `png` or the window put those down.
"""
