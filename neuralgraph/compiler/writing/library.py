"""The source of our own small modules, as an exported file carries it, with the imports that it needs."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from dataclasses import dataclass, field
from functools import lru_cache

OURS = "neuralgraph."
Import = tuple[str, str]
"""A module and a name of it, or "" for the module itself; the name may be `functional as F`."""


@dataclass
class Library:
    """What a file needs beside its own classes, each once."""

    sources: dict[tuple[str, str], str] = field(default_factory=dict)
    imports: set[Import] = field(default_factory=lambda: {("torch", ""), ("torch", "nn")})

    def include(self, module: str, name: str) -> None:
        """The source of `name`, after that of everything which it uses there."""
        if (module, name) in self.sources:
            return
        known = _read(module)
        text, used = known.defined[name]
        self.sources[module, name] = ""  # two that use each other
        for one in sorted(used - {name}):
            if one in known.defined:
                self.include(module, one)
            elif one in known.imported:
                origin, item = known.imported[one]
                if origin.startswith(OURS):
                    self.include(origin, item)
                else:
                    self.imports.add((origin, item))
        del self.sources[module, name]
        self.sources[module, name] = text

    def header(self) -> str:
        """The import lines, those of Python before those of others."""
        blocks: tuple[list[str], list[str]] = ([], [])
        for module in sorted({one for one, _ in self.imports}):
            block = blocks[module.partition(".")[0] not in sys.stdlib_module_names]
            names = sorted(name for one, name in self.imports if one == module)
            if "" in names:
                block.append(f"import {module}")
            if any(names):
                block.append(f"from {module} import {', '.join(filter(None, names))}")
        return "\n\n".join("\n".join(one) for one in blocks if one)


def needed_names(module: str, name: str) -> set[str]:
    """Every name that including this one puts at the top of a file."""
    library = Library()
    library.include(module, name)
    brought = {(item or module).rpartition(" ")[2].partition(".")[0] for module, item in library.imports}
    return brought | {one for _, one in library.sources}


@dataclass(frozen=True)
class _Module:
    defined: dict[str, tuple[str, frozenset[str]]]
    imported: dict[str, Import]


@lru_cache(maxsize=64)
def _read(module: str) -> _Module:
    text = inspect.getsource(importlib.import_module(module))
    lines, found = text.splitlines(), _Module({}, {})
    for node in ast.parse(text).body:
        match node:
            case ast.ImportFrom(module=str(origin)):
                for one in node.names:
                    found.imported[one.asname or one.name] = (origin, _item(one))
            case ast.Import():
                for one in node.names:
                    found.imported[one.asname or one.name.partition(".")[0]] = (one.name, "")
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                found.defined[name] = _cut(lines[first - 1 : node.end_lineno], node)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.defined[name] = _cut(lines[node.lineno - 1 : node.end_lineno], node)
    return found


def _item(one: ast.alias) -> str:
    return f"{one.name} as {one.asname}" if one.asname else one.name


def _cut(lines: list[str], node: ast.AST) -> tuple[str, frozenset[str]]:
    """Without the remarks that are for our own tools."""
    text = "\n".join(re.sub(r"  # (type: ignore|noqa).*", "", line) for line in lines)
    return text, frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
