# SPDX-License-Identifier: Apache-2.0
"""The guard of a signed film: takes manifests and sections as they come, and says which can be trusted.

Sections may come in any order, twice, late or before their manifest. Only what the film's signer put at that
place of this film passes: what was altered, cut out of another film or another place raises TrustError.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from mtor_transcode.errors import TrustError
from mtor_transcode.trust.keys import PublicKey
from mtor_transcode.trust.leaves import HEADER, REPAIR, film_id, leaf, unit
from mtor_transcode.trust.manifest import Manifest, damaged, message, parse

MAX_HELD: Final = 1 << 16
"""Sections that may wait for their manifest or for the rest of their unit."""

MAX_PLACE: Final = 1 << 24
"""Sections of a film."""

_ALTERED: Final = "do not play it; fetch it again from its publisher"


class Guard:
    """Checks one film, opened with its header and its first manifest; ``name`` stands for it in errors.

    ``keys`` are the public keys of which one must have signed it. Raises TrustError if none has.
    """

    def __init__(self, keys: Sequence[PublicKey], header: bytes, first: bytes, name: str = "film") -> None:
        self.name = name
        opening, _, _ = parse(first, f"{name}: first signature")
        if not opening.key_id:
            raise damaged(f"{name}: first signature")
        self.key = self._signer(keys, opening.key_id)
        self.film = film_id(self.key.raw, opening.nonce, header)
        self._nonce = bool(opening.nonce)
        self._manifests: dict[int, tuple[Manifest, bytes]] = {}
        self._starts: list[int] = []
        self._unsigned: dict[int, tuple[bytes, bytes]] = {}
        self._held: dict[int, bytes] = {}
        self._repairs: dict[int, list[bytes]] = {}
        self._trusted: dict[int, bytes] = {}
        self.manifest(first)
        self.section(0, HEADER, header)

    def _signer(self, keys: Sequence[PublicKey], key_id: bytes) -> PublicKey:
        for key in keys:
            if key.kind == "signing" and key.id == key_id:
                return key
        known = ", ".join(key.id.hex() for key in keys)
        raise TrustError(
            f"is signed by key {key_id.hex()}, not by {known}", where=self.name,
            remedy="name the publisher's key, or a rotation that leads to it",
        )  # fmt: skip

    def manifest(self, payload: bytes) -> tuple[int, ...]:
        """Takes the payload of a SIGNATURE section; the same one twice is harmless.

        Its signature is checked now, or if it has no table of hashes, when all its sections are there.
        Returns the places that can be trusted from now on, of sections that came before it. Raises TrustError
        (then ``trusts`` tells which can be).
        """
        found, signed, signature = parse(payload, f"{self.name}: signature")
        known = self._manifests.get(found.first)
        if known is not None and known[1] == signed:
            return ()
        if known is not None or self._overlaps(found) or (found.first > 0 and not self._nonce):
            raise self._refused("two signatures claim the same sections")
        if found.whole:
            self._unsigned[found.first] = (signed, signature)
        else:
            self._check(message(self.film, signed), signature)
        self._manifests[found.first] = (found, signed)
        self._starts = sorted(self._manifests)
        return self._settle_all(found)

    def section(self, place: int, kind: int, payload: bytes) -> tuple[int, ...]:
        """Takes the section at ``place``; returns the places that can be trusted from now on.

        Empty while it has to wait, and for a section that came before. Raises TrustError for what is not
        the film's: all sections of a unit, if it is one of several, which then have to come again.
        """
        if not 0 <= place < MAX_PLACE:
            raise self._refused(f"there is no section {place}")
        digest = leaf(self.film, place, kind, payload)
        if place in self._trusted:
            if self._trusted[place] != digest:
                raise self._refused(f"section {place} is not the one that was signed")
            return ()
        if self._held.setdefault(place, digest) != digest:
            raise self._refused(f"two sections came for the place {place}")
        if len(self._held) > MAX_HELD:
            del self._held[place]
            raise self._refused("too many sections wait for their signature")
        manifest = self._of(place)
        return () if manifest is None else self._settle_at(manifest, place)

    def repair(self, place: int, payload: bytes) -> None:
        """Takes a repair that lies before the section at ``place`` of a whole film (see ``finish``).

        What a repair brings back is checked by ``section`` as what came itself.
        """
        self._repairs.setdefault(place, []).append(leaf(self.film, place, REPAIR, payload))

    def place_of(self, kind: int, payload: bytes, near: int = 0) -> int:
        """The place of a section of which nobody tells it, tried from ``near`` on.

        Only sections that are units of their own can be found (packets, fragments). Raises TrustError if it
        belongs nowhere among the sections whose manifest is there.
        """
        places = [place for first in self._starts for place in self._singles(self._manifests[first][0])]
        after = bisect_right(places, near - 1)
        for place, expected in ((at, self._expected(at)) for at in (*places[after:], *places[:after])):
            if unit([leaf(self.film, place, kind, payload)])[: len(expected)] == expected:
                return place
        raise self._refused("a section belongs nowhere in this film")

    def trusts(self, place: int) -> bool:
        """Whether the section at ``place`` has come and was the right one."""
        return place in self._trusted

    def finish(self, sections: int) -> None:
        """Checks that a film of ``sections`` sections, repairs and signatures apart, is all there.

        Raises TrustError if a signature or a section is missing, or the repairs are not those signed.
        """
        place = 0
        for first in self._starts:
            manifest = self._manifests[first][0]
            if first != place:
                break
            if not all(at in self._trusted for at in range(first, min(manifest.end, sections))):
                raise self._refused(f"sections {first} to {manifest.end - 1} are not those that were signed")
            place = manifest.end
            if manifest.last and first != self._starts[-1]:
                raise self._refused("signatures follow the last one")
        if place > sections:
            raise self._refused(f"ends at section {sections} of at least {place} that were signed")
        if place < sections:
            raise self._refused(f"section {place} is not signed")
        if not self._manifests[self._starts[-1]][0].last:
            raise self._refused("ends before the last signature")
        self._check_repairs()

    def _check_repairs(self) -> None:
        for first in self._starts:
            manifest = self._manifests[first][0]
            own = [each for at in range(first + 1, manifest.end + 1) for each in self._repairs.pop(at, ())]
            right = unit(own)[: len(manifest.repairs)] == manifest.repairs if own else not manifest.repairs
            if not right or (own and not manifest.repairs):
                raise self._refused("the repairs are not those that were signed")
        if self._repairs:
            raise self._refused("a repair is not signed")

    def _overlaps(self, found: Manifest) -> bool:
        at = bisect_right(self._starts, found.first)
        before = self._manifests[self._starts[at - 1]][0] if at else None
        after = self._starts[at] if at < len(self._starts) else found.end
        return (before is not None and before.end > found.first) or after < found.end

    def _of(self, place: int) -> Manifest | None:
        at = bisect_right(self._starts, place)
        manifest = self._manifests[self._starts[at - 1]][0] if at else None
        return manifest if manifest is not None and place < manifest.end else None

    def _singles(self, manifest: Manifest) -> Iterable[int]:
        place = manifest.first
        for run in manifest.runs:
            if run == 1 and place not in self._trusted:
                yield place
            place += run

    def _expected(self, place: int) -> bytes:
        manifest = self._of(place)
        assert manifest is not None
        return self._unit_at(manifest, place)[2]

    def _unit_at(self, manifest: Manifest, place: int) -> tuple[int, int, bytes]:
        """The unit around a place: its first place, its sections, its hash (empty if there is no table)."""
        at = manifest.first
        for run, expected in zip(manifest.runs, manifest.hashes, strict=True):
            if place < at + run:
                return at, run, expected
            at += run
        return manifest.first, manifest.sections, b""

    def _settle_at(self, manifest: Manifest, place: int) -> tuple[int, ...]:
        return self._settle_unit(manifest, *self._unit_at(manifest, place))

    def _settle_all(self, manifest: Manifest) -> tuple[int, ...]:
        """Checks what came before its manifest; a wrong section is let go of, to come again."""
        if manifest.whole:
            return self._settle_unit(manifest, manifest.first, manifest.sections, b"")
        at = manifest.first
        settled: list[int] = []
        wrong: TrustError | None = None
        for run, expected in zip(manifest.runs, manifest.hashes, strict=True):
            try:
                settled += self._settle_unit(manifest, at, run, expected)
            except TrustError as error:
                wrong = error
            at += run
        if wrong is not None:
            raise wrong
        return tuple(settled)

    def _settle_unit(self, manifest: Manifest, at: int, run: int, expected: bytes) -> tuple[int, ...]:
        places = range(at, at + run)
        if not all(place in self._held for place in places):
            return ()
        leaves = {place: self._held.pop(place) for place in places}
        digest = unit(leaves.values())
        if manifest.whole:
            self._check_whole(at, digest)
        elif digest[: len(expected)] != expected:
            raise self._refused(f"{_named(places)} not as signed")
        self._trusted.update(leaves)
        return tuple(places)

    def _check_whole(self, at: int, digest: bytes) -> None:
        """Checks the signature over sections without a table; a wrong one is forgotten with them."""
        signed, signature = self._unsigned.pop(at)
        try:
            self._check(message(self.film, signed, digest), signature)
        except TrustError:
            del self._manifests[at]
            self._starts = sorted(self._manifests)
            raise

    def _check(self, signed: bytes, signature: bytes) -> None:
        if not self.key.verifies(signature, signed):
            raise self._refused(
                f"the signature is not key {self.key.id.hex()}'s, or what it signs was altered"
            )

    def _refused(self, what: str) -> TrustError:
        return TrustError(what, where=self.name, remedy=_ALTERED)


def _named(places: range) -> str:
    if len(places) == 1:
        return f"section {places[0]} is"
    return f"a section of {places[0]} to {places[-1]} is"
