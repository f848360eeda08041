"""Small readings of the published tables that several pages share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transforms.publication.parts import Col, named
from transforms.publication.published import Published, PublishedRow, own_line
from transforms.publication.shown_edition import ShownPeriod
from transforms.publication.values import ShownValue, shown
from transforms.publication.words import LINE_OF_BUSINESS_NAMES, PAYER_NAMES

PRICE = "allowed_per_unit"
PRICE_TITLE = "Allowed dollars per unit"
OTHERS = "Other values are withheld or have no lines."


def in_window(published: Published, view: str, payer: str, line: str = "all") -> PublishedRow:
    """The row of a payer in the rolling twelve months."""
    window = published.window
    return published.row(
        view, payer=payer, line_of_business=line, period_type=window.kind, period_start=window.start
    )


def by_share(rows: Sequence[PublishedRow], key: str, column: str = "share_of_lines") -> list[PublishedRow]:
    """Rows with the greatest share first, `unknown` last."""
    return sorted(
        rows, key=lambda row: (row[key] == "unknown", -(row[column] or row["service_lines"] or 0), row.key)
    )


def priced_like(
    published: Published, view: str, key: str, payer: str, column: str
) -> Callable[[PublishedRow], ShownValue]:
    """A price of the payer's own line of business beside a row of all lines."""
    line = own_line(payer)
    rows = {row[key]: row for row in published.view(view, payer=payer, line_of_business=line)}

    def price(row: PublishedRow) -> ShownValue:
        wanted = {key: row[key], "payer": payer, "line_of_business": line}
        names = [name for name in row.keys if name not in wanted and name not in ("procedure_code",)]
        kept = {name: row[name] for name in names}
        return shown(rows.get(row[key]) or published.absent(row.table, **kept, **wanted), column)

    return price


def step_word(steps: Sequence[ShownPeriod]) -> str:
    """`month` or `quarter`."""
    return steps[0].kind if steps else "month"


def period_of(row: PublishedRow) -> str:
    """Label of a row's period."""
    return ShownPeriod(str(row["period_type"]), row["period_start"]).label


def payer_of(row: PublishedRow) -> str:
    """Name of a row's payer."""
    return PAYER_NAMES.get(str(row["payer"]), "Not named")


def line_of(row: PublishedRow) -> str:
    """Name of a row's line of business."""
    return LINE_OF_BUSINESS_NAMES.get(str(row["line_of_business"]), str(row["line_of_business"]))


PAYER_COLUMN = Col("Payer", named(payer_of), False)
PERIOD_COLUMN = Col("Period", named(period_of), False)
LINE_COLUMN = Col("Line of business", named(line_of), False)


def late_payers(published: Published) -> set[str]:
    """Payers whose files are late: nothing is said to be up or down there."""
    return {str(row["payer"]) for row in published.whole("freshness") if row["is_late"]}
