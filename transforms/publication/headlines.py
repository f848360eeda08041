"""Sentences that say what a figure shows, and no more than it carries."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.publication.change import index_moved, is_comparable, level_break, rate_moved
from transforms.publication.parts import Sentence
from transforms.publication.published import Published, PublishedRow, own_line
from transforms.publication.shown_edition import ShownPeriod
from transforms.publication.values import ShownValue, shown
from transforms.publication.words import PAYER_NAMES, inline

UP_DOWN = {1: "up", -1: "down"}


def price_level(row: PublishedRow, who: str, period: ShownPeriod) -> Sentence:
    """`Aetna allowed a median of $74.46 per unit (commercial, period), 3.67 times Medicare's price.`"""
    middle, ratio = shown(row, "allowed_per_unit_p50"), shown(row, "ratio_to_national_medicare")
    line = inline(str(row["line_of_business"]))
    if middle.is_missing:
        return (f"{who}: the price per unit is not shown (", middle, f"; {line}, {period.label}).")
    return (
        *(f"{who} allowed a median of ", middle, f" per unit ({line}, {period.label}), "),
        *(ratio, " times Medicare's price."),
    )


def price_spread(row: PublishedRow) -> Sentence:
    """`Half of its lines have a price between $67.52 and $81.76.`"""
    low, high = shown(row, "allowed_per_unit_p25"), shown(row, "allowed_per_unit_p75")
    if low.is_missing or high.is_missing:
        return ("Its spread is not shown (", low, ").")
    return ("Half of its lines have a price between ", low, " and ", high, ".")


def denial_level(row: PublishedRow) -> Sentence:
    """`12.9 % of answered lines were denied at first, and 9.1 % in the end.`"""
    first, last = shown(row, "initial_denial_rate"), shown(row, "denial_rate")
    if first.is_missing and last.is_missing:
        return ("Denials are not shown (", first, ").")
    return (first, " of answered lines were denied at first, and ", last, " in the end.")


def payment_days(row: PublishedRow) -> Sentence:
    """`Half of the paid lines were paid within 23 days of submission, and nine in ten within 35 days.`"""
    middle, long = shown(row, "days_to_payment_p50"), shown(row, "days_to_payment_p90")
    if middle.is_missing:
        return ("Days to payment are not shown (", middle, ").")
    return (
        *("Half of the paid lines were paid within ", middle, " days of submission, and nine in ten within "),
        *(long, " days."),
    )


def mature_pair(published: Published) -> tuple[ShownPeriod, ShownPeriod] | None:
    """The last mature quarter and the same quarter a year earlier."""
    kept = [
        ShownPeriod("quarter", row["period_start"])
        for row in published.view("v_volume", payer="all", line_of_business="all", period_type="quarter")
        if row.is_mature
    ]
    return (kept[-1], kept[-1].year_before()) if kept else None


def rate_change(published: Published, payer: str, is_late: bool) -> Sentence:
    """How the share denied at first moved on the year, where the data carry it."""
    pair = mature_pair(published)
    if pair is None:
        return ("Change from a year ago: not shown (no mature quarter).",)
    keys = {"payer": payer, "line_of_business": "all", "period_type": "quarter"}
    now, before = (published.row("v_denials", **keys, period_start=period.start) for period in pair)
    reason = "files are late" if is_late else is_comparable(now, before, "service_lines")
    for row in (now, before):
        reason = reason or ("" if row["initially_denied_lines"] is not None else "not shown")
    months = published.over("v_denials", published.steps, payer=payer, line_of_business="all")
    broken = level_break(months, "initial_denial_rate")
    if reason:
        return (f"Change from a year ago: not shown ({reason}).",)
    if broken is not None:
        return (
            "Check the files: denials at first jump in "
            f"{ShownPeriod('month', broken['period_start']).label}.",
        )
    moved = rate_moved(now, before, "initially_denied_lines", "service_lines")
    from_to = (shown(before, "initial_denial_rate"), " to ", shown(now, "initial_denial_rate"))
    span = f"{pair[1].label} to {pair[0].label}"
    if not moved:
        return ("Denied at first: little changed from a year ago (", *from_to, f"; {span}).")
    return (f"Denied at first: {UP_DOWN[moved]} from a year ago (", *from_to, f"; {span}).")


def price_change(published: Published, payer: str, is_late: bool) -> Sentence:
    """How the price moved on the year at the same mix, where the index carries it."""
    pair = mature_pair(published)
    if pair is None or not published.has("price_trend"):
        return ("Change from a year ago: not shown (this release has no price index).",)
    keys = {"payer": payer, "line_of_business": own_line(payer), "period_type": "quarter"}
    now, before = (published.row("v_price_index", **keys, period_start=period.start) for period in pair)
    reason = "files are late" if is_late else is_comparable(now, before, "service_lines")
    reason = reason or rules_between(published, payer, pair[1], pair[0])
    if reason or now["price_index"] is None or before["price_index"] is None:
        return (f"Change from a year ago: not shown ({reason or 'no index'}).",)
    moved = index_moved(now, before)
    span = f"{pair[1].label} to {pair[0].label}"
    from_to = (shown(before, "price_index"), " to ", shown(now, "price_index"), f", {span}")
    if not moved:
        return ("At the same mix: little changed from a year ago (index ", *from_to, ").")
    return (f"At the same mix: {UP_DOWN[moved]} from a year ago (index ", *from_to, ").")


def rules_between(published: Published, payer: str, before: ShownPeriod, now: ShownPeriod) -> str:
    """Names a rule of the payer's own that began between two periods: they are then not compared."""
    for row in published.whole("payer_rules"):
        start = row["effective_from"]
        is_price = row["applied"] and row["rule"] in ("qz_percent", "time_rounding", "base_units_minimum")
        if row["payer"] == payer and is_price and start and before.start < start <= now.last_month:
            return "a rule of the payer changed in between"
    return ""


def volume_on_year(published: Published, payer: str) -> Sentence:
    """Lines of the last mature quarter beside those of a year earlier, without a verdict."""
    pair = mature_pair(published)
    if pair is None:
        return ("No mature quarter.",)
    keys = {"payer": payer, "line_of_business": "all", "period_type": "quarter"}
    now, before = (published.row("v_volume", **keys, period_start=period.start) for period in pair)
    told: Sentence = (f"{pair[0].label}: ", shown(now, "service_lines"))
    if before.values is None:
        return (*told, "; no figure from a year ago")
    return (*told, f"; {pair[1].label}: ", shown(before, "service_lines"))


def maturity(published: Published, rows: Sequence[PublishedRow]) -> Sentence:
    """Which periods will still change."""
    young = [row for row in rows if not row.is_mature]
    if not young:
        return ("All periods shown are mature.",)
    first = ShownPeriod(str(young[0]["period_type"]), young[0]["period_start"])
    return (f"Periods from {first.label} on are not yet mature and will change.",)


def immature_note(row: PublishedRow) -> Sentence:
    """`Jan 2026 is not yet mature: 61 % of lines are answered so far. It will change.`"""
    period = ShownPeriod(str(row["period_type"]), row["period_start"])
    share: ShownValue = shown(row, "adjudicated_share")
    return (f"{period.label} is not yet mature: ", share, " of lines are answered so far. It will change.")


def payer_name(payer: str) -> str:
    """A payer in words; for the roll-up of commercial prices, the plans."""
    return PAYER_NAMES[payer]
