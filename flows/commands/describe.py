"""`cpt01939 describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.commands.console import Common, show, show_json
from flows.errors import ProductError

if TYPE_CHECKING:
    from schemas.table_columns import TableSpec


def describe(table: str | None = None, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Columns, units and meaning of a published table; without a name: the tables there are.

    Example: cpt01939 describe payment
    """
    from schemas.tables import TABLES

    if table is not None and table not in TABLES:
        raise ProductError("E_UNKNOWN_TABLE")
    if table is None:
        if common.json:
            show_json({"tables": {name: spec.what for name, spec in TABLES.items()}})
        else:
            show("\n".join(f"{name:<18} {spec.what}" for name, spec in TABLES.items()))
        return 0
    spec = TABLES[table]
    if common.json:
        show_json({"table": table, "what": spec.what, "keys": spec.key_names, "columns": columns_of(spec)})
        return 0
    show(f"{table}: {spec.what}. Keys: {', '.join(spec.key_names)}")
    for column in columns_of(spec):
        unit = f" [{column['unit']}]" if column["unit"] else ""
        show(f"  {column['name']:<34} {column['type']:<16} {column['description']}{unit}")
    return 0


def columns_of(spec: TableSpec) -> list[dict[str, Any]]:
    """Name, type, unit, description and source element of each column, in order."""
    return [
        {
            "name": column.name,
            "type": str(column.dtype),
            "unit": column.unit,
            "description": column.description,
            "source": column.source,
        }
        for column in spec.columns
    ]
