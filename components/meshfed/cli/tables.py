"""Tables: boxes and colour on a terminal, plain lines elsewhere."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 400
"""Columns of output that no person reads on a terminal: wide enough that nothing is folded."""

WIDE = 120
"""Columns of a terminal from which on every table is shown whole."""

_console = Console()


def new_table(title: str, columns: Sequence[str], narrow: Sequence[str] = ()) -> Table:
    """An empty table; of `narrow` columns alone, where some are given, on a terminal that holds no more."""
    table = Table(title=title, title_justify="left", box=box.ROUNDED if _console.is_terminal else None, pad_edge=False)
    if narrow and _console.is_terminal and _console.width < WIDE:
        columns = narrow
        table.caption = f"{WIDE} columns show more"
        table.caption_justify = "left"
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def add_row(table: Table, row: Mapping[str, str]) -> None:
    """Adds what a table has columns for."""
    table.add_row(*(row[str(column.header)] for column in table.columns))


def print_tables(*tables: Table) -> None:
    """Prints tables one below the other."""
    console = _console if _console.is_terminal else Console(width=PLAIN_WIDTH)
    for table in tables:
        console.print(table)
        console.print()
