"""Values by position: amounts, dates, text columns, segment bounds and where an interchange starts."""

from __future__ import annotations

import numpy as np
import pytest

from transforms.x12.delimiters import Delimiters, read_isa, sniff, wrapped_width
from transforms.x12.element_values import Span, bad_dates, dates, text_column, units
from transforms.x12.segments import KIND, UNKNOWN, index_segments, pad, repair_line_breaks

STARS = Delimiters(ord("*"), ord(":"), ord("~"))
ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250301*1200*^*00501*"
ISA += b"000000001*0*T*:~"


def spans(values: list[bytes]) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], Span]:
    """Values one after the other in a padded buffer, and their bounds."""
    lengths = np.array([len(value) for value in values])
    ends = np.cumsum(lengths)
    return np.frombuffer(pad(b"".join(values)), dtype=np.uint8), (ends - lengths, ends)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (b"500", 5_000_000), (b"531.23", 5_312_300), (b"-0.11", -1_100), (b".5", 5_000), (b"5.", 50_000),
        (b"+7", 70_000), (b"0", 0), (b" 12 ", 120_000), (b"1.005", 10_050),
        (b"99999999999.99", 999_999_999_999_900),
    ],
)  # fmt: skip
def test_amounts_are_exact(value: bytes, amount: int) -> None:
    got, bad = units(*spans([b"1", value, b"2.25"]))
    assert got.tolist() == [10_000, amount, 22_500]
    assert not bad.any()


@pytest.mark.parametrize(
    "value",
    [b"1e2", b"5-", b"$5", b"1,200", b"-", b".", b"1.2.3", b"NaN", b"--5", b"5 0", b"123456789012345"],
)
def test_what_is_no_number_is_said_so(value: bytes) -> None:
    got, bad = units(*spans([value, b""]))
    assert bad.tolist() == [True, False]
    assert got.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (b"20250110", "2025-01-10"), (b"20240229", "2024-02-29"), (b"20230229", None), (b"20251301", None),
        (b"20250110-20250112", "2025-01-10"), (b"20250110-2025011", None), (b"202501101230", "2025-01-10"),
        (b"2025011", None), (b"2O250110", None), (b"00000101", None), (b"", None),
    ],
)  # fmt: skip
def test_dates_are_calendar_days(value: bytes, day: str | None) -> None:
    data, span = spans([b"20200101", value])
    assert dates(data, span).to_list() == ["2020-01-01", day]
    assert bad_dates(data, span).tolist() == [False, day is None and value != b""]


def test_text_is_trimmed_and_empty_is_null() -> None:
    values = [b"A", b"", b"  spaced  ", b"twelve bytes", b"more than twelve bytes", "É".encode(), b"   "]
    data, (begin, end) = spans(values)
    expected = ["A", None, "spaced", "twelve bytes", "more than twelve bytes", "É", None]
    assert text_column(data, begin, end).to_list() == expected


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n", b"  \n\n"])
def test_segments_are_found_whatever_follows_the_terminator(line_end: bytes) -> None:
    parts = [b"ST*837*1", b"HL*1**20*1", b"CLMX*1", b"CLM*A", b"ZZ9*1", b"SE*2*1"]
    segments = index_segments(pad(b"".join(part + b"~" + line_end for part in parts)), STARS)
    kinds = [KIND["ST"], KIND["HL"], UNKNOWN, KIND["CLM"], UNKNOWN, KIND["SE"]]
    assert segments.kinds.tolist() == kinds
    assert segments.elements(1) == [b"HL", b"1", b"", b"20", b"1"]
    assert segments.segment_id(2) == "?"
    assert not segments.line_breaks_inside


def test_line_breaks_inside_segments_end_them_only_before_a_known_segment() -> None:
    mended, ended, removed = repair_line_breaks(b"NTE*ADD*one\ntwo~\nREF*6R*1\nDTP*472*D8*1~", STARS)
    assert mended == b"NTE*ADD*onetwo~\nREF*6R*1~DTP*472*D8*1~"
    assert (ended, removed) == (1, 1)


def test_an_interchange_starts_by_its_shape_and_not_by_its_letters() -> None:
    header = read_isa(ISA + b"\nGS*HC*A", 0)
    assert header is not None
    assert header.delimiters == STARS
    assert header.findings == ()
    assert read_isa(ISA + b"ST*837", 0) is None
    assert read_isa(b"ISAAC*1*2*3~GS*HC", 0) is None


def test_wrapped_lines_are_told_from_one_segment_a_line() -> None:
    body = ISA + b"GS*HC*A*B*20250301*1200*1*X*005010X222A1~ST*837*0001~" + b"NM1*85*2*X~" * 20
    wrapped = b"\n".join(body[at : at + 80] for at in range(0, len(body), 80))
    assert wrapped_width(wrapped) == 80
    assert wrapped_width(body.replace(b"~", b"~\n")) is None
    assert wrapped_width(body) is None
    assert sniff(wrapped) == "837P"
