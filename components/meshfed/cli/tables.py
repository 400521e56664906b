"""Tables: boxes and colour on a terminal, plain lines elsewhere."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 400
"""Columns of output that no person reads on a terminal: wide enough that nothing is folded."""

_console = Console()


def new_table(title: str, columns: Sequence[str]) -> Table:
    """An empty table."""
    table = Table(title=title, title_justify="left", box=box.ROUNDED if _console.is_terminal else None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def print_tables(*tables: Table) -> None:
    """Prints tables one below the other."""
    console = _console if _console.is_terminal else Console(width=PLAIN_WIDTH)
    for table in tables:
        console.print(table)
        console.print()
