"""The damage matrix (E15 and the X12 chapter): 26 kinds of file, 837P and 835 each.

Every one ends in the rows that can be trusted and a named finding, or in a named refusal.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import polars as pl
import pytest
import x12_corpus as corpus

from transforms.x12.reader import FINDINGS, X12Batch, X12Rejected, read_many_small, read_x12

NEWLINE = b"\n"


BASE = {
    "837P": corpus.professional(40, seed=3, share=0.5, per_set=20),
    "835": corpus.remittance(40, seed=3, share=0.5, per_set=20),
}
OTHER_STYLE = corpus.Style("|", ">", "^", "\x1c", "")


def rows(batches: list[X12Batch]) -> list[dict[str, str]]:
    """Every kept row as text, nulls left out."""
    found = []
    for batch in batches:
        for frame in (batch.claim_lines, batch.remit_lines):
            found += [{k: str(v) for k, v in row.items() if v is not None} for row in frame.to_dicts()]
    return found


def expected(kind: str) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if v is not None} for row in BASE[kind].rows]


def make(kind: str, style: object, **more: int) -> bytes:
    maker = corpus.professional if kind == "837P" else corpus.remittance
    data: bytes = maker(40, seed=3, share=0.5, per_set=20, style=style, **more).data
    return data


def replaced(pattern: bytes, by: bytes, count: int = 1) -> Callable[[bytes], bytes]:
    """A damage that replaces the first `count` matches of a pattern, and must find one."""

    def damage(data: bytes) -> bytes:
        out, found = re.subn(pattern, by, data, count=count)
        assert found
        return out

    return damage


def first_line(kind: str) -> bytes:
    return rb"(SV1\*HC:0193\d[^~]*)~" if kind == "837P" else rb"(SVC\*HC:0193\d[^~]*)~"


def wrapped(data: bytes) -> bytes:
    flat = data.replace(NEWLINE, b"")
    return NEWLINE.join(flat[at : at + 80] for at in range(0, len(flat), 80))


def cut_after(data: bytes, share: float, inside: bool) -> bytes:
    at = data.rindex(b"~", 0, int(len(data) * share)) + 1
    return data[: at + 9] if inside else data[:at]


# kind -> (damage, rows: all / fewer / none, codes that must be reported, code of a refusal)
ALL, FEWER = "all", "fewer"
Damage = Callable[[bytes, str], bytes]
MATRIX: dict[str, tuple[Damage, str, set[str], str]] = {
    "valid": (lambda d, k: d, ALL, set(), ""),
    "empty": (lambda d, k: b"", "", set(), "empty_file"),
    "csv": (lambda d, k: b"claim_id,line_number\nA,1\n" * 50, "", set(), "not_x12"),
    "truncated inside a segment": (lambda d, k: cut_after(d, 0.6, True), "", set(), "set_not_closed"),
    "truncated after a segment": (lambda d, k: cut_after(d, 0.6, False), "", set(), "set_not_closed"),
    "wrong SE01": (lambda d, k: replaced(rb"SE\*\d+", b"SE*7")(d), ALL, {"segment_count"}, ""),
    "no SE": (lambda d, k: replaced(rb"SE\*\d+\*0001~\n", b"")(d), "", set(), "set_not_closed"),
    "interchange twice": (lambda d, k: d + d, ALL, {"interchange_duplicate"}, ""),
    "other delimiters": (lambda d, k: make(k, OTHER_STYLE), ALL, set(), ""),
    "newlines instead of the terminator": (
        lambda d, k: d[:106] + d[106:].replace(b"~", b""), ALL, {"newline_as_terminator"}, ""),
    "Latin-1 name": (lambda d, k: d.replace(b"OMEGA GROUP", b"OM\xc9GA GROUP"), ALL, {"latin1_bytes"}, ""),
    "UTF-16": (lambda d, k: d.decode().encode("utf-16"), "", set(), "utf16"),
    "UTF-16 without BOM": (lambda d, k: d.decode().encode("utf-16-le"), "", set(), "utf16"),
    "BOM": (lambda d, k: b"\xef\xbb\xbf" + d, ALL, {"byte_order_mark"}, ""),
    "CRLF": (lambda d, k: d.replace(NEWLINE, b"\r\n"), ALL, set(), ""),
    "wrapped at 80": (lambda d, k: wrapped(d), ALL, {"wrapped_lines"}, ""),
    "bad amount": (
        lambda d, k: replaced(rb"(S(?:V1|VC)\*HC:0193[^*~]*\*)", rb"\g<1>x")(d), FEWER, {"bad_amount"}, ""),
    "bad date": (
        lambda d, k: replaced(rb"(0193[^~]*~\n(?:[^D][^~]*~\n|DTM\*2[^~]*~\n)*DT[PM]\*472\*(?:R?D8\*)?)2024",
                              rb"\g<1>2x24")(d), FEWER, {"bad_date"}, ""),
    "IEA mismatch": (
        lambda d, k: replaced(rb"IEA\*1\*0", b"IEA*2*9")(d), ALL,
        {"group_count", "interchange_control_number"}, ""),
    "NUL bytes": (lambda d, k: d.replace(NEWLINE, b"\0\n", 30) + bytes(40), ALL, {"nul_bytes"}, ""),
    "gzip": (lambda d, k: gzip.compress(d), ALL, {"gzip_bytes"}, ""),
    "two ISA with different delimiters": (
        lambda d, k: d + corpus.professional(5, seed=8, share=0, control=2, style=OTHER_STYLE).data, ALL,
        {"delimiters_changed"}, ""),
    "line with missing elements": (
        lambda d, k: replaced(rb"(S(?:V1|VC)\*HC:0193[^*~]*)[^~]*~", rb"\1~")(d), FEWER,
        {"element_missing"}, ""),
    "unknown segment": (
        lambda d, k: replaced(first_line(k), rb"\1~\nZZZ*1*2~")(d), ALL,
        {"unknown_segment", "segment_count"}, ""),
    "short ISA": (lambda d, k: replaced(rb"SENDER +", b"SENDER")(d), ALL, {"isa_length"}, ""),
    "ST without ISA": (lambda d, k: d[d.index(b"ST*") :], "", set(), "no_envelope"),
    "unbalanced amounts": (
        lambda d, k: replaced(rb"(CLM\*[^*]*\*)", rb"\g<1>1")(d) if k == "837P"
        else replaced(rb"(SVC\*HC:01939[^*]*\*)", rb"\g<1>1")(d), ALL,
        {"claim_charge_unbalanced"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["837P", "835"])
@pytest.mark.parametrize("name", MATRIX)
def test_damage_ends_in_trusted_rows_and_a_named_finding(name: str, kind: str) -> None:
    damage, outcome, codes, refusal = MATRIX[name]
    data = damage(BASE[kind].data, kind)
    if refusal:
        with pytest.raises(X12Rejected) as caught:
            list(read_x12([data], corpus.SCOPE))
        assert caught.value.code == refusal
        assert refusal in FINDINGS
        return
    batches = list(read_x12([data], corpus.SCOPE))
    findings = pl.concat([batch.findings for batch in batches])
    assert set(findings["rule_code"]) <= set(FINDINGS)
    found = rows(batches)
    if name == "unbalanced amounts":
        codes = codes if kind == "837P" else {"line_unbalanced"}
        assert len(found) == len(expected(kind))
    elif outcome == ALL:
        assert found == expected(kind)
    else:
        before, removed = expected(kind), findings["line_rows"].sum()
        assert len(found) < len(before)
        assert [row for row in before if row in found] == found
        assert len(before) - len(found) <= removed
    assert codes <= set(findings["rule_code"])


@pytest.mark.parametrize("kind", ["837P", "835"])
def test_batches_of_small_files_report_the_same_as_files_read_alone(kind: str) -> None:
    files = [damage(BASE[kind].data, kind) for damage, *_ in MATRIX.values()]
    together = read_many_small(list(enumerate(files)), corpus.SCOPE)
    for number, data in enumerate(files):
        mine = together.findings.filter(pl.col("file_ordinal") == number)
        try:
            alone = list(read_x12([data], corpus.SCOPE))
        except X12Rejected as refused:
            assert mine["rule_code"].to_list() == [refused.code]
            assert mine["severity"].to_list() == ["rejected"]
            continue
        frame = pl.concat([together.claim_lines, together.remit_lines], how="diagonal")
        got = frame.filter(pl.col("file_ordinal") == number).drop("file_ordinal").to_dicts()
        assert [{k: str(v) for k, v in row.items() if v is not None} for row in got] == rows(alone)
        findings = pl.concat([batch.findings for batch in alone])
        assert sorted(mine.drop("file_ordinal").rows()) == sorted(findings.rows())
        read = together.files.filter(pl.col("file_ordinal") == number) if together.files is not None else None
        assert read is not None
        assert read["claim_rows_read"].item() == sum(batch.claim_rows_read for batch in alone)
        assert read["remit_rows_read"].item() == sum(batch.remit_rows_read for batch in alone)
