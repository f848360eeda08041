"""`cpt01939 describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.console import Common, show, show_json
from flows.errors import ProductError
from schemas.rules import Audience

if TYPE_CHECKING:
    from schemas.table_columns import TableSpec


def describe(
    table: str | None = None,
    /,
    *,
    audience: Annotated[
        Audience | None,
        Parameter(
            help="The audience whose tables to describe (default: all; the example query reads standard)."
        ),
    ] = None,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Columns, units, meaning and a query of a published table; without a name: the tables there are.

    Example: cpt01939 describe payment --audience internal
    """
    from schemas.rules import AUDIENCES, DisclosureRules
    from schemas.table_examples import EXAMPLES
    from schemas.tables import TABLES
    from transforms.protect.audience_tables import is_for

    chosen = [audience] if audience else list(AUDIENCES)
    readers = {name: [each for each in chosen if is_for(name, DisclosureRules.of(each))] for name in TABLES}
    told = {name: spec for name, spec in TABLES.items() if readers[name]}
    if table is not None and table not in told:
        raise ProductError("E_UNKNOWN_TABLE", f"{audience} has none of that name" if table in TABLES else "")
    if table is None:
        if common.json:
            show_json({"tables": {name: spec.what for name, spec in told.items()}})
        else:
            show("\n".join(f"{name:<18} {spec.what}" for name, spec in told.items()))
        return 0
    spec, example = TABLES[table], EXAMPLES[table]
    asked = "standard" if "standard" in readers[table] else readers[table][0]
    query = {"duckdb": example.sql(asked), "polars": example.polars(asked)}
    if common.json:
        known = {"table": table, "what": spec.what, "keys": spec.key_names, "audiences": readers[table]}
        show_json({**known, "columns": columns_of(spec), "example": {"question": example.question, **query}})
        return 0
    show(f"{table}: {spec.what}. Keys: {', '.join(spec.key_names)}")
    for column in columns_of(spec):
        unit = f" [{column['unit']}]" if column["unit"] else ""
        show(f"  {column['name']:<34} {column['type']:<16} {column['description']}{unit}")
    show(f"Audiences: {', '.join(readers[table])}")
    show(f"\n{example.question}\n  DuckDB  {query['duckdb']}\n  Polars  {query['polars']}")
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
