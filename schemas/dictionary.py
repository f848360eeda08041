"""The data dictionary of the published tables, made from their specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypedDict

import polars as pl

from schemas.columns import Column
from schemas.rules import Audience
from schemas.table_columns import TableSpec
from schemas.table_examples import EXAMPLES

NOT: Final = (
    "Shares are shares of these files, not of a population.",
    "Only professional claims (837P) are here: no facility fees, no critical-access method II billing.",
    "A rejection by a clearinghouse is not a denial; it never reached the payer.",
    "Recent months are immature: claims are still unanswered. `is_mature` says which periods are not.",
    "What a line was allowed is not the price of a case: a directed case is two lines (see `case_payment`).",
    "A count that is shown, or withheld, meets a threshold; that is no legal safe harbour.",
)
"""What the numbers are not."""

AUDIENCE_NOTES: Final = (
    "`internal`: every cell, exact.",
    "`standard`, `shared`: a row that is not there has 0 to 10 patients, cases, claims or lines.",
    "Their counts are rounded to the nearest 5 (15 stands for 11 to 17; `shared`: to 10), each on its own:"
    " parts need not add up to their roll-up, and shares, rates and sums are made from rounded counts.",
    "A count of 1 to 10 inside a row (1 to 12 in roll-ups and periods above a month), or one that leaves"
    " 1 to 10 of its denominator, is null, with what rests on it; counts of one or two providers are null.",
    "Percentiles are values of lines (nearest rank), in steps of 10 cents; means of money are in steps of 10"
    " dollars (per unit: 1), sums are the published mean times the published count, dates are months.",
    "Prices need 11 lines of 3 providers, none of them above half of the lines; 10th and 90th percentiles"
    " need 30. `withheld` says why one is null. Else a null means that no line of the cell has the value.",
)
"""What each audience sees."""


class ColumnDescription(TypedDict):
    """One column as people read it."""

    name: str
    type: str
    unit: str
    description: str
    source: str


class TableDescription(TypedDict):
    """One table as people read it."""

    name: str
    what: str
    keys: list[str]
    columns: list[ColumnDescription]


def type_word(dtype: pl.DataType) -> str:
    """Type of a published column in a word: text, date, whole number and so on."""
    words = {
        pl.String(): "text",
        pl.Date(): "date",
        pl.Int64(): "whole number",
        pl.Float64(): "number",
        pl.Boolean(): "yes or no",
    }
    return "decimal(18,2)" if isinstance(dtype, pl.Decimal) else words[dtype]


def describe(spec: TableSpec) -> TableDescription:
    """A table's grain and columns, for the command line."""
    return {
        "name": spec.name,
        "what": spec.what,
        "keys": spec.key_names,
        "columns": [_described(column) for column in spec.columns],
    }


def _described(column: Column) -> ColumnDescription:
    return {
        "name": column.name,
        "type": type_word(column.dtype),
        "unit": column.unit,
        "description": column.description,
        "source": column.source,
    }


def data_dictionary(specs: Iterable[TableSpec], audience: Audience = "standard") -> str:
    """The dictionary of the tables of an audience as Markdown; the same specs give the same text."""
    parts = ["# Data dictionary", _bullets("What the numbers are not", NOT)]
    parts.append(_bullets("What each audience sees", AUDIENCE_NOTES))
    parts.extend(_section(describe(spec), audience) for spec in specs)
    return "\n\n".join(parts) + "\n"


def _bullets(title: str, sentences: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {sentence}" for sentence in sentences)])


def _section(table: TableDescription, audience: Audience) -> str:
    rows = [
        "| " + " | ".join(_cell(text) for text in _fields(column, table["keys"])) + " |"
        for column in table["columns"]
    ]
    return "\n".join(
        [
            f"## {table['name']}",
            "",
            f"{table['what']}.",
            "",
            f"One row per {', '.join(table['keys'])}.",
            "",
            "| column | type | unit | meaning | source |",
            "|---|---|---|---|---|",
            *rows,
            *_example(table["name"], audience),
        ]
    )


def _example(name: str, audience: Audience) -> list[str]:
    example = EXAMPLES[name]
    return ["", example.question, "", "```sql", example.sql(audience), "```"]


def _fields(column: ColumnDescription, keys: list[str]) -> tuple[str, ...]:
    name = f"**{column['name']}**" if column["name"] in keys else column["name"]
    return name, column["type"], column["unit"], column["description"], column["source"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
