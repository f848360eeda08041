"""Denials of one payer: over time, why, what became of them, with and without an authorization number."""

from __future__ import annotations

from transforms.publication.charts import Item, bar_chart, pair_chart, stack_chart
from transforms.publication.headlines import denial_level
from transforms.publication.parts import Col, Figure, Link, Sentence, named, number_table
from transforms.publication.published import Published, PublishedRow
from transforms.publication.reading import OTHERS, PERIOD_COLUMN, by_share, in_window, step_word
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.trends import Series, trend_chart
from transforms.publication.values import shown
from transforms.publication.words import IMMATURE_FOOTNOTE, PAYER_NAMES

PRESENT = {"present": "Authorization number on the claim", "absent": "No authorization number"}
MOST_REASONS = 10


def authorization_figure(published: Published, payer: str) -> Figure:
    """Denial rates of claims with a prior authorization number and without."""
    rows = [row for row in published.view("v_authorization", payer=payer) if row["authorization"] in PRESENT]
    rows.sort(key=lambda row: row["authorization"], reverse=True)
    items = [Item(PRESENT[row["authorization"]], payer, row) for row in rows]
    told: Sentence = ("Claims with and without an authorization number",)
    if len(rows) == 2 and all(row["denial_rate"] is not None for row in rows):
        told = (
            *("Denied in the end: ", shown(rows[0], "denial_rate"), " with an authorization number, "),
            *(shown(rows[1], "denial_rate"), " without"),
        )
    return Figure(
        "auth-denials",
        told,
        "Share of answered lines denied: because of authorization (open dot) and for any reason (filled), "
        f"{published.window.label}",
        "A number on the claim does not prove that authorization was needed. Source: table authorizations."
        if rows
        else "[n] No data: this release has no authorizations for this payer and window.",
        pair_chart(items, "prior_auth_denial_rate", "denial_rate", "share", "Share of answered lines", True)
        if rows
        else None,
        number_table(
            f"Authorization, {published.window.label}",
            rows,
            (
                Col("On the claim", named(lambda row: PRESENT[row["authorization"]]), False),
                Col("Denied", "denial_rate"),
                Col("Denied for authorization", "prior_auth_denial_rate"),
                Col("Denied lines", "denied_lines"),
                Col("Answered lines", "service_lines"),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def denials_over_time(published: Published, payer: str) -> Figure:
    """Initial (dashed) and final (solid) denial rates by month."""
    keys = {"payer": payer, "line_of_business": "all"}
    steps = published.steps_of("v_denials", "initial_denial_rate", **keys)
    rows = published.over("v_denials", steps, **keys)
    series = (Series("initial_denial_rate", "dashed"), Series("denial_rate", ""))
    return Figure(
        "denials-trend",
        denial_level(in_window(published, "v_denials", payer)),
        "Share of answered lines denied at first (dashed) and in the end (solid), "
        f"by {step_word(steps)} of service; {PAYER_NAMES[payer]}",
        f"× marks a period that is not shown. {IMMATURE_FOOTNOTE} Source: table denials.",
        trend_chart(steps, rows, series, "share", payer) if steps else None,
        number_table(
            f"{PAYER_NAMES[payer]}: denials by period",
            rows,
            (
                PERIOD_COLUMN,
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


def categories_figure(published: Published, facts: CodeFacts, payer: str) -> Figure:
    """Kinds of reasons: shown where single reasons are too few."""
    key = "denial_category"
    rows = by_share(published.view("v_denial_categories", payer=payer), key, "share_of_denied")
    items = [Item(facts.category(row[key]), payer, row) for row in rows]

    def cure(row: PublishedRow) -> str:
        return str(facts.rows("denial_categories").get(row[key], {}).get("usual_cure") or "not stated")

    return Figure(
        "denial-categories",
        ("Kinds of reasons",),
        f"Share of denied lines by kind of reason, {published.window.label}",
        f"Remedies are usual practice, not advice. {OTHERS} Source: table denial_categories."
        if rows
        else "[c] or [n]: no kind of reason has 11 people, claims and lines, or this release has no such "
        "table.",
        bar_chart(items, "share_of_denied", "share", "Share of denied lines") if rows else None,
        number_table(
            f"Kinds of reasons, {published.window.label}",
            rows,
            (
                Col("Kind", named(lambda row: facts.category(row[key])), False),
                Col("Share of denied", "share_of_denied"),
                Col("Denied lines", "service_lines"),
                Col("Denied at first, lines", "initially_denied_lines"),
                Col("Won back", "overturn_rate"),
                Col("Usual remedy", named(cure), False),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def reasons_figure(published: Published, facts: CodeFacts, payer: str) -> Figure:
    """Single reasons (CARC); the list of all payers where a payer's own are too few."""
    rows = published.view("v_denial_reasons", payer=payer)
    who = payer if rows else "all"
    rows = by_share(rows or published.view("v_denial_reasons", payer="all"), "carc", "share_of_denied")[
        :MOST_REASONS
    ]

    def label(row: PublishedRow) -> str:
        name = row["carc_name"] or facts.name("carc", str(row["carc"]))
        return f"{row['group_code']}-{row['carc']} {name or ''}".strip()

    items = [Item(label(row), who, row) for row in rows]
    of = (
        ""
        if who == payer
        else f"No single reason of {PAYER_NAMES[payer]} has 11 people, claims and lines, "
        "so all payers are shown. "
    )
    return Figure(
        "denial-reasons",
        ("Single reasons",) if who == payer else ("Single reasons of all payers",),
        f"Share of denied lines by reason of the final denial, {PAYER_NAMES[who]}, {published.window.label}; "
        f"the first {MOST_REASONS}",
        f"{of}{OTHERS} Source: table denial_reasons.",
        bar_chart(items, "share_of_denied", "share", "Share of denied lines") if rows else None,
        number_table(
            f"Reasons, {PAYER_NAMES[who]}, {published.window.label}",
            rows,
            (
                Col("Reason", named(label), False),
                Col("Kind", named(lambda row: facts.category(row["denial_category"])), False),
                Col("Share of denied", "share_of_denied"),
                Col("Denied lines", "service_lines"),
                Col("Denied at first, lines", "initially_denied_lines"),
                Col("Won back", "overturn_rate"),
                Col("Usual remark", "top_rarc", False),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def overturned_figure(published: Published, payer: str) -> Figure:
    """Denials that were paid in the end, by what brought it about."""
    rows = [in_window(published, "v_overturned", who) for who in dict.fromkeys((payer, "all"))]
    parts = (
        ("overturned_by_correction_lines", "s1", "corrected claim"),
        ("overturned_by_resubmission_lines", "s2", "new claim"),
        ("overturned_by_payer_lines", "s4", "payer changed its answer"),
    )
    has_how = published.has("denials", parts[0][0])
    items = [Item(PAYER_NAMES[row["payer"]], payer, row) for row in rows]
    first = rows[0]
    told: Sentence = (
        *(shown(first, "overturned_lines"), " of ", shown(first, "initially_denied_lines")),
        " lines denied at first were paid in the end",
    )
    return Figure(
        "overturned-how",
        told,
        f"Lines denied at first and paid in the end, by what brought the payment, {published.window.label}",
        "Source: table denials."
        if has_how
        else "[n] How they were won back is not in this release. Source: table denials.",
        stack_chart(items, parts, "lines", "Lines") if has_how else None,
        number_table(
            f"Won back, {published.window.label}",
            rows,
            (
                Col("Payer", named(lambda row: PAYER_NAMES[row["payer"]]), False),
                Col("Denied at first, lines", "initially_denied_lines"),
                Col("Won back, lines", "overturned_lines"),
                *(Col(f"By {words}", column) for column, _, words in parts if has_how),
                Col("Recovered", "recovered_allowed_sum"),
            ),
        ),
        (("The reasons are under ", Link("why lines are denied", f"payer-{payer}", "reasons"), "."),),
        is_folded=False,
    )
