"""The first page: what the code is, and the four figures at a glance with their charts."""

from __future__ import annotations

from transforms.publication.charts import Item, Mark, pair_chart, spread_chart, stack_chart
from transforms.publication.headlines import (
    denial_level,
    immature_note,
    maturity,
    payment_days,
    price_change,
    price_level,
    rate_change,
    volume_on_year,
)
from transforms.publication.parts import (
    Card,
    Col,
    Figure,
    Link,
    Page,
    Section,
    Sentence,
    named,
    number_table,
)
from transforms.publication.published import Published, PublishedRow, own_line
from transforms.publication.reading import (
    PAYER_COLUMN,
    PERIOD_COLUMN,
    PRICE,
    PRICE_TITLE,
    in_window,
    late_payers,
    step_word,
)
from transforms.publication.reference_facts import AT_A_GLANCE, CodeFacts
from transforms.publication.trends import Series, spark, trend_chart
from transforms.publication.values import shown
from transforms.publication.words import IMMATURE_FOOTNOTE, PAYER_NAMES, SHORT_PAYERS, inline


def summary_page(published: Published, facts: CodeFacts) -> Page:
    """The summary of a release."""
    window = published.window
    price = published.row("v_price_by_payer", payer="all", line_of_business="commercial")
    lead: tuple[Sentence, ...] = (
        price_level(price, "Commercial plans", window),
        denial_level(in_window(published, "v_denials", "all")),
        payment_days(in_window(published, "v_days", "all")),
    )
    sections = (
        _what(facts),
        Section("price", "Price per unit", figures=(price_figure(published),)),
        Section(
            "trend",
            "Price per unit over time",
            sentences=(maturity(published, _volume(published)), *_young(published)),
            figures=tuple(
                trend_figure(published, payer, f"trend-{payer}") for payer in _with_pages(published)
            ),
            is_small=True,
        ),
        Section("denials", "Denials", figures=(denials_figure(published),)),
        Section("days", "Days to payment", figures=(days_figure(published),)),
        Section("collected", "What was collected", figures=(collected_figure(published),)),
        fresh_section(published),
    )
    heading = f"CPT {published.edition.main_code}: {facts.short_name}"
    return Page("index", "Summary", heading, lead, _cards(published), sections)


def _volume(published: Published) -> list[PublishedRow]:
    return published.over("v_volume", published.steps, payer="all", line_of_business="all")


def _young(published: Published) -> tuple[Sentence, ...]:
    return tuple(
        immature_note(row) for row in _volume(published) if not row.is_mature and row.values is not None
    )


def _with_pages(published: Published) -> list[str]:
    return [payer for payer in published.payers() if payer != "other"]


def _what(facts: CodeFacts) -> Section:
    return Section("what", "What the code is", sentences=(facts.overview,), facts=facts.listed(AT_A_GLANCE))


def _over_time(published: Published) -> dict[str, list[PublishedRow]]:
    """Rows of the cards' small lines, by view."""
    lines = {"v_volume": "all", "v_price_trend": "commercial", "v_denials": "all", "v_days": "all"}
    return {
        view: published.over(view, published.steps, payer="all", line_of_business=line)
        for view, line in lines.items()
    }


def _cards(published: Published) -> tuple[Card, ...]:
    late = bool(late_payers(published))
    volume = in_window(published, "v_volume", "all")
    price = published.row("v_price_by_payer", payer="all", line_of_business="commercial")
    denied, days = (in_window(published, view, "all") for view in ("v_denials", "v_days"))
    over = _over_time(published)
    return (
        Card(
            "Service lines",
            shown(volume, "service_lines"),
            (
                (
                    "of ",
                    shown(volume, "patients"),
                    " patients by ",
                    shown(volume, "billing_providers"),
                    " billing providers",
                ),
                volume_on_year(published, "all"),
            ),
            spark(over["v_volume"], "service_lines"),
        ),
        Card(
            "Commercial price per unit",
            shown(price, f"{PRICE}_p50"),
            (
                (shown(price, "ratio_to_national_medicare"), " times Medicare's price"),
                price_change(published, "all", late),
            ),
            spark(over["v_price_trend"], f"{PRICE}_p50"),
        ),
        Card(
            "Denied in the end",
            shown(denied, "denial_rate"),
            ((shown(denied, "initial_denial_rate"), " at first"), rate_change(published, "all", late)),
            spark(over["v_denials"], "initial_denial_rate"),
        ),
        Card(
            "Days to payment, median",
            shown(days, "days_to_payment_p50"),
            (
                ("nine in ten within ", shown(days, "days_to_payment_p90"), " days"),
                ("first answer after ", shown(days, "days_to_first_remit_p50"), " days (median)"),
            ),
            spark(over["v_days"], "days_to_payment_p50"),
        ),
    )


def medicare_mark(published: Published) -> Mark | None:
    """Medicare's own median per unit, the line that prices are seen against."""
    row = published.row("v_price_by_payer", payer="medicare", line_of_business="medicare_ffs")
    number = row[f"{PRICE}_p50"]
    return None if number is None else Mark(float(number), "Medicare")


def price_figure(published: Published) -> Figure:
    """Prices of every payer's own line of business, highest median first, Medicare last."""
    rows = [
        published.row("v_price_by_payer", payer=payer, line_of_business=own_line(payer))
        for payer in published.payers()
    ]
    rows.sort(key=lambda row: (row["payer"] == "medicare", -(row[f"{PRICE}_p50"] or 0)))
    items = [Item(SHORT_PAYERS[row["payer"]], row["payer"], row) for row in rows]
    return Figure(
        "price-by-payer",
        _price_heading(rows),
        f"{PRICE_TITLE}, commercial lines and Medicare fee for service, {published.window.label}",
        "Thin line: 10th to 90th percentile. Bar: middle half of the lines. Diamond: median. Dashed line: "
        "Medicare's median. Payers whose bars overlap have similar prices. Source: table payment.",
        spread_chart(items, PRICE, "USD per unit", PRICE_TITLE, medicare_mark(published)) if items else None,
        number_table(
            f"{PRICE_TITLE} by payer, {published.window.label}",
            rows,
            (
                PAYER_COLUMN,
                *spread_columns(),
            ),
        ),
        is_folded=False,
    )


def spread_columns() -> tuple[Col, ...]:
    """Lines, percentiles, ratio and providers of a price."""
    return (
        Col("Median", f"{PRICE}_p50"),
        Col("× Medicare", "ratio_to_national_medicare"),
        Col("10th", f"{PRICE}_p10"),
        Col("25th", f"{PRICE}_p25"),
        Col("75th", f"{PRICE}_p75"),
        Col("90th", f"{PRICE}_p90"),
        Col("Lines", "unit_priced_lines"),
        Col("Providers", "billing_providers"),
    )


def _price_heading(rows: list[PublishedRow]) -> Sentence:
    plans = [row for row in rows if row["payer"] != "medicare" and row[f"{PRICE}_p50"] is not None]
    if not plans:
        return ("Prices per unit by payer",)
    medicare = [row for row in rows if row["payer"] == "medicare" and row[f"{PRICE}_p50"] is not None]
    told: Sentence = (
        "Commercial medians run from ",
        shown(plans[-1], f"{PRICE}_p50"),
        " to ",
        shown(plans[0], f"{PRICE}_p50"),
        " per unit",
    )
    return (*told, "; Medicare's is ", shown(medicare[0], f"{PRICE}_p50")) if medicare else told


def trend_figure(published: Published, payer: str, place: str, is_linked: bool = True) -> Figure:
    """One payer's price by month: median and middle half."""
    keys = {"payer": payer, "line_of_business": own_line(payer)}
    steps = published.steps_of("v_price_trend", f"{PRICE}_p50", **keys)
    rows = published.over("v_price_trend", steps, **keys)
    series = (Series(f"{PRICE}_p50", "", (f"{PRICE}_p25", f"{PRICE}_p75")),)
    name = PAYER_NAMES[payer]
    heading: Sentence = (
        (Link(name, f"payer-{payer}", "price"),) if is_linked else (f"{name} by {step_word(steps)}",)
    )
    return Figure(
        place,
        heading,
        f"Median allowed dollars per unit by {step_word(steps)} of service, middle half shaded; "
        f"{inline(own_line(payer))}",
        f"× marks a period that is not shown. {IMMATURE_FOOTNOTE} Source: table payment.",
        trend_chart(
            steps, rows, series, "USD per unit", payer, _common_top(published), medicare_mark(published)
        ),
        number_table(
            f"{name}: {PRICE_TITLE.lower()} by period",
            rows,
            (
                PERIOD_COLUMN,
                Col("Median", f"{PRICE}_p50"),
                Col("25th", f"{PRICE}_p25"),
                Col("75th", f"{PRICE}_p75"),
                Col("Lines", "unit_priced_lines"),
            ),
        ),
        (price_change(published, payer, payer in late_payers(published)),),
    )


def _common_top(published: Published) -> float:
    kind = published.steps[0].kind if published.steps else "month"
    rows = published.view("v_price_trend", period_type=kind)
    return max([0.0, *(float(row[f"{PRICE}_p75"]) for row in rows if row[f"{PRICE}_p75"] is not None)])


def denials_figure(published: Published) -> Figure:
    """Denied at first and in the end, by payer."""
    rows = [in_window(published, "v_denials", payer) for payer in published.payers()]
    rows.sort(key=lambda row: -(row["initial_denial_rate"] or 0))
    items = [Item(SHORT_PAYERS[row["payer"]], row["payer"], row) for row in rows]
    every = in_window(published, "v_denials", "all")
    return Figure(
        "denials-by-payer",
        denial_level(every),
        "Share of answered lines denied at first (open dot) and in the end (filled), "
        f"{published.window.label}",
        "All lines of business. Adjustment reasons decide whether a line is denied. Source: table denials.",
        pair_chart(items, "initial_denial_rate", "denial_rate", "share", "Share of answered lines")
        if items
        else None,
        number_table(
            f"Denials by payer, {published.window.label}",
            [*rows, every],
            (
                PAYER_COLUMN,
                Col("At first", "initial_denial_rate"),
                Col("In the end", "denial_rate"),
                Col("Denied at first, lines", "initially_denied_lines"),
                Col("Won back, lines", "overturned_lines"),
                Col("Denied in the end, lines", "denied_lines"),
                Col("Answered lines", "service_lines"),
            ),
        ),
        is_folded=False,
    )


def days_figure(published: Published) -> Figure:
    """Median and 90th percentile of days to payment, fastest payer first."""
    rows = [in_window(published, "v_days", payer) for payer in published.payers()]
    rows.sort(key=lambda row: (row["days_to_payment_p50"] is None, row["days_to_payment_p50"] or 0))
    items = [Item(SHORT_PAYERS[row["payer"]], row["payer"], row) for row in rows]
    every = in_window(published, "v_days", "all")
    return Figure(
        "days-by-payer",
        payment_days(every),
        "Days from first submission to first payment: median (filled) and nine in ten (open), "
        f"{published.window.label}",
        "Lines that were never paid are left out. Source: table timeliness.",
        pair_chart(items, "days_to_payment_p90", "days_to_payment_p50", "days", "Days") if items else None,
        number_table(
            f"Days by payer, {published.window.label}",
            [*rows, every],
            (
                PAYER_COLUMN,
                Col("To payment, median", "days_to_payment_p50"),
                Col("Nine in ten", "days_to_payment_p90"),
                Col("To submit, median", "days_to_submit_p50"),
                Col("To first answer, median", "days_to_first_remit_p50"),
                Col("Paid at first answer", "first_pass_paid_rate"),
                Col("Paid through", "paid_through", False),
            ),
        ),
        is_folded=False,
    )


def collected_figure(published: Published) -> Figure:
    """Paid, patients' share and open dollars beside what is expected."""
    rows = [
        row
        for row in published.view("v_collections", line_of_business="all")
        if row["payer"] in published.payers()
    ]
    items = [Item(PAYER_NAMES[row["payer"]], row["payer"], row) for row in rows]
    parts = (
        ("paid_sum", "s1", "paid"),
        ("patient_responsibility_sum", "s2", "patients' share"),
        ("open_allowed_sum", "s3", "open"),
    )
    note = (
        "Tick: what was expected, which is the allowed amount of answered lines and the payer's own median "
        "price of all others. "
        "Source: table collections."
    )
    return Figure(
        "collected-by-payer",
        ("What payers paid, what patients owe, and what is still open",),
        f"Dollars, all lines of business, {published.window.label}",
        note if items else "[n] No data: this release has no collections for this window.",
        stack_chart(items, parts, "USD", "Dollars", "expected_allowed_sum") if items else None,
        number_table(
            f"Collections by payer, {published.window.label}",
            rows,
            (
                PAYER_COLUMN,
                Col("Expected", "expected_allowed_sum"),
                Col("Paid", "paid_sum"),
                Col("Patients' share", "patient_responsibility_sum"),
                Col("Open", "open_allowed_sum"),
                Col("Net collection rate", "net_collection_rate"),
                Col("Days in receivables", "days_in_receivables"),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def fresh_section(published: Published) -> Section:
    """How recent each payer's files are, late ones first."""
    rows = sorted(published.whole("freshness"), key=lambda row: (not row["is_late"], str(row["payer"])))
    if not rows:
        return Section("fresh", "How recent the files are", sentences=(("[n] No data in this release.",),))
    late = [PAYER_NAMES.get(row["payer"], row["payer"]) for row in rows if row["is_late"]]
    told: Sentence = (
        (f"Late: {', '.join(dict.fromkeys(late))}.",) if late else ("No payer's files are late.",)
    )
    columns = (
        Col("Payer", named(lambda row: PAYER_NAMES.get(row["payer"], str(row["payer"]))), False),
        Col("Files", named(lambda row: str(row["source"]).replace("_", " ")), False),
        Col("Late", named(lambda row: "late" if row["is_late"] else "no"), False),
        Col("Last service", "last_service_date", False),
        Col("Last submission", "last_submitted_on", False),
        Col("Last payment", "last_payment_date", False),
        Col("Days since", "days_since"),
        Col("Usual days between", "usual_days_between"),
    )
    return Section(
        "fresh",
        "How recent the files are",
        (told,),
        tables=(number_table("Last dates by payer", rows, columns),),
    )
