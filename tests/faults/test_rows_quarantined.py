"""Every quarantine rule, by one good row with one thing wrong, taken in as a CSV file beside good rows."""

from __future__ import annotations

import polars as pl
import pytest
from inbound_rows import TakenFiles, as_csv, remit, take_in
from quarantine_cases import CASES, DROPPED, EDGES, GOOD

from flows.readers.reference_files import read_reference
from schemas.inbound_rules import claim_schema, remit_schema
from schemas.rules import Rules
from schemas.validation import QUARANTINE_RULES

GOOD_ROWS_PER_CASE = 4
"""So many that the file stays below the ceiling of bad rows."""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TakenFiles]:
    """Both kinds, each as one file: the cases in order, then good rows."""
    found = {}
    for kind, cases in CASES.items():
        good = GOOD[kind]
        rows = [good(**case.changes) for case in cases]
        rows += [good(claim_id=f"FINE{n}") for n in range(GOOD_ROWS_PER_CASE * len(cases))]
        header, *lines = as_csv(rows, end="\x1d\n").decode().split("\x1d\n")
        lines = [case.line or line for case, line in zip(cases, lines, strict=False)] + lines[len(cases) :]
        content = "\n".join([header, *lines]).encode()
        found[kind] = take_in(tmp_path_factory.mktemp(kind), {"rows.csv": content})
    return found


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param(kind, number, id=case.name)
        for kind, cases in CASES.items()
        for number, case in enumerate(cases, start=1)
    ],
)
def test_a_row_with_one_thing_wrong_is_quarantined_under_its_rule(
    taken: dict[str, TakenFiles], kind: str, number: int
) -> None:
    case = CASES[kind][number - 1]
    told = taken[kind].quarantine.filter(pl.col("row_number") == number)
    assert set(told.select("rule_code", "column").iter_rows()) >= set(case.breaks)
    if case.breaks[0][0] != "field_count":
        assert set(told.select("rule_code", "column").iter_rows()) == set(case.breaks)
    assert told.filter("is_first")["rule_code"].to_list() == [case.breaks[0][0]]
    assert number not in getattr(taken[kind], kind)["row_number"].to_list()


@pytest.mark.parametrize("kind", CASES)
def test_good_rows_beside_them_are_accepted(taken: dict[str, TakenFiles], kind: str) -> None:
    cases, found = len(CASES[kind]), taken[kind]
    good = GOOD_ROWS_PER_CASE * cases
    assert getattr(found, kind)["row_number"].to_list() == list(range(cases + 1, cases + good + 1))
    counted = {name: found.only[name] for name in ("rows_read", "out_of_scope", "accepted", "quarantined")}
    assert counted == {"rows_read": cases + good, "out_of_scope": 0, "accepted": good, "quarantined": cases}
    by_rule = found.quality.filter(pl.col("quarantined") > 0).group_by("rule_code").agg(pl.sum("quarantined"))
    first = [case.breaks[0][0] for case in CASES[kind]]
    assert dict(by_rule.iter_rows()) == {rule: first.count(rule) for rule in set(first)}


def test_quarantine_holds_no_value(taken: dict[str, TakenFiles]) -> None:
    for kind, found in taken.items():
        assert found.quarantine.columns == [
            "file_key",
            "shown_name",
            "source",
            "row_number",
            "rule_code",
            "column",
            "is_first",
        ]
        assert set(found.quarantine["column"]) <= {"", *GOOD[kind]()}
        assert set(found.quarantine["rule_code"]) <= set(QUARANTINE_RULES)


def test_every_rule_of_the_schemas_has_a_case() -> None:
    reference = read_reference()
    impossible = (
        tuple(reference.modifiers.filter("is_impossible")["modifier"]),
        tuple(reference.places_of_service.filter("is_impossible")["place_of_service"]),
    )
    scope = Rules().scope
    schemas = {"claim_lines": claim_schema(scope, *impossible), "remit_lines": remit_schema(scope)}
    for kind, schema in schemas.items():
        always = pl.lit(True)
        rules = {
            rule.code for rule in schema.rules if rule.droppable is None or not rule.droppable.meta.eq(always)
        }
        assert rules == {rule for case in CASES[kind] for rule, _ in case.breaks}, kind
    assert {rule.code for schema in schemas.values() for rule in schema.rules} <= set(QUARANTINE_RULES)


def test_every_rule_that_can_be_explained_can_happen() -> None:
    found = {rule for cases in CASES.values() for case in cases for rule, _ in case.breaks}
    assert found == set(QUARANTINE_RULES)


@pytest.mark.parametrize("kind", DROPPED)
def test_an_optional_value_that_cannot_be_read_is_dropped_and_counted(
    tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    rows = [GOOD[kind](**{column: value}) for column, value in DROPPED[kind]]
    found = take_in(tmp_path_factory.mktemp("dropped"), {"rows.csv": as_csv(rows)})
    assert (found.only["accepted"], found.only["quarantined"]) == (len(rows), 0)
    told = found.quality.filter(pl.col("rule_code").str.starts_with("optional_dropped:"))
    counted = dict(told.group_by("rule_code").agg(pl.sum("findings")).iter_rows())
    columns = [f"optional_dropped:{column}" for column, _ in DROPPED[kind]]
    assert counted == {column: columns.count(column) for column in set(columns)}


def test_an_adjudicated_code_that_is_none_is_dropped_beside_the_billed_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    row = remit(procedure_code="0370", submitted_procedure_code="01939")
    found = take_in(tmp_path_factory.mktemp("code"), {"rows.csv": as_csv([row])})
    codes = found.remit_lines.select("procedure_code", "submitted_procedure_code").rows()
    assert codes == [(None, "01939")]


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TakenFiles]:
    """Rows that must just be accepted, a file of each kind."""
    return {
        kind: take_in(
            tmp_path_factory.mktemp(kind),
            {"rows.csv": as_csv([GOOD[kind](**changes) for changes in changed])},
        )
        for kind, changed in EDGES.items()
    }


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param(kind, number, id=f"{kind}-{','.join(f'{k}={v!a}' for k, v in changes.items())}")
        for kind, changed in EDGES.items()
        for number, changes in enumerate(changed, start=1)
    ],
)
def test_a_row_at_the_edge_is_accepted(edges: dict[str, TakenFiles], kind: str, number: int) -> None:
    quarantine = edges[kind].quarantine
    told = [] if quarantine.is_empty() else quarantine.filter(pl.col("row_number") == number).rows()
    assert told == []
    assert number in getattr(edges[kind], kind)["row_number"].to_list()
