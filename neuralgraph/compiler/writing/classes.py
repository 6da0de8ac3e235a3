"""Which classes an exported file has: one for all copies of a definition that are alike but for some values."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from torch import nn

from neuralgraph.compiler.build import dotted
from neuralgraph.compiler.cells import entries
from neuralgraph.compiler.infer import infer
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import Memo
from neuralgraph.compiler.writing.laid import Laid, Start
from neuralgraph.compiler.writing.lines import Key, Made, Skeleton, Values
from neuralgraph.compiler.writing.pen import Names, Pen, class_name, comment
from neuralgraph.compiler.writing.rooms import Asked, Known, Scope, read
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import scope as opened
from neuralgraph.graph.ids import MODULE_ATTRIBUTES
from neuralgraph.spec import Drawn, Network

Cell = tuple[str, Network]
"""A definition that a node runs, with what goes in and out."""


class Classes:
    """The class of every room and cell, those that others need first; and the whole network as a class."""

    def __init__(self, program: Program, pen: Pen, asked: tuple[Asked, ...]) -> None:
        self.pen = pen
        self.made: list[Made] = []
        self._cells: dict[Cell, Known] = {}
        self._insides: dict[Cell, Laid] = {}
        taps = tuple(start for starts, _ in asked for start in starts)
        root = Laid(program.inference, program.document, program.root, taps)
        scopes = sorted(self._scopes(root), key=_rank)
        for laid in (root, *self._insides.values()):
            for call in laid.inference.calls.values():
                pen.reserve(call.target)
        self._names = Names(pen.taken)
        for _, alike in groupby(scopes, key=_rank):
            self._settle([(scope, cell) for _, scope, cell in alike])
        sources = tuple((id, output) for id, output, _ in program.sources.values())
        exits = {f"{path}.{output}": (path, output) for path, output in taps}
        found = read(Scope(root, "", "", sources, tuple(exits.items()), asked=asked), self._cells)
        assert found is not None
        self.network = Made("Network", "", *found)
        self.keys: dict[Start, Key] = dict(zip(exits.values(), found[0].exits, strict=True))
        """Where each value that is asked for comes from."""

    # -- what there is ----------------------------------------------------------------------------------------------

    def _scopes(self, root: Laid) -> Iterator[tuple[int, Scope, Cell | None]]:
        """Every room that may have a class, and every cell; with how deep what lies inside is nested."""
        heights: dict[tuple[int, str], int] = {}
        todo = [root]
        while todo:
            laid = todo.pop()
            for id in laid.inference.within:
                inner = _cell(laid, id)
                if inner not in self._insides:
                    self._insides[inner] = _inside(inner, root.drawn, _built(laid, id))
                    todo.append(self._insides[inner])
        for cell, laid in ((None, root), *self._insides.items()):
            for path, copy in laid.flat.copies.items():
                for turn in copy.turns if path not in laid.open else ():
                    doors = tuple((f"{turn}/{door.id}", "out") for door in copy.interface.entries)
                    exits = tuple((door.id, (f"{turn}/{door.id}", "out")) for door in copy.interface.exits)
                    yield self._height(laid, turn, heights), Scope(laid, turn, copy.definition, doors, exits), None
            if cell is not None:
                network = cell[1]
                scope = Scope(laid, "", cell[0], tuple((id, "out") for id, _ in network.entries),
                              tuple((id, (id, "out")) for id in network.exits), cell=True)
                yield self._height(laid, "", heights), scope, cell

    def _height(self, laid: Laid, room: str, known: dict[tuple[int, str], int]) -> int:
        key = id(laid), room
        if key not in known:
            inner = [self._height(laid, turn, known) for path in laid.copies[room]
                     for turn in laid.flat.copies[path].turns]
            inner += [self._height(self._insides[_cell(laid, one)], "", known) for one in laid.nodes[room]
                      if one in laid.inference.within]
            known[key] = 1 + max(inner, default=0)
        return known[key]

    # -- one class for what is alike --------------------------------------------------------------------------------

    def _settle(self, scopes: list[tuple[Scope, Cell | None]]) -> None:
        """Classes for the copies of one definition."""
        groups: dict[Skeleton, list[tuple[Scope, Cell | None, Values]]] = {}
        for scope, cell in scopes:
            found = read(scope, self._cells)
            if found is not None:
                groups.setdefault(found[0], []).append((scope, cell, found[1]))
        for skeleton, members in groups.items():
            made, given = self._class(skeleton, members[0][0], [values for *_, values in members])
            self.made.append(made)
            for (scope, cell, _), texts in zip(members, given, strict=True):
                if cell is None:
                    scope.laid.made[scope.room] = made, texts
                else:
                    self._cells[cell] = made, texts

    def _class(
        self, skeleton: Skeleton, scope: Scope, members: list[Values]
    ) -> tuple[Made, list[tuple[str, ...]]]:
        """The class, and what the constructor of each member is given."""
        columns: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for line, texts in enumerate(members[0]):
            for place in range(len(texts)):
                column = tuple(one[line][place] for one in members)
                if len(set(column)) > 1:
                    columns.setdefault(column, []).append((line, place))
        drawn = scope.laid.home(scope.room) if scope.room else scope.laid.drawn
        names = _parameters(skeleton, drawn, list(columns.values()), self.pen.taken)
        filled = {slot: name for name, slots in zip(names, columns.values(), strict=True) for slot in slots}
        params = tuple((name, _type(column)) for name, column in zip(names, columns, strict=True))
        wish = class_name(scope.definition)
        name = self._names.take(wish, joint="")
        about = comment(drawn.about) or comment(scope.definition)
        made = Made(name, "" if about == name else about, skeleton, members[0], filled, params)
        return made, [tuple(column[at] for column in columns) for at in range(len(members))]


def _cell(laid: Laid, id: str) -> Cell:
    node = laid.node(id)
    assert isinstance(node, Drawn) and node.interface is not None
    network = next(raw for _, raw in laid.inference.calls[id].kwargs if isinstance(raw, Network))
    return node.interface.name, network


def _built(laid: Laid, id: str) -> nn.Module:
    """What holds the weights of a cell."""
    home = laid.built.get(dotted(laid.owner(id)))
    word = next(word for word, raw in laid.inference.calls[id].kwargs if isinstance(raw, Network))
    return home.get_submodule(word) if home is not None else nn.Module()


def _inside(cell: Cell, document: Graph, built: nn.Module) -> Laid:
    """What a cell consists of, as it is drawn now: what is remembered may be an older drawing of the same."""
    name, network = cell
    drawn = opened(document, name)
    return Laid(infer(drawn, network.inside.catalog, entries(network), Memo()), drawn, built)


def _rank(one: tuple[int, Scope, Cell | None]) -> tuple[int, str]:
    return one[0], one[1].definition


def _parameters(
    skeleton: Skeleton, drawn: Graph, groups: list[list[tuple[int, int]]], taken: set[str]
) -> list[str]:
    """A name for each group of slots that always hold the same: as it is exposed, or as torch calls it."""
    shown = {target: name for name, targets in drawn.exposed.items() for target in targets if _plain(name)}
    wishes = []
    for slots in groups:
        full = [f"{skeleton.lines[line].path}.{_slot(skeleton, line, place)}" for line, place in slots]
        asked = [shown[one] for one in full if one in shown]
        short = (asked or [one.rpartition(".")[2] for one in full])[0]
        wishes.append((short, full[0].replace("/", "_").replace(".", "_")))
    often = Counter(short for short, _ in wishes)
    own = {line.path.partition("/")[0] for line in skeleton.lines} | {path for path, _ in skeleton.entries}
    names = Names(taken | own | MODULE_ATTRIBUTES | _module_words())
    return [names.take(*((short,) if often[short] == 1 else ()), long) for short, long in wishes]


@cache
def _module_words() -> frozenset[str]:
    from torch import nn

    return frozenset(dir(nn.Module()))


def _plain(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not name.startswith("_") and "__" not in name


def _slot(skeleton: Skeleton, line: int, place: int) -> str:
    one = skeleton.lines[line]
    return (*one.init, *one.run)[place]


def _type(column: tuple[str, ...]) -> str:
    """The type of a parameter, where all copies give the same one."""
    kinds = set()
    for text in column:
        try:
            kinds.add(type(ast.literal_eval(text)).__name__)
        except (ValueError, SyntaxError):
            return ""
    return kinds.pop() if len(kinds) == 1 and kinds != {"NoneType"} else ""
