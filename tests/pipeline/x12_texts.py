"""The good claim line and the good remit line of `inbound_rows` as raw X12, segment by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CLAIM_HEAD = [
    "BHT*0019*00*BATCH1*20250310*1200*CH",
    "HL*1**20*1",
    "NM1*85*2*INVENTED ANESTHESIA*****XX*1234567893",
    "N3*2 ROAD",
    "N4*AUSTIN*TX*787010001",
    "HL*2*1*22*0",
    "SBR*P*18*******CI",
    "NM1*IL*1*DOE*JANE****MI*W123456789",
    "DMG*D8*19610517*F",
    "NM1*PR*2*AETNA*****PI*60054",
]
CLAIM = [
    "CLM*PCN1001*845***24:B:1*Y*A*Y*Y",
    "HI*ABK:M47812",
    "NM1*82*1*ROE*RAY****XX*1003000126",
    "NM1*77*2*INVENTED CENTER",
    "N3*4 WAY",
    "N4*AUSTIN*TX*78701",
    "LX*1",
    "SV1*HC:01939:AA*845*MJ*32***1",
    "DTP*472*D8*20250304",
]
PAYMENT_HEAD = [
    "BPR*I*210*C*ACH*CCP*01*111000012*DA*1234*1990000009**01*111000025*DA*5678*20250402",
    "TRN*1*EFT900*1990000009",
    "N1*PR*AETNA*XV*60054",
    "N1*PE*INVENTED ANESTHESIA*XX*1234567893",
    "LX*1",
]
PAYMENT = [
    "CLP*PCN1001*1*845*210*30*12*ICN500*24*1",
    "NM1*QC*1*DOE*JANE****MI*W123456789",
    "SVC*HC:01939:AA*845*210**32",
    "DTM*472*20250304",
    "CAS*CO*45*605",
    "CAS*PR*2*30",
    "AMT*B6*240",
]


def isa(control: str = "000000101") -> str:
    """An ISA of 106 bytes."""
    parties = f"ZZ*{'SENDER':15}*ZZ*{'RECEIVER':15}"
    return f"ISA*00*{'':10}*00*{'':10}*{parties}*250310*1200*^*00501*{control}*0*P*:~"


def interchange(
    segments: Sequence[str], kind: str = "837P", control: str = "000000101", end: str = ""
) -> str:
    """One interchange of one set; `end` follows each segment terminator."""
    group, code, guide = ("HC", "837", "005010X222A1") if kind == "837P" else ("HP", "835", "005010X221A1")
    body = [
        isa(control).removesuffix("~"),
        f"GS*{group}*SENDER*RECEIVER*20250310*1200*1*X*{guide}",
        f"ST*{code}*0001*{guide}" if kind == "837P" else f"ST*{code}*0001",
        *segments,
        f"SE*{len(segments) + 2}*0001",
        "GE*1*1",
        f"IEA*1*{control}",
    ]
    return "".join(f"{segment}~{end}" for segment in body)


def claim_837(changes: Mapping[str, str] | None = None) -> str:
    """The good claim as an 837P; `changes`: text in it -> other text."""
    return changed(interchange([*CLAIM_HEAD, *CLAIM]), changes or {})


def payment_835(changes: Mapping[str, str] | None = None) -> str:
    """The good payment as an 835; `changes` as above."""
    return changed(interchange([*PAYMENT_HEAD, *PAYMENT], "835", "000000201"), changes or {})


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Text with parts replaced; every part must be there."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
