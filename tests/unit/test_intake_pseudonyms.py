"""Keyed hashes: what they are, that domains never meet, and which ways to write an identifier are one."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest

from flows.readers.reference_files import read_reference
from flows.store.snapshot import key_id
from schemas.accepted import AcceptedClaimLine, AcceptedRemitLine
from schemas.inbound_claims import CLAIM_COLUMNS
from schemas.inbound_remits import REMIT_COLUMNS
from schemas.pandera_schemas import pandera_schema
from schemas.rules import Rules
from transforms.intake.accept import Accepted, Accepting, Ceiling, accept_lines
from transforms.intake.layouts import canonical_layout
from transforms.intake.pseudonyms import DOMAINS, HEX_DIGITS, keyed_hash, pseudonymised

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"
CLAIM = {
    "claim_id": "PCN1001",
    "line_number": "1",
    "line_control_number": "LC1",
    "submitted_on": "2025-03-10",
    "claim_frequency_code": "1",
    "payer_id": "60054",
    "payer_name": "AETNA",
    "payer_responsibility": "P",
    "member_id": "W123456789",
    "patient_birth_date": "1961-05-17",
    "billing_provider_npi": "1234567893",
    "place_of_service": "24",
    "procedure_code": "01939",
    "charge_amount": "845.00",
    "unit_basis": "MJ",
    "unit_count": "32",
    "service_date": "2025-03-04",
}
REMIT = {
    "payment_trace": "EFT900",
    "payment_date": "2025-04-02",
    "payer_id": "60054",
    "payer_name": "AETNA",
    "claim_id": "PCN1001",
    "claim_status_code": "1",
    "payer_claim_number": "ICN500",
    "charge_amount": "845.00",
    "paid_amount": "210.00",
    "procedure_code": "01939",
}


def by_hand(key: bytes, message: bytes) -> str:
    """HMAC-SHA-256 from its definition (RFC 2104)."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def test_the_definition_by_hand_gives_the_published_vector() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert by_hand(b"Jefe", b"what do ya want for nothing?") == expected


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_keyed_hash_is_the_head_of_an_hmac_over_domain_and_text(domain: str) -> None:
    assert keyed_hash(KEY, domain, "PCN1001") == by_hand(KEY, f"{domain}|PCN1001".encode())[:HEX_DIGITS]


def test_domains_and_keys_never_meet() -> None:
    texts = ["1", "PCN1001", "|", "claim|1"]
    made = {keyed_hash(key, domain, text) for key in (KEY, OTHER_KEY) for domain in DOMAINS for text in texts}
    assert len(made) == 2 * len(DOMAINS) * len(texts)
    with pytest.raises(ValueError, match="unknown domain"):
        pseudonymised(pl.DataFrame({"a": ["1"]}), "a", "clam", KEY, "b")


def test_a_column_is_hashed_row_by_row_and_null_stays_null() -> None:
    rows = pl.DataFrame({"n": [1, 2, 3, 4], "a": ["x", None, "y", "x"]})
    found = pseudonymised(rows, "a", "claim", KEY, "key")
    x, y = keyed_hash(KEY, "claim", "x"), keyed_hash(KEY, "claim", "y")
    assert found.rows() == [(1, x), (2, None), (3, y), (4, x)]


def test_the_key_id_names_a_key_and_is_no_hash_of_an_identifier() -> None:
    assert key_id(KEY) == by_hand(KEY, b"cpt01939 key id")[:16]
    assert key_id(KEY) != key_id(OTHER_KEY)
    assert len({key_id(KEY), *(keyed_hash(KEY, domain, "")[:16] for domain in DOMAINS)}) == 1 + len(DOMAINS)


def accepted(kind: str, *rows: dict[str, str], key: bytes = KEY) -> Accepted:
    claims = kind == "claim_lines"
    columns = [column.name for column in (CLAIM_COLUMNS if claims else REMIT_COLUMNS)]
    texts = pl.DataFrame(
        [{name: row.get(name) for name in columns} for row in rows],
        schema=dict.fromkeys(columns, pl.String),
    ).with_columns(
        file_key=pl.lit("0" * 16),
        row_number=pl.int_range(1, len(rows) + 1, dtype=pl.Int64),
        field_count_ok=pl.lit(True),
    )
    layout = canonical_layout("claim_lines" if claims else "remit_lines")
    under = Accepting(layout, key, read_reference(), Rules())
    found = accept_lines(texts, texts.clear(), under, Ceiling(1.0, 10))
    assert found.breaks.is_empty()
    return found


def keys_of(column: str, name: str, *values: str, kind: str = "claim_lines") -> list[str]:
    base = CLAIM if kind == "claim_lines" else REMIT
    lines = accepted(kind, *({**base, column: value} for value in values)).lines
    return lines.sort("row_number")[name].to_list()


@pytest.mark.parametrize(
    ("column", "name", "same", "other"),
    [
        ("claim_id", "claim_number_key", ["PCN1001", " pcn1001 ", "PCN1001\u00a0"], ["PCN-1001", "PCN10010"]),
        (
            "claim_id",
            "claim_number_key",
            ["A" * 20, "A" * 20 + "REST", "a" * 38],
            ["A" * 19, "B" + "A" * 19],
        ),
        ("claim_id", "claim_number_key", ["A" * 19, "A" * 19 + " REST"], ["A" * 20]),
        (
            "member_id",
            "patient_key",
            ["W12-345 678.9", "w123456789", "W123456789 "],
            ["W0123456789", "123456789"],
        ),
        ("patient_birth_date", "patient_key", ["1961-05-17"], ["1961-05-18"]),
        (
            "claim_id",
            "loose_number_key",
            ["PCN-1001", "pcn1001", "0PCN 1001", "00-PCN.10/01"],
            ["PCN10010", "PCN11", "1001"],
        ),
        ("member_id", "member_key", ["W12-345 678.9", "w123456789"], ["123456789"]),
        ("patient_birth_date", "birth_key", ["1961-05-17"], ["1961-05-18"]),
        ("original_claim_number", "original_claim_key", ["ICN500", "icn500"], ["ICN-500"]),
        ("line_control_number", "line_control_key", ["LC1", "lc1 "], ["1"]),
    ],
)
def test_ways_to_write_one_identifier(column: str, name: str, same: list[str], other: list[str]) -> None:
    found = keys_of(column, name, *same, *other)
    assert len(set(found[: len(same)])) == 1
    assert len(set(found)) == 1 + len(other)
    assert all(len(key) == HEX_DIGITS for key in found)


def test_claims_and_remittances_meet_by_their_keys() -> None:
    claim = accepted("claim_lines", CLAIM | {"original_claim_number": "icn500"}).lines.row(0, named=True)
    remit = accepted(
        "remit_lines", REMIT | {"line_control_number": "1", "original_payer_claim_number": "ICN500 "}
    ).lines.row(0, named=True)
    assert claim["claim_number_key"] == remit["claim_number_key"]
    assert claim["loose_number_key"] == remit["loose_number_key"]
    assert claim["original_claim_key"] == remit["payer_claim_key"] == remit["original_payer_claim_key"]
    assert claim["line_number_key"] == remit["line_control_key"]
    assert claim["line_control_key"] != claim["line_number_key"]


def test_another_key_gives_other_keys_and_the_same_of_everything_else() -> None:
    one, two = (accepted("claim_lines", CLAIM, key=key).lines for key in (KEY, OTHER_KEY))
    keyed = [name for name in one.columns if name.endswith("_key") and name != "file_key" and one[name][0]]
    assert len(keyed) == 7
    assert all(one[name][0] != two[name][0] for name in keyed)
    assert one.drop(keyed).equals(two.drop(keyed))


def test_accepted_rows_keep_their_schema_and_nothing_of_an_identifier() -> None:
    claims = accepted("claim_lines", CLAIM | {"prior_authorization_number": "AUTH77"}).lines
    remits = accepted("remit_lines", REMIT).lines
    pandera_schema(AcceptedClaimLine).validate(claims)
    pandera_schema(AcceptedRemitLine).validate(remits)
    text = claims.write_ndjson() + remits.write_ndjson()
    hidden = ["PCN1001", "W123456789", "1961-05-17", "LC1", "AUTH77", "EFT900", "ICN500"]
    assert [value for value in hidden if value in text] == []
    assert claims["has_prior_authorization"].to_list() == [True]


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1961-03-04", 64),
        ("1961-03-05", 63),
        ("2025-03-04", 0),
        ("1935-03-04", 90),
        ("1930-01-01", 90),
        ("1935-03-05", 89),
    ],
)
def test_age_at_service_ends_at_ninety(born: str, age: int) -> None:
    assert accepted("claim_lines", CLAIM | {"patient_birth_date": born}).lines["age_at_service"].item() == age
