"""What a reader knows of the cube beforehand: which counts add up to which, in one cell of lines.

Lines of the finest cells (a payer, a line of business, a month and a value of the breakdown) add up to every
row of their table; what binds tables and columns is listed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from table_lines import reference

N = "service_lines"
PARTITIONS = (
    *("care_models", "sites", "states", "demographics", "diagnoses", "clinical_themes"),
    *("case_payment", "collections"),
)
"""Tables whose rows of the same five keys hold every utilization line once."""
DENIED = {
    **dict.fromkeys(("care_models", "sites", "diagnoses", "clinical_themes"), "denied_lines"),
    "states": "_denied_lines",
}
"""Those that tell denied and adjudicated lines, and under which name."""
PRICED = ("care_models", "sites", "states", "clinical_themes")
"""Those that tell priced lines."""
PRIOR_AUTHORIZATION = ("39", "197", "198", "210", "243", "284", "296", "302")
"""Contract section 4.9."""
CARE_MODEL_OF = {"AA": "personally_performed", "QZ": "crna_alone", "QX": "directed_crna", "AD": "supervised"}


@dataclass(frozen=True)
class Term:
    """A count of some rows of a table, times a factor."""

    table: str
    count: str = N
    factor: int = 1
    where: tuple[str, tuple[str, ...]] | None = None

    def rows(self, frame: pl.DataFrame) -> pl.Series:
        """Which finest cells it is over."""
        if self.where is None:
            return pl.repeat(True, frame.height, eager=True)
        column, values = self.where
        return frame.get_column(column).is_in(values)


@dataclass(frozen=True)
class Relation:
    """The terms add up to 0, or to 0 or more, in each cell of the five keys, or of a table's own keys."""

    terms: tuple[Term, ...]
    is_equal: bool = True
    own_keys: bool = False


def equal(*terms: Term) -> Relation:
    """Terms that add up to 0."""
    return Relation(terms)


def at_least(*terms: Term) -> Relation:
    """Terms that add up to 0 or more."""
    return Relation(terms, is_equal=False)


def within(table: str, whole: str, *parts: str) -> Relation:
    """Parts of a count of the same row."""
    return Relation((Term(table, whole), *(Term(table, part, -1) for part in parts)), False, True)


def _categories() -> list[Relation]:
    """Reasons of a category add up to it; those of none, of which the list has not all, are left out."""
    listed = reference().carc.select("carc", "denial_category").drop_nulls().rows()
    made = []
    for category in sorted({of_code for _, of_code in listed}):
        carcs = tuple(carc for carc, of_code in listed if of_code == category)
        for count in (N, "initially_denied_lines", "overturned_lines"):
            whole = Term("denial_categories", count, where=("denial_category", (category,)))
            made.append(equal(whole, Term("denial_reasons", count, -1, ("carc", carcs))))
    return made


def _modifiers() -> list[Relation]:
    """A modifier tells a care model, but for lines of care model conflict, which carry several."""
    conflict = Term("care_models", where=("care_model", ("conflict",)))
    made = []
    pairs = [((modifier,), model) for modifier, model in CARE_MODEL_OF.items()]
    for modifiers, model in [*pairs, (("QK", "QY"), "directed_physician")]:
        lines = Term("modifiers", where=("modifier", modifiers))
        own = Term("care_models", where=("care_model", (model,)))
        less = Term("modifiers", factor=-1, where=("modifier", modifiers))
        made.append(at_least(lines, Term("care_models", factor=-1, where=own.where)))
        # a line of conflict may carry both QK and QY
        made.append(at_least(own, conflict, conflict, less))
    return made


RELATIONS: list[Relation] = [
    equal(
        Term("utilization"),
        *(Term("utilization", name, -1) for name in ("adjudicated_lines", "pending_lines", "reversed_lines")),
    ),
    within("utilization", N, "suspect_minutes_lines", "_minutes_lines"),
    *(equal(Term("utilization"), Term(table, factor=-1)) for table in PARTITIONS),
    at_least(Term("utilization"), Term("procedures", factor=-1)),
    at_least(Term("modifiers"), Term("utilization", factor=-1)),
    *_modifiers(),
    equal(Term("utilization", "adjudicated_lines"), Term("denials", factor=-1)),
    equal(Term("utilization", "adjudicated_lines"), Term("timeliness", factor=-1)),
    equal(Term("utilization", "adjudicated_lines"), Term("authorizations", factor=-1)),
    *(
        equal(Term("utilization", "adjudicated_lines"), Term(table, "_adjudicated_lines", -1))
        for table in DENIED
    ),
    at_least(Term("modifiers", "_adjudicated_lines"), Term("utilization", "adjudicated_lines", -1)),
    at_least(Term("utilization", "adjudicated_lines"), Term("procedures", "_adjudicated_lines", -1)),
    equal(Term("utilization", "pending_lines"), Term("open_claims", factor=-1)),
    at_least(
        Term("denials"),
        Term("denials", "denied_lines", -1),
        Term("denials", "zero_pay_other_lines", -1),
        Term("payment", factor=-1),
        Term("payment", "out_of_network_lines", -1),
        Term("payment", "nsa_lines", -1),
    ),
    equal(
        Term("denials"),
        Term("denials", "denied_lines", -1),
        Term("denials", "zero_pay_other_lines", -1),
        Term("payment", "_paid_lines", -1),
    ),
    equal(Term("payment", "_paid_lines"), Term("collections", "_paid_lines", -1)),
    within("denials", "initially_denied_lines", "overturned_lines"),
    within("denials", "denied_lines", "prior_auth_denied_lines"),
    within("denials", N, "initially_denied_lines"),
    at_least(
        Term("denials"),
        Term("denials", "initially_denied_lines", -1),
        Term("timeliness", "_first_paid_lines", -1),
    ),
    equal(Term("denials", "denied_lines"), Term("denial_reasons", factor=-1)),
    equal(
        Term("denials", "prior_auth_denied_lines"),
        Term("denial_reasons", factor=-1, where=("carc", PRIOR_AUTHORIZATION)),
    ),
    equal(Term("denials", "initially_denied_lines"), Term("denial_reasons", "initially_denied_lines", -1)),
    equal(Term("denials", "overturned_lines"), Term("denial_reasons", "overturned_lines", -1)),
    within("denial_reasons", "initially_denied_lines", "overturned_lines"),
    *(equal(Term("denials", "denied_lines"), Term(table, name, -1)) for table, name in DENIED.items()),
    at_least(Term("modifiers", "denied_lines"), Term("denials", "denied_lines", -1)),
    at_least(Term("denials", "denied_lines"), Term("procedures", "denied_lines", -1)),
    *(within(table, N, "_adjudicated_lines") for table in (*DENIED, "modifiers", "procedures")),
    *(within(table, "_adjudicated_lines", name) for table, name in DENIED.items()),
    *(within(table, "_adjudicated_lines", "denied_lines") for table in ("modifiers", "procedures")),
    equal(Term("denials", "denied_lines"), Term("authorizations", "denied_lines", -1)),
    equal(Term("denials", "prior_auth_denied_lines"), Term("authorizations", "prior_auth_denied_lines", -1)),
    within("authorizations", N, "denied_lines"),
    within("authorizations", "denied_lines", "prior_auth_denied_lines"),
    equal(Term("denials", "denied_lines"), Term("denial_categories", factor=-1)),
    *_categories(),
    within("payment", N, "unit_priced_lines"),
    equal(Term("payment", "unit_priced_lines"), Term("price_trend", factor=-1)),
    *(within(table, N, "priced_lines") for table in (*PRICED, "modifiers", "procedures")),
    within("diagnoses", N, "region_conflict_lines"),
    *(equal(Term("payment"), Term(table, "priced_lines", -1)) for table in PRICED),
    at_least(Term("payment"), Term("procedures", "priced_lines", -1)),
]
