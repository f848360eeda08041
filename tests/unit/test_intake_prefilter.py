"""The prefilter keeps the rows that the parser alone would keep, whatever the text and however it is cut."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from flows.readers import read_csv, text_rows
from flows.readers.csv_header import CsvHeader
from flows.readers.kept_rows import kept_by_kind
from flows.readers.preflight import Limits, preflight
from flows.readers.rejections import Rejected
from schemas.inbound import Kind
from schemas.rules import Rules
from transforms.intake import block_rows
from transforms.intake.block_rows import SLACK, BlockRows, Unsievable, separator_places
from transforms.intake.layouts import Layout, canonical_layout
from transforms.intake.prefilter import Prefilter, PrefilterRules
from transforms.intake.scope_filter import SUBMISSION, is_first_line, prefilter_rules

SCOPE = Rules().scope
LIMITS = Limits(1 << 30, 10)
CODES = (
    *(
        "01939",
        "01940",
        "1939",
        "99213",
        "64633",
        "00400",
        "01214",
        "",
        "01 939",
        "O1939",
        "01939-QK",
        "0193",
    ),
    *("'01939", "1.939E3", "\uff10\uff11\uff19\uff13\uff19", "01939.0", "9921\u00e9", '01"939', "0l939", " "),
    *("a code of more than eight bytes", "12345939", "1234567890", "000001939", "01939\t", "99213\r"),
)
CLAIMS = ("A1", "A2", "PCN-00001234-0001", "PCN-00001234-0002", "PCN-00001234-0001X", 'A"1', "")
TEXTS = (
    "",
    "x",
    "AETNA",
    "a,b",
    "two\nlines",
    "CR\r\nLF",
    'say "no"',
    '"',
    "caf\u00e9",
    "\r",
    " y ",
    ",",
    "\n",
)
HEADERS: dict[Kind, tuple[str, ...]] = {
    "claim_lines": (
        *("claim_id", "procedure_code", "claim_frequency_code", "member_id", "charge_amount"),
        *("submitted_on", "line_number", "payer_name", "row_number", "note"),
    ),
    "remit_lines": (
        *("claim_id", "procedure_code", "submitted_procedure_code", "payment_trace", "charge_amount"),
        *("payer_name", "note"),
    ),
}
POOLS = {
    "claim_id": CLAIMS,
    "procedure_code": CODES,
    "submitted_procedure_code": ("", "", "", *CODES),
    "claim_frequency_code": (*["1"] * 12, "7", "8", "6", "", " 7", "77", "1" * 9),
    "line_number": ("1", "1", "2", "2", "3", " 1", "01", "1.0", "", "1" * 9),
    "submitted_on": ("2025-01-01", "2025-01-01", "2025-01-01", "2025-02-01"),
    "member_id": ("M1", "M1", "M1", "", "M\n2"),
    "charge_amount": ("10.00", "10.00", ""),
}


def written(value: str, pick: random.Random, always: bool) -> str:
    """A field as CSV; some need no quotes and have them."""
    if always or any(sign in value for sign in ',"\n\r') or pick.random() < 0.05:
        return '"' + value.replace('"', '""') + '"'
    return value


def random_text(pick: random.Random, kind: Kind) -> tuple[list[str], bytes]:
    """A header and the text of a file, now and then damaged."""
    header = list(HEADERS[kind])
    pick.shuffle(header)
    style, damage = pick.choice(("bare", "bare", "mixed", "quoted")), pick.random() < 0.4
    ends = pick.choice((("\n",), ("\n",), ("\r\n",), ("\n", "\r\n")))
    plain = {name: [v for v in pool if not set(v) & set(',"\n\r')] for name, pool in POOLS.items()}
    rows = [[*header]]
    for _ in range(pick.randrange(0, 40)):
        pools = POOLS if style == "mixed" else plain
        texts = TEXTS if style == "mixed" else ("", "x", "AETNA", "caf\u00e9")
        rows.append([pick.choice(pools.get(name, texts)) for name in header])
        if pick.random() < 0.3:
            rows.append(
                [
                    pick.choice(pools[name]) if name == "procedure_code" else rows[-1][n]
                    for n, name in enumerate(header)
                ]
            )
    lines = [",".join(written(v, pick, style == "quoted") for v in row) for row in rows]
    if damage:
        lines = [lines[0], *(damaged(line, pick) if pick.random() < 0.1 else line for line in lines[1:])]
    text = "".join(line + pick.choice(ends) for line in lines)
    if pick.random() < 0.3:
        text = text.removesuffix("\n").removesuffix("\r")
    content = ("\ufeff" if pick.random() < 0.2 else "") + text
    if damage and pick.random() < 0.2:
        return header, content.encode().replace(b"\xc3\xa9", b"\xe9", 1)
    return header, content.encode()


def damaged(line: str, pick: random.Random) -> str:
    """A line with more or fewer fields, a blank one, one with a quote or a return in the wrong place."""
    match pick.randrange(7):
        case 0:
            return line + ",more"
        case 1:
            return line.rsplit(",", 2)[0]
        case 2:
            return pick.choice(("", " ", "\r"))
        case 3:
            return line.replace("A", 'A"x', 1)
        case 4:
            return line.replace(",", ',"b" ,', 1)
        case 5:
            return line.replace("A", "A\r", 1)
        case _:
            return "," * (line.count(",") + pick.choice((0, 0, 1)))


def outcome(path: Path, header: list[str], layout: Layout, rules: PrefilterRules | None) -> Any:
    """What kept_by_kind gives, in the order of the rows, or why the file is refused."""
    try:
        found = preflight(path, path.with_suffix(".scratch"), LIMITS)
        text = read_csv.read_csv(found, CsvHeader(header, ","), rules)
        ((_, parts, heads),), counted = kept_by_kind(text, "key", layout, SCOPE)
        kept = pl.concat(parts).collect()
    except Rejected as rejected:
        return rejected.code
    if layout.kind == "claim_lines":
        heads = that_tell(kept, heads)
    return kept.sort("row_number").rows(), heads.sort("row_number").rows(), counted[layout.kind], kept.schema


def that_tell(kept: pl.DataFrame, outside: pl.DataFrame) -> pl.DataFrame:
    """Rows out of scope that replace or void a claim, or stand beside a line that is or may be in scope."""
    columns = list(SUBMISSION)
    complete = outside.filter(is_first_line()).join(kept, on=columns, how="anti", nulls_equal=True)
    beside = outside.filter(~is_first_line()).join(complete, on=columns, how="anti", nulls_equal=True)
    replacing = outside.filter(pl.col("claim_frequency_code").is_in(["6", "7", "8"]))
    return pl.concat([beside, replacing]).unique("row_number")


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
@pytest.mark.parametrize("seeds", range(4))
def test_the_sieve_keeps_what_the_parser_alone_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, seeds: int
) -> None:
    layout = canonical_layout(kind)
    prefiltered = 0
    for seed in range(seeds * 40, seeds * 40 + 40):
        pick = random.Random(f"{kind}{seed}")
        header, content = random_text(pick, kind)
        path = tmp_path / f"{seed}.csv"
        path.write_bytes(content)
        alone = outcome(path, header, layout, None)
        rules = prefilter_rules(layout, SCOPE, header)
        assert rules is not None
        few = pick.randrange(16, 300)
        for block in (few, 1 << 20):
            monkeypatch.setattr(read_csv, "BLOCK", block)
            assert outcome(path, header, layout, rules) == alone, f"seed {seed}, blocks of {block}"
        with monkeypatch.context() as patched:
            patched.setattr(text_rows, "TEXT_BLOCK", few)
            assert outcome(path, header, layout, None) == alone, f"seed {seed}, parsed in blocks of {few}"
        found = preflight(path, path, LIMITS) if not isinstance(alone, str) else None
        prefiltered += (
            found is not None and read_csv._prefiltered(found, CsvHeader(header, ","), rules) is not None
        )
    assert prefiltered >= 20, "too few files went through the prefilter for the comparison to tell"


def test_a_row_cut_by_a_block_and_a_row_longer_than_a_block_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = list(HEADERS["remit_lines"])
    rows = [
        dict.fromkeys(header, "x") | {"procedure_code": "01939", "note": "n" * size} for size in range(90)
    ]
    path = tmp_path / "rows.csv"
    pl.DataFrame(rows).write_csv(path)
    layout = canonical_layout("remit_lines")
    for block in range(1, 120, 7):
        monkeypatch.setattr(read_csv, "BLOCK", block)
        kept, _, total = outcome(path, header, layout, prefilter_rules(layout, SCOPE, header))[:3]
        assert (len(kept), total) == (90, 90)


@pytest.mark.parametrize("bound", ["LONGEST_ROW", "MOST_PASSED"])
def test_what_does_not_fit_in_memory_twice_goes_to_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    header, content = list(HEADERS["remit_lines"]), ",".join(HEADERS["remit_lines"]).encode()
    path = tmp_path / "rows.csv"
    path.write_bytes(content + (b"\n" + b",".join([b"01939" + b" " * 99] * len(header))) * 20)
    layout = canonical_layout("remit_lines")
    rules = prefilter_rules(layout, SCOPE, header)
    assert rules is not None
    found = preflight(path, path, LIMITS)
    monkeypatch.setattr(read_csv, "BLOCK", 500)
    assert read_csv._prefiltered(found, CsvHeader(header, ","), rules) is not None
    prefiltered = outcome(path, header, layout, rules)
    monkeypatch.setattr(read_csv, bound, 400)
    assert read_csv._prefiltered(found, CsvHeader(header, ","), rules) is None
    assert outcome(path, header, layout, rules) == prefiltered


def test_a_claim_number_that_nearly_every_line_has_goes_to_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = list(HEADERS["claim_lines"])
    rows = [dict.fromkeys(header, "x") | {"procedure_code": code} for code in ("01939", *["99213"] * 60)]
    path = tmp_path / "rows.csv"
    pl.DataFrame(rows).write_csv(path)
    rules = prefilter_rules(canonical_layout("claim_lines"), SCOPE, header)
    assert rules is not None
    found = preflight(path, path, LIMITS)
    prefiltered = read_csv._prefiltered(found, CsvHeader(header, ","), rules)
    assert prefiltered is not None and prefiltered.beside is not None
    assert ([len(rows) for rows in prefiltered.pieces()], len(prefiltered.beside)) == ([1], 60)
    assert prefiltered.totals == (61,)
    monkeypatch.setattr(read_csv, "MOST_PASSED", 400)
    assert read_csv._prefiltered(found, CsvHeader(header, ","), rules) is None


def test_each_distinct_text_is_judged_once() -> None:
    asked: list[str] = []

    def judged(texts: pl.Series) -> pl.Series:
        asked.extend(texts)
        return texts == "b"

    prefilter = Prefilter(PrefilterRules(2, ((1, judged),), (), (), None, lambda texts: texts == ""))
    text = b"k,code\n" + b"1,a\n2,b\n3,c\n" * 50
    for _ in range(3):
        assert prefilter.take(bytearray(text + bytes(SLACK)), len(text)) == len(text)
    assert sorted(asked) == ["", "a", "b", "c", "code"]
    assert b"".join(prefilter.lines) == b"2,b\n" * 150
    assert np.concatenate(prefilter.numbers)[:3].tolist() == [2, 5, 8]


def test_the_same_text_has_the_same_hash_quoted_or_not_and_among_longer_ones() -> None:
    data = np.frombuffer(b'abc,1\n"abc",2\nabcdefghijklm,3\n"a,c",4\n' + bytes(SLACK), dtype=np.uint8)
    among = BlockRows(data, separator_places(data[:-SLACK]), 2).hashes((0,))
    alone = np.frombuffer(b"abc,1\n" + bytes(SLACK), dtype=np.uint8)
    only = BlockRows(alone, separator_places(alone[:-SLACK]), 2).hashes((0,))
    assert among[0] == among[1] == only[0]
    assert len(set(among.tolist())) == 3


def test_no_sieve_where_the_code_or_the_claim_is_no_column_of_the_file() -> None:
    header = list(HEADERS["claim_lines"])
    layout = canonical_layout("claim_lines")
    for gone in ("procedure_code", "claim_id"):
        assert prefilter_rules(layout, SCOPE, [name for name in header if name != gone]) is None
    constant = Layout("x", "remit_lines", layout.columns, constants={"submitted_procedure_code": "01939"})
    assert prefilter_rules(constant, SCOPE, header) is None


def test_a_file_that_shrinks_while_it_is_read_is_not_read_beyond_its_end(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"12345")
    with path.open("rb") as stream:
        assert read_csv._read_at(stream.fileno(), 1, 5) == b"2345\n"
        with pytest.raises(Unsievable):
            read_csv._read_at(stream.fileno(), 1, 6)


@pytest.mark.parametrize(
    ("text", "well"),
    [
        (b'"a","b"\n"c",d\n', True),
        (b'"a""b",c\r\n"",""\r\n', True),
        (b'"a\n,b",c\n"d', True),
        (b'"a"\r\nb,"c"\r\n', True),
        (b'a"b,c"d\n', False),
        (b'"a"b,c\n', False),
        (b'"a" ,c\n', False),
        (b'"a"\rb,c\n', False),
        (b' "a",c\n', False),
    ],
)
def test_quotes_stand_around_fields_or_doubled(text: bytes, well: bool) -> None:
    data = np.frombuffer(text, dtype=np.uint8)
    if well:
        places = separator_places(data).places
        assert places.tolist() == [n for n in unquoted(text) if n <= places[-1]]
    else:
        with pytest.raises(Unsievable):
            separator_places(data)


def unquoted(text: bytes) -> list[int]:
    """Places of commas and line ends outside of quotes."""
    inside, found = False, []
    for place, byte in enumerate(text):
        inside ^= byte == ord('"')
        if byte in b",\n" and not inside:
            found.append(place)
    return found


def test_separators_of_long_texts_full_of_quotes() -> None:
    pick = random.Random(3)
    for _ in range(40):
        fields = ['"' + "x" * pick.choice((0, 1, 3, 70)) + pick.choice(("", ",", "\n", '""')) + '"'] * 2
        text = "".join(pick.choice(fields) + pick.choice(",\n") for _ in range(80)).encode() + b"\n"
        assert separator_places(np.frombuffer(text, dtype=np.uint8)).places.tolist() == unquoted(text)


@pytest.mark.parametrize("few", [0, 1, 50])
def test_chosen_rows_are_the_same_whether_few_or_many(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    texts = [b"x" * (number % 7) + b"\n" for number in range(40)]
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    ends = np.cumsum([len(text) for text in texts]) - 1
    monkeypatch.setattr(block_rows, "FEW_ROWS", few)
    for every in (1, 3, 41):
        chosen = np.arange(40) % every == every - 1
        expected = b"".join(text for text, wanted in zip(texts, chosen, strict=True) if wanted)
        assert block_rows.line_bounds(data, ends, chosen) == expected
