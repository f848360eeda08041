"""Mutated X12 ends in rows or in a named finding: never a traceback, a leak, or a value in the wrong row.

`python tests/faults/test_x12_fuzz.py 100000` runs as many mutations and prints the first that breaks a rule.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import polars as pl
import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import x12_corpus as corpus

from transforms.x12.reader import FINDINGS, X12Batch, X12Rejected, read_many_small, read_x12

CRLF, QUOTED = corpus.Style(line_end="\r\n"), corpus.Style("|", ">", "^", "'")
STYLES = [corpus.Style(), corpus.Style(line_end=""), CRLF, QUOTED]
BASES = [
    maker(count, seed=seed, share=0.6, per_set=4, style=style).data
    for maker in (corpus.professional, corpus.remittance)
    for seed, (count, style) in enumerate([(7, STYLES[0]), (5, STYLES[1]), (6, STYLES[2]), (5, STYLES[3])])
]
SPICE = [
    b"~",
    b"*",
    b":",
    b"\n",
    b"\0",
    b"\xe9",
    b"ISA",
    b"\n\n",
    b"^",
    b"-",
    b".",
    b" ",
    b"9" * 20,
    b"IEA*1*1~",
]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to three damages: bytes or segments dropped, doubled, swapped, flipped, inserted; or a cut."""
    for _ in range(rng.randint(1, 3)):
        data = _mutate_segments(data, rng) if rng.random() < 0.5 else _mutate_bytes(data, rng)
    return data


def _mutate_segments(data: bytes, rng: random.Random) -> bytes:
    terminator = data[105:106] if len(data) > 106 else b"~"
    parts = data.split(terminator)
    if len(parts) < 4:
        return data
    at, other = rng.randrange(len(parts) - 1), rng.randrange(len(parts) - 1)
    match rng.randrange(5):
        case 0:
            del parts[at]
        case 1:
            parts.insert(at, parts[at])
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            del parts[min(at, other) : max(at, other)]
        case _:
            elements = parts[at].split(b"*")
            place = rng.randrange(len(elements))
            elements[place] = rng.choice([b"", b"X", b"0", b"-1", b"20250230", b"HC:01939", *elements])
            parts[at] = b"*".join(elements)
    return terminator.join(parts)


def _mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    stop = min(len(data), at + rng.choice([1, 1, 2, 5, 40]))
    match rng.randrange(6):
        case 0:
            return data[:at] + data[stop:]
        case 1:
            return data[:stop] + data[at:]
        case 2:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 3:
            return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        case 4:
            return data[:at] + rng.choice(SPICE) + data[at:]
        case _:
            return data[:at] if rng.random() < 0.2 else data[:at] + data[at:stop][::-1] + data[stop:]


def check(batch: X12Batch) -> None:
    """The rules that hold for any input."""
    findings = batch.findings
    assert set(findings["rule_code"]) <= set(FINDINGS)
    assert set(findings["severity"]) <= {"rejected", "quarantined", "warning"}
    ids = findings["segment_id"].unique().to_list()
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{1,2}|\??", text) for text in ids)
    assert batch.files is not None
    per_file = findings.group_by("file_ordinal").agg(pl.col("line_rows").sum())
    for frame, column in ((batch.claim_lines, "claim_rows_read"), (batch.remit_lines, "remit_rows_read")):
        highest = frame.group_by("file_ordinal").agg(
            pl.col("row_number").max(),
            pl.len().alias("rows"),
            pl.col("row_number").n_unique().alias("unique"),
        )
        assert (highest["rows"] == highest["unique"]).all()
        joined = highest.join(batch.files, on="file_ordinal", how="left", validate="1:1")
        assert (joined["row_number"] <= joined[column]).all()
    lines = batch.files.select("file_ordinal", total=pl.col("claim_rows_read") + pl.col("remit_rows_read"))
    kept = pl.concat([batch.claim_lines.select("file_ordinal"), batch.remit_lines.select("file_ordinal")])
    counted = kept.group_by("file_ordinal").len()
    balance = lines.join(counted, on="file_ordinal", how="left").join(per_file, on="file_ordinal", how="left")
    total = balance["len"].fill_null(0).cast(pl.Int64) + balance["line_rows"].fill_null(0)
    assert (total <= balance["total"]).all()


def breaks(files: list[bytes]) -> bool:
    """Whether a batch of files breaks a rule."""
    try:
        check(read_many_small(list(enumerate(files)), corpus.SCOPE, r"^O1939$"))
    except X12Rejected:
        return True
    except Exception:
        return True
    return False


def culprit(files: list[bytes]) -> bytes | None:
    """A single file that breaks a rule by itself, found by halving."""
    while len(files) > 1:
        half = len(files) // 2
        if breaks(files[:half]):
            files = files[:half]
        elif breaks(files[half:]):
            files = files[half:]
        else:
            return None
    return files[0] if breaks(files) else None


def mutations(count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    return [mutate(rng.choice(BASES), rng) for _ in range(count)]


def test_mutated_files_end_in_rows_or_in_named_findings() -> None:
    files = mutations(300, seed=1)
    assert not breaks(files) or culprit(files) is None, "a mutation broke a rule"


def test_mutated_files_read_alone_give_what_they_give_in_a_batch() -> None:
    files = mutations(60, seed=2)
    together = read_many_small(list(enumerate(files)), corpus.SCOPE)
    for number, data in enumerate(files):
        mine = together.findings.filter(pl.col("file_ordinal") == number).drop("file_ordinal")
        try:
            alone = list(read_x12([data[:500], data[500:]], corpus.SCOPE, workers=1))
        except X12Rejected as refused:
            assert mine.select("rule_code", "severity").rows() == [(refused.code, "rejected")]
            continue
        claims = pl.concat([batch.claim_lines for batch in alone])
        remits = pl.concat([batch.remit_lines for batch in alone])
        for got, whole in ((together.claim_lines, claims), (together.remit_lines, remits)):
            assert got.filter(pl.col("file_ordinal") == number).drop("file_ordinal").rows() == whole.rows()
        assert sorted(mine.rows()) == sorted(pl.concat([batch.findings for batch in alone]).rows())


def test_refusals_hold_no_value_of_the_file() -> None:
    words = {
        word for data in BASES for word in re.findall(rb"[A-Z]{2,}\d{4,}|\d{6,}|OMEGA|ALPHA|SIGMA", data)
    }
    refused = 0
    for data in mutations(80, seed=3):
        try:
            list(read_x12([data], corpus.SCOPE, workers=1))
        except X12Rejected as error:
            refused += 1
            text = f"{error} {error.args} {error.code}".encode()
            assert not [word for word in words if word in text]
            assert error.__cause__ is None
    assert refused >= 3


# What a lost segment may take from a row or replace by the next best value; all else must stay or be null.
MAY_CHANGE = {
    "row_number", "loop_ordinal", "service_sequence", "adjustments", "claim_adjustments",
    "remark_codes", "rendering_provider_npi", "service_date", "surgical_procedure_code", "payer_id",
    "service_facility_state", "place_of_service", "prior_authorization_number",
}  # fmt: skip


@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("maker", [corpus.professional, corpus.remittance])
def test_a_lost_or_doubled_segment_puts_no_value_into_another_row(maker: object, doubled: bool) -> None:
    base = maker(24, seed=21, share=0.6, per_set=12)  # type: ignore[operator]
    segments = base.data.split(b"~\n")
    files = []
    for place in range(1, len(segments) - 1):
        repeated = [segments[place]] if doubled else []
        files.append(b"~\n".join([*segments[:place], *repeated, *repeated, *segments[place + 1 :]]))
    batch = read_many_small(list(enumerate(files)), corpus.SCOPE)
    check(batch)
    ours = {(row["claim_id"], row.get("procedure_code"), row["charge_amount"]): row for row in base.rows}
    wrong = []
    for frame in (batch.claim_lines, batch.remit_lines):
        for row in frame.to_dicts():
            truth = ours.get((row["claim_id"], row["procedure_code"], row["charge_amount"]))
            differs = truth is None or [
                name
                for name, value in row.items()
                if name not in MAY_CHANGE and name != "file_ordinal" and value not in (None, truth.get(name))
            ]
            if differs:
                wrong.append((segments[row["file_ordinal"] + 1].split(b"*")[:2], differs))
    assert wrong == []
    reported = set(batch.findings["file_ordinal"])
    assert len(reported) == len(files), "a lost or doubled segment went unreported"


# Found by mutation, cut down: a lost CLM left lines and then a DMG behind an HL, and the claim of the set (or
# file) before was put in doubt with the next one.
LOST_CLAIM = (
    "HL*1**20*1~LX*1~SV1*HC:G0283*7*UN*1***1~DMG*D8*19600101*F~"
    "CLM*AFTER*71.87***11:B:1*Y*A*Y*Y~LX*1~SV1*HC:01941*71.87*MJ*27*24**1~"
)


def test_doubt_about_a_claim_does_not_reach_the_set_before() -> None:
    first = corpus.professional(1, seed=1, share=1.0).data
    second = [[part.split("*") for part in LOST_CLAIM.strip("~").split("~")]]
    data = corpus.render(second, "HC", 2)
    alone = pl.concat([batch.claim_lines for batch in read_x12([first], corpus.SCOPE)])
    both = list(read_x12([first, data], corpus.SCOPE))
    assert alone.height == 1
    assert pl.concat([batch.claim_lines for batch in both]).rows() == alone.rows()
    found = pl.concat([batch.findings for batch in both])
    assert found["line_rows"].sum() == 2
    assert {"line_without_claim", "context_doubtful"} <= set(found["rule_code"])


# Found by mutation: where a set was cut, the levels repeated in front of the next piece took with them a line
# without a claim and an unknown segment, and both were counted again.
def test_what_is_repeated_in_front_of_a_piece_is_counted_once() -> None:
    data = corpus.professional(40, seed=1, share=1.0, per_set=40).data
    stray = b"REF*EI*990000001~\nSV1*HC:01939*7*UN*1***1~\nQQQ*1~\n"
    data = data.replace(b"REF*EI*990000001~\n", stray, 1)

    def read(piece_bytes: int) -> tuple[int, list[tuple[object, ...]]]:
        batches = list(read_x12([data], corpus.SCOPE, piece_bytes=piece_bytes, workers=1))
        found = pl.concat([batch.findings for batch in batches]).filter(
            pl.col("rule_code") != "segment_count"
        )
        return sum(batch.claim_rows_read for batch in batches), found.drop("position").rows()

    whole = read(1 << 20)
    assert [row[0] for row in whole[1]] == ["line_without_claim", "unknown_segment"]
    assert read(3000) == whole


# Found by comparing pieces of different sizes: a set that had ended was taken up again in the next piece.
@pytest.mark.parametrize("kind", ["837P", "835"])
def test_what_stands_behind_the_end_of_a_set_belongs_to_none_in_any_piece(kind: str) -> None:
    maker = corpus.professional if kind == "837P" else corpus.remittance
    data = maker(30, seed=2, share=1.0, per_set=30).data
    trailer = data[data.index(b"SE*") : data.index(b"GE*")]
    claim = b"CLM*" if kind == "837P" else b"CLP*"
    early = data.index(claim, data.index(claim) + 1)
    data = data[:early] + trailer + data[early:].replace(trailer, b"")
    results = []
    for piece_bytes in (2500, 9000, 1 << 20):
        batches = list(read_x12([data], corpus.SCOPE, piece_bytes=piece_bytes, workers=1))
        rows = sum(batch.claim_lines.height + batch.remit_lines.height for batch in batches)
        results.append((rows, sum(batch.findings["line_rows"].sum() for batch in batches)))
    assert results == [results[-1]] * 3
    assert results[0][0] <= 3 < results[0][1]


# Found the same way: a set was cut behind a line with a lost level in it, unknown to the next piece.
def test_doubt_about_a_level_reaches_over_a_cut() -> None:
    claims = "CLM*A{n}*7***11:B:1*Y*A*Y*Y~LX*1~SV1*HC:01939*7*MJ*27*24**1~DTP*472*D8*20240105~"
    text = "HL*1**20*1~NM1*85*2*OMEGA*****XX*1234567893~HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*A*B****MI*W1~"
    text += "NM1*PR*2*AETNA*****PI*60054~" + claims.format(n=0) + "DMG*D8*19600101*F~"
    text = "BHT*0019*00*B1*20250215*1200*CH~" + text + "".join(claims.format(n=n) for n in range(1, 30))
    data = corpus.render([[part.split("*") for part in text.strip("~").split("~")]], "HC")
    for piece_bytes in (2500, 9000, 1 << 20):
        batches = list(read_x12([data], corpus.SCOPE, piece_bytes=piece_bytes, workers=1))
        assert sum(batch.claim_lines.height for batch in batches) == 0
        found = pl.concat([batch.findings for batch in batches])
        assert set(found["rule_code"]) == {"context_doubtful"}
        assert found["line_rows"].sum() == 30


def main(count: int) -> None:
    """Run `count` mutations in batches and print the first files that break a rule."""
    found = 0
    for seed in range(count // 500):
        files = mutations(500, seed=1000 + seed)
        if breaks(files):
            found += 1
            print(seed, culprit(files))
        if seed % 20 == 19:
            print(f"{(seed + 1) * 500} mutations, {found} batches broke a rule", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
