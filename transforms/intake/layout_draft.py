"""A draft of a layout for a header that none fits: by names, their synonyms, and the look of the values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from schemas.inbound import COLUMNS, Kind
from schemas.inbound_column import InboundColumn
from transforms.intake.dates import ALWAYS
from transforms.intake.layout_draft_values import adjustments, looks_joined, with_parts
from transforms.intake.money_forms import plain_amount
from transforms.intake.nested import Nesting

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "claim_id": ("claimnumber", "claimno", "account", "acct", "acctno", "patientcontrolnumber", "pcn",
                 "visit",
                 "encounter"),
    "line_number": ("line", "lineno", "ln", "linenum", "item", "chargeline"),
    "line_control_number": ("linecontrol", "lineref", "linecontrolno"),
    "submitted_on": ("submitted", "submissiondate", "submitdate", "billdate", "sent", "claimdate",
                     "billedon"),
    "claim_frequency_code": ("frequency", "freq", "frequencycode", "billfreq", "claimfrequency", "billtype",
                             "version", "ver"),
    "original_claim_number": ("originalclaim", "originalref", "origref", "payerrefoforiginal"),
    "payer_id": ("payerno", "payercode", "insuranceid", "carrierid", "planid"),
    "payer_name": ("payer", "insurance", "carrier", "plan", "insurancename", "carriername", "payor"),
    "payer_responsibility": ("role", "sequence", "level", "inslevel", "responsibility", "rank", "order"),
    "claim_filing_code": ("filingcode", "filingind", "filingindicator"),
    "member_id": ("member", "subscriberid", "policyno", "policynumber", "memberno", "insuredid"),
    "patient_birth_date": ("dob", "birthdate", "dateofbirth", "birth", "born", "patientdob", "ptdob"),
    "patient_sex": ("sex", "gender"),
    "billing_provider_npi": ("billingnpi", "groupnpi", "npi", "billingprovider"),
    "rendering_provider_npi": ("renderingnpi", "providernpi", "performingnpi", "anesthesiologistnpi"),
    "billing_provider_state": ("state", "groupstate", "billingstate"),
    "service_facility_state": ("facilitystate", "sitestate"),
    "place_of_service": ("pos", "place", "placeofsvc", "site"),
    "procedure_code": ("cpt", "prcdrcd", "cptcode", "procedure", "proc", "proccode", "hcpcs", "code"),
    **{f"modifier_{n}": (f"mod{n}", f"m{n}", f"modifier{n}") for n in range(2, 5)},
    "modifier_1": ("mod1", "m1", "mod", "modifier"),
    "charge_amount": ("charge", "charges", "billed", "amount", "fee", "chargeamt", "linechrgamt", "chrgamt"),
    "unit_basis": ("unit", "unittype", "unitqualifier", "basis", "qtytype"),
    "unit_count": ("units", "minutes", "min", "qty", "quantity", "anesthesiaminutes", "timemin"),
    **{f"diagnosis_{n}": (f"dx{n}", f"icd{n}", f"diag{n}", f"diagnosis{n}") for n in range(1, 5)},
    "surgical_procedure_code": ("surgeoncpt", "surgicalcpt", "surg", "surgicalcode"),
    "service_date": ("dos", "dateofservice", "servicedt", "svcdate", "servicefrom", "fromdate",
                     "service", "served"),
    "prior_authorization_number": ("authno", "auth", "authorization", "priorauth"),
    "payment_trace": ("trace", "check", "checkno", "checknumber", "eft", "checkoreftno", "tracenumber"),
    "payment_date": ("paiddate", "paidon", "checkdate", "datepaid", "posted", "paymentdt"),
    "payee_npi": ("payee", "npi", "groupnpi"),
    "claim_status_code": ("status", "claimstatus", "clmstatus", "result"),
    "payer_claim_number": ("icn", "payerclaim", "claimcontrolno", "dcn", "payercontrolnumber", "control"),
    "original_payer_claim_number": ("originalicn", "origicn"),
    "service_sequence": ("svcseq", "seq", "line", "lineno", "ln"),
    "submitted_procedure_code": ("billedcpt", "submittedcode", "billedcode"),
    "paid_amount": ("paid", "payment", "paidamt", "paymentamount", "amountpaid"),
    "paid_units": ("unitspaid", "qtypaid"),
    "allowed_amount": ("allowed", "allowedamt"),
    "adjustments": ("adjustment", "adj", "cas", "adjustmentcodes"),
    "remark_codes": ("remarks", "remark", "rarc", "rarcs"),
}  # fmt: skip
"""Names that exports give to our columns, in lower case letters and digits alone."""
_NPI: Final = r"^[12][0-9]{9}(?:\.0)?$"
LOOKS: Final = {
    "procedure_code": r"^[0-9A-Z]{4,5}(?:\.0)?$",
    "place_of_service": r"^[0-9]{1,2}(?:\.0)?$",
    "claim_frequency_code": r"^[1-9](?:\.0)?$",
    "claim_status_code": r"^[0-9]{1,2}(?:\.0)?$",
    "payer_responsibility": r"(?i)^(?:[PST]|primary|secondary|tertiary)$",
    "unit_basis": r"(?i)^(?:MJ|UN)$",
    "patient_sex": r"(?i)^(?:[FMU]|female|male|unknown)$",
    **{f"modifier_{n}": r"^[0-9A-Z]{2}$" for n in range(1, 5)},
    "billing_provider_npi": _NPI,
    "rendering_provider_npi": _NPI,
    "payee_npi": _NPI,
}  # fmt: skip
_DATES: Final = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%b %d, %Y",
)
_NUMBER: Final = r"^-?[0-9]+(?:\.[0-9]+)?$"
COMMA: Final = r"[0-9],[0-9]{2}$"
MOST_LIKELY: Final = 0.8
"""Share of the values of a column that must look like it."""


@dataclass(frozen=True)
class Draft:
    """A proposed layout: our column -> their header and whether that is sure.

    `rules`: our column -> what is done to the text. `adjustments`: the lines of that section. `constants`:
    our column -> what holds of every row.
    """

    kind: Kind
    columns: dict[str, tuple[str, bool]]
    missing: list[str]
    date_formats: tuple[str, ...]
    dates_sure: bool
    money: str
    rules: dict[str, str] = field(default_factory=dict)
    adjustments: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    nesting: Nesting | None = None

    def toml(self) -> str:
        """The draft as a layout file; comments say what is unsure or missing."""
        lines = [f'kind = "{self.kind}"', f'money = "{self.money}"']
        if self.date_formats:
            doubt = (
                ""
                if self.dates_sure
                else "  # unsure: another form may be meant, or some values are no dates"
            )
            lines.append(f"date_formats = {json.dumps(list(self.date_formats))}{doubt}")
        elif not self.dates_sure:
            lines.append('# date_formats not found: name the form of the dates, such as ["%m/%d/%Y"]')
        if self.kind == "claim_lines":
            lines.append('un_means = ""  # what UN units are: "time", "base_plus_time" or unknown')
        if self.nesting:
            each = ", ".join(f"{name} = {json.dumps(path)}" for name, path in self.nesting.each)
            lines += ["[nested]  # unsure: the lists that make the rows", f"each = {{ {each} }}"]
        lines.append("[columns]")
        for ours, (theirs, sure) in self.columns.items():
            source = json.dumps(theirs, ensure_ascii=False)
            if ours in self.rules:
                source = f"{{ column = {source}, {self.rules[ours]} }}"
            lines.append(f"{ours} = {source}{'' if sure else '  # unsure'}")
        lines += [f'# required and not found: {name} = ""' for name in self.missing]
        if self.constants:
            lines.append("[constants]  # unsure")
            lines += [f"{ours} = {json.dumps(text)}" for ours, text in self.constants.items()]
        if self.adjustments:
            lines += ["[adjustments]  # unsure", *self.adjustments]
        elif self.kind == "remit_lines" and "adjustments" not in self.columns:
            lines.append(
                "# [adjustments] are not found: docs/layouts.md shows slots, packed, one_adjustment_a_row"
            )
        return "\n".join(lines) + "\n"


def draft(header: list[str], sample: pl.DataFrame, nesting: Nesting | None = None) -> Draft:
    """Propose a layout. `sample`: some rows under that header, as text; no value of it is kept.

    `nesting`: how the rows were made of nested documents; the header is of paths then.
    """
    texts = {name: sample[name].cast(pl.String).str.strip_chars().replace("", None) for name in header}
    found: dict[Kind, dict[str, tuple[str, bool]]] = {kind: _columns(kind, texts) for kind in COLUMNS}
    required = {kind: [c.name for c in COLUMNS[kind] if c.is_required] for kind in COLUMNS}
    shares = {
        kind: sum(name in found[kind] for name in required[kind]) / len(required[kind]) for kind in COLUMNS
    }
    kind = max(COLUMNS, key=lambda each: shares[each])
    columns = found[kind]
    parsed = {column.name: column.parsed for column in COLUMNS[kind]}
    dates = [texts[theirs] for ours, (theirs, _) in columns.items() if parsed[ours] == "date"]
    amounts = [texts[theirs] for ours, (theirs, _) in columns.items() if parsed[ours] == "cents"]
    formats, dates_sure = _date_formats(dates)
    columns, rules = with_parts(columns, kind, texts)
    packed = adjustments(columns, texts) if kind == "remit_lines" else []
    if packed:
        columns = {name: told for name, told in columns.items() if name != "adjustments"}
    constants = {}
    if "unit_basis" not in columns and re.search(r"(?i)\bmin", columns.get("unit_count", ("", True))[0]):
        constants["unit_basis"] = "MJ"
    missing = [name for name in required[kind] if name not in {**columns, **constants}]
    order = {column.name: place for place, column in enumerate(COLUMNS[kind])}
    columns = dict(sorted(columns.items(), key=lambda told: order[told[0]]))
    return Draft(
        kind,
        columns,
        missing,
        formats,
        dates_sure,
        _money(amounts),
        rules,
        packed,
        constants,
        nesting,
    )


def _columns(kind: Kind, texts: dict[str, pl.Series]) -> dict[str, tuple[str, bool]]:
    """The best of their columns for each of ours; each of theirs stands for one of ours."""
    scored = []
    for place, column in enumerate(COLUMNS[kind]):
        for theirs, text in texts.items():
            by_name = _name_score(column.name, theirs)
            fits = _looks(column, text)
            if by_name and fits is not False:
                scored.append((by_name + (0.5 if fits else 0), -place, column.name, theirs))
    chosen: dict[str, tuple[str, bool]] = {}
    for score, _, ours, theirs in sorted(scored, reverse=True):
        if ours not in chosen and theirs not in {name for name, _ in chosen.values()}:
            chosen[ours] = theirs, score >= 2
    order = [column.name for column in COLUMNS[kind]]
    return {name: chosen[name] for name in order if name in chosen}


def _name_score(ours: str, theirs: str) -> int:
    """3: our name; 2: a known synonym; 1: one holds a synonym of the other."""
    bare = re.sub(r"[^0-9a-z]", "", (theirs.rpartition(".")[2].strip() or theirs).casefold())
    if bare == ours.replace("_", ""):
        return 3
    known = [re.sub(r"[^0-9a-z]", "", name) for name in SYNONYMS.get(ours, ())]
    if bare in known:
        return 2
    return 1 if any(len(name) >= 4 and name in bare for name in known) else 0


def _looks(column: InboundColumn, text: pl.Series) -> bool | None:
    """Whether the values look like the column; None where there is nothing to tell by."""
    told = text.drop_nulls()
    if told.is_empty():
        return None
    if column.parsed == "date":
        return any(_share_read(told, form) >= MOST_LIKELY for form in (*ALWAYS, *_DATES)) or None
    if column.parsed in ("cents", "thousandths"):
        frame = told.to_frame("text")
        for comma in (False, True):
            read = frame.select(plain_amount(pl.col("text"), comma).str.contains(_NUMBER)).to_series()
            if _share(read) >= MOST_LIKELY:
                return True
        return False
    if column.name not in LOOKS:
        return None
    if column.name == "procedure_code" and looks_joined(told):
        return True
    share = _share(told.str.contains(LOOKS[column.name]))
    is_closed = column.name in (
        "procedure_code",
        "billing_provider_npi",
        "rendering_provider_npi",
        "payee_npi",
    )
    return True if share >= MOST_LIKELY else (False if is_closed else None)


def _share(holds: pl.Series) -> float:
    return int(holds.sum()) / max(len(holds), 1)


def _share_read(told: pl.Series, form: str) -> float:
    return _share((told.str.to_date(form, strict=False).dt.year() > 0).fill_null(False))


def _date_formats(columns: list[pl.Series]) -> tuple[tuple[str, ...], bool]:
    """The form that reads most dates, and whether it is sure.

    None where ISO and compact dates do. None and not sure where no form reads most of them. A few values that
    are no dates do not hide the form of the others.
    """
    told = (
        pl.concat([text.drop_nulls().alias("date") for text in columns])
        if columns
        else pl.Series([], dtype=pl.String)
    )
    if told.is_empty() or any(_share_read(told, form) >= MOST_LIKELY for form in ALWAYS):
        return (), True
    shares = {form: _share_read(told, form) for form in _DATES}
    best = max(shares.values())
    if best < MOST_LIKELY:
        return (), False
    reading = [form for form in _DATES if shares[form] == best]
    is_short = _share(told.str.contains(r"[/.-][0-9]{2}$")) >= MOST_LIKELY
    forms = [form for form in reading if ("%y" in form) == is_short] or reading
    return (forms[0],), len(forms) == 1 and best == 1


def _money(columns: list[pl.Series]) -> str:
    told = [text.drop_nulls() for text in columns]
    if any(text.str.contains(COMMA).any() for text in told):
        return "european"
    return "us" if any(text.str.contains(r"[$(]").any() for text in told) else "plain"
