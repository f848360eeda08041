"""What lines say of each finest cell, so that what parts of the lines say goes together exactly.

Counts and sums add up. Distinct claims, cases and patients add up, too, because no patient is in two parts.
Providers and the values of percentiles are kept as pairs of finest cell and value. Everything is in whole
numbers, so neither the order of rows nor the number of parts or threads shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.tables.cube import COMBINATIONS, Finest, Flags, Ids, coded, number_keys, packed
from transforms.tables.periods import PERIOD_TYPES, Calendar

Values = NDArray[np.float64]
LARGEST_TABLE = 1 << 24
"""Cells x things up to which a table of them is laid out instead of sorting."""
EXACT: Final = 1 << 53
"""Whole numbers below are exact as floats."""
HALF: Final = 26
LEAST: Final = -(2**62)
"""Stands for no value where the greatest is asked for."""
PACKED_BITS = 63
"""Bits of several whole numbers that are packed into one for sorting."""
KIND_BITS: Final = 63


@dataclass(frozen=True)
class Providers:
    """Providers by finest cell: a row per pair. `words`: who they are; `lines` and `cents` of each pair."""

    base: Ids
    provider: Ids
    words: pl.Series
    lines: Ids
    cents: Ids


@dataclass(frozen=True)
class Counted:
    """Values by finest cell: a row per pair, and how often it occurs.

    A value is `values[code]`, or `code / scale` where there are none.
    """

    base: Ids
    code: Ids
    times: Ids
    values: Values | None
    scale: int = 1

    def value_of(self, code: Ids) -> Values:
        """Values of codes."""
        found: Values = code / self.scale if self.values is None else self.values[code]
        return found


@dataclass(frozen=True)
class Facts:
    """Facts of some lines by finest cell.

    `sums`, `maxima` and `bits`: a number each. `counts`: of distinct things, for each combination the first
    of them in its cell: [finest cell, combination].
    """

    finest: Finest
    sums: Mapping[str, Ids]
    maxima: Mapping[str, Ids] = field(default_factory=dict)
    bits: Mapping[str, Ids] = field(default_factory=dict)
    counts: Mapping[str, Ids] = field(default_factory=dict)
    providers: Mapping[str, Providers] = field(default_factory=dict)
    values: Mapping[str, Counted] = field(default_factory=dict)


def added(base: Ids, values: NDArray[np.generic], size: int) -> Ids:
    """Sums of whole numbers or flags by finest cell, exact."""
    if values.dtype == np.bool_:
        return np.bincount(base, weights=values, minlength=size).astype(np.int64)
    whole = values.astype(np.int64, copy=False)
    most = max(abs(int(whole.max(initial=0))), abs(int(whole.min(initial=0))))
    if most * max(len(whole), 1) < EXACT:
        return np.bincount(base, weights=whole, minlength=size).astype(np.int64)
    high, low = whole >> HALF, whole & ((1 << HALF) - 1)
    return (added(base, high, size) << HALF) + added(base, low, size)


def pairs_in_order(first: Ids, second: Ids) -> tuple[Ids, Ids]:
    """Pairs of whole numbers in their order, the first ones from 0 on."""
    low = int(second.min(initial=0))
    bits = (int(second.max(initial=0)) - low).bit_length()
    if bits + int(first.max(initial=0)).bit_length() < PACKED_BITS:
        key = np.sort((first << bits) | (second - low))
        return key >> bits, (key & ((1 << bits) - 1)) + low
    order = np.lexsort((second, first))
    return first[order], second[order]


def changes(*columns: Ids) -> Flags:
    """Where a row differs from the one before; the first one does."""
    new = np.zeros(len(columns[0]), dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def first_counts(thing: Ids, base: Ids, alone: Flags | None, finest: Finest, calendar: Calendar) -> Ids:
    """For each finest cell and combination, how many things (numbers from 0 on) it holds that no finest cell
    before it in the same cell does. `alone` rows share their thing with no other.
    """
    made = np.zeros((finest.size, len(COMBINATIONS)), dtype=np.int64)
    if alone is not None:
        made += np.bincount(base[alone], minlength=finest.size)[:, None]
        shared = np.flatnonzero(~alone)
        thing, base = thing[shared], base[shared]
    thing, base = pairs_in_order(thing, base)
    new = changes(thing, base)
    thing, base = thing[new], base[new]
    *_, payer, line, month = finest.codes
    fixed = finest.fixed
    family = changes(fixed, payer, line).cumsum()
    new_run, new_family = changes(thing, fixed[base]), changes(thing, family[base])
    run = new_run.cumsum() - 1
    is_mixed = np.zeros(int(new_run.sum()), dtype=bool)
    is_mixed[run[new_family & ~new_run]] = True
    mixed = is_mixed[run]
    periods = [np.unique(calendar.period_of(month, kind), return_inverse=True)[1] for kind in PERIOD_TYPES]
    for place, (kind, payers, lines) in enumerate(COMBINATIONS):
        period = periods[PERIOD_TYPES.index(kind)][base]
        if not (payers or lines):
            # a thing of one payer and line of business is first in all roll-ups where it is in their rows
            first = new_family | changes(period)
            plain = np.bincount(base[first & ~mixed], minlength=finest.size)
            made[:, place : place + 4] += plain[:, None]
            made[:, place] += np.bincount(base[first & mixed], minlength=finest.size)
        elif mixed.any():
            kept = [np.zeros_like(base[mixed]) if payers else payer[base[mixed]]]
            kept += [kept[0] * 0 if lines else line[base[mixed]]]
            sizes = [1, int(payer.max()) + 1, int(line.max()) + 1, finest.size]
            _, rows = np.unique(packed([run[mixed], *kept, period[mixed]], sizes), return_index=True)
            made[:, place] += np.bincount(base[mixed][rows], minlength=finest.size)
    return made


def providers_of(
    base: Ids, names: pl.Series, mask: Flags | None, finest: Finest, cents: Ids | None = None
) -> Providers:
    """Providers (null: none) of the rows of a mask, by finest cell."""
    if names.null_count():
        known = names.is_not_null().to_numpy()
        mask = known if mask is None else mask & known
    provider, words = coded(names)
    if mask is not None:
        rows = np.flatnonzero(mask)
        base, provider = base[rows], provider[rows]
        cents = None if cents is None else cents[rows]
    kinds = max(len(words), 1)
    key = base * kinds + provider
    if finest.size * kinds <= LARGEST_TABLE:
        lines = np.bincount(key)
        pairs = np.flatnonzero(lines)
        lines = lines[pairs]
        paid = np.zeros_like(pairs) if cents is None else added(key, cents, 0)[pairs]
    else:
        pairs, place, lines = np.unique(key, return_inverse=True, return_counts=True)
        paid = np.zeros_like(pairs) if cents is None else added(place, cents, len(pairs))
    return Providers(*np.divmod(pairs, kinds), words, lines, paid)


def counted(base: Ids, values: pl.Series, mask: Flags | None, scale: int = 1) -> Counted:
    """Values (null: none) of the rows of a mask, by finest cell: whole numbers to be divided by `scale`, or
    floats.
    """
    if values.null_count():
        known = values.is_not_null().to_numpy()
        mask = known if mask is None else mask & known
    if mask is not None:
        rows = np.flatnonzero(mask)
        base, values = base[rows], values.gather(rows)
    if values.dtype == pl.Float64:
        code, distinct = _ranked(values.to_numpy())
        return Counted(*_run_lengths(base, code), distinct)
    return Counted(*_run_lengths(base, values.cast(pl.Int64).to_numpy()), None, scale)


def _ranked(values: Values) -> tuple[Ids, Values]:
    """The place of each value among the distinct ones in their order, and these."""
    order = np.argsort(values)
    ascending = values[order]
    new = np.zeros(len(values), dtype=bool)
    new[:1] = True
    new[1:] = ascending[1:] != ascending[:-1]
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.cumsum(new) - 1
    return rank, ascending[new]


def _run_lengths(base: Ids, code: Ids) -> tuple[Ids, Ids, Ids]:
    base, code = pairs_in_order(base, code)
    starts = np.flatnonzero(changes(base, code))
    return base[starts], code[starts], np.diff(starts, append=len(base))


@dataclass(frozen=True)
class Spread:
    """Greatest and negated least value of each finest cell (`LEAST`: none), and a bit for each kind of value.

    A kind is a value divided by `kind` in whole numbers; it has one of 63 bits, and two may share one.
    """

    most: Ids
    least: Ids
    bits: Ids


def spread_of(base: Ids, values: pl.Series, kind: int, size: int) -> Spread:
    """The spread of whole numbers (null: none)."""
    made = Spread(np.full(size, LEAST), np.full(size, LEAST), np.zeros(size, dtype=np.int64))
    if values.null_count():
        rows = np.flatnonzero(values.is_not_null().to_numpy())
        base, values = base[rows], values.gather(rows)
    base, whole = pairs_in_order(base, values.cast(pl.Int64).to_numpy())
    starts = np.flatnonzero(changes(base))
    if len(starts):
        cells = base[starts]
        made.most[cells] = whole[np.append(starts[1:], len(base)) - 1]
        made.least[cells] = -whole[starts]
        news = np.flatnonzero(changes(base, whole // kind))
        bits = np.int64(1) << (_scattered(whole[news] // kind) % KIND_BITS)
        made.bits[cells] = np.bitwise_or.reduceat(bits, np.searchsorted(news, starts))
    return made


def _scattered(value: Ids) -> Ids:
    """Whole numbers without the pattern of prices: a hash of plain arithmetic, the same on every machine."""
    return (value * 2_654_435_761 % 4_294_967_291) * 40_503 % 4_294_967_279


def facts_joined(parts: Sequence[Facts]) -> Facts:
    """The facts of all lines from those of parts of them that have no patient in common."""
    if len(parts) == 1:
        return parts[0]
    names = parts[0].finest.names
    keys = pl.concat([part.finest.keys for part in parts])
    number, finest = number_keys(keys, names[:-3])
    places = np.split(number, np.cumsum([part.finest.size for part in parts])[:-1])
    return Facts(
        finest,
        {name: _put(finest, places, [p.sums[name] for p in parts], np.add) for name in parts[0].sums},
        {
            name: _put(finest, places, [p.maxima[name] for p in parts], np.maximum, LEAST)
            for name in parts[0].maxima
        },
        {name: _put(finest, places, [p.bits[name] for p in parts], np.bitwise_or) for name in parts[0].bits},
        {name: _put(finest, places, [p.counts[name] for p in parts], np.add) for name in parts[0].counts},
        {name: _joined_providers(places, [p.providers[name] for p in parts]) for name in parts[0].providers},
        {name: _joined_values(places, [p.values[name] for p in parts]) for name in parts[0].values},
    )


def _put(finest: Finest, places: Sequence[Ids], parts: Sequence[Ids], how: np.ufunc, start: int = 0) -> Ids:
    made = np.full((finest.size, *parts[0].shape[1:]), start, dtype=np.int64)
    for place, part in zip(places, parts, strict=True):
        made[place] = how(made[place], part)
    return made


def _joined_providers(places: Sequence[Ids], parts: Sequence[Providers]) -> Providers:
    words = pl.concat([part.words for part in parts]).unique().sort()
    base = np.concatenate([place[part.base] for place, part in zip(places, parts, strict=True)])
    new = [words.search_sorted(part.words).to_numpy().astype(np.int64) for part in parts]
    provider = np.concatenate([number[part.provider] for number, part in zip(new, parts, strict=True)])
    kinds = max(len(words), 1)
    pairs, place = np.unique(base * kinds + provider, return_inverse=True)
    lines, cents = (
        added(place, np.concatenate(of_parts), len(pairs))
        for of_parts in ([p.lines for p in parts], [p.cents for p in parts])
    )
    return Providers(*np.divmod(pairs, kinds), words, lines, cents)


def _joined_values(places: Sequence[Ids], parts: Sequence[Counted]) -> Counted:
    base = np.concatenate([place[part.base] for place, part in zip(places, parts, strict=True)])
    times = np.concatenate([part.times for part in parts])
    known = [part.values for part in parts if part.values is not None]
    if not known:
        return Counted(base, np.concatenate([part.code for part in parts]), times, None, parts[0].scale)
    values = np.unique(np.concatenate(known))
    new = [np.searchsorted(values, of_part) for of_part in known]
    code = np.concatenate([number[part.code] for number, part in zip(new, parts, strict=True)])
    return Counted(base, code, times, values)
