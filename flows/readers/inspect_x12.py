"""What a raw X12 file holds: sets, claims, lines and findings; never a value from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import zstandard

from transforms.x12.reader import FINDINGS, X12Rejected, read_x12

_BLOCK = 4 << 20
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
EVERY_CODE = "."


@dataclass(frozen=True)
class X12Report:
    """What was found in one file; `refused` is the rule code if the file can't be read as a whole."""

    size_bytes: int
    refused: str | None
    refused_at_segment: int
    message: str
    sets: dict[str, int] = field(default_factory=dict)
    claims: int = 0
    claim_lines: int = 0
    claim_payments: int = 0
    remit_lines: int = 0
    lines_readable: int = 0
    findings: list[dict[str, object]] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The report as plain data, for JSON."""
        return {
            "size_bytes": self.size_bytes,
            "refused": self.refused,
            "refused_at_segment": self.refused_at_segment,
            "message": self.message,
            "sets": dict(self.sets),
            "claims": self.claims,
            "claim_lines": self.claim_lines,
            "claim_payments": self.claim_payments,
            "remit_lines": self.remit_lines,
            "lines_readable": self.lines_readable,
            "findings": list(self.findings),
        }

    def text(self) -> str:
        """The report for people: one fact a line, then the findings with what they mean and what to do."""
        if self.refused is not None:
            happened, remedy = FINDINGS[self.refused]
            return (
                f"Refused: {self.refused} at segment {self.refused_at_segment}: {self.message}.\n"
                f"{happened} {remedy}"
            )
        sets = [f"{count} {name}" for name, count in self.sets.items()]
        lines = [f"{self.size_bytes:,} bytes: {', '.join(sets)}"]
        if self.claim_lines:
            lines.append(f"837P: {self.claims:,} claims, {self.claim_lines:,} service lines")
        if self.remit_lines:
            lines.append(f"835: {self.claim_payments:,} claim payments, {self.remit_lines:,} service lines")
        total = self.claim_lines + self.remit_lines
        lines.append(f"{self.lines_readable:,} of {total:,} service lines can be read")
        for found in self.findings:
            happened, remedy = FINDINGS[str(found["rule_code"])]
            where = f", first at segment {found['first_segment']}" if found["first_segment"] else ""
            lines.append(f"{found['severity']}: {found['rule_code']} ({found['count']} times{where})")
            lines.append(f"    {happened} {remedy}")
        return "\n".join(lines)


def inspect_x12(path: Path) -> X12Report:
    """Read a file (plain, gzip, zstd), whatever its codes, and report what it holds; raises OSError only."""
    size = path.stat().st_size
    counts: Counter[str] = Counter()
    sets: dict[str, int] = {}
    findings: list[pl.DataFrame] = []
    try:
        for batch in read_x12(_blocks(path), frozenset(), EVERY_CODE):
            counts["claim_lines"] += batch.claim_rows_read
            counts["remit_lines"] += batch.remit_rows_read
            counts["readable"] += batch.claim_lines.height + batch.remit_lines.height
            findings.append(batch.findings)
            sets = batch.sets
    except X12Rejected as refused:
        return X12Report(size, refused.code, refused.position, str(refused))
    except zstandard.ZstdError:
        return X12Report(size, "zstd_damaged", 0, "the zstd stream is damaged or cut off")
    return X12Report(
        size,
        None,
        0,
        "",
        {name: count for name, count in sets.items() if name not in ("claims", "claim_payments")},
        sets.get("claims", 0),
        counts["claim_lines"],
        sets.get("claim_payments", 0),
        counts["remit_lines"],
        counts["readable"],
        _summed(pl.concat(findings)),
    )


def _summed(findings: pl.DataFrame) -> list[dict[str, object]]:
    """Findings by rule: severity, times met, lines removed, first segment; the gravest first."""
    grave = pl.col("severity").replace_strict({"rejected": 0, "quarantined": 1, "warning": 2})
    summed = findings.group_by("rule_code", "severity").agg(
        count=pl.col("count").sum(),
        lines_removed=pl.col("line_rows").sum(),
        first_segment=pl.col("position").min(),
    )
    return summed.sort(grave, "rule_code").to_dicts()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        if stream.read(4) == _ZSTD_MAGIC:
            stream.seek(0)
            with zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True) as plain:
                yield from iter(lambda: plain.read(_BLOCK), b"")
            return
        stream.seek(0)
        yield from iter(lambda: stream.read(_BLOCK), b"")
