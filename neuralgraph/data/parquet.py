"""Parquet files as tables, through pyarrow, which the extra `parquet` brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuralgraph.data.tabular import MOST, Table, cell_of
from neuralgraph.errors import DataError


def read_parquet(path: Path) -> Table:
    """The cells of a Parquet file as text; a column that holds no plain values is left out, and said."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise DataError(f"{path.name} is a Parquet file, and pyarrow, which reads them, is not installed. Install it "
                        "with «pip install neuralgraph[parquet]», or save the table as CSV.", file=str(path)) from None
    try:
        with parquet.ParquetFile(path, thrift_string_size_limit=1 << 26,
                                 thrift_container_size_limit=1 << 22) as file:
            _bounded(path, file.metadata)
            return _table(path, file, pyarrow.types)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"There is no file {str(path)!r}.", file=str(path)) from None
    except (OSError, ValueError, TypeError, KeyError, NotImplementedError, MemoryError,
            pyarrow.ArrowException) as error:
        why = str(error)[:160].rstrip(".")
        raise DataError(f"{path.name} is no Parquet file that can be read, or is cut off: {why}. "
                        "Save it again, as Parquet or as CSV.", file=str(path)) from None


def _bounded(path: Path, metadata: Any) -> None:
    """The sizes that the file says, before memory is taken."""
    rows, columns = metadata.num_rows, metadata.num_columns
    size = sum(metadata.row_group(one).total_byte_size for one in range(metadata.num_row_groups))
    if rows > MOST["rows"] or columns > MOST["columns"] or rows * columns > MOST["cells"]:
        raise DataError(f"{path.name} is too large: {rows:,} rows of {columns:,} columns; at most {MOST['rows']:,} "
                        f"rows, {MOST['columns']:,} columns and {MOST['cells']:,} cells are read.", file=str(path))
    if size > MOST["bytes"]:
        raise DataError(f"{path.name} has {size:,} bytes of numbers and texts; at most {MOST['bytes']:,} are read.",
                        file=str(path))


def _table(path: Path, file: Any, types: Any) -> Table:
    schema = file.schema_arrow
    plain = [one for one in schema if _plain(one.type, types)]
    names = tuple(one.name for one in plain)
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path.name}: two columns are called {twice!r}.", file=str(path), column=twice)
    notes = tuple(f"The column {one.name!r} was left out: {one.type} is neither number, text nor date."
                  for one in schema if one.name not in names)
    rows: list[list[str]] = []
    held = 0
    for batch in file.iter_batches(batch_size=65_536, columns=list(names), use_threads=False):
        held += batch.nbytes
        if held > 4 * MOST["bytes"]:
            raise DataError(f"{path.name} holds more than it says.", file=str(path))
        cells = [[cell_of(value) for value in column.to_pylist()] for column in batch.columns]
        rows += [list(row) for row in zip(*cells, strict=True)]
    return Table(path.name, names, rows, list(range(1, len(rows) + 1)), False, "row", notes)


def _plain(kind: Any, types: Any) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_string,
             types.is_large_string, types.is_date, types.is_timestamp, types.is_null)
    return any(test(kind) for test in tests)
