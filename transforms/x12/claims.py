"""The claims of a piece that have to be read: their bounds, their lines, and the loops above them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.x12.element_values import eight_bytes, eight_digits
from transforms.x12.scan import CodeTest, Sets, personal_in_lines, running, separators, sixth_elements
from transforms.x12.segments import FIRST_BOUNDARY, KIND, Mask, Positions, Segments, words

BILLING, SUBSCRIBER, PATIENT = (int.from_bytes(code, "little") for code in (b"20", b"22", b"23"))
SMALL_NUMBER, NO_NUMBER = 10**8 + 1, 10**8
"""Level numbers of up to eight digits stand for themselves; an absent one is NO_NUMBER."""
_FREQUENCIES = np.array([ord("6"), ord("7"), ord("8")], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class ClaimSegments:
    """Claims of one kind in a piece: segment bounds, set, number of service lines, and which are wanted.

    `keep_all` claims are kept whatever their codes, `odd` ones have lines without a code, `alone` ones (CLP)
    have no line and count as one. By segment, `kept` marks the lines whose code is kept, `counted` every line
    of our sets.
    """

    first: Positions
    stop: Positions
    set_number: Positions
    lines: Positions
    wanted: Mask
    keep_all: Mask
    odd: Mask
    alone: Mask
    kept: Mask
    counted: Mask


def claim_bounds(segments: Segments, claim_id: str, lowest: int) -> tuple[Positions, Positions]:
    """First segment of each claim and the segment after its last; kinds from `lowest` up end a claim."""
    boundary = np.flatnonzero(segments.kinds >= lowest)
    following = np.append(boundary[1:], len(segments))
    is_claim = segments.kinds[boundary] == KIND[claim_id]
    return boundary[is_claim], following[is_claim]


def per_claim(mask: Mask, first: Positions, stop: Positions) -> Positions:
    """How many marked segments each claim holds."""
    total = running(mask)
    return (total[stop] - total[first]).astype(np.int64)


def with_any(few: Positions, first: Positions, stop: Positions) -> Mask:
    """Which claims hold one of a few segments."""
    marked = np.zeros(len(first), dtype=np.bool_)
    owner = np.searchsorted(first, few, side="right") - 1
    marked[owner[(owner >= 0) & (few < np.append(stop, 0)[owner])]] = True
    return marked


def in_our_sets(segments: Segments, sets: Sets, at: Positions, name: str) -> tuple[Mask, Mask]:
    """Which segments lie in sets of this name, and which in no set at all."""
    number = sets.of(at)
    return sets.named(name)[number], number < 0


def professional_claims(segments: Segments, sets: Sets, test: CodeTest) -> ClaimSegments:
    """The claims (CLM) of the 837P sets of a piece.

    Wanted: a kept code, frequency 6, 7 or 8 (CLM05-3), or lines that can't be told (no SV1, no code).
    """
    first, stop = claim_bounds(segments, "CLM", FIRST_BOUNDARY)
    number = sets.of(first)
    ours = sets.named("837P")[number]
    first, stop, number = first[ours], stop[ours], number[ours]
    service = segments.where("SV1")
    is_ours, loose = in_our_sets(segments, sets, service, "837P")
    counted = np.zeros(len(segments), dtype=np.bool_)
    counted[service[(is_ours | loose) & (service >= sets.repeated)]] = True
    begin = segments.starts[service] + 4
    kept = np.zeros(len(segments), dtype=np.bool_)
    absent = np.zeros(len(segments), dtype=np.bool_)
    kept[service], absent[service] = test.lines(segments, begin)
    is_service = segments.kinds == KIND["SV1"]
    lines = per_claim(is_service, first, stop)
    odd = per_claim(segments.kinds == KIND["LX"], first, stop) != lines
    odd |= with_any(np.flatnonzero(absent), first, stop)
    replaced = np.isin(frequency(segments, first), _FREQUENCIES)
    wanted = with_any(np.flatnonzero(kept), first, stop) | replaced | odd
    return ClaimSegments(first, stop, number, lines, wanted, replaced, odd, lines < 0, kept, counted)


def remittance_claims(segments: Segments, sets: Sets, test: CodeTest) -> ClaimSegments:
    """The claim payments (CLP) of the 835 sets of a piece.

    Wanted: a kept adjudicated (SVC01) or billed code (SVC06), a line without a code, or no line at all.
    """
    first, stop = claim_bounds(segments, "CLP", KIND["LX"])
    number = sets.of(first)
    ours = sets.named("835")[number]
    first, stop, number = first[ours], stop[ours], number[ours]
    service = segments.where("SVC")
    is_ours, loose = in_our_sets(segments, sets, service, "835")
    kept = np.zeros(len(segments), dtype=np.bool_)
    kept[service], absent = test.lines(segments, segments.starts[service] + 4)
    billed, begin = sixth_elements(segments, service)
    if len(billed):
        found, none = test.lines(segments, begin)
        kept[service[billed]] |= found
        absent[billed] &= none
    kept[service] |= absent
    lines = per_claim(segments.kinds == KIND["SVC"], first, stop)
    counted = np.zeros(len(segments), dtype=np.bool_)
    counted[service[(is_ours | loose) & (service >= sets.repeated)]] = True
    counted[first[lines == 0]] = True
    wanted = with_any(np.flatnonzero(kept), first, stop) | (lines == 0)
    nothing = np.zeros(len(first), dtype=np.bool_)
    return ClaimSegments(first, stop, number, lines, wanted, nothing, nothing, lines == 0, kept, counted)


def frequency(segments: Segments, claims: Positions) -> npt.NDArray[np.uint8]:
    """CLM05-3 of each claim as a byte, 0 where there is none."""
    data, component = segments.data, segments.delimiters.component
    marks = separators(segments, claims, 6)
    begin, stop = np.minimum(marks[4] + 1, marks[5]), marks[5]
    usual = (data[begin + 2] == component) & (data[begin + 4] == component) & (stop >= begin + 6)
    out = np.where(usual, data[begin + 5], 0).astype(np.uint8)
    for index in np.flatnonzero(~usual & (stop > begin)).tolist():
        parts = data[begin[index] : stop[index]].tobytes().split(bytes([component]))
        value = parts[2].strip() if len(parts) > 2 else b""
        out[index] = value[0] if value else 0
    return out


@dataclass(frozen=True, slots=True)
class Levels:
    """Segment numbers of the HL of each claim's billing provider, subscriber and patient; -1 for none.

    `orphan` marks claims whose level points to a parent that its set does not hold above it; `assumed`
    those whose pointer makes no sense, so that the nearest billing provider above was taken.
    """

    billing: Positions
    subscriber: Positions
    patient: Positions
    orphan: Mask
    assumed: Mask


def levels_above(segments: Segments, sets: Sets, claims: Positions, set_number: Positions) -> Levels:
    """The hierarchical levels above each claim, by HL02 within its set (nearest such number above)."""
    levels = segments.where("HL")
    tree = _Tree(segments, levels, sets)
    own = np.searchsorted(levels, claims) - 1
    own = np.where((own >= 0) & (tree.set_of[own] == set_number), own, -1)
    kind = tree.level[own]
    patient = np.where(kind == PATIENT, own, -1)
    above, lost_first = tree.parent(patient)
    subscriber = np.where(kind == PATIENT, above, np.where(kind == SUBSCRIBER, own, -1))
    subscriber = np.where(tree.level[subscriber] == SUBSCRIBER, subscriber, -1)
    billing, lost = tree.parent(subscriber)
    nearest = tree.provider_above(np.where(lost, subscriber, -1))
    billing = np.where(nearest >= 0, nearest, billing)
    billing = np.where(tree.level[billing] == BILLING, billing, -1)
    at = np.append(levels, -1)
    assumed = nearest >= 0
    return Levels(at[billing], at[subscriber], at[patient], (lost & ~assumed) | lost_first, assumed)


class _Tree:
    """Hierarchical levels by index, with a last row that stands for none (-1)."""

    def __init__(self, segments: Segments, levels: Positions, sets: Sets) -> None:
        self._segments, self._levels = segments, levels
        marks = separators(segments, levels, 4)
        self.set_of = np.append(sets.of(levels), -2)
        first, last = marks[2] + 1, marks[3]
        two = np.asarray(words(segments.data, "<u2", 2)[first], dtype=np.int64)
        self.level = np.append(np.where(last - first == 2, two, 0), 0)
        own = _identities(segments, marks[0] + 1, marks[1])
        above = _identities(segments, marks[1] + 1, marks[2])
        if max(own.max(initial=0), above.max(initial=0)) >= SMALL_NUMBER:
            dense = np.unique(np.concatenate([own, above]), return_inverse=True)[1].astype(np.uint64)
            own, above = dense[: len(own)], dense[len(own) :]
        self._count = len(levels)
        scale = len(sets.first) + 3
        self._above = np.append(above.astype(np.int64) * scale + self.set_of[:-1], -1)
        keys = own.astype(np.int64) * scale + self.set_of[:-1]
        keys = keys * (self._count + 1) + np.arange(self._count)
        self._sorted = keys if (keys[1:] > keys[:-1]).all() else np.sort(keys)

    def provider_above(self, index: Positions) -> Positions:
        """The billing provider above each level whose HL02 makes no sense: it is not below its own HL01.

        -1 where there is none, or where HL02 is below HL01: there a level may have been lost.
        """
        found = np.full(len(index), -1, dtype=np.int64)
        providers = np.flatnonzero(self.level[:-1] == BILLING)
        for place in np.flatnonzero(index >= 0).tolist():
            child = int(index[place])
            nearest = int(np.searchsorted(providers, child)) - 1
            own, parent = ([*self._segments.elements(int(self._levels[child])), b"", b""])[1:3]
            if nearest < 0 or not (own.isdigit() and parent.isdigit() and int(parent) >= int(own)):
                continue
            if self.set_of[providers[nearest]] == self.set_of[child]:
                found[place] = providers[nearest]
        return found

    def parent(self, index: Positions) -> tuple[Positions, Mask]:
        """The nearest level above that HL02 names, in the same set; and which given levels have none."""
        if not self._count:
            return index, np.zeros(len(index), dtype=np.bool_)
        wanted = self._above[index]
        place = np.searchsorted(self._sorted, wanted * (self._count + 1) + index) - 1
        nearest = self._sorted[np.maximum(place, 0)]
        found = (index >= 0) & (place >= 0) & (nearest // (self._count + 1) == wanted)
        return np.where(found, nearest % (self._count + 1), -1), (index >= 0) & ~found


def _identities(segments: Segments, begin: Positions, stop: Positions) -> npt.NDArray[np.uint64]:
    """HL01 or HL02 as a number, the same for the same text: its value, or a hash from SMALL_NUMBER up."""
    length = np.maximum(stop - begin, 0)
    shift = (8 * (8 - np.clip(length, 1, 8))).astype(np.uint64)
    eight = eight_bytes(segments.data, begin) << shift
    eight[length == 0] = 0
    out = eight_digits(eight)
    text = eight | ~(np.uint64(0xFFFFFFFFFFFFFFFF) << shift) & np.uint64(0x3030303030303030)
    high = (text & np.uint64(0xF0F0F0F0F0F0F0F0)) != np.uint64(0x3030303030303030)
    over = ((text + np.uint64(0x0606060606060606)) & np.uint64(0xF0F0F0F0F0F0F0F0)) != np.uint64(
        0x3030303030303030
    )
    odd = ((high | over) & (length > 0)) | (length > 8) | ((length > 1) & (segments.data[begin] == ord("0")))
    for index in np.flatnonzero(odd).tolist():
        value = segments.data[begin[index] : stop[index]].tobytes()
        digest = hashlib.blake2b(value, digest_size=7).digest()
        out[index] = SMALL_NUMBER + int.from_bytes(digest, "little")
    out[length == 0] = NO_NUMBER
    return out


def doubtful_claims(segments: Segments, claims: ClaimSegments) -> Positions:
    """For each claim the segment that puts it in doubt, -1 for none.

    A subscriber's or patient's segment (SBR, PAT, DMG) inside a service line means that the level before it
    was lost: the claim it lies in and those after it, up to the next level, may hang on the wrong person.
    """
    cause = np.full(len(claims.first), -1, dtype=np.int64)
    kinds = segments.kinds
    misplaced = personal_in_lines(segments)
    levels = np.flatnonzero((kinds == KIND["HL"]) | (kinds == KIND["ST"]))
    for at in misplaced[::-1].tolist():
        following = int(np.searchsorted(levels, at))
        until = int(levels[following]) if following < len(levels) else len(segments)
        begin = int(np.searchsorted(claims.first, at))
        if begin and at < claims.stop[begin - 1]:
            begin -= 1
        cause[begin : int(np.searchsorted(claims.first, until))] = at
    return cause
