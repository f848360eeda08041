"""The envelope of a file, segment by segment: what is open, what was promised, what was met."""

from __future__ import annotations

from dataclasses import dataclass, field

from transforms.x12.findings import Finding, X12Rejected, warning
from transforms.x12.scan import Envelope

OUR_SETS = ("837P", "835")


@dataclass(slots=True)
class _Open:
    position: int
    control: bytes
    held: int = 0


@dataclass(slots=True)
class Audit:
    """Follows the envelopes of one file in order; positions are segment ordinals in the file, from 1.

    Raises X12Rejected where a set or an interchange was left open: the file is truncated.
    """

    findings: list[Finding] = field(default_factory=list)
    ours: int = 0
    others: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    interchanges: int = 0
    _isa: _Open | None = None
    _gs: _Open | None = None
    _st: _Open | None = None
    _last: int = 0
    _in_set: bool = False
    _other_at: int = 0

    def feed(self, envelopes: list[Envelope], names: list[str], base: int, acknowledgements: int = 0) -> None:
        """Take in envelope segments; `names` are those of the sets opened, `base` the ordinal of segment 0.

        `acknowledgements` is the number of TA1 segments, which may stand between sets.
        """
        named = iter(names)
        loose = 0
        first_loose = 0
        for envelope in envelopes:
            position = base + envelope.segment
            if not self._in_set and position > self._last + 1:
                loose += position - self._last - 1
                first_loose = first_loose or self._last + 1
            name = next(named) if envelope.segment_id == "ST" else ""
            self._take(envelope, name, position)
            self._last = position
        if loose > acknowledgements:
            self.findings.append(warning("segment_outside_set", "", first_loose, loose - acknowledgements))

    def _take(self, envelope: Envelope, name: str, position: int) -> None:
        match envelope.segment_id:
            case "ISA":
                self._close_set("ISA", position)
                if self._isa is not None:
                    raise X12Rejected(
                        "interchange_not_closed", position, "an ISA follows without an IEA before it"
                    )
                if len(envelope.elements) != 17:
                    raise X12Rejected("isa_unreadable", position, "an ISA does not have 16 elements")
                self._isa = _Open(position, envelope.element(13))
                self.interchanges += 1
            case "GS":
                self._close_set("GS", position)
                self._close_group(position)
                self._gs = _Open(position, envelope.element(6))
                if self._isa is None:
                    self._note("envelope_out_of_order", "GS", position)
                else:
                    self._isa.held += 1
            case "ST":
                self._close_set("ST", position)
                self._open_set(envelope, name, position)
            case "SE":
                self._end_set(envelope, position)
            case "GE":
                self._close_set("GE", position)
                self._end_group(envelope, position)
            case _:
                self._close_set("IEA", position)
                self._close_group(position)
                self._end_interchange(envelope, position)

    def _open_set(self, envelope: Envelope, name: str, position: int) -> None:
        if self._isa is None:
            raise X12Rejected("no_envelope", position, "a set stands outside an interchange")
        if self._gs is None:
            self._note("envelope_out_of_order", "ST", position)
        else:
            self._gs.held += 1
        self._st = _Open(position, envelope.element(2))
        self._in_set = True
        self.names[name] = self.names.get(name, 0) + 1
        if name in OUR_SETS:
            self.ours += 1
        else:
            self._other_at = self._other_at or position
            self.others[name] = self.others.get(name, 0) + 1

    def _end_set(self, envelope: Envelope, position: int) -> None:
        if self._st is None:
            self._note("envelope_out_of_order", "SE", position)
            return
        if _number(envelope.element(1)) != position - self._st.position + 1:
            self._note("segment_count", "SE", position)
        if envelope.element(2) != self._st.control:
            self._note("set_control_number", "SE", position)
        self._st = None
        self._in_set = False

    def _end_group(self, envelope: Envelope, position: int) -> None:
        if self._gs is None:
            self._note("envelope_out_of_order", "GE", position)
            return
        if _number(envelope.element(1)) != self._gs.held:
            self._note("set_count", "GE", position)
        if envelope.element(2) != self._gs.control:
            self._note("group_control_number", "GE", position)
        self._gs = None

    def _end_interchange(self, envelope: Envelope, position: int) -> None:
        if self._isa is None:
            self._note("envelope_out_of_order", "IEA", position)
            return
        if _number(envelope.element(1)) != self._isa.held:
            self._note("group_count", "IEA", position)
        if envelope.element(2) != self._isa.control:
            self._note("interchange_control_number", "IEA", position)
        self._isa = None

    def _close_set(self, before: str, position: int) -> None:
        if self._st is not None:
            raise X12Rejected(
                "set_not_closed", self._st.position, f"a set has no SE before {before} {position}"
            )

    def _close_group(self, position: int) -> None:
        if self._gs is not None:
            self._note("group_not_closed", "GS", self._gs.position)
            self._gs = None

    def _note(self, rule: str, segment_id: str, position: int) -> None:
        self.findings.append(warning(rule, segment_id, position))

    def finish(self, last_position: int, unended: bool) -> list[Finding]:
        """What remains to be said at the end of the file; `unended`: bytes follow the last terminator."""
        if self._st is not None:
            raise X12Rejected(
                "set_not_closed", self._st.position, "the last set has no SE: the file is truncated"
            )
        if self._isa is not None:
            code = "segment_not_ended" if unended else "interchange_not_closed"
            raise X12Rejected(code, last_position, "the last interchange has no IEA: the file is truncated")
        trailing = last_position - self._last + unended
        if trailing > 0:
            self._note("segment_outside_set", "", self._last + 1)
        if not self.ours and self.others:
            names = ", ".join(sorted(self.others))
            raise X12Rejected(
                "wrong_transaction_set", self._other_at, f"the file holds {names}; 837P and 835 are read"
            )
        if self.others:
            count = sum(self.others.values())
            self.findings.append(warning("other_transaction_set", "ST", self._other_at, count))
        if not self.ours:
            self.findings.append(warning("no_set", "ISA", 1))
        return self.findings


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) <= 12 else -1
