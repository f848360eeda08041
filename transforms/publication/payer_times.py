"""Days to payment and open claims of one payer."""

from __future__ import annotations

from dataclasses import replace

from transforms.publication.charts import Item, stack_chart
from transforms.publication.headlines import payment_days
from transforms.publication.parts import Col, Figure, Head, NumberTable, number_table
from transforms.publication.published import Published, PublishedRow
from transforms.publication.reading import PERIOD_COLUMN, in_window, step_word
from transforms.publication.shown_edition import ShownPeriod
from transforms.publication.trends import Series, trend_chart
from transforms.publication.values import plain, shown
from transforms.publication.words import IMMATURE_FOOTNOTE, PAYER_NAMES

BANDS = (("0-30", "s1"), ("31-60", "s2"), ("61-90", "s4"), ("91+", "s3"))


def time_figure(published: Published, payer: str) -> Figure:
    """Median and 90th percentile of days to payment, by month of service."""
    keys = {"payer": payer, "line_of_business": "all"}
    steps = published.steps_of("v_days", "days_to_payment_p50", **keys)
    rows = published.over("v_days", steps, **keys)
    series = (Series("days_to_payment_p90", "dashed"), Series("days_to_payment_p50", ""))
    return Figure(
        "days-trend",
        payment_days(in_window(published, "v_days", payer)),
        "Days from first submission to first payment: median (solid), nine in ten (dashed), "
        f"by {step_word(steps)} of service; {PAYER_NAMES[payer]}",
        "Unpaid lines are left out, so recent months look fast. × marks a period that is not shown. "
        f"{IMMATURE_FOOTNOTE} "
        "Source: table timeliness.",
        trend_chart(steps, rows, series, "days", payer) if steps else None,
        number_table(
            f"{PAYER_NAMES[payer]}: days by period",
            rows,
            (
                PERIOD_COLUMN,
                Col("To payment, median", "days_to_payment_p50"),
                Col("Nine in ten", "days_to_payment_p90"),
                Col("To submit, median", "days_to_submit_p50"),
                Col("To first answer, median", "days_to_first_remit_p50"),
                Col("Paid at first answer", "first_pass_paid_rate"),
            ),
        ),
        is_folded=False,
    )


def open_figure(published: Published, payer: str) -> Figure:
    """Open lines by quarter of service and age; all payers by year where a payer's are too few."""
    kind, who = "quarter", payer
    rows = published.view("v_open_claims", payer=payer, period_type="quarter")
    if not rows:
        kind, who = "year", "all"
        rows = published.view("v_open_claims", payer="all", period_type="year")
    starts = sorted({row["period_start"] for row in rows})[-8:]
    grid = {(row["period_start"], row["age_band"]): row for row in rows}
    merged = []
    for start in starts:
        values = {
            band: grid[start, band]["service_lines"] if (start, band) in grid else None for band, _ in BANDS
        }
        keys = {"payer": who, "period_type": kind, "period_start": start}
        row = published.absent("open_claims", **keys)
        merged.append(Item(ShownPeriod(kind, start).label, "all", replace(row, values=values)))
    of = (
        ""
        if who == payer
        else f"{PAYER_NAMES[payer]} has too few open lines by quarter and age, "
        "so all payers are shown by year. "
    )
    return Figure(
        "open-by-age",
        ("Lines without an answer, by age",),
        f"Open service lines by period of service and days since first submission; {PAYER_NAMES[who]}",
        f"{of}Ages are on the as-of date. Source: table open_claims."
        if merged
        else "No line is open, or no age band has 11 people, claims and lines. Source: table open_claims.",
        stack_chart(merged, [(band, css, f"{band} days") for band, css in BANDS], "lines", "Open lines")
        if merged
        else None,
        _open_table(published, kind, who, [ShownPeriod(kind, start) for start in starts], grid)
        if merged
        else None,
        is_folded=False,
    )


def _open_table(
    published: Published,
    kind: str,
    who: str,
    periods: list[ShownPeriod],
    grid: dict[tuple[object, str], PublishedRow],
) -> NumberTable:
    """A row per period and a column per age, lines and charges."""
    heads = [Head("Period", False)]
    heads += [Head(f"{band} days, {what}") for band, _ in BANDS for what in ("lines", "charges")]
    rows = []
    for period in periods:
        cells = [plain(period.label)]
        for band, _ in BANDS:
            keys = {
                "payer": who,
                "line_of_business": "all",
                "period_type": kind,
                "period_start": period.start,
            }
            row = grid.get((period.start, band)) or published.absent("open_claims", **keys, age_band=band)
            cells += [shown(row, "service_lines"), shown(row, "charge_sum")]
        rows.append(tuple(cells))
    return NumberTable(f"Open lines of {PAYER_NAMES[who]} by age", tuple(heads), tuple(rows))
