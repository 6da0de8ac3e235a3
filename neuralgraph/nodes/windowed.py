"""What layers whose window slides over an image have in common: whether the window comes to stand on its far edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from neuralgraph.nodes.demands import Spatial, per_axis
from neuralgraph.spec import Remark, Spec
from neuralgraph.spec.remark import said

_AXES = {1: ("step",), 2: ("row", "column"), 3: ("slice", "row", "column")}


@dataclass(frozen=True, slots=True)
class Slide:
    """A window of `kernel` points that slides along one axis of `size`, with a rim of `padding` at both ends."""

    size: int
    kernel: int
    stride: int
    padding: int = 0
    dilation: int = 1
    around: bool = False
    """The rim at one end shows what lies at the other."""

    @property
    def span(self) -> int:
        """From its first point to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def room(self) -> int:
        """How far it can move; negative where it does not fit at all."""
        return self.size + 2 * self.padding - self.span

    @property
    def unseen(self) -> int:
        """How many points before the far edge no window reaches.

        What is left of the room after whole strides, (size + 2 · padding − span) mod stride, less the rim, which holds
        nothing, and less a gap such as lies between any two windows where the stride is longer than they are. Where it
        goes around, the rim at the other end shows as many of them.
        """
        rims = 2 * self.padding if self.around else self.padding
        return max(0, self.room % self.stride - rims - max(0, self.stride - self.span))

    def __str__(self) -> str:
        """The formula with its numbers: «(10 − 3) / 2 + 1 = 4.5»."""
        rim = f" + 2 · {self.padding}" if self.padding else ""
        count = f"{float(Fraction(self.room, self.stride) + 1):.2f}".rstrip("0").rstrip(".")
        return f"({self.size}{rim} − {self.span}) / {self.stride} + 1 = {count}"


class Windowed(Spatial):
    """A family: nodes with `kernel_size` and `stride`, perhaps `padding`, `dilation` and `ceil_mode`."""

    def remarks(self, *inputs: Spec) -> tuple[Remark, ...]:
        """That the last rows or columns of an image are left out, for torch rounds the number of windows down."""
        x = inputs[0]
        sizes = [one for one in x.shape[-self.axes:] if isinstance(one, int)]
        if getattr(self, "ceil_mode", False) or x.rank != self.axes + 2 or len(sizes) < self.axes:
            return ()
        around = self.values.get("padding_mode") == "circular"
        slides = tuple(Slide(size, *one, around) for size, one in zip(sizes, self._windows(), strict=True))
        if not any(one.unseen for one in slides):
            return ()
        worst = max(slides, key=lambda one: one.unseen)
        ways = tuple(self._ways(slides))
        mends = _listed([said(one) for one in ways], "or")
        return (Remark(
            "unseen_edge",
            f"{_left_out(slides)} of the {' × '.join(map(str, sizes))} that come in {_are(slides)} never seen",
            f"{worst} is rounded down to {worst.room // worst.stride + 1}."
            + (f" All is seen with {mends}." if mends else ""), ways),)

    def _windows(self) -> Iterator[tuple[int, int, int, int]]:
        kernel = per_axis(self.values["kernel_size"], self.axes)
        stride = self.values["stride"]
        others = (per_axis(self.values.get(name, usual), self.axes)
                  for name, usual in (("padding", 0), ("dilation", 1)))
        return zip(kernel, kernel if stride is None else per_axis(stride, self.axes), *others, strict=True)

    def _ways(self, slides: tuple[Slide, ...]) -> Iterator[tuple[tuple[str, object], ...]]:
        """Single parameters that let every window fit: those that keep the weights first."""
        if "ceil_mode" in self.params:
            yield (("ceil_mode", True),)
        for name, of, most in (("padding", _padded, self._widest_rim), ("kernel_size", _widened, _whole)):
            found = [of(one, most(one)) if one.unseen else of(one, 0) for one in slides]
            tied = name == "kernel_size" and self.values["stride"] is None  # the stride would grow with it
            if name in self.params and None not in found and not tied:
                value: Any = tuple(found)
                yield ((name, value[0] if len(set(value)) == 1 else value),)

    def _widest_rim(self, slide: Slide) -> int:
        """A window never stands on the rim alone; pooling takes half a window at most."""
        return slide.kernel // 2 if "ceil_mode" in self.params else slide.span - 1


def _padded(slide: Slide, most: int) -> int | None:
    """The least rim, no more than `most`, with which all is seen; the rim it has where all is."""
    tried = (replace(slide, padding=one) for one in range(slide.padding + 1, most + 1))
    return _first(tried, lambda one: one.padding) if slide.unseen else slide.padding


def _widened(slide: Slide, most: int) -> int | None:
    """The least wider window with which all is seen; its own width where all is."""
    tried = (replace(slide, kernel=one) for one in range(slide.kernel + 1, most + 1))
    return _first(tried, lambda one: one.kernel) if slide.unseen else slide.kernel


def _whole(slide: Slide) -> int:
    """The widest window worth trying: a stride more brings the same remainder back."""
    return slide.kernel + slide.stride


def _first(tried: Iterator[Slide], of: Callable[[Slide], int]) -> int | None:
    return next((of(one) for one in tried if one.room >= 0 and not one.unseen), None)


def _left_out(slides: tuple[Slide, ...]) -> str:
    """«the last row and column», «the last 2 rows and the last column»."""
    left = [(one.unseen, name) for one, name in zip(slides, _AXES[len(slides)], strict=True) if one.unseen]
    many = {count for count, _ in left}
    if len(many) == 1:
        count = many.pop()
        names = [name if count == 1 else f"{name}s" for _, name in left]
        return f"the last {f'{count} ' if count > 1 else ''}{_listed(names)}"
    return _listed([f"the last {f'{count} {name}s' if count > 1 else name}" for count, name in left])


def _listed(words: list[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _are(slides: tuple[Slide, ...]) -> str:
    return "is" if sum(one.unseen for one in slides) == 1 else "are"
