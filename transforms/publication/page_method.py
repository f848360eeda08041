"""What each number means, and where it is from."""

from __future__ import annotations

from schemas.dictionary import NOT, describe
from schemas.tables import TABLES
from transforms.publication.edition import long_date
from transforms.publication.parts import Head, NumberTable, Page, Section, Sentence
from transforms.publication.published import Published
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.values import plain
from transforms.publication.words import EDITIONS, ROUNDING, SYMBOLS


def method_page(published: Published, facts: CodeFacts) -> Page:
    """Units, maturity, symbols, the dictionary."""
    lead: tuple[Sentence, ...] = (
        ("Every number on these pages stands in a published table, under the same name.",),
        (
            "Statistics are of the primary payer's current lines: replaced, voided and secondary lines are "
            "counted apart.",
        ),
    )
    sections = (
        _unit(facts),
        _mature(published),
        _edition(published),
        Section(
            "symbols", "Symbols", facts=tuple((f"[{name}]", (words,)) for name, words in SYMBOLS.items())
        ),
        Section("not", "What the numbers are not", tuple((line,) for line in NOT)),
        _dictionary(published),
        _sources(published),
    )
    return Page("method", "Method", "Method: what each number means", lead, (), sections)


def _unit(facts: CodeFacts) -> Section:
    base = int(facts.rows("anesthesia_codes").get(facts.code, {}).get("base_units") or 0)
    time, factor = 2.0, 75
    units = base + time
    return Section(
        "unit",
        "Units and dollars per unit",
        (
            (
                "Allowed per unit = allowed / ((base units + minutes / 15) x share). It is the price that "
                "compares across minutes, modifiers and payers.",
            ),
            ("Share: AA 1, QZ 1; QK, QY and QX 0.5. Units for physical status are never in it.",),
            (
                f"A made-up line: {facts.code}, AA, 30 minutes, allowed ${units * factor:,.2f}. "
                f"Base {base} + time {time:.1f} = {units:.1f} units; {units * factor:,.2f} / {units:.1f} = "
                f"${factor:.2f} per unit. "
                f"Billed by a directing physician (QK) at half the amount, ${units * factor / 2:,.2f} / "
                f"({units:.1f} x 0.5) gives the same ${factor:.2f}.",
            ),
            (
                "Times Medicare's = the sum allowed over the sum of Medicare's price of the same units, of "
                "the lines that have both. Medicare's own row is the control: it is close to 1.",
            ),
            (
                "Denied is read from the reasons of the answer, not from the claim status. Denied at first "
                "looks at the first answer, won back at what became of it.",
            ),
        ),
    )


def _mature(published: Published) -> Section:
    return Section(
        "mature",
        "Maturity and change",
        (
            (
                f"A period is mature when it ended {published.edition.mature_days} days before the as-of "
                "date. Younger ones are shaded, their dots open, their numbers marked [m].",
            ),
            (
                "Up or down is said only of two mature periods of equal length with 30 lines each: of "
                "shares, where they differ by a point and two proportions by |z| >= 1.96; of prices, where "
                "the intervals of the index at fixed mix lie apart and it moved by 2 %.",
            ),
            (
                "Nothing is compared where files are late, a rule of the payer changed between, or the "
                "level breaks: two months running under half or over twice the median of the six before.",
            ),
            (
                "What a payer says is compared only with periods that lie wholly inside its rule; within "
                "five points it is in line.",
            ),
        ),
    )


def _edition(published: Published) -> Section:
    edition = published.edition
    as_of = long_date(edition.as_of) if edition.as_of else "not known"
    told: list[Sentence] = [
        (
            f"{EDITIONS.get(edition.audience, edition.audience)}, release {edition.release_id}, as of "
            f"{as_of}.",
        ),
        (f"The window is {published.window.label}: it ends with the last mature month that has lines.",),
    ]
    if not edition.is_exact:
        told.append(
            (
                f"{ROUNDING} Percentiles of money are rounded to 10 cents; prices need 11 priced lines and "
                "enough providers.",
            )
        )
    told.append(
        (
            "Percentiles by payer are of one line of business: commercial, for Medicare fee for service. "
            "Mixing lines of business would give a price with two humps.",
        )
    )
    return Section("edition", "This edition", tuple(told))


def _dictionary(published: Published) -> Section:
    tables = []
    for name in TABLES:
        if name not in published.tables:
            continue
        told = describe(TABLES[name])
        rows = tuple(
            (
                plain(column["name"]),
                plain(column["unit"] or column["type"]),
                plain(in_words(column["description"])),
            )
            for column in told["columns"]
        )
        heads = (Head("Column", False), Head("Unit", False), Head("Meaning", False))
        tables.append(NumberTable(f"{name}: {told['what']}", heads, rows))
    return Section("dictionary", "Dictionary", tables=tuple(tables))


def in_words(description: str) -> str:
    """A description for people: an empty cell, not a null."""
    return description.replace("null", "empty")


def _sources(published: Published) -> Section:
    sources = sorted({str(row["source"]) for row in published.whole("payer_rules") if row["source"]})
    return Section(
        "sources",
        "Sources",
        (
            ("Figures: the claim files (837P) and remittances (835) of this site.",),
            ("Payers' rules: " + "; ".join(sources) + ".",)
            if sources
            else ("Payers' rules: none in this release.",),
        ),
    )
