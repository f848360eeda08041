"""`cpt01939 describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.commands.console import Common, show, show_json
from flows.errors import ProductError

if TYPE_CHECKING:
    from schemas.table_columns import TableSpec


def describe(table: str | None = None, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Columns, units, meaning and a query of a published table; without a name: the tables there are.

    Example: cpt01939 describe payment
    """
    from schemas.table_examples import EXAMPLES
    from schemas.tables import TABLES

    if table is not None and table not in TABLES:
        raise ProductError("E_UNKNOWN_TABLE")
    if table is None:
        if common.json:
            show_json({"tables": {name: spec.what for name, spec in TABLES.items()}})
        else:
            show("\n".join(f"{name:<18} {spec.what}" for name, spec in TABLES.items()))
        return 0
    spec, example = TABLES[table], EXAMPLES[table]
    if common.json:
        told = {"question": example.question, "duckdb": example.sql, "polars": example.polars}
        known = {"table": table, "what": spec.what, "keys": spec.key_names, "columns": columns_of(spec)}
        show_json({**known, "example": told})
        return 0
    show(f"{table}: {spec.what}. Keys: {', '.join(spec.key_names)}")
    for column in columns_of(spec):
        unit = f" [{column['unit']}]" if column["unit"] else ""
        show(f"  {column['name']:<34} {column['type']:<16} {column['description']}{unit}")
    show(f"\n{example.question}\n  DuckDB  {example.sql}\n  Polars  {example.polars}")
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
