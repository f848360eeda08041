"""`schema.validate` of pandera and the compiled split count the same failures, rule for rule."""

from __future__ import annotations

import random
from collections import Counter

import pandera.errors
import polars as pl
import pytest
from inbound_rows import GOOD_CLAIM, GOOD_REMIT, claim, remit

from flows.readers.reference_files import read_reference
from schemas.frame_schema import FrameSchema
from schemas.inbound import Kind
from schemas.inbound_rules import claim_schema, remit_schema
from schemas.pandera_schemas import pandera_schema
from schemas.rules import Rules
from schemas.validation import split
from transforms.intake.layouts import canonical_layout
from transforms.intake.parse import parsed
from transforms.synthetic.dirty import CLAIM_WRONGS, REMIT_WRONGS

ROWS = 400
SPOILS = (
    "",
    " ",
    "0",
    "-1",
    "99999999999",
    "1e5",
    "2021-05-05",
    "2199-01-01",
    "x",
    "\u202e",
    "P6",
    "01939",
    "1939",
)


def schema_of(kind: Kind) -> FrameSchema:
    if kind == "remit_lines":
        return remit_schema(Rules().scope)
    reference = read_reference()
    return claim_schema(
        Rules().scope,
        tuple(reference.modifiers.filter("is_impossible")["modifier"]),
        tuple(reference.places_of_service.filter("is_impossible")["place_of_service"]),
    )


def dirty_rows(kind: Kind, seed: int) -> pl.DataFrame:
    """Typed rows, some of them with up to four things wrong."""
    chance = random.Random(seed)
    good, make = (GOOD_CLAIM, claim) if kind == "claim_lines" else (GOOD_REMIT, remit)
    wrongs = [(column, value or "") for _, column, value in (CLAIM_WRONGS if make is claim else REMIT_WRONGS)]
    rows = []
    for _ in range(ROWS):
        changes = dict(chance.sample(wrongs, chance.choice([0, 0, 1, 2])))
        changes |= {
            chance.choice(list(good)): chance.choice(SPOILS) for _ in range(chance.choice([0, 0, 1, 2]))
        }
        rows.append(make(**changes))
    texts = pl.DataFrame(rows).with_columns(
        file_key=pl.lit("f"),
        row_number=pl.int_range(1, ROWS + 1, dtype=pl.Int64),
        field_count_ok=pl.Series([chance.random() > 0.02 for _ in range(ROWS)]),
    )
    return parsed(texts, canonical_layout(kind), Rules().scope)


def told_by_pandera(schema: FrameSchema, rows: pl.DataFrame) -> Counter[str]:
    """Failures by `rule:column`, as pandera counts them."""
    try:
        pandera_schema(schema).validate(rows, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.group_by("check").agg(pl.col("index").n_unique())
        return Counter(dict(cases.iter_rows()))
    return Counter()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_pandera_and_the_split_count_the_same_failures(kind: Kind, seed: int) -> None:
    schema, rows = schema_of(kind), dirty_rows(kind, seed)
    good, breaks = split(rows, schema, "row_number")
    ours = Counter(f"{rule}:{column}" for _, rule, column, _ in breaks.iter_rows())
    assert told_by_pandera(schema, rows) == ours
    assert len(ours) > 40
    assert 0 < len(good) < ROWS
    assert not told_by_pandera(schema, good)


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_each_bad_row_is_counted_under_one_rule_the_first(kind: Kind) -> None:
    schema, rows = schema_of(kind), dirty_rows(kind, 9)
    good, breaks = split(rows, schema, "row_number")
    first = breaks.filter("is_first")
    assert first["row_number"].is_unique().all()
    assert len(first) + len(good) == ROWS
    order = {(rule.code, rule.column): at for at, rule in enumerate(schema.rules)}
    for _, part in breaks.group_by("row_number"):
        places = {order[rule, column]: is_first for _, rule, column, is_first in part.iter_rows()}
        assert [at for at, is_first in places.items() if is_first] == [min(places)]


def test_rules_name_columns_of_their_schema_and_no_two_are_the_same() -> None:
    for kind in ("claim_lines", "remit_lines"):
        schema = schema_of(kind)
        named = [(rule.code, rule.column) for rule in schema.rules]
        assert len(named) == len(set(named))
        assert {column for _, column in named} - {""} <= set(schema.names)


def test_a_message_of_pandera_names_rule_and_column_only() -> None:
    schema, rows = schema_of("claim_lines"), dirty_rows("claim_lines", 2)
    with pytest.raises(pandera.errors.SchemaErrors) as caught:
        pandera_schema(schema).validate(rows, lazy=True)
    checks = set(caught.value.failure_cases["check"])
    assert checks <= {f"{rule.code}:{rule.column}" for rule in schema.rules}
