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
    "Shares describe these files, not a population.",
    "The files have professional claims (837P) only. Facility fees and Method II billing of critical access "
    "hospitals are missing.",
    "A rejection by a clearinghouse is not a denial, because the claim never reached the payer.",
    "Recent months are not mature, because some claims are still unanswered. `is_mature` marks mature ones.",
    "The allowed amount of a line is not the price of a case. A directed case has two lines (see "
    "`case_payment`).",
    "Published counts meet a threshold. Meeting a threshold is no legal safe harbor.",
)
"""What the numbers are not."""

AUDIENCE_NOTES: Final = (
    "`internal` shows every number exactly.",
    "`standard` and `shared` leave out every row that has 0 to 10 patients, cases, claims or lines.",
    "They round each count by itself to the nearest 5, where 15 stands for 11 to 17 (`shared` rounds "
    "to 10). So parts need not add up to their total. Shares, rates and sums are made from the "
    "rounded counts.",
    "A count inside a row, such as denied lines, is null if it is 1 to 10, or if only 1 to 10 of its "
    "whole remain. In totals and in periods longer than a month it is also null if it is 11 or 12. "
    "Values that are made from a null count are null too. Counts of one or two providers are null.",
    "Percentiles are values of real lines (nearest rank), rounded to 10 cents. Means of money are "
    "rounded to 10 dollars, means of dollars per unit to 1 dollar. A sum is the published mean times "
    "the published count. Dates are rounded to months.",
    "A price needs 11 lines from 3 providers, none with more than half of the lines. The 10th and "
    "90th percentiles need 30 lines. `withheld` says why a price is null. Any other null means that "
    "no line has the value.",
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


def described_table(spec: TableSpec) -> TableDescription:
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
    parts.extend(_section(described_table(spec), audience) for spec in specs)
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
