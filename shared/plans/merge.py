"""One bucket of candidates against the ledger: who is sent, and what each of the others is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from shared.activecampaign.wire import Column, ContactEncoder
from shared.contacts.addresses import doubtful
from shared.contacts.duplicates import Take, groups, winner
from shared.contacts.mapping import DIGEST, PARTITION, PRIMARY_KEY, ROW, SEGMENT, VALUES, Candidate, unpack
from shared.exports.export import Automations, WhenEmpty
from shared.plans.chunks import Kind, Origin, Planned
from shared.plans.ledger import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The lists and tags that a segment gives its members."""

    list_id: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides how a contact is made and whether it is sent."""

    columns: tuple[Column, ...]
    """Of the values, the address first."""
    audiences: tuple[Audience, ...]
    """One per segment, in their order."""
    when_empty: WhenEmpty
    take: Take
    automations: Automations
    joiners_known: bool
    """Whether new addresses are joiners: not in a first run and not in a full one."""
    full: bool
    resend_withheld: bool


@dataclass(slots=True)
class Tally:
    """How many addresses were what."""

    contacts: int = 0
    duplicate: int = 0
    unchanged: int = 0
    withheld: int = 0
    suppressed: int = 0
    new: int = 0
    changed: int = 0
    matched: int = 0


@dataclass(slots=True)
class Merged:
    """What came out of a bucket, in the order of the addresses' digests."""

    planned: dict[Kind, list[Planned]] = field(
        default_factory=lambda: {"plain": [], "joiners": [], "doubtful": []}
    )
    too_large: list[Origin] = field(default_factory=list)


@dataclass(slots=True)
class Merge:
    """Decides address by address; `tally` adds up over all buckets."""

    rules: Rules
    content: Callable[[bytes], bytes]
    """The keyed hash of a contact's JSON."""
    room: int
    """The largest contact in bytes that a request can carry."""
    suppressed: Callable[[str], bool] | None = None
    """Whether an address is never to be sent."""
    tally: Tally = field(default_factory=Tally)
    _encoders: dict[tuple[int, ...], ContactEncoder] = field(default_factory=dict)

    def bucket(self, candidates: Sequence[Candidate], known: Mapping[bytes, Known]) -> Merged:
        """The contacts to send and the rows too large to send; the others are only counted."""
        merged, tally = Merged(), self.tally
        content_of, room, suppressed = self.content, self.room, self.suppressed
        for group in groups(candidates):
            chosen = group[0] if len(group) == 1 else self._choose(group)
            digest = chosen[DIGEST]
            before = known.get(digest)
            if before is not None:
                tally.matched += 1
            values = unpack(chosen[VALUES])
            contact = self._encoder(group).encode(values)
            if len(contact) > room:
                merged.too_large.append(_origin(chosen))
                continue
            tally.contacts += 1
            address = cast(str, values[0])
            if suppressed and suppressed(address):
                tally.suppressed += 1
                continue
            content = content_of(contact)
            if before is None:
                tally.new += 1
            elif not self._is_sent(content, before):
                continue
            planned = merged.planned[self._kind(address, before)]
            planned.append((contact, content, digest, _origin(chosen)))
        return merged

    def _choose(self, group: Sequence[Candidate]) -> Candidate:
        self.tally.duplicate += len(group) - 1
        return winner(group, self.rules.take)

    def _is_sent(self, content: bytes, before: Known) -> bool:
        tally, rules = self.tally, self.rules
        if before.content != content:
            tally.changed += 1
            return True
        if rules.full:
            return True
        if before.arrived:
            tally.unchanged += 1
            return False
        if rules.resend_withheld:
            return True
        tally.withheld += 1
        return False

    def _kind(self, address: str, before: Known | None) -> Kind:
        if doubtful(address):
            return "doubtful"
        if before is None and self.rules.joiners_known and self.rules.automations == "joiners":
            return "joiners"
        return "plain"

    def _encoder(self, group: Sequence[Candidate]) -> ContactEncoder:
        """The one for the segments of these rows."""
        segments = (group[0][SEGMENT],) if len(group) == 1 else tuple(sorted({row[SEGMENT] for row in group}))
        encoder = self._encoders.get(segments)
        if encoder is None:
            self._encoders[segments] = encoder = self._make_encoder(segments)
        return encoder

    def _make_encoder(self, segments: Collection[int]) -> ContactEncoder:
        audiences = [self.rules.audiences[segment] for segment in segments]
        return ContactEncoder(
            columns=self.rules.columns,
            list_ids={audience.list_id for audience in audiences},
            tags=[tag for audience in audiences for tag in audience.tags],
            send_empty=self.rules.when_empty == "clear",
        )


def _origin(candidate: Candidate) -> Origin:
    return candidate[SEGMENT], candidate[PARTITION], candidate[ROW], candidate[PRIMARY_KEY]
