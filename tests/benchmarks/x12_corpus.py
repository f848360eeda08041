"""Synthetic X12 for tests and benchmarks, with the rows that a reader has to find in it.

Nothing here is real: names are Greek letters, numbers come from a seeded generator. The expected rows are put
together from the same facts as the segments, never parsed back.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SCOPE = frozenset({"01939", "01937", "01938", "01940", "01941", "01942"})
OTHERS = ["99213", "99214", "62323", "64483", "27096", "76942", "97110", "G0283", "J3301", "20610"]
NAMES = ["ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA", "THETA", "KAPPA", "LAMBDA", "SIGMA"]
PAYERS = [("60054", "AETNA", "CI"), ("00040", "BLUE SHIELD", "BL"), ("62308", "CIGNA", "CI")]
DIAGNOSES = ["M5416", "M5417", "M4806", "G894", "M47816", "M961"]
Row = dict[str, str | None]


@dataclass(frozen=True)
class Style:
    """Delimiters and what follows a segment."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"


@dataclass
class Corpus:
    """A file and the canonical rows in it (in scope, or kept for another reason), in file order."""

    data: bytes
    rows: list[Row] = field(default_factory=list)
    lines: int = 0
    claims: int = 0


def npi(number: int) -> str:
    """A ten-digit NPI with its check digit (Luhn with the prefix 80840)."""
    body = f"1{number % 10**8:08d}"
    total = 24
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def render(segments: Iterable[list[object]], style: Style) -> bytes:
    """Segments (lists of elements; a tuple is a composite) as bytes."""
    out = []
    for segment in segments:
        parts = [style.component.join(map(str, e)) if isinstance(e, tuple) else str(e) for e in segment]
        text = style.element.join(parts)
        if segment[0] != "ISA":
            text = text.rstrip(style.element)
        out.append(text + style.terminator + style.line_end)
    return "".join(out).encode("utf-8")


def envelope(
    sets: list[list[list[object]]], code: str, version: str, control: int, style: Style
) -> list[list[object]]:
    """One interchange around the sets, with right counts."""
    isa: list[object] = [
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        "ZZ",
        f"{'SENDER':15}",
        "ZZ",
        f"{'RECEIVER':15}",
    ]
    isa += ["250301", "1200", style.repetition, "00501", f"{control:09d}", "0", "T", style.component]
    out: list[list[object]] = [isa, ["GS", code, "SENDER", "RECEIVER", "20250301", "1200", 1, "X", version]]
    for number, body in enumerate(sets, start=1):
        head: list[object] = ["ST", "837" if code == "HC" else "835", f"{number:04d}"]
        out.append([*head, version] if code == "HC" else head)
        out += body
        out.append(["SE", len(body) + 2, f"{number:04d}"])
    return [*out, ["GE", len(sets), 1], ["IEA", 1, f"{control:09d}"]]


def money(cents: int) -> str:
    """Cents as an amount without needless zeros, as X12 writes it."""
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    if cents % 100 == 0:
        return f"{sign}{cents // 100}"
    return f"{sign}{cents // 100}.{cents % 100:02d}".rstrip("0")


def iso(day: str) -> str:
    """`YYYYMMDD` as `YYYY-MM-DD`."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def dates(rng: random.Random) -> str:
    """A day of 2024."""
    return f"2024{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def shared(claims: int, per_set: int) -> Iterator[int]:
    """Sizes of the sets that hold `claims` claims."""
    for first in range(0, claims, per_set):
        yield min(per_set, claims - first)


def professional(
    claims: int,
    *,
    seed: int = 1,
    share: float = 0.3,
    per_set: int = 1000,
    style: Style | None = None,
    control: int = 1,
) -> Corpus:
    """An 837P file: subscribers and dependents, several providers, COB loops, replacements and voids."""
    style, rng, out = style or Style(), random.Random(seed), Corpus(b"")
    sets = [
        _claim_set(size, number, share, rng, out) for number, size in enumerate(shared(claims, per_set), 1)
    ]
    out.data = render(envelope(sets, "HC", "005010X222A1", control, style), style)
    return out


def _claim_set(size: int, number: int, share: float, rng: random.Random, out: Corpus) -> list[list[object]]:
    submitted = "20250215"
    body: list[list[object]] = [["BHT", "0019", "00", f"B{number}", submitted, "1200", "CH"]]
    body += [
        ["NM1", "41", "2", "OMEGA BILLING", "", "", "", "", "46", "S1"],
        ["PER", "IC", "OFFICE", "TE", "5550100"],
    ]
    body += [["NM1", "40", "2", "OMEGA PAYER", "", "", "", "", "46", "R1"]]
    level, billing = 0, 0
    context: Row = {}
    done = 0
    while done < size:
        if level == 0 or rng.random() < 0.02:
            level += 1
            billing = level
            provider, state = npi(rng.randrange(10**8)), rng.choice(["TX", "CA", "OH"])
            context = {"billing_provider_npi": provider, "billing_provider_state": state}
            context["submitted_on"] = iso(submitted)
            body += [
                ["HL", level, "", "20", "1"],
                ["NM1", "85", "2", "OMEGA GROUP", "", "", "", "", "XX", provider],
            ]
            body += [["N3", "1 GREEK ST"], ["N4", "HOUSTON", state, "770010001"], ["REF", "EI", "990000001"]]
        level, count = _subscriber(
            body, level, billing, context, min(rng.choice([1, 1, 1, 2]), size - done), rng, share, out
        )
        done += count
    return body


def _subscriber(
    body: list[list[object]],
    level: int,
    billing: int,
    context: Row,
    count: int,
    rng: random.Random,
    share: float,
    out: Corpus,
) -> tuple[int, int]:
    """One subscriber (or his dependent) with `count` claims; the last level used and the claims written."""
    dependent = rng.random() < 0.2
    payer, name, filing = rng.choice(PAYERS)
    member, birth, sex = (
        f"W{rng.randrange(10**8):08d}",
        f"19{rng.randint(30, 99)}0{rng.randint(1, 9)}11",
        rng.choice("FM"),
    )
    level += 1
    person = level
    body += [["HL", person, billing, "22", int(dependent)]]
    body += [["SBR", "P", "" if dependent else "18", "GRP1", "", "", "", "", "", filing]]
    body += [["NM1", "IL", "1", rng.choice(NAMES), rng.choice(NAMES), "", "", "", "MI", member]]
    if not dependent:
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", birth, sex]]
    else:
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", "19400101", "M"]]
    body += [["NM1", "PR", "2", name, "", "", "", "", "PI", payer]]
    if dependent:
        level += 1
        body += [
            ["HL", level, person, "23", "0"],
            ["PAT", "19"],
            ["NM1", "QC", "1", "OMICRON", rng.choice(NAMES)],
        ]
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", birth, sex]]
    who: Row = context | {"payer_id": payer, "payer_name": name, "payer_responsibility": "P"}
    who |= {
        "claim_filing_code": filing,
        "member_id": member,
        "patient_birth_date": iso(birth),
        "patient_sex": sex,
    }
    for _ in range(count):
        _claim(body, who, rng, share, out)
    return level, count


def _claim(body: list[list[object]], who: Row, rng: random.Random, share: float, out: Corpus) -> None:
    scoped = rng.random() < share
    out.claims += 1
    lines = 1 if scoped else rng.choice([1, 2, 3])
    charges = [rng.randrange(5000, 90000) for _ in range(lines)]
    frequency = rng.choices(["1", "7", "8"], [96, 3, 1])[0] if share < 1 else "1"
    row: Row = who | {"claim_id": f"PCN{rng.randrange(10**9):09d}", "claim_frequency_code": frequency}
    diagnoses = rng.sample(DIAGNOSES, rng.randint(1, 4))
    row |= {f"diagnosis_{n}": code for n, code in enumerate(diagnoses, 1)}
    body.append(
        ["CLM", row["claim_id"], money(sum(charges)), "", "", ("11", "B", frequency), "Y", "A", "Y", "Y"]
    )
    if scoped and rng.random() < 0.3:
        row["prior_authorization_number"] = f"AUTH{rng.randrange(10**6)}"
        body.append(["REF", "G1", row["prior_authorization_number"]])
    if frequency != "1":
        row["original_claim_number"] = f"ICN{rng.randrange(10**9)}"
        body.append(["REF", "F8", row["original_claim_number"]])
    body.append(["HI", ("ABK", diagnoses[0]), *(("ABF", code) for code in diagnoses[1:])])
    if scoped:
        row["surgical_procedure_code"] = "62323"
        body.append(["HI", ("BP", "62323")])
    row["rendering_provider_npi"] = npi(rng.randrange(10**8))
    body.append(["NM1", "82", "1", "SIGMA", "TAU", "", "", "", "XX", row["rendering_provider_npi"]])
    body.append(["PRV", "PE", "PXC", "207L00000X"])
    if scoped and rng.random() < 0.3:
        row["service_facility_state"] = "LA"
        body += [["NM1", "77", "2", "OMEGA CENTER", "", "", "", "", "XX", npi(7)]]
        body += [["N3", "3 GREEK ST"], ["N4", "NEW ORLEANS", "LA", "701010001"]]
    other_payer = rng.random() < 0.1
    if other_payer:
        body += [
            ["SBR", "S", "18", "OTHER", "", "", "", "", "", "CI"],
            ["AMT", "D", "5"],
            ["OI", "", "", "Y", "", "", "Y"],
        ]
        body += [["NM1", "IL", "1", "PSI", "CHI", "", "", "", "MI", "OTHERMEMBER"]]
        body += [["NM1", "PR", "2", "OTHER PAYER", "", "", "", "", "PI", "99999"], ["REF", "F8", "OTHERICN"]]
    pointer = tuple(range(1, len(diagnoses) + 1))
    for number, charge in enumerate(charges, 1):
        _line(body, row, number, charge, lines, scoped, pointer, other_payer, rng, out)


def _line(
    body: list[list[object]],
    claim: Row,
    number: int,
    charge: int,
    lines: int,
    scoped: bool,
    pointer: tuple[int, ...],
    other_payer: bool,
    rng: random.Random,
    out: Corpus,
) -> None:
    out.lines += 1
    row: Row = dict(claim)
    day = dates(rng)
    modifiers = (
        rng.choice([("AA",), ("QK", "P3"), ("QX", "QS", "P2"), ("QZ",)])
        if scoped
        else rng.choice([(), ("25",)])
    )
    code = rng.choice(["01939"] * 6 + sorted(SCOPE)) if scoped else rng.choice(OTHERS)
    count = str(rng.randint(10, 60)) if scoped else "1"
    place = "24" if scoped else "11"
    row |= {"line_number": str(number), "procedure_code": code, "charge_amount": money(charge)}
    row |= {f"modifier_{n}": text for n, text in enumerate(modifiers, 1)}
    row |= {"unit_basis": "MJ" if scoped else "UN", "unit_count": count, "service_date": iso(day)}
    row |= {"place_of_service": place, "row_number": str(out.lines), "claim_line_count": str(lines)}
    body.append(["LX", number])
    body.append(
        [
            "SV1",
            ("HC", code, *modifiers),
            money(charge),
            row["unit_basis"],
            count,
            place if scoped else "",
            "",
            pointer,
        ]
    )
    body.append(["DTP", "472", "RD8", f"{day}-{day}"] if rng.random() < 0.1 else ["DTP", "472", "D8", day])
    if rng.random() < 0.6:
        row["line_control_number"] = f"L{rng.randrange(10**7)}"
        body.append(["REF", "6R", row["line_control_number"]])
    if scoped and rng.random() < 0.1:
        row["rendering_provider_npi"] = npi(rng.randrange(10**8))
        body.append(["NM1", "82", "1", "RHO", "TAU", "", "", "", "XX", row["rendering_provider_npi"]])
        body.append(["PRV", "PE", "PXC", "207L00000X"])
    if other_payer:
        body += [
            ["SVD", "99999", "5", ("HC", code, *modifiers), "", "1"],
            ["CAS", "CO", "45", money(charge - 500)],
        ]
        body += [["DTP", "573", "D8", "20250110"]]
    if code in SCOPE or claim["claim_frequency_code"] != "1":
        out.rows.append(row)


def remittance(
    claims: int,
    *,
    seed: int = 1,
    share: float = 0.3,
    per_set: int = 1000,
    style: Style | None = None,
    control: int = 1,
) -> Corpus:
    """An 835 file: adjustments at both levels, reversals, recoded lines, payments without lines, PLB."""
    style, rng, out = style or Style(), random.Random(seed), Corpus(b"")
    sets = [
        _payment_set(size, number, share, rng, out) for number, size in enumerate(shared(claims, per_set), 1)
    ]
    out.data = render(envelope(sets, "HP", "005010X221A1", control, style), style)
    return out


def _payment_set(size: int, number: int, share: float, rng: random.Random, out: Corpus) -> list[list[object]]:
    payer, name, _ = rng.choice(PAYERS)
    day, trace, payee = dates(rng), f"EFT{rng.randrange(10**9)}", npi(rng.randrange(10**8))
    above: Row = {"payment_trace": trace, "payment_date": iso(day), "payer_id": payer, "payer_name": name}
    above["payee_npi"] = payee
    loops: list[list[object]] = []
    total = sum(_payment(loops, above, rng, share, out) for _ in range(size))
    trailer: list[list[object]] = []
    if number % 2 == 0:
        trailer = [["PLB", payee, "20251231", ("L6", "INTEREST"), "-1.5"]]
        total += 150
    head: list[list[object]] = [
        ["BPR", "I", money(total), "C", "CHK", *[""] * 11, day],
        ["TRN", "1", trace, "1990000009"],
    ]
    head += [["N1", "PR", name, "XV", payer], ["N3", "4 GREEK ST"], ["N4", "HARTFORD", "CT", "06101"]]
    head += [["PER", "BL", "DESK", "TE", "5550101"], ["N1", "PE", "OMEGA GROUP", "XX", payee], ["LX", 1]]
    return [*head, *loops, *trailer]


def _payment(loops: list[list[object]], above: Row, rng: random.Random, share: float, out: Corpus) -> int:
    """One CLP; the cents it pays."""
    out.claims += 1
    scoped = rng.random() < share
    lines = 0 if scoped and rng.random() < 0.03 else 1 if scoped else rng.choice([1, 2, 3])
    sign = -1 if rng.random() < 0.03 else 1
    row: Row = above | {
        "claim_id": f"PCN{rng.randrange(10**9):09d}",
        "claim_status_code": "22" if sign < 0 else "1",
    }
    row |= {
        "remit_filing_code": rng.choice(["12", "HM", "MC"]),
        "payer_claim_number": f"ICN{rng.randrange(10**10)}",
    }
    row["loop_ordinal"] = str(out.claims)
    at_claim = sign * 100 if lines and rng.random() < 0.1 else 0
    parts, paid, charged, day = [], 0, 0, dates(rng)
    for number in range(1, max(lines, 1) + 1):
        charge = rng.randrange(5000, 90000)
        triplets = _triplets(charge, rng)
        settled = charge - sum(amount for _, _, amount in triplets)
        charged, paid = charged + charge, paid + settled
        parts.append((number, charge, settled, triplets))
    if at_claim:
        row["claim_adjustments"] = f"CO-A2:{money(at_claim)}"
    elif not lines:
        row["claim_adjustments"] = _packed(parts[0][3], sign)
    total = sign * paid - at_claim
    loops.append(
        ["CLP", row["claim_id"], row["claim_status_code"], money(sign * charged), money(total), "",
         row["remit_filing_code"], row["payer_claim_number"], "11", "1"]
    )  # fmt: skip
    if at_claim:
        loops.append(["CAS", "CO", "A2", money(at_claim)])
    elif not lines:
        loops += _cas(parts[0][3], sign)
    loops.append(
        [
            "NM1",
            "QC",
            "1",
            rng.choice(NAMES),
            rng.choice(NAMES),
            "",
            "",
            "",
            "MI",
            f"W{rng.randrange(10**8):08d}",
        ]
    )
    if rng.random() < 0.05:
        row["original_payer_claim_number"] = f"OLD{rng.randrange(10**8)}"
        loops.append(["REF", "F8", row["original_payer_claim_number"]])
    loops += [["DTM", "232", day], ["DTM", "233", day]]
    if not lines:
        out.lines += 1
        row |= {
            "service_date": iso(day),
            "charge_amount": money(sign * charged),
            "paid_amount": money(sign * paid),
        }
        out.rows.append(row | {"row_number": str(out.lines)})
        return total
    for part in parts:
        _payment_line(loops, row, part, sign, scoped, day, rng, out)
    return total


def _payment_line(
    loops: list[list[object]],
    claim: Row,
    part: tuple[int, int, int, list[tuple[str, str, int]]],
    sign: int,
    scoped: bool,
    claim_day: str,
    rng: random.Random,
    out: Corpus,
) -> None:
    number, charge, settled, triplets = part
    out.lines += 1
    code = rng.choice(["01939"] * 6 + sorted(SCOPE)) if scoped else rng.choice(OTHERS)
    modifiers = rng.choice([("AA",), ("QK", "P3"), ("QZ",)]) if scoped else ()
    recoded = scoped and rng.random() < 0.05
    paid_as = "99199" if recoded else code
    row: Row = claim | {
        "service_sequence": str(number),
        "procedure_code": paid_as,
        "row_number": str(out.lines),
    }
    row |= {f"modifier_{n}": text for n, text in enumerate(modifiers, 1)}
    row |= {"charge_amount": money(sign * charge), "paid_amount": money(sign * settled), "paid_units": "1"}
    segment: list[object] = [
        "SVC",
        ("HC", paid_as, *modifiers),
        money(sign * charge),
        money(sign * settled),
        "",
        "1",
    ]
    if recoded:
        row["submitted_procedure_code"] = code
        segment.append(("HC", code, *modifiers))
    loops.append(segment)
    row["service_date"] = iso(claim_day)
    if rng.random() < 0.8:
        day = dates(rng)
        row["service_date"] = iso(day)
        loops.append(["DTM", "472", day])
    row["adjustments"] = _packed(triplets, sign)
    loops += _cas(triplets, sign)
    if rng.random() < 0.7:
        row["line_control_number"] = f"L{rng.randrange(10**7)}"
        loops.append(["REF", "6R", row["line_control_number"]])
    if rng.random() < 0.8:
        row["allowed_amount"] = money(sign * (settled + 100))
        loops.append(["AMT", "B6", row["allowed_amount"]])
    if scoped and rng.random() < 0.1:
        row["remark_codes"] = "N130|M15"
        loops += [["LQ", "HE", "N130"], ["LQ", "HE", "M15"]]
    if code in SCOPE or paid_as in SCOPE:
        out.rows.append(row)


def _triplets(charge: int, rng: random.Random) -> list[tuple[str, str, int]]:
    """Adjustments of one line in file order; now and then seven of one group (two CAS segments)."""
    if rng.random() < 0.03:
        return [("CO", str(40 + n), 10 + n) for n in range(7)]
    first = charge // 3
    return [("CO", "45", first), ("PR", "2", charge // 10)] if rng.random() < 0.8 else [("CO", "45", first)]


def _cas(triplets: list[tuple[str, str, int]], sign: int) -> list[list[object]]:
    out: list[list[object]] = []
    for group, reason, amount in triplets:
        if out and out[-1][1] == group and len(out[-1]) < 19:
            out[-1] += ["", reason, money(sign * amount)]
        else:
            out.append(["CAS", group, reason, money(sign * amount)])
    return out


def _packed(triplets: list[tuple[str, str, int]], sign: int) -> str | None:
    return "|".join(f"{group}-{reason}:{money(sign * amount)}" for group, reason, amount in triplets) or None


def repeated(corpus: Corpus, times: int) -> Iterator[bytes]:
    """The corpus as `times` interchanges with control numbers of their own, one after the other."""
    mark = b"%09d" % 1
    assert corpus.data.count(mark) == 2
    for number in range(1, times + 1):
        yield corpus.data.replace(mark, b"%09d" % number)
