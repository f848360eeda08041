"""Properties of the X12 reader: what must not change the rows, and what may only take rows away."""

from __future__ import annotations

import random

import polars as pl
import pytest
import x12_corpus as corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.x12.reader import X12Rejected, read_x12

Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]
CALM = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MAKERS = {"837P": corpus.professional, "835": corpus.remittance}
FILES = {kind: maker(30, seed=9, share=0.5, per_set=10).data for kind, maker in MAKERS.items()}


def read(blocks: list[bytes], piece_bytes: int = 1 << 20) -> Frames:
    """Claim lines, remit lines, merged findings and lines read."""
    batches = list(read_x12(blocks, corpus.SCOPE, piece_bytes=piece_bytes, workers=1))
    findings = pl.concat([batch.findings for batch in batches])
    summed = findings.group_by("rule_code", "severity", "segment_id").agg(
        pl.col("position").min(), pl.col("line_rows").sum(), pl.col("count").sum()
    )
    return (
        pl.concat([batch.claim_lines for batch in batches]),
        pl.concat([batch.remit_lines for batch in batches]),
        summed.sort("rule_code", "severity", "segment_id"),
        sum(batch.claim_rows_read + batch.remit_rows_read for batch in batches),
    )


def same(one: Frames, other: Frames) -> None:
    for mine, theirs in zip(one[:3], other[:3], strict=True):
        assert_frame_equal(mine, theirs)
    assert one[3] == other[3]


WHOLE = {kind: read([data]) for kind, data in FILES.items()}


@pytest.mark.parametrize("kind", FILES)
@CALM
@given(cuts=st.lists(st.integers(0, 30_000), max_size=6), piece=st.sampled_from([1500, 4000, 20_000]))
def test_any_split_into_blocks_and_pieces_gives_the_same(kind: str, cuts: list[int], piece: int) -> None:
    data = FILES[kind]
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    blocks = [data[a:b] for a, b in zip(places, places[1:], strict=False)]
    same(read(blocks, piece), WHOLE[kind])


@pytest.mark.parametrize("kind", FILES)
def test_single_bytes_give_the_same(kind: str) -> None:
    data = FILES[kind]
    same(read([data[at : at + 1] for at in range(len(data))], 3000), WHOLE[kind])


@pytest.mark.parametrize("kind", FILES)
@CALM
@given(
    marks=st.permutations(list("*|^>:~'\x1c\x1d_!%")),
    line_end=st.sampled_from(["", "\n", "\r\n", " \n", "\n\n", "\r"]),
)
def test_delimiters_and_line_ends_change_nothing(kind: str, marks: list[str], line_end: str) -> None:
    style = corpus.Style(marks[0], marks[1], marks[2], marks[3], line_end)
    data = MAKERS[kind](30, seed=9, share=0.5, per_set=10, style=style).data
    same(read([data]), WHOLE[kind])


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("terminator", ["\n", "\r"])
def test_a_line_break_may_be_the_terminator(kind: str, terminator: str) -> None:
    style = corpus.Style(terminator=terminator, line_end="")
    data = MAKERS[kind](30, seed=9, share=0.5, per_set=10, style=style).data
    same(read([data]), WHOLE[kind])
    same(read([data.rstrip(terminator.encode())]), WHOLE[kind])


@pytest.mark.parametrize("kind", FILES)
@CALM
@given(order=st.permutations(range(3)))
def test_order_of_sets_changes_only_their_order(kind: str, order: list[int]) -> None:
    data = FILES[kind]
    first, last = data.index(b"ST*"), data.index(b"GE*")
    sets = [b"ST*" + part for part in data[first:last].split(b"\nST*")]
    sets = [part.removeprefix(b"ST*") if part.startswith(b"ST*ST*") else part for part in sets]
    sets = [part if part.endswith(b"\n") else part + b"\n" for part in sets]
    assert len(sets) == 3
    shuffled = data[:first] + b"".join(sets[number] for number in order) + data[last:]
    got, whole = read([shuffled]), WHOLE[kind]
    ordinals = ("row_number", "loop_ordinal")
    for mine, theirs in zip(got[:2], whole[:2], strict=True):
        columns = [name for name in mine.columns if name not in ordinals]
        assert_frame_equal(mine.select(columns).sort(columns), theirs.select(columns).sort(columns))
    assert_frame_equal(got[2].drop("position"), whole[2].drop("position"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_a_cut_anywhere_gives_no_wrong_row_and_is_reported(kind: str) -> None:
    data, whole = FILES[kind], WHOLE[kind]
    rng = random.Random(2)
    trailer = data.index(b"IEA*")
    places = [
        *range(1, 130, 7),
        *(rng.randrange(130, trailer) for _ in range(60)),
        *range(trailer, len(data)),
    ]
    for place in places:
        piece = data[:place]
        if piece.rstrip(b"\n~") == data.rstrip(b"\n~"):
            same(read([piece]), whole)
            continue
        with pytest.raises(X12Rejected) as caught:
            read([piece])
        assert caught.value.code in {
            "set_not_closed", "interchange_not_closed", "segment_not_ended", "not_x12", "isa_unreadable"
        }  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
@CALM
@given(seed=st.integers(0, 10_000), count=st.integers(1, 3))
def test_lines_are_conserved_under_dropped_segments(kind: str, seed: int, count: int) -> None:
    """Rows read = kept + removed by findings + out of scope, and no row is there twice."""
    segments = FILES[kind].split(b"~\n")
    rng = random.Random(seed)
    middle = range(12, len(segments) - 4)
    for place in sorted(rng.sample(middle, count), reverse=True):
        if not segments[place].startswith((b"ST", b"SE")):
            del segments[place]
    claims, remits, findings, lines = read([b"~\n".join(segments)])
    removed = findings["line_rows"].sum()
    assert claims.height + remits.height + removed <= lines
    frame = claims if kind == "837P" else remits
    assert frame["row_number"].is_unique().all()
    assert frame["row_number"].is_sorted()
    assert "segment_count" in findings["rule_code"].to_list() or lines == WHOLE[kind][3]
