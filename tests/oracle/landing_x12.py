"""Rows of raw X12 837P and 835, segment by segment (005010X222A1, 005010X221A1).

A plain splitter for well-formed files: it is what the fast reader is held against.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
Segment = list[str]
NO_PAYER: Row = {"payer_id": "", "payer_name": ""}


def segments_of(text: str) -> tuple[list[Segment], str]:
    """(segments as elements, component separator) of one file; an ISA says how it is written."""
    text = text.lstrip("\ufeff \r\n\t")
    element, component, terminator = text[3], text[104], text[105]
    parts = [part.strip("\r\n ") for part in text.split(terminator)]
    return [part.split(element) for part in parts if part], component


def at(segment: Segment, position: int) -> str:
    """An element by its number; empty where the segment ends before."""
    return segment[position].strip() if position < len(segment) else ""


def rows_of_x12(text: str) -> tuple[str, list[Row]]:
    """(kind, rows) of a file."""
    segments, component = segments_of(text)
    transaction = next(at(segment, 1) for segment in segments if segment[0] == "ST")
    if transaction == "837":
        return "claim_lines", list(claim_rows(segments, component))
    return "remit_lines", remit_rows(segments, component)


def code_and_modifiers(composite: str, component: str) -> tuple[str, list[str]]:
    """Procedure code and four modifiers of `HC:01939:AA`."""
    parts = composite.split(component)
    return (parts[1] if len(parts) > 1 else ""), [*parts[2:6], "", "", "", ""][:4]


# --- 837P ----------------------------------------------------------------------------------------


class Claims:
    """What stands above a line: provider, subscriber, patient, claim."""

    def __init__(self, component: str) -> None:
        self.component = component
        self.submitted_on = ""
        self.provider: Row = {}
        self.subscriber: Row = {}
        self.patient: Row = {}
        self.claim: Row = {}
        self.line: Row | None = None
        self.entity = ""
        self.of_another_payer = False

    def row(self) -> Row:
        assert self.line is not None
        row = {**self.provider, **self.subscriber, **self.patient, **self.claim, **self.line}
        diagnoses = row.pop("_diagnoses", [])
        pointers = [int(p) for p in row.pop("_pointers", "").split(self.component) if p]
        for position, pointer in enumerate(pointers[:4], start=1):
            row[f"diagnosis_{position}"] = diagnoses[pointer - 1]
        row["submitted_on"] = self.submitted_on
        return row


def claim_rows(segments: list[Segment], component: str) -> Iterator[Row]:
    """One row per service line."""
    state = Claims(component)
    for segment in segments:
        opens = segment[0] in ("LX", "CLM", "HL", "SE")
        if opens and state.line is not None:
            yield state.row()
            state.line = None
        read_above(state, segment)
        read_claim(state, segment)
        read_line(state, segment)


def read_above(state: Claims, segment: Segment) -> None:
    """Transaction, levels, parties."""
    name = segment[0]
    if name == "BHT":
        state.submitted_on = at(segment, 4)
    elif name == "HL":
        level = at(segment, 3)
        state.claim, state.of_another_payer, state.entity = {}, False, ""
        if level == "20":
            state.provider, state.subscriber, state.patient = {}, {}, {}
        elif level == "22":
            state.subscriber, state.patient = {}, {}
        else:
            state.patient = {}
    elif name == "NM1":
        state.entity = at(segment, 1)
        read_party(state, segment)
    elif name == "N4" and state.entity == "85":
        state.provider["billing_provider_state"] = at(segment, 2)
    elif name == "N4" and state.entity == "77" and not state.of_another_payer:
        state.claim["service_facility_state"] = at(segment, 2)
    elif name == "SBR" and not state.claim:
        state.subscriber.update(payer_responsibility=at(segment, 1), claim_filing_code=at(segment, 9))
    elif name == "DMG" and not state.claim:
        state.patient.update(patient_birth_date=at(segment, 2), patient_sex=at(segment, 3))


def read_party(state: Claims, segment: Segment) -> None:
    entity, identifier = at(segment, 1), at(segment, 9)
    if state.of_another_payer:
        return
    if entity == "85":
        state.provider["billing_provider_npi"] = identifier
    elif entity == "IL":
        state.subscriber["member_id"] = identifier
    elif entity == "PR":
        state.subscriber.update(payer_name=at(segment, 3), payer_id=identifier)
    elif entity == "82":
        (state.claim if state.line is None else state.line)["rendering_provider_npi"] = identifier


def read_claim(state: Claims, segment: Segment) -> None:
    """CLM and what follows it up to the first line."""
    name = segment[0]
    if name == "CLM":
        place, _, frequency = [*at(segment, 5).split(state.component), "", ""][:3]
        state.claim = {
            "claim_id": at(segment, 1),
            "place_of_service": place,
            "claim_frequency_code": frequency,
            "_diagnoses": [],
        }
        state.of_another_payer = False
    elif not state.claim or state.line is not None:
        return
    elif name == "SBR":
        state.of_another_payer = True
    elif name == "REF" and at(segment, 1) == "F8":
        state.claim["original_claim_number"] = at(segment, 2)
    elif name == "REF" and at(segment, 1) == "G1":
        state.claim["prior_authorization_number"] = at(segment, 2)
    elif name == "HI":
        for element in segment[1:]:
            qualifier, _, code = element.partition(state.component)
            code = code.split(state.component)[0]
            if qualifier in ("ABK", "ABF", "BK", "BF"):
                state.claim["_diagnoses"].append(code)
            elif qualifier == "BP":
                state.claim["surgical_procedure_code"] = code


def read_line(state: Claims, segment: Segment) -> None:
    """LX and what follows it."""
    name = segment[0]
    if name == "LX":
        state.line, state.of_another_payer = {"line_number": at(segment, 1)}, False
    elif state.line is None:
        return
    elif name == "SV1":
        code, modifiers = code_and_modifiers(at(segment, 1), state.component)
        state.line.update(
            procedure_code=code,
            charge_amount=at(segment, 2),
            unit_basis=at(segment, 3),
            unit_count=at(segment, 4),
            _pointers=at(segment, 7),
            **{f"modifier_{i}": modifiers[i - 1] for i in range(1, 5)},
        )
        if at(segment, 5):
            state.line["place_of_service"] = at(segment, 5)
    elif name == "DTP" and at(segment, 1) == "472":
        state.line["service_date"] = at(segment, 3).split("-")[0]
    elif name == "REF" and at(segment, 1) == "6R":
        state.line["line_control_number"] = at(segment, 2)


# --- 835 -----------------------------------------------------------------------------------------


class Payment:
    """What stands above a service payment line."""

    def __init__(self) -> None:
        self.head: Row = {}
        self.loop: Row | None = None
        self.party = ""
        self.lines: list[Row] = []


def remit_rows(segments: list[Segment], component: str) -> list[Row]:
    """One row per SVC, or one without a code for a CLP that has none; `_loop` numbers the CLP."""
    rows: list[Row] = []
    payment, loops = Payment(), 0
    for segment in segments:
        if segment[0] in ("CLP", "PLB", "SE", "ST", "LX"):
            rows.extend(rows_of_loop(payment))
        if segment[0] == "ST":
            payment = Payment()
        elif segment[0] == "CLP":
            loops += 1
            payment.loop = opened_loop(segment, loops)
            payment.lines = []
        elif payment.loop is None:
            read_payment(payment, segment)
        elif segment[0] == "SVC":
            payment.lines.append(service(segment, component))
        else:
            read_answer(payment, segment)
    return rows


def opened_loop(segment: Segment, number: int) -> Row:
    return {
        "_loop": number,
        "_items": [],
        "claim_id": at(segment, 1),
        "claim_status_code": at(segment, 2),
        "_charge": at(segment, 3),
        "_paid": at(segment, 4),
        "remit_filing_code": at(segment, 6),
        "payer_claim_number": at(segment, 7),
    }


def service(segment: Segment, component: str) -> Row:
    code, modifiers = code_and_modifiers(at(segment, 1), component)
    billed, _ = code_and_modifiers(at(segment, 6), component)
    return {
        "procedure_code": code,
        **{f"modifier_{i}": modifiers[i - 1] for i in range(1, 5)},
        "submitted_procedure_code": billed,
        "charge_amount": at(segment, 2),
        "paid_amount": at(segment, 3),
        "paid_units": at(segment, 5),
        "_items": [],
        "_remarks": [],
    }


def read_payment(payment: Payment, segment: Segment) -> None:
    """BPR to the first CLP."""
    name = segment[0]
    if name == "BPR":
        payment.head["payment_date"] = at(segment, 16)
    elif name == "TRN":
        payment.head.update(payment_trace=at(segment, 2), _company=at(segment, 3))
    elif name == "N1":
        payment.party = at(segment, 1)
        if payment.party == "PR":
            payment.head.update(payer_name=at(segment, 2), payer_id=at(segment, 4))
        elif payment.party == "PE" and at(segment, 3) == "XX":
            payment.head["payee_npi"] = at(segment, 4)
    elif name == "REF" and at(segment, 1) == "2U" and payment.party == "PR":
        payment.head["payer_id"] = payment.head.get("payer_id") or at(segment, 2)


def read_answer(payment: Payment, segment: Segment) -> None:
    """What follows a CLP or a SVC."""
    assert payment.loop is not None
    name, place = segment[0], payment.lines[-1] if payment.lines else payment.loop
    if name == "CAS":
        for position in range(2, len(segment), 3):
            if at(segment, position):
                item = f"{at(segment, 1)}-{at(segment, position)}:{at(segment, position + 1)}"
                place["_items"].append(item)
    elif name == "REF" and at(segment, 1) == "F8" and not payment.lines:
        payment.loop["original_payer_claim_number"] = at(segment, 2)
    elif name == "REF" and at(segment, 1) == "6R" and payment.lines:
        place["line_control_number"] = at(segment, 2)
    elif name == "DTM" and at(segment, 1) == "232" and not payment.lines:
        payment.loop["service_date"] = at(segment, 2)
    elif name == "DTM" and at(segment, 1) in ("472", "150") and payment.lines:
        place["service_date"] = at(segment, 2)
    elif name == "AMT" and at(segment, 1) == "B6" and payment.lines:
        place["allowed_amount"] = at(segment, 2)
    elif name == "LQ" and at(segment, 1) == "HE" and payment.lines:
        place["_remarks"].append(at(segment, 2))


def rows_of_loop(payment: Payment) -> list[Row]:
    """The rows of the open loop, which is closed."""
    loop, payment.loop = payment.loop, None
    if loop is None:
        return []
    head = {**payment.head, **loop, "claim_adjustments": "|".join(loop["_items"])}
    head["payer_id"] = head.get("payer_id") or head.get("_company", "")
    if not payment.lines:
        return [
            {**head, "procedure_code": "", "charge_amount": loop["_charge"], "paid_amount": loop["_paid"]}
        ]
    return [
        {
            **head,
            **line,
            "service_sequence": str(sequence),
            "adjustments": "|".join(line["_items"]),
            "remark_codes": "|".join(line["_remarks"]),
        }
        for sequence, line in enumerate(payment.lines, start=1)
    ]
