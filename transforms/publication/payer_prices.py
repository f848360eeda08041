"""Prices of one payer: lines of business, care models, sites, cases, its contract."""

from __future__ import annotations

import datetime as dt

from transforms.publication.charts import Item, Mark, dot_chart, spread_chart
from transforms.publication.page_summary import medicare_mark, spread_columns
from transforms.publication.parts import Col, Figure, Section, Sentence, named, number_table
from transforms.publication.published import Published, PublishedRow, own_line
from transforms.publication.reading import (
    LINE_COLUMN,
    OTHERS,
    PERIOD_COLUMN,
    PRICE,
    PRICE_TITLE,
    by_share,
    line_of,
    period_of,
)
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.shown_edition import ShownPeriod, long_date, shifted
from transforms.publication.trends import Series, trend_chart
from transforms.publication.values import percent_text, shown
from transforms.publication.words import (
    CARE_MODEL_NAMES,
    IMMATURE_FOOTNOTE,
    LINE_OF_BUSINESS_NAMES,
    PAYER_NAMES,
    SHORT_CARE_MODELS,
    inline,
)

QZ = "qz_percent"
_DIRECTED = ("directed_physician", "directed_crna")
IN_LINE = 0.05
"""Within five points what is seen is in line with what is said."""
LINE_ORDER = ("commercial", "medicare_ffs", "medicare_advantage", "medicaid", "other")


def lines_figure(published: Published, payer: str) -> Figure:
    """A spread for every line of business, never their mixture."""
    rows = published.view("v_price_by_lob", payer=payer)
    rows.sort(key=lambda row: LINE_ORDER.index(row["line_of_business"]))
    items = [Item(line_of(row), payer, row) for row in rows]
    return Figure(
        "price-by-line",
        ("Price per unit by line of business",),
        f"{PRICE_TITLE}, {PAYER_NAMES[payer]}, {published.window.label}",
        "Thin line: 10th to 90th percentile. Bar: middle half. Diamond: median. Dashed: Medicare's median."
        f" {OTHERS} Source: table payment.",
        spread_chart(items, PRICE, "USD per unit", PRICE_TITLE, medicare_mark(published), True)
        if items
        else None,
        number_table(
            f"{PRICE_TITLE} by line of business, {published.window.label}",
            rows,
            (LINE_COLUMN, *spread_columns()),
        ),
        is_folded=False,
    )


def index_figure(published: Published, payer: str) -> Figure:
    """The price at a fixed mix of care models and sites, the first mature quarter 100."""
    keys = {"payer": payer, "line_of_business": own_line(payer)}
    steps = published.quarters
    rows = published.over("v_price_index", steps, **keys)
    there = [row for row in rows if row["price_index"] is not None]
    series = (Series("price_index", "", ("price_index_low", "price_index_high")),)
    columns = (
        PERIOD_COLUMN,
        Col("Index", "price_index"),
        Col("Low", "price_index_low"),
        Col("High", "price_index_high"),
        Col("Median per unit", f"{PRICE}_p50"),
        Col("Unit-priced lines", "service_lines"),
    )
    return Figure(
        "price-index",
        ("Price at the same mix of care models and sites",),
        f"Index by quarter of service; the first mature period is 100; {inline(own_line(payer))}",
        f"The 95 % interval is shaded. {IMMATURE_FOOTNOTE} Source: table price_trend."
        if there
        else "[n] No data: this release has no price index for this payer.",
        trend_chart(steps, rows, series, "index", payer, mark=Mark(100.0, "")) if there else None,
        number_table(f"{PAYER_NAMES[payer]}: price index by quarter", rows, columns) if there else None,
        is_folded=False,
    )


def qz_rule(published: Published, payer: str) -> PublishedRow | None:
    """The share that the payer says it pays a nurse anesthetist alone, where the rule is applied."""
    line = own_line(payer)
    rules = [
        row
        for row in published.whole("payer_rules")
        if row["payer"] == payer
        and row["rule"] == QZ
        and row["applied"]
        and row["scope_lob"] in ("all", line)
    ]
    return max(rules, key=lambda row: row["effective_from"] or dt.date.min, default=None)


def lies_inside(row: PublishedRow, rule: PublishedRow) -> bool:
    """Whether a period lies wholly inside the dates of a rule."""
    period = ShownPeriod(str(row["period_type"]), row["period_start"])
    last = shifted(period.last_month, 1) - dt.timedelta(days=1)
    start, end = rule["effective_from"], rule["effective_to"]
    return (start is None or start <= period.start) and (end is None or end >= last)


def _seen_under(published: Published, payer: str, rule: PublishedRow) -> PublishedRow | None:
    """The longest and latest period inside the rule with a share seen, mature ones first."""
    rows = [
        row
        for row in published.view(
            "v_care_models", payer=payer, line_of_business=own_line(payer), care_model="crna_alone"
        )
        if row["observed_share"] is not None and lies_inside(row, rule)
    ]
    order = {"rolling_12": 2, "year": 1, "quarter": 0}
    return max(
        rows, key=lambda row: (row.is_mature, order[row["period_type"]], row["period_start"]), default=None
    )


def said_sentences(published: Published, payer: str) -> tuple[Sentence, ...]:
    """What is said of nurse anesthetists working alone, beside what is seen."""
    rule = qz_rule(published, payer)
    if rule is None:
        return (("We found no rule of this payer on nurse anesthetists alone (QZ) that could be applied.",),)
    start = rule["effective_from"]
    since = f" since {long_date(start)}" if start else ""
    said: Sentence = (
        f"Nurse anesthetist alone (QZ): {PAYER_NAMES[payer]} says "
        f"{percent_text(float(rule['value']))}{since}; ",
    )
    seen = _seen_under(published, payer, rule)
    if seen is None:
        return ((*said, "no full period lies under this rule yet."),)
    told: Sentence = (
        *said,
        "the claims show ",
        shown(seen, "observed_share"),
        " on ",
        shown(seen, "priced_lines"),
    )
    where = f" priced lines ({period_of(seen)}): "
    return (
        (*told, where, _verdict(seen, float(rule["value"]))),
        (
            "The share that the claims show is the median price per unit, divided by that of the "
            "anesthesiologist alone (AA).",
        ),
    )


def _verdict(seen: PublishedRow, said: float) -> str:
    if not seen.is_mature:
        return "not yet mature, so not compared."
    gap = abs(seen["observed_share"] - said)
    return "in line." if gap <= IN_LINE else f"{gap * 100:.0f} points apart."


def care_figure(published: Published, payer: str) -> Figure:
    """Share of the anesthesiologist's price seen under each care model; a tick for what is said."""
    line, window = own_line(payer), published.window
    keys = {
        "payer": payer,
        "line_of_business": line,
        "period_type": window.kind,
        "period_start": window.start,
    }
    rows = [published.row("v_care_models", **keys, care_model=model) for model in CARE_MODEL_NAMES]
    rule = qz_rule(published, payer)
    said: list[float | None] = []
    for row in rows:
        model = row["care_model"]
        applies = rule is not None and model == "crna_alone" and lies_inside(row, rule)
        said.append(0.5 if model in _DIRECTED else float(rule["value"]) if applies and rule else None)
    items = [Item(CARE_MODEL_NAMES[row["care_model"]], payer, row) for row in rows]
    return Figure(
        "care-models",
        ("Share of the anesthesiologist's price that each care model is paid",),
        "Dot: what the claims show. Tick: what the payer says (half for directed lines). "
        f"{LINE_OF_BUSINESS_NAMES[line]}, {window.label}",
        "The claims show the median allowed amount per billed unit, divided by that of AA. [z]: lines with "
        "this modifier have no share of units, so no price per unit. "
        "Source: tables care_models and payer_rules.",
        dot_chart(items, "observed_share", "share", "Share of the price of AA", said),
        number_table(
            f"Care models, {LINE_OF_BUSINESS_NAMES[line]}, {window.label}",
            rows,
            (
                Col("Care model", named(lambda row: SHORT_CARE_MODELS[row["care_model"]]), False),
                Col("Share shown by claims", "observed_share"),
                Col("Median per unit", f"{PRICE}_p50"),
                Col("25th", f"{PRICE}_p25"),
                Col("75th", f"{PRICE}_p75"),
                Col("Priced lines", "priced_lines"),
                Col("Share of lines", "share_of_lines"),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )


def sites_figure(published: Published, facts: CodeFacts, payer: str) -> Figure:
    """Price per unit by place of service."""
    line = own_line(payer)
    rows = by_share(published.view("v_sites", payer=payer, line_of_business=line), "place_of_service")[:10]
    items = [Item(f"{row['site_name']} ({row['place_of_service']})", payer, row) for row in rows]
    return Figure(
        "price-by-site",
        ("Price per unit by place of service",),
        f"Median allowed dollars per unit, {LINE_OF_BUSINESS_NAMES[line]}, {published.window.label}",
        f"{OTHERS} Source: table sites.",
        dot_chart(items, f"{PRICE}_p50", "USD per unit", PRICE_TITLE) if items else None,
        number_table(
            f"Places of service, {published.window.label}",
            rows,
            (
                Col("Site", named(lambda row: f"{row['site_name']} ({row['place_of_service']})"), False),
                Col("Median per unit", f"{PRICE}_p50"),
                Col("Share of lines", "share_of_lines"),
                Col("Priced lines", "priced_lines"),
                Col("Median minutes", "minutes_p50"),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )


def case_figure(published: Published, payer: str) -> Figure:
    """What a whole case was allowed, physician and nurse anesthetist together."""
    rows = published.view("v_case_price", payer=payer)
    rows.sort(key=lambda row: LINE_ORDER.index(row["line_of_business"]))
    items = [Item(line_of(row), payer, row) for row in rows]
    return Figure(
        "case-prices",
        ("What a whole case was allowed",),
        f"Allowed dollars per case, complete cases, {published.window.label}",
        "Bar: middle half. Diamond: median. A case has all lines of one patient and day. It is complete with "
        f"one AA or QZ line, or with a directing physician and the directed nurse anesthetist. {OTHERS} "
        "Source: table case_payment.",
        spread_chart(items, "allowed_per_case", "USD", "Allowed dollars per case", None, True)
        if items
        else None,
        number_table(
            f"Cases, {published.window.label}",
            rows,
            (
                LINE_COLUMN,
                Col("Median", "allowed_per_case_p50"),
                Col("25th", "allowed_per_case_p25"),
                Col("75th", "allowed_per_case_p75"),
                Col("Complete cases", "complete_cases"),
                Col("All cases", "cases"),
                Col("Units per case", "units_per_case_mean"),
                Col("Median per unit", "allowed_per_unit_case_p50"),
            ),
        ),
        is_folded=False,
    )


def contract_section(published: Published, payer: str) -> tuple[Section, ...]:
    """Lines against your own contract; only where the edition holds the table and the payer has rows."""
    rows = published.view("v_contract_variance", payer=payer)
    if not rows:
        return ()
    columns = (
        LINE_COLUMN,
        Col("Lines", "service_lines"),
        Col("Expected", "expected_allowed_sum"),
        Col("Allowed", "allowed_sum"),
        Col("Underpaid lines", "underpaid_lines"),
        Col("Underpaid by", "underpaid_sum"),
        Col("Overpaid lines", "overpaid_lines"),
    )
    table = number_table(f"Against your contract, {published.window.label}", rows, columns)
    told: Sentence = (
        "A line is underpaid if the payer allowed less than your contract says, by more than a cent.",
    )
    return (Section("contract", "Against your contract", (told,), tables=(table,)),)
