"""Segments of small X12 files, the files made of them, and what the reader gives."""

from __future__ import annotations

from typing import Any

import polars as pl
import x12_corpus as corpus

from transforms.x12.reader import read_x12

SCOPE = corpus.SCOPE
HEAD = ["BHT*0019*00*B1*20250215*1200*CH"]
PROVIDER = ["HL*1**20*1", "NM1*85*2*OMEGA*****XX*1234567893", "N3*1 ST", "N4*HOUSTON*TX*77001"]
SUBSCRIBER = [
    "HL*2*1*22*0", "SBR*P*18*******CI", "NM1*IL*1*ALPHA*BETA****MI*W1", "N4*AUSTIN*CA*78701",
    "DMG*D8*19600229*F", "NM1*PR*2*AETNA*****PI*60054",
]  # fmt: skip
CLAIM = ["CLM*PCN1*500***24:B:1*Y*A*Y*Y", "HI*ABK:M5416*ABF:G894", "NM1*82*1*SIGMA*TAU****XX*1987654320"]
LINE = ["LX*1", "SV1*HC:01939:QK:P3*500*MJ*45***2:1", "DTP*472*D8*20250110"]
PAYMENT = ["BPR*I*100*C*CHK************20250301", "TRN*1*EFT1*1990000009", "N1*PR*AETNA*XV*60054",
           "N1*PE*OMEGA*XX*1234567893", "LX*1"]  # fmt: skip
CLP = ["CLP*PCN1*1*500*100*50*12*ICN1*11*1", "NM1*QC*1*ALPHA*BETA", "DTM*232*20250110"]
SVC = ["SVC*HC:01939:QK*500*100**45", "DTM*472*20250111", "CAS*CO*45*350", "CAS*PR*2*50"]


def file(*segments: str, kind: str = "837P") -> bytes:
    """One interchange with one set of these segments."""
    body: list[list[object]] = [list(segment.split("*")) for segment in segments]
    return corpus.render([body], "HC" if kind == "837P" else "HP")


def read(data: bytes, **more: Any) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Claim lines, remit lines and findings of a file."""
    batches = list(read_x12([data], SCOPE, **more))
    claims = pl.concat([batch.claim_lines for batch in batches])
    remits = pl.concat([batch.remit_lines for batch in batches])
    return claims, remits, pl.concat([batch.findings for batch in batches])
