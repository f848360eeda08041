"""A claim of one line in all, from files to published cells (contract 3 and 4.5).

An answer without a code meets only such a claim, and adjustments of the claim go to its line. The other lines
of a claim may lie out of scope, in another file, in another form, and come on another night.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest
from answer_runs import allowed, published
from file_contents import ndjson, parquet
from inbound_rows import Row, as_csv, claim, remit, take_in

from transforms.synthetic.x12_writer import write_837p

pytestmark = pytest.mark.slow

OTHER = {"procedure_code": "99100", "charge_amount": "100.00", "unit_basis": "UN", "unit_count": "1"}
SECOND = claim(line_number="2", modifier_1="", modifier_2="", **OTHER)
NURSE = "1316944218"
WHOLE = remit(
    procedure_code="",
    modifier_1="",
    service_sequence="",
    charge_amount="945.00",
    allowed_amount="",
    adjustments="",
    claim_adjustments="CO-45:705.00|PR-2:30.00",
)
"""An answer to the claim as a whole: 210.00 of 945.00, which two lines share."""


FORMS: dict[str, Callable[[list[Row]], bytes]] = {
    "csv": as_csv,
    "parquet": lambda rows: parquet(pl.DataFrame(rows)),
    "ndjson": lambda rows: ndjson(pl.DataFrame(rows)),
}
ANSWER = {"answer.csv": as_csv([WHOLE])}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_without_a_code_meets_a_claim_of_one_line(tmp_path: Path, form: str) -> None:
    found = published(tmp_path, {"claims": FORMS[form]([claim()]), **ANSWER})
    assert allowed(found) == (1, pytest.approx(240), pytest.approx(210))


@pytest.mark.parametrize("nights", [*itertools.permutations(["first", "second", "answer.csv"])])
def test_a_second_line_that_comes_on_another_night_tells_that_there_are_two(
    tmp_path: Path, nights: tuple[str, ...]
) -> None:
    files: Mapping[str, bytes] = {"first": as_csv([claim()]), "second": as_csv([SECOND]), **ANSWER}
    found = published(tmp_path, *({name: files[name]} for name in nights))
    assert (allowed(found), found.cell("utilization")["pending_lines"]) == ((0, None, None), 1)


@pytest.mark.parametrize(("form", "other"), [*zip(FORMS, FORMS, strict=True), ("csv", "ndjson")])
@pytest.mark.parametrize("together", [True, False])
def test_a_second_line_in_any_form_tells_that_there_are_two(
    tmp_path: Path, form: str, other: str, together: bool
) -> None:
    parts = {"a": FORMS[form]([claim()]), "b": FORMS[other]([SECOND])}
    files = {"a": FORMS[form]([SECOND, claim()])} if together else parts
    assert allowed(published(tmp_path, {**files, **ANSWER})) == (0, None, None)


def test_an_adjustment_of_the_claim_is_the_lines_only_where_it_has_no_other(tmp_path: Path) -> None:
    answer = remit(adjustments="CO-45:605.00", claim_adjustments="PR-2:30.00")
    alone = published(tmp_path / "alone", {"claims.csv": as_csv([claim()]), "answer.csv": as_csv([answer])})
    files = {"a.csv": as_csv([claim()]), "b.csv": as_csv([SECOND]), "answer.csv": as_csv([answer])}
    assert allowed(alone)[0] == 1
    assert allowed(published(tmp_path / "two", files))[0] == 0


def test_a_line_that_a_rule_stopped_is_a_line_of_its_claim(tmp_path: Path) -> None:
    bad = claim(line_number="2", unit_count="9999")
    found = published(tmp_path, {"a.csv": as_csv([claim()]), "b.csv": as_csv([bad]), **ANSWER})
    assert (allowed(found)[0], found.counted("quarantined")) == (0, 1)


def test_a_claim_whose_line_in_scope_is_its_second_has_two(tmp_path: Path) -> None:
    found = published(tmp_path, {"claims.csv": as_csv([claim(line_number="2")]), **ANSWER})
    assert allowed(found)[0] == 0


@pytest.mark.parametrize("seed", range(4))
def test_two_bills_of_one_day_under_one_number_have_lines_of_their_own(tmp_path: Path, seed: int) -> None:
    """The physician's bill has one line, the nurse anesthetist's has two; whatever file each lies in."""
    nurse = {"modifier_1": "QX", "rendering_provider_npi": NURSE}
    rows = [claim(modifier_1="QK"), claim(**nurse), {**SECOND, "rendering_provider_npi": NURSE}]
    chance = random.Random(seed)
    parts: dict[str, list[Row]] = {}
    for row in chance.sample(rows, len(rows)):
        parts.setdefault(f"part-{chance.randrange(3)}.csv", []).append(row)
    files = {name: as_csv(part) for name, part in parts.items()}
    found = published(tmp_path, {**files, "answer.csv": as_csv([{**WHOLE, "charge_amount": "845.00"}])})
    care = {row["care_model"]: row["priced_lines"] for row in found.table("care_models").to_dicts()}
    assert (care["directed_physician"], care["directed_crna"]) == (1, 0)


def bills_in_x12(*bills: list[Row]) -> bytes:
    """Each bill as a CLM of its own."""
    rows = [{**row, "_submission": str(number)} for number, bill in enumerate(bills) for row in bill]
    return write_837p(pl.DataFrame([{name: value or None for name, value in row.items()} for row in rows]))


@pytest.mark.parametrize("form", ["csv", "x12"])
def test_a_bill_whose_first_line_stands_in_another_bill_tells_that_there_are_two(
    tmp_path: Path, form: str
) -> None:
    """Two bills of a day: QK lines 1 and 2; AA line 1 and QX line 2. Rows tell three bills, and not which
    line 1 was sent with the QX line: an answer without a code meets none of them, in whatever form they came.
    """
    small = {"charge_amount": "545.00", "unit_count": "20"}
    first = [claim(modifier_1="QK"), claim(line_number="2", modifier_1="QK", **small)]
    second = [claim(), claim(line_number="2", modifier_1="QX", **small)]
    files = {"csv": as_csv(first + second), "x12": bills_in_x12(first, second)}
    found = published(tmp_path, {f"claims.{form}": files[form], **ANSWER})
    assert allowed(found) == (0, None, None)
    assert found.cell("utilization")["pending_lines"] == found.cell("utilization")["service_lines"] == 4


@pytest.mark.parametrize(("care", "priced"), [("AA", 1), ("AD", 0)])
def test_a_second_line_of_two_bills_says_the_same_in_raw_x12_as_in_an_extract(
    tmp_path: Path, care: str, priced: int
) -> None:
    """Two bills of a day, QK and AA; the second line is like one of them, or like neither: then each may have
    it. An answer without a code meets the physician's bill only if that has one line.
    """
    first, second = [claim(modifier_1="QK")], [claim(modifier_1="AA"), {**SECOND, "modifier_1": care}]
    files = {"csv": as_csv(first + second), "x12": bills_in_x12(first, second)}
    answer = {"answer.csv": as_csv([{**WHOLE, "charge_amount": "845.00"}])}
    found = {
        form: published(tmp_path / form, {f"claims.{form}": content, **answer})
        for form, content in files.items()
    }
    tables = {form: told.tables() for form, told in found.items()}
    assert tables["csv"].keys() == tables["x12"].keys()
    assert all(table.equals(tables["x12"][name]) for name, table in tables["csv"].items())
    care_models = found["x12"].table("care_models").to_dicts()
    told = {row["care_model"]: row["priced_lines"] for row in care_models if row["period_type"] == "year"}
    assert told == {"directed_physician": priced, "personally_performed": 0}


def test_lines_of_whole_claims_out_of_scope_are_not_kept(tmp_path: Path) -> None:
    """What is kept of ten million lines is what may belong to a claim in scope."""
    others = [claim(claim_id=f"X{n}", line_number=str(place), **OTHER) for n in range(9) for place in (1, 2)]
    found = take_in(tmp_path / "whole", {"rows.csv": as_csv([claim(), SECOND, *others])})
    assert len(found.lines_beside) == 1
    cut = {"a.csv": as_csv([claim(), *others[:-1]]), "b.csv": as_csv([SECOND, others[-1]])}
    assert len(take_in(tmp_path / "cut", cut).lines_beside) == 2


def test_no_identifier_is_kept_of_a_line_beside_others(tmp_path: Path) -> None:
    found = take_in(tmp_path, {"rows.csv": as_csv([claim(), SECOND])})
    told = found.lines_beside.drop("file_key", "row_number", "link_submission").row(0, named=True)
    values = {str(value) for value in told.values() if value is not None}
    assert values == {SECOND["service_date"], SECOND["rendering_provider_npi"]}
