"""A page per payer: what it says, what it is seen to pay, to deny, and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from transforms.publication.headlines import (
    denial_level,
    payment_days,
    price_change,
    price_level,
    price_spread,
    rate_change,
    volume_on_year,
)
from transforms.publication.page_summary import trend_figure
from transforms.publication.parts import (
    Card,
    Col,
    Link,
    Page,
    Section,
    Sentence,
    named,
    number_table,
)
from transforms.publication.payer_denials import (
    authorization_figure,
    categories_figure,
    denials_over_time,
    overturned_figure,
    reasons_figure,
)
from transforms.publication.payer_prices import (
    care_figure,
    case_figure,
    contract_section,
    index_figure,
    lines_figure,
    said_sentences,
    sites_figure,
)
from transforms.publication.payer_times import open_figure, time_figure
from transforms.publication.published import Published, PublishedRow, own_line
from transforms.publication.reading import PRICE, in_window, late_payers
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.shown_edition import long_date
from transforms.publication.trends import spark
from transforms.publication.values import ShownValue, shown
from transforms.publication.words import (
    CONFIDENCE_NAMES,
    LINE_OF_BUSINESS_NAMES,
    NO_RULE,
    PAYER_NAMES,
    RULE_NAMES,
    RULE_VALUES,
    SHORT_PAYERS,
    THEMES,
    inline,
    spoken,
)


def payer_page(published: Published, facts: CodeFacts, payer: str) -> Page:
    """Everything about one payer."""
    name = PAYER_NAMES[payer]
    price = published.row("v_price_by_payer", payer=payer, line_of_business=own_line(payer))
    denied, days = in_window(published, "v_denials", payer), in_window(published, "v_days", payer)
    lead: tuple[Sentence, ...] = (
        (*price_level(price, name, published.window), " ", *price_spread(price)),
        denial_level(denied),
        payment_days(days),
    )
    sections = (
        _themes(published, payer),
        Section("auth", "Authorization", figures=(authorization_figure(published, payer),)),
        Section(
            "price",
            "Price per unit",
            figures=(
                lines_figure(published, payer),
                trend_figure(published, payer, "trend", is_linked=False),
                index_figure(published, payer),
            ),
        ),
        Section(
            "care",
            "By care model: what the payer says, and what the claims show",
            sentences=said_sentences(published, payer),
            figures=(care_figure(published, payer),),
        ),
        Section("sites", "By site", figures=(sites_figure(published, facts, payer),)),
        Section("case", "Price of a case", figures=(case_figure(published, payer),)),
        Section("denials", "Denials", figures=(denials_over_time(published, payer),)),
        Section(
            "reasons",
            "Why lines are denied",
            figures=(categories_figure(published, facts, payer), reasons_figure(published, facts, payer)),
        ),
        Section("overturned", "How denials are won back", figures=(overturned_figure(published, payer),)),
        Section("time", "Days to payment", figures=(time_figure(published, payer),)),
        Section("open", "Open claims", figures=(open_figure(published, payer),)),
        *contract_section(published, payer),
    )
    return Page(
        f"payer-{payer}",
        SHORT_PAYERS[payer],
        f"{name} and CPT {published.edition.main_code}",
        lead,
        _cards(published, payer),
        sections,
    )


def _cards(published: Published, payer: str) -> tuple[Card, ...]:
    steps, late, line = published.steps, payer in late_payers(published), own_line(payer)
    volume, every = in_window(published, "v_volume", payer), in_window(published, "v_volume", "all")
    price = published.row("v_price_by_payer", payer=payer, line_of_business=line)
    plans = published.row("v_price_by_payer", payer="all", line_of_business="commercial")
    denied, all_denied = (in_window(published, "v_denials", who) for who in (payer, "all"))
    days, all_days = (in_window(published, "v_days", who) for who in (payer, "all"))

    def over(view: str, of_line: str, column: str) -> str:
        return spark(published.over(view, steps, payer=payer, line_of_business=of_line), column)

    return (
        Card(
            "Service lines",
            shown(volume, "service_lines"),
            (("all payers: ", shown(every, "service_lines")), volume_on_year(published, payer)),
            over("v_volume", "all", "service_lines"),
        ),
        Card(
            f"Price per unit, {LINE_OF_BUSINESS_NAMES[line]}",
            shown(price, f"{PRICE}_p50"),
            (
                ("all commercial plans: ", shown(plans, f"{PRICE}_p50")),
                price_change(published, payer, late),
            ),
            over("v_price_trend", line, f"{PRICE}_p50"),
        ),
        Card(
            "Denied in the end",
            shown(denied, "denial_rate"),
            (
                ("all payers: ", shown(all_denied, "denial_rate")),
                rate_change(published, payer, late),
            ),
            over("v_denials", "all", "initial_denial_rate"),
        ),
        Card(
            "Days to payment, median",
            shown(days, "days_to_payment_p50"),
            (
                ("all payers: ", shown(all_days, "days_to_payment_p50")),
                ("nine in ten within ", shown(days, "days_to_payment_p90"), " days"),
            ),
            over("v_days", "all", "days_to_payment_p50"),
        ),
    )


def rules_of(published: Published, payer: str) -> list[PublishedRow]:
    """Rules of a payer, and those told of several commercial payers."""
    is_commercial = payer not in ("medicare", "other")
    return [
        row
        for row in published.whole("payer_rules")
        if row["payer"] == payer or (is_commercial and row["payer"] == "other")
    ]


def _themes(published: Published, payer: str) -> Section:
    rules = rules_of(published, payer)
    rows: list[PublishedRow] = []
    missing: list[str] = []
    for title, names in THEMES:
        found = [row for row in rules if row["rule"] in names]
        rows += sorted(found, key=lambda row: (names.index(row["rule"]), str(row["scope_plan"]), row.key))
        missing += [] if found else [title.lower()]
    sentences: list[Sentence] = []
    if missing:
        sentences.append((f"{', '.join(missing).capitalize()}: {NO_RULE[0].lower()}{NO_RULE[1:]}",))
    sentences.append(
        (
            "These figures apply a rule only if a program can compute it and a good source confirms it. The "
            "other rules are listed but not used. What the claims show is under ",
            Link("care model", f"payer-{payer}", "care"),
            " and ",
            Link("authorization", f"payer-{payer}", "auth"),
            ".",
        )
    )
    table = number_table(f"Rules of {PAYER_NAMES[payer]}, by theme", rows, _rule_columns())
    return Section("themes", "What the payer says", tuple(sentences), tables=(table,) if rows else ())


def _rule_columns() -> tuple[Col, ...]:
    return (
        Col("Theme", named(_theme_of), False),
        Col("Rule", named(lambda row: RULE_NAMES.get(row["rule"], spoken(row["rule"]))), False),
        Col("What it says", _value_of, False),
        Col("Plan, state, line of business", named(_scope), False),
        Col("Since", named(_since), False),
        Col("Used", named(lambda row: "applied" if row["applied"] else "listed, not used"), False),
        Col("Source", "source", False),
        Col(
            "Confidence",
            named(lambda row: CONFIDENCE_NAMES.get(str(row["confidence"]), "Not verified")),
            False,
        ),
    )


def _theme_of(row: PublishedRow) -> str:
    return next((title for title, names in THEMES if row["rule"] in names), "Other")


def _value_of(row: PublishedRow) -> ShownValue:
    """What a rule says; a machine word in words."""
    told = shown(row, "value")
    return replace(told, text=RULE_VALUES.get((str(row["rule"]), told.text), told.text))


def _scope(row: PublishedRow) -> str:
    several = ["several payers"] if row["payer"] == "other" else []
    parts = [str(row["scope_plan"]), str(row["scope_state"])]
    line = str(row["scope_lob"])
    told = [*several, *(part for part in parts if part != "all")]
    return ", ".join([*told, *([] if line == "all" else [inline(line)])]) or "all"


def _since(row: PublishedRow) -> str:
    start, end = row["effective_from"], row["effective_to"]
    since = long_date(start) if isinstance(start, dt.date) else "date unknown"
    return f"{since}, until {long_date(end)}" if isinstance(end, dt.date) else since
