"""The page on the code: what it covers, where, why, with which modifiers, for whom."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from transforms.publication.charts import Item, bar_chart, spread_chart
from transforms.publication.parts import (
    Col,
    Figure,
    Page,
    Section,
    Sentence,
    named,
    number_table,
)
from transforms.publication.published import Published, PublishedRow
from transforms.publication.reading import (
    OTHERS,
    PRICE,
    PRICE_TITLE,
    by_share,
    in_window,
    priced_like,
)
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.values import plain, shown
from transforms.publication.words import EXPECTATIONS, REGION_NAMES, spoken

MODIFIER_KINDS = (
    *("pricing", "informational", "physical_status", "liability", "laterality"),
    *("facility_only", "not_on_anesthesia"),
)
_MOST = 14
"""Rows of an open list on a page; the tables hold all."""


def code_page(published: Published, facts: CodeFacts) -> Page:
    """The reference page of the code beside what is seen of it."""
    every = in_window(published, "v_volume", "all")
    lead: tuple[Sentence, ...] = (
        facts.overview,
        (
            *(shown(every, "service_lines"), " lines of ", shown(every, "patients"), " patients"),
            f" are in these files ({published.window.label}). The median time of a line is ",
            *(shown(every, "minutes_p50"), " minutes."),
        ),
    )
    sections = (
        Section("overview", "Reference", facts=facts.listed()),
        _family(published, facts),
        Section("sites", "Where it is done", figures=(_sites(published, facts),)),
        _clinical(published, facts),
        Section("modifiers", "Modifiers", figures=(_modifiers(published, facts),)),
        Section("people", "Patients", figures=(_people(published),)),
        Section("states", "States", figures=(_states(published),)),
    )
    return Page("code", "Code", f"CPT {published.edition.main_code} in detail", lead, (), sections)


def _family(published: Published, facts: CodeFacts) -> Section:
    codes = facts.reference.anesthesia_codes.filter(pl.col("family") == "scope").sort("procedure_code")
    names = {str(row["procedure_code"]): row for row in codes.iter_rows(named=True)}
    rows = [
        published.row("v_price_by_code", procedure_code=code, payer="all", line_of_business="commercial")
        for code in names
    ]
    main = published.edition.main_code
    items = [
        Item(row["procedure_code"], "all" if row["procedure_code"] == main else "other", row) for row in rows
    ]
    table = number_table(
        f"The family of codes, commercial, {published.window.label}",
        rows,
        (
            Col("Code", named(lambda row: row["procedure_code"]), False),
            Col("For", named(lambda row: names[row["procedure_code"]]["short_name"]), False),
            Col("Base units", lambda row: plain(f"{names[row['procedure_code']]['base_units']}")),
            Col("Median per unit", f"{PRICE}_p50"),
            Col("Unit-priced lines", "unit_priced_lines"),
        ),
    )
    figure = Figure(
        "family-prices",
        ("The six codes differ by region and work, hardly by price per unit",)
        if _are_similar(rows)
        else ("Price per unit of the six codes",),
        f"{PRICE_TITLE}, all payers, commercial, {published.window.label}; in order of the codes, not ranked",
        "Thin line: 10th to 90th percentile. Bar: middle half. Diamond: median. Source: table payment.",
        spread_chart(items, PRICE, "USD per unit", PRICE_TITLE) if items else None,
        table,
        is_folded=False,
    )
    return Section("family", "Comparison codes", figures=(figure,))


def _are_similar(rows: list[PublishedRow]) -> bool:
    there = [row for row in rows if row[f"{PRICE}_p25"] is not None and row[f"{PRICE}_p75"] is not None]
    if len(there) < 2:
        return False
    return bool(max(row[f"{PRICE}_p25"] for row in there) <= min(row[f"{PRICE}_p75"] for row in there))


def _sites(published: Published, facts: CodeFacts) -> Figure:
    names = facts.rows("places_of_service")
    rows = published.view("v_sites", payer="all", line_of_business="all")
    seen = {row["place_of_service"] for row in rows}
    typical = [code for code, row in names.items() if row["expectation"] in ("common", "possible")]
    absent = [
        published.absent(
            "sites",
            payer="all",
            line_of_business="all",
            place_of_service=code,
            site_name=names[code]["site_name"],
        )
        for code in typical
        if code not in seen
    ]
    rows = by_share([*rows, *absent], "place_of_service")[:_MOST]

    def expectation(row: PublishedRow) -> str:
        return EXPECTATIONS[names.get(row["place_of_service"], {"expectation": "unlisted"})["expectation"]]

    items = [Item(f"{row['site_name']} ({row['place_of_service']})", "all", row) for row in rows]
    hatched = [expectation(row) not in ("typical", "possible") for row in rows]
    return Figure(
        "sites-share",
        _top_sentence(rows, lambda row: str(row["site_name"])),
        f"Share of lines by place of service, all payers, {published.window.label}; dashed: not expected",
        f"The reference data say which sites are expected. {OTHERS} Source: table sites.",
        bar_chart(items, "share_of_lines", "share", "Share of lines", hatched) if items else None,
        number_table(
            f"Places of service, {published.window.label}",
            rows,
            (
                Col("Site", named(lambda row: f"{row['site_name']} ({row['place_of_service']})"), False),
                Col("Expected", named(expectation), False),
                Col("Share", "share_of_lines"),
                Col("Lines", "service_lines"),
                Col("Median minutes", "minutes_p50"),
                Col(
                    "Per unit, commercial",
                    priced_like(published, "v_sites", "place_of_service", "all", f"{PRICE}_p50"),
                ),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )


def _top_sentence(rows: list[PublishedRow], name: Callable[[PublishedRow], str]) -> Sentence:
    there = [row for row in rows if row["share_of_lines"] is not None]
    if not there:
        return ("No value is shown.",)
    told: Sentence = (f"{spoken(name(there[0]))}: ", shown(there[0], "share_of_lines"), " of lines")
    if len(there) == 1:
        return told
    return (*told, f"; {name(there[1])}: ", shown(there[1], "share_of_lines"))


def _clinical(published: Published, facts: CodeFacts) -> Section:
    return Section(
        "clinical",
        "Clinical context",
        figures=(_themes(published, facts), _procedures(published, facts), _diagnoses(published, facts)),
    )


def _themes(published: Published, facts: CodeFacts) -> Figure:
    rows = by_share(published.view("v_themes", payer="all", line_of_business="all"), "theme")[:_MOST]
    items = [Item(facts.theme(str(row["theme"])), "all", row) for row in rows]
    note = f"Theme of the first diagnosis of the line that has one. {OTHERS} Source: table clinical_themes."
    return Figure(
        "themes",
        _top_sentence(rows, lambda row: facts.theme(str(row["theme"])))
        if rows
        else ("Why the procedure is done",),
        f"Share of lines by clinical theme, all payers, {published.window.label}",
        note if rows else "[n] No data: this release has no clinical themes for this window.",
        bar_chart(items, "share_of_lines", "share", "Share of lines") if rows else None,
        number_table(
            f"Clinical themes, {published.window.label}",
            rows,
            (
                Col("Theme", named(lambda row: facts.theme(str(row["theme"]))), False),
                Col("Share", "share_of_lines"),
                Col("Lines", "service_lines"),
                Col("Median minutes", "minutes_p50"),
                Col(
                    "Per unit, commercial", priced_like(published, "v_themes", "theme", "all", f"{PRICE}_p50")
                ),
                Col("Denied", "denial_rate"),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def _procedures(published: Published, facts: CodeFacts) -> Figure:
    names = facts.rows("surgical_codes")
    key = "surgical_procedure_code"
    rows = by_share(published.view("v_procedures", payer="all", line_of_business="all"), key)[:_MOST]

    def label(row: PublishedRow) -> str:
        name = names.get(row[key], {}).get("short_name", "")
        return f"{row[key]} {name}".strip()

    def fits(row: PublishedRow) -> str:
        conflict = row["region_conflict"]
        return "not listed" if conflict is None else "no" if conflict else "yes"

    items = [Item(label(row), "all", row) for row in rows]
    return Figure(
        "procedures",
        ("What the anesthesia was for",),
        "Share of lines by surgical procedure, where the claim names one; all payers, "
        f"{published.window.label}",
        f"Dashed: the procedure belongs to another anesthesia code. {OTHERS} Source: table procedures.",
        bar_chart(items, "share_of_lines", "share", "Share of lines", [fits(row) == "no" for row in rows])
        if rows
        else None,
        number_table(
            f"Procedures, {published.window.label}",
            rows,
            (
                Col("Procedure", named(label), False),
                Col("Fits the code", named(fits), False),
                Col("Share", "share_of_lines"),
                Col("Lines", "service_lines"),
                Col("Median minutes", "minutes_p50"),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )


def _diagnoses(published: Published, facts: CodeFacts) -> Figure:
    rows = by_share(published.view("v_diagnoses", payer="all", line_of_business="all"), "diagnosis")[:_MOST]
    themes: dict[str, str] = {}
    for prefix, row in sorted(facts.rows("icd10_regions").items()):
        themes.setdefault(prefix[:3], facts.theme(str(row["theme"])))

    def label(row: PublishedRow) -> str:
        region = REGION_NAMES.get(str(row["region"]), str(row["region"]))
        theme = themes.get(str(row["diagnosis"]), "")
        return f"{row['diagnosis']} {theme}, {region}".replace(" ,", ",")

    items = [Item(label(row), "all", row) for row in rows]
    return Figure(
        "diagnoses",
        ("First diagnoses, and whether they fit the region",),
        "Share of lines by category of the first diagnosis and part of the spine, all payers, "
        f"{published.window.label}",
        f"A line does not fit if none of its diagnoses fits the region of the code. {OTHERS} Source: table "
        "diagnoses.",
        bar_chart(items, "share_of_lines", "share", "Share of lines") if rows else None,
        number_table(
            f"Diagnoses, {published.window.label}",
            rows,
            (
                Col("Diagnosis", named(label), False),
                Col("Share", "share_of_lines"),
                Col("Lines", "service_lines"),
                Col("Does not fit, lines", "region_conflict_lines"),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )


def _modifiers(published: Published, facts: CodeFacts) -> Figure:
    names = facts.rows("modifiers")
    rows = published.view("v_modifiers", payer="all", line_of_business="all")

    def kind(row: PublishedRow) -> str:
        return str(names.get(row["modifier"], {}).get("kind", "unlisted"))

    order = {name: place for place, name in enumerate(MODIFIER_KINDS)}
    rows = sorted(rows, key=lambda row: (order.get(kind(row), 99), -(row["service_lines"] or 0), row.key))
    pricing = [row for row in rows if kind(row) == "pricing"]

    def meaning(row: PublishedRow) -> str:
        found = names.get(row["modifier"])
        return str(found["short_name"]) if found else "none, or not in the list"

    def use(row: PublishedRow) -> str:
        return str(names.get(row["modifier"], {}).get("use_when") or "no use known here")

    items = [Item(f"{row['modifier']} {meaning(row)}", "all", row) for row in pricing]
    columns = [
        Col("Modifier", named(lambda row: row["modifier"]), False),
        Col("Says", named(meaning), False),
        Col("Use when", named(use), False),
        Col("Kind", named(lambda row: spoken(kind(row))), False),
        Col("Share", "share_of_lines"),
        Col("Lines", "service_lines"),
        Col("Per unit, commercial", priced_like(published, "v_modifiers", "modifier", "all", f"{PRICE}_p50")),
        Col("Denied", "denial_rate"),
    ]
    return Figure(
        "modifiers-share",
        ("The pricing modifier says who gave the anesthesia",),
        f"Share of lines by pricing modifier, all payers, {published.window.label}",
        f"A line counts once for each of its modifiers. {OTHERS} Source: table modifiers.",
        bar_chart(items, "share_of_lines", "share", "Share of lines") if items else None,
        number_table(f"Modifiers, {published.window.label}", rows, columns) if rows else None,
    )


def _people(published: Published) -> Figure:
    rows = published.view("v_people", payer="all", line_of_business="all")
    sexes = {"F": "women", "M": "men", "U": "unknown sex", "unknown": "unknown sex"}

    def label(row: PublishedRow) -> str:
        return f"{row['age_band']}, {sexes.get(str(row['sex']), str(row['sex']))}"

    items = [Item(label(row), "all", row) for row in rows]
    return Figure(
        "people-share",
        ("Age and sex of the patients",),
        f"Share of lines by age at service and sex, all payers, {published.window.label}",
        f"{OTHERS} Source: table demographics.",
        bar_chart(items, "share_of_lines", "share", "Share of lines") if items else None,
        number_table(
            f"Age and sex, {published.window.label}",
            rows,
            (
                Col("Age and sex", named(label), False),
                Col("Share", "share_of_lines"),
                Col("Patients", "patients"),
                Col("Lines", "service_lines"),
                Col("Median minutes", "minutes_p50"),
            ),
        ),
        is_folded=False,
    )


def _states(published: Published) -> Figure:
    rows = by_share(published.view("v_states", payer="all", line_of_business="all"), "state")[:_MOST]
    items = [Item(str(row["state"]), "all", row) for row in rows]
    return Figure(
        "states-share",
        ("State of the service",),
        "Share of lines by state of the service, otherwise of the billing provider; all payers, "
        f"{published.window.label}",
        f"{OTHERS} Source: table states.",
        bar_chart(items, "share_of_lines", "share", "Share of lines") if items else None,
        number_table(
            f"States, {published.window.label}",
            rows,
            (
                Col("State", named(lambda row: row["state"]), False),
                Col("Share", "share_of_lines"),
                Col("Lines", "service_lines"),
                Col(
                    "Per unit, commercial", priced_like(published, "v_states", "state", "all", f"{PRICE}_p50")
                ),
                Col("Denied", "denial_rate"),
            ),
        ),
        is_folded=False,
    )
