# SPDX-License-Identifier: Apache-2.0
"""The guard of a signed film: takes signatures and sections as they come, and says which can be trusted.

Sections may come in any order, twice, late or before their signature. Only what the film's signer put under
that number into this film passes: what was altered, or cut out of another film or place, raises TrustError.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from mtor_transcode.errors import TrustError
from mtor_transcode.trust.keys import PublicKey
from mtor_transcode.trust.leaves import REPAIR, film_id, leaf, unit
from mtor_transcode.trust.manifest import FIRST_NUMBER, Manifest, damaged, message, parse

MAX_HELD: Final = 1 << 16
"""Sections that may wait for their signature or for the rest of their unit."""

MAX_NUMBER: Final = 1 << 24
"""More than the number of any section."""

_ALTERED: Final = "do not play it; fetch it again from its publisher"


class Guard:
    """Checks one film, opened with the payloads of its header and of its first signature.

    ``keys`` are the public keys of which one must have signed it; ``name`` stands for the film in errors. The
    header is trusted with the first signature that is, as each is bound to it. Raises TrustError.
    """

    def __init__(self, keys: Sequence[PublicKey], header: bytes, first: bytes, name: str = "film") -> None:
        self.name = name
        opening = parse(first, f"{name}: first signature")[0]
        if not opening.key_id:
            raise damaged(f"{name}: first signature")
        self.key = self._signer(keys, opening.key_id)
        self.film = film_id(self.key.raw, opening.nonce, header)
        self._several = bool(opening.nonce)
        self._manifests: dict[int, tuple[Manifest, bytes, bytes]] = {}
        self._starts: list[int] = []
        self._signatures: dict[int, int] = {}
        self._held: dict[int, bytes] = {}
        self._repairs: dict[int, bytes] = {}
        self._trusted: dict[int, bytes] = {}
        self.signature(1, first)

    def _signer(self, keys: Sequence[PublicKey], key_id: bytes) -> PublicKey:
        for key in keys:
            if key.kind == "signing" and key.id == key_id:
                return key
        known = ", ".join(key.id.hex() for key in keys)
        raise TrustError(
            f"is signed by key {key_id.hex()}, not by {known}", where=self.name,
            remedy="name the publisher's key, or a rotation that leads to it",
        )  # fmt: skip

    def signature(self, number: int, payload: bytes) -> tuple[int, ...]:
        """Takes the payload of a SIGNATURE section; the same one twice is harmless.

        It is checked now, or if it has no table of hashes, when all its sections are there. Returns the
        numbers of sections that came before and can be trusted from now on. Raises TrustError (``trusts``
        then tells which can be).
        """
        found, signed, signature = parse(payload, f"{self.name}: signature")
        place = _place(found)
        known = self._manifests.get(place)
        if known is not None and known[1] == signed:
            return ()
        if known is not None or self._overlaps(found) or (self._manifests and not self._several):
            raise self._refused("two signatures claim the same sections")
        if not found.whole:
            self._check(message(self.film, signed), signature)
        self._manifests[place] = (found, signed, signature)
        self._starts = sorted(self._manifests)
        self._signatures[number] = place
        return self._settle_all(found)

    def section(self, number: int, kind: int, payload: bytes) -> tuple[int, ...]:
        """Takes a section; returns the numbers of those that can be trusted from now on.

        Empty while it has to wait, and for a section that came before. Raises TrustError for what is not
        the film's: all sections of a unit, if it is one of several, which then have to come again.
        """
        if not FIRST_NUMBER <= number < MAX_NUMBER:
            raise self._refused(f"there is no section {number}")
        digest = leaf(self.film, number, kind, payload)
        if number in self._trusted:
            if self._trusted[number] != digest:
                raise self._refused(f"section {number} is not the one that was signed")
            return ()
        if self._held.setdefault(number, digest) != digest:
            raise self._refused(f"two sections came for number {number}")
        if len(self._held) > MAX_HELD:
            del self._held[number]
            raise self._refused("too many sections wait for their signature")
        manifest = self._of(number)
        if manifest is None:
            return ()
        return self._settle(manifest, *next(each for each in manifest.units() if number in each[0]))

    def repair(self, number: int, payload: bytes) -> None:
        """Takes a repair of a film that is checked as a whole (by ``finish``).

        In a stream repairs need no check: what they bring back is checked by ``section`` as what came itself.
        """
        self._repairs[number] = leaf(self.film, number, REPAIR, payload)

    def trusts(self, number: int) -> bool:
        """Whether this section has come and was the right one."""
        return number in self._trusted

    def lacks(self, number: int) -> list[int]:
        """The sections that have to come before this one, which has come, can be trusted.

        Empty if it is trusted, or its signature has not come.
        """
        manifest = self._of(number)
        if manifest is None or number in self._trusted:
            return []
        mine = next(numbers for numbers, _ in manifest.units() if number in numbers)
        return [each for each in mine if each not in self._held and each != number]

    def finish(self, count: int) -> None:
        """Checks that a film of ``count`` sections, header and signatures among them, is all there.

        Raises TrustError if a signature or a section is missing or in another's place, or the repairs are not
        those signed.
        """
        covered = {
            number
            for first in self._starts
            for number in range(max(first, FIRST_NUMBER), self._manifests[first][0].end)
        }
        self._check_repairs()
        for number in range(FIRST_NUMBER, count):
            if number not in covered and number not in self._signatures:
                raise self._refused(f"section {number} is not signed")
        missing = sorted(covered - self._trusted.keys() - self._repairs.keys())
        if missing:
            raise self._refused(f"section {missing[0]} is missing, or not the one that was signed")
        ends = [first for first in self._starts if self._manifests[first][0].last]
        if ends != self._starts[-1:]:
            raise self._refused("it does not end where its signatures do")
        if [self._signatures[number] for number in sorted(self._signatures)] != self._starts:
            raise self._refused("its signatures are not in their order")

    def _check_repairs(self) -> None:
        signed: set[int] = set()
        for first in self._starts:
            manifest = self._manifests[first][0]
            numbers = manifest.repair_numbers()
            signed.update(numbers)
            own = unit(self._repairs.get(number, b"") for number in numbers)
            if own[: len(manifest.repairs)] != manifest.repairs:
                raise self._refused("the repairs are not those that were signed")
        if signed != self._repairs.keys():
            raise self._refused("the repairs are not those that were signed")

    def _overlaps(self, found: Manifest) -> bool:
        at = bisect_right(self._starts, found.first)
        before = self._manifests[self._starts[at - 1]][0] if at else None
        after = self._starts[at] if at < len(self._starts) else found.end
        return (before is not None and before.end > found.first) or after < found.end

    def _of(self, number: int) -> Manifest | None:
        at = bisect_right(self._starts, number)
        manifest = self._manifests[self._starts[at - 1]][0] if at else None
        return manifest if manifest is not None and number < manifest.end else None

    def _settle_all(self, manifest: Manifest) -> tuple[int, ...]:
        """Checks what came before its signature; a wrong section is let go of, to come again."""
        settled: list[int] = []
        wrong: TrustError | None = None
        for numbers, expected in manifest.units():
            try:
                settled += self._settle(manifest, numbers, expected)
            except TrustError as error:
                wrong = error
        if wrong is not None:
            raise wrong
        return tuple(settled)

    def _settle(self, manifest: Manifest, numbers: range, expected: bytes) -> tuple[int, ...]:
        if not all(number in self._held for number in numbers):
            return ()
        leaves = {number: self._held.pop(number) for number in numbers}
        digest = unit(leaves.values())
        if manifest.whole:
            self._check_whole(manifest, digest)
        elif not expected or digest[: len(expected)] != expected:
            raise self._refused(f"{_named(numbers)} not as signed")
        self._trusted.update(leaves)
        return tuple(numbers)

    def _check_whole(self, manifest: Manifest, digest: bytes) -> None:
        """Checks the signature over sections without a table; a wrong one is forgotten with them."""
        place = _place(manifest)
        _, signed, signature = self._manifests[place]
        try:
            self._check(message(self.film, signed, digest), signature)
        except TrustError:
            del self._manifests[place]
            self._starts = sorted(self._manifests)
            raise

    def _check(self, signed: bytes, signature: bytes) -> None:
        if not self.key.verifies(signature, signed):
            raise self._refused(
                f"the signature is not key {self.key.id.hex()}'s, or what it signs was altered"
            )

    def _refused(self, what: str) -> TrustError:
        return TrustError(what, where=self.name, remedy=_ALTERED)


def _place(manifest: Manifest) -> int:
    """What it is found by: its first number; an opening that covers nothing yet stands apart."""
    return manifest.first if manifest.sections else 0


def _named(numbers: range) -> str:
    if len(numbers) == 1:
        return f"section {numbers[0]} is"
    return f"a section of {numbers[0]} to {numbers[-1]} is"
