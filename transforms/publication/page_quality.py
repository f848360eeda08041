"""How far the figures can be trusted: files, quarantine, links, balance, what is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from transforms.publication.charts import Item, bar_chart
from transforms.publication.page_summary import fresh_section
from transforms.publication.parts import Col, Figure, Page, Section, Sentence, named, number_table
from transforms.publication.published import Published, Row
from transforms.publication.reading import payer_of
from transforms.publication.values import plain, shown
from transforms.publication.words import PAYERS, spoken

FLOW = ("rows_read", "in_scope", "accepted", "quarantined", "repaired")
MOST_CHANGES = 40


def quality_page(published: Published) -> Page:
    """Files read, rows kept and refused, answers linked, and how the numbers moved."""
    rows = [row for row in published.whole("data_quality") if row["payer"] == "all"]
    lead: tuple[Sentence, ...] = (
        (
            "A row that cannot be trusted is quarantined under a named rule; a file that cannot be trusted "
            "is refused whole.",
        ),
        ("Nothing of either is in the figures. The counts here are of rows and files, not of people.",),
    )
    sections = (
        Section("flow", "From rows read to rows accepted", figures=(_flow(published), _by_rule(rows))),
        Section("link", "Answers and claims", figures=(_links(published),)),
        fresh_section(published),
        _shown(published),
        _changes(published),
    )
    return Page("quality", "Quality", "Quality of the files and the figures", lead, (), sections)


def _total(rows: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """Rows summed over months, by some keys; sums of published counts, so they are approximate if rounded."""
    sums: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        group = tuple(str(row[key]) for key in keys)
        first.setdefault(group, row)
        for name, number in (row.values or {}).items():
            if isinstance(number, int) and not isinstance(number, bool):
                sums[group][name] += number
    return [
        replace(
            first[group],
            values={**dict(zip(keys, group, strict=True)), **sums[group]},
            keys=dict(zip(keys, group, strict=True)),
        )
        for group in sorted(sums)
    ]


def _flow(published: Published) -> Figure:
    rows = _total(
        [
            row
            for row in published.whole("data_quality")
            if row["rule_code"] == "all"
            and row["payer"] == "all"
            and row["source"] in ("claim_lines", "remit_lines")
        ],
        ("source",),
    )
    return Figure(
        "rows-kept",
        ("Rows read, accepted and quarantined",),
        "All months together, by kind of file; sums of the published counts",
        "Out of scope: rows of other procedure codes. Source: table data_quality.",
        None,
        number_table(
            "Rows by kind of file",
            rows,
            (
                Col("Kind", named(lambda row: spoken(row["source"])), False),
                *(Col(spoken(name), name) for name in FLOW),
            ),
        )
        if rows
        else None,
        is_folded=False,
    )


def _by_rule(rows: Sequence[Row]) -> Figure:
    found = _total(
        [row for row in rows if row["rule_code"] != "all" and row["source"] != "suppression"], ("rule_code",)
    )
    found = [row for row in found if row["quarantined"]]
    found.sort(key=lambda row: (-(row["quarantined"] or 0), row["rule_code"]))
    items = [Item(spoken(row["rule_code"]), "all", row) for row in found[:15]]
    return Figure(
        "rules",
        ("Why rows were quarantined",),
        "Rows by rule, all months together",
        "cpt01939 explain RULE says what a rule means and what to do. Source: table data_quality."
        if found
        else "No row was quarantined, or no count reaches 11. Source: table data_quality.",
        bar_chart(items, "quarantined", "rows", "Rows") if found else None,
        number_table(
            "Rows by rule",
            found,
            (
                Col("Rule", named(lambda row: spoken(row["rule_code"])), False),
                Col("Quarantined", "quarantined"),
                Col("Repaired", "repaired"),
            ),
        )
        if found
        else None,
        is_folded=False,
    )


def _links(published: Published) -> Figure:
    names = [
        name
        for name in (published.tables["data_quality"].columns if published.has("data_quality") else [])
        if name.endswith(("_remits", "_lines", "_reversals", "_conflicts", "_mismatch"))
    ]
    rows = _total([row for row in published.whole("data_quality") if row["rule_code"] == "all"], ("payer",))
    rows = [row for row in rows if row["payer"] in PAYERS]
    return Figure(
        "links",
        ("What did not meet, or does not add up",),
        "Lines and remittance lines by payer, all months together",
        "An answer that meets no claim, or more than one, changes no figure. Source: table data_quality.",
        None,
        number_table(
            "By payer",
            rows,
            (Col("Payer", named(payer_of), False), *(Col(spoken(name), name) for name in names)),
        )
        if rows
        else None,
        is_folded=False,
    )


def _shown(published: Published) -> Section:
    if published.edition.is_exact:
        return Section("shown", "What is left out", (("Nothing: this edition shows every cell as it is.",),))
    shares = published.edition.shares
    columns = (
        Col("Table", named(lambda row: row["table"]), False),
        Col("Periods", named(lambda row: row["kind"]), False),
        Col("Rows shown", lambda row: plain(row["rows"])),
        Col("Lines in them", lambda row: plain(row["lines"])),
    )
    told: Sentence = (
        "A row is shown where each of its counts of patients, cases, claims and lines is at least 11; "
        "counts are "
        "rounded to the nearest 5. Prices need 11 priced lines and enough providers.",
    )
    if not shares:
        return Section("shown", "What is left out", (told,))
    rows = [
        Row(
            "manifest",
            {"table": table, "kind": kind},
            {"rows": f"{of_rows} %", "lines": f"{of_lines} %"},
            False,
        )
        for (table, kind), (of_rows, of_lines) in sorted(shares.items())
    ]
    return Section(
        "shown",
        "What is left out",
        (told,),
        tables=(number_table("Share of rows and lines shown", rows, columns),),
    )


def _changes(published: Published) -> Section:
    rows = published.whole("release_changes")
    if not rows:
        return Section(
            "changes",
            "How the numbers moved",
            (("No number moved since the release before, or this is the first.",),),
        )
    told: Sentence = (
        f"The first {min(len(rows), MOST_CHANGES)} of {len(rows):,} cells that moved since the release "
        "before.",
    )
    columns = (
        Col("Table", named(lambda row: row["table_name"]), False),
        Col("Cell", named(_cell_of), False),
        Col("Measure", named(lambda row: spoken(str(row["measure"]))), False),
        Col("Before", lambda row: shown(row, "before")),
        Col("Now", lambda row: shown(row, "after")),
        Col("Why", named(lambda row: spoken(str(row["why"] or "not stated"))), False),
    )
    return Section(
        "changes",
        "How the numbers moved",
        (told,),
        tables=(number_table("Changes", rows[:MOST_CHANGES], columns),),
    )


def _cell_of(row: Row) -> str:
    names = ("procedure_code", "payer", "line_of_business", "period_type", "period_start", "further_keys")
    return " ".join(str(row[name]) for name in names if row[name])
