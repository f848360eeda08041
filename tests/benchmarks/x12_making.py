"""What both kinds of synthetic X12 for tests and benchmarks are made of.

Nothing here is real: names are Greek letters, numbers come from a seeded generator. The expected rows are put
together from the same facts as the segments, never parsed back.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from transforms.synthetic.records import money as with_cents
from transforms.synthetic.x12_envelope import EnvelopeDelimiters, Transaction, interchange, short_amount

SCOPE = frozenset({"01939", "01937", "01938", "01940", "01941", "01942"})
OTHERS = ["99213", "99214", "62323", "64483", "27096", "76942", "97110", "G0283", "J3301", "20610"]
NAMES = ["ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA", "THETA", "KAPPA", "LAMBDA", "SIGMA"]
PAYERS = [("60054", "AETNA", "CI"), ("00040", "BLUE SHIELD", "BL"), ("62308", "CIGNA", "CI")]
DIAGNOSES = ["M5416", "M5417", "M4806", "G894", "M47816", "M961"]
GUIDES = {"HC": ("837", "005010X222A1"), "HP": ("835", "005010X221A1")}
Row = dict[str, str | None]
Style = EnvelopeDelimiters


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


def render(sets: list[list[list[object]]], code: str, control: int = 1, style: Style | None = None) -> bytes:
    """One interchange of sets of segments (lists of elements, a tuple is a composite); `code` is HC or HP."""
    style = style or Style()
    made = []
    for body in sets:
        made.append(Transaction(style))
        for segment in body:
            parts = (style.component.join(map(str, e)) if isinstance(e, tuple) else str(e) for e in segment)
            made[-1].add(*parts)
    identifier, version = GUIDES[code]
    return interchange(made, style, code, version, identifier, date(2025, 3, 1), control)


def money(cents: int) -> str:
    """Cents as X12 writes an amount."""
    return short_amount(with_cents(cents))


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


@dataclass(frozen=True)
class Maker:
    """Makes files of one kind: `one_set` gives a set's segments and puts the rows in it into the corpus.

    It is given how many claims the set has, its number, the share of claims in scope and the generator.
    """

    code: str
    one_set: Callable[[int, int, float, random.Random, Corpus], list[list[object]]]

    def __call__(
        self,
        claims: int,
        *,
        seed: int = 1,
        share: float = 0.3,
        per_set: int = 1000,
        style: Style | None = None,
        control: int = 1,
    ) -> Corpus:
        """A file of so many claims: the same arguments make the same bytes."""
        rng, out = random.Random(seed), Corpus(b"")
        sizes = enumerate(shared(claims, per_set), 1)
        out.data = render(
            [self.one_set(size, number, share, rng, out) for number, size in sizes], self.code, control, style
        )
        return out


def repeated(corpus: Corpus, times: int) -> Iterator[bytes]:
    """The corpus as `times` interchanges with control numbers of their own, one after the other."""
    mark = b"%09d" % 1
    assert corpus.data.count(mark) == 2
    for number in range(1, times + 1):
        yield corpus.data.replace(mark, b"%09d" % number)
