# SPDX-License-Identifier: Apache-2.0
"""Sealed films: boxes of one size, in AES-128-GCM under one content key, which is wrapped for each recipient.

The content key goes to recipients by HPKE (RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
AES-128-GCM). The key of the boxes is derived from it and from the whole preamble, so that no bit of that can
be changed.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from mtor_transcode.errors import TrustError, UsageError
from mtor_transcode.trust.extra import crypto, invalid_tag
from mtor_transcode.trust.keys import PrivateKey, PublicKey
from mtor_transcode.trust.leaves import SEALED_MAGIC
from mtor_transcode.trust.manifest import KEY_ID_BYTES

VERSION: Final = 1
KEY_BYTES: Final = 16
"""Bytes of the content key and of the key of the boxes."""

TAG_BYTES: Final = 16
POINTER_BYTES: Final = 2
NO_START: Final = 0xFFFF
"""The pointer of a box in which no section starts."""

BOX_SIZES: Final = (64, 32768)
"""Least and most bytes of a box."""

MAX_TITLE: Final = 1024
MAX_RECIPIENTS: Final = 4096
HIDDEN: Final = bytes(KEY_ID_BYTES)
"""The id in the slot of a recipient who is not named."""

SLOT_BYTES: Final = KEY_ID_BYTES + 32 + KEY_BYTES + TAG_BYTES
COMMITMENT_BYTES: Final = 16

MOST_PREAMBLE: Final = 11 + MAX_TITLE + MAX_RECIPIENTS * SLOT_BYTES + COMMITMENT_BYTES
"""Bytes of the longest preamble."""

_WRAP: Final = b"mtor sealed key v1\0"
_BOXES: Final = b"mtor sealed film v1\0"
_BOX: Final = b"mtor box v1\0"


@dataclass(frozen=True, slots=True)
class Preamble:
    """What anyone may read: the size of a box in bytes, the title, and a slot for each recipient.

    A slot is the id of a key (or ``HIDDEN``) and the content key wrapped for it. ``commitment`` lets a
    recipient check all of this.
    """

    box: int
    title: str
    slots: tuple[tuple[bytes, bytes], ...]
    commitment: bytes = b""

    @property
    def content(self) -> int:
        """Bytes of film in a box."""
        return self.box - TAG_BYTES - POINTER_BYTES

    def public(self) -> bytes:
        """The bytes before the slots."""
        title = self.title.encode()
        head = SEALED_MAGIC + bytes([VERSION]) + self.box.to_bytes(2, "big")
        return head + len(title).to_bytes(2, "big") + title

    def transcript(self) -> bytes:
        """All of it but the commitment."""
        slots = b"".join(key_id + wrapped for key_id, wrapped in self.slots)
        return self.public() + len(self.slots).to_bytes(2, "big") + slots

    def pack(self) -> bytes:
        """Its bytes."""
        return self.transcript() + self.commitment


def parse_preamble(data: bytes, where: str) -> tuple[Preamble, int]:
    """The preamble that a sealed film starts with, and its length in bytes. Raises TrustError."""
    reader = _Reader(data, where)
    if reader.take(4) != SEALED_MAGIC:
        raise TrustError("is not a sealed film", where=where, remedy="give a file made by mtor seal")
    if reader.number(1) != VERSION:
        raise TrustError(
            "is sealed in a way this program does not know",
            where=where,
            remedy="install a newer mtor_transcode",
        )
    box = reader.number(2)
    length = reader.number(2)
    if not BOX_SIZES[0] <= box <= BOX_SIZES[1] or length > MAX_TITLE:
        raise reader.damaged()
    try:
        title = reader.take(length).decode()
    except UnicodeDecodeError:
        raise reader.damaged() from None
    count = reader.number(2)
    if not 0 < count <= MAX_RECIPIENTS:
        raise reader.damaged()
    slots = tuple((reader.take(KEY_ID_BYTES), reader.take(SLOT_BYTES - KEY_ID_BYTES)) for _ in range(count))
    return Preamble(box, title, slots, reader.take(COMMITMENT_BYTES)), reader.place


class Boxes:
    """Opens and closes the boxes of one sealed film, each by its number, in any order."""

    def __init__(self, key: bytes, name: str) -> None:
        self._aead = crypto("ciphers.aead").AESGCM(key)
        self._name = name

    def close(self, number: int, last: bool, content: bytes) -> bytes:
        """The box of this number around ``content`` (pointer and film)."""
        sealed: bytes = self._aead.encrypt(*_bound(number, last, content))
        return sealed

    def open(self, number: int, last: bool, box: bytes) -> tuple[int | None, bytes]:
        """Where in the box the first section starts (None: none does), and the box's piece of the film.

        Raises TrustError if the box is not the one of this number in this film.
        """
        wrong = invalid_tag()
        try:
            content: bytes = self._aead.decrypt(*_bound(number, last, box))
        except wrong:
            raise TrustError(
                f"box {number} is not as it was sealed", where=self._name, remedy="fetch it again"
            ) from None
        start, piece = int.from_bytes(content[:POINTER_BYTES], "big"), content[POINTER_BYTES:]
        if last:
            piece = piece.rstrip(b"\0")
            if not piece.endswith(b"\x80"):
                raise TrustError("ends wrongly", where=self._name, remedy="fetch it again")
            piece = piece[:-1]
        return None if start == NO_START else start, piece


def new_preamble(
    recipients: Sequence[PublicKey], *, box: int, title: str, hidden: bool, name: str, content_key: bytes
) -> tuple[Preamble, Boxes]:
    """The preamble of a film to be sealed to ``recipients`` under ``content_key`` (random), and its boxes.

    ``hidden`` leaves out the ids of the keys. Raises UsageError for what no preamble can say, TrustError for
    a key that nothing can be sealed to.
    """
    if not BOX_SIZES[0] <= box <= BOX_SIZES[1]:
        raise UsageError(f"is not from {BOX_SIZES[0]} to {BOX_SIZES[1]} bytes", where="box")
    _check_title(title)
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise UsageError(f"are not 1 to {MAX_RECIPIENTS}", where="recipients", remedy="name them with --to")
    plain = Preamble(box, title, ())
    info = _info(plain)
    slots = tuple((HIDDEN if hidden else key.id, _wrapped(content_key, key, info)) for key in recipients)
    slotted = Preamble(box, title, slots)
    key, commitment = _derived(content_key, slotted)
    return Preamble(box, title, slots, commitment), Boxes(key, name)


def _check_title(title: str) -> None:
    try:
        length = len(title.encode())
    except UnicodeEncodeError:
        raise UsageError("is not Unicode", where="title", remedy="write it in UTF-8") from None
    if length > MAX_TITLE:
        raise UsageError(f"has more than {MAX_TITLE} bytes", where="title", remedy="shorten it")


def _wrapped(content_key: bytes, key: PublicKey, info: bytes) -> bytes:
    try:
        return bytes(_suite().encrypt(content_key, key.native(), info))
    except ValueError as error:
        # A point of small order: everyone would know what is wrapped for it.
        raise TrustError(
            "is a key that seals nothing", where=f"key {key.id.hex()}", remedy="ask its owner for another"
        ) from error


def unlock(preamble: Preamble, private: PrivateKey, name: str) -> Boxes:
    """The boxes of a sealed film for the recipient who has ``private``.

    Raises TrustError if the film is not sealed to that key, or its preamble was changed.
    """
    wrong = invalid_tag()
    mine = private.public.id
    for key_id, wrapped in preamble.slots:
        if key_id not in (mine, HIDDEN):
            continue
        try:
            content_key = bytes(_suite().decrypt(wrapped, private.native, _info(preamble)))
        except (wrong, ValueError):
            continue
        key, commitment = _derived(content_key, preamble)
        if not hmac.compare_digest(commitment, preamble.commitment):
            break
        return Boxes(key, name)
    else:
        raise TrustError(
            f"is not sealed to key {mine.hex()}, or was altered", where=name,
            remedy="use a key it is sealed to, or ask its owner",
        )  # fmt: skip
    raise TrustError("its preamble was altered", where=name, remedy="fetch it again")


def seal_film(film: bytes, starts: Sequence[int], preamble: Preamble, boxes: Boxes) -> bytes:
    """A sealed film. ``starts`` are the offsets in ``film`` at which sections start, rising."""
    size = preamble.content
    padded = film + b"\x80"
    count = -(-len(padded) // size)
    padded += bytes(count * size - len(padded))
    first: dict[int, int] = {}
    for start in starts:
        first.setdefault(start // size, start % size)
    out = [preamble.pack()]
    for number in range(count):
        pointer = first.get(number, NO_START).to_bytes(POINTER_BYTES, "big")
        piece = padded[number * size : (number + 1) * size]
        out.append(boxes.close(number, number == count - 1, pointer + piece))
    return b"".join(out)


def open_film(data: bytes, private: PrivateKey, name: str) -> tuple[Preamble, bytes]:
    """The preamble and the film that was sealed. Raises TrustError."""
    preamble, place = parse_preamble(data, name)
    boxes = unlock(preamble, private, name)
    body = data[place:]
    count, rest = divmod(len(body), preamble.box)
    if rest or not count:
        raise TrustError("is cut", where=name, remedy="fetch the whole film")
    pieces: list[bytes] = []
    for number in range(count):
        box = body[number * preamble.box : (number + 1) * preamble.box]
        pieces.append(boxes.open(number, number == count - 1, box)[1])
    return preamble, b"".join(pieces)


def _bound(number: int, last: bool, data: bytes) -> tuple[bytes, bytes, bytes]:
    """Nonce, data and what else is authenticated, for the box of this number."""
    place = bytes([last]) + bytes(3) + number.to_bytes(8, "big")
    return place, data, _BOX + place


def _info(preamble: Preamble) -> bytes:
    return _WRAP + sha256(preamble.public()).digest()


def _derived(content_key: bytes, preamble: Preamble) -> tuple[bytes, bytes]:
    """The key of the boxes and the commitment (HKDF-SHA256 without salt)."""
    info = _BOXES + sha256(preamble.transcript()).digest()
    hkdf = crypto("kdf.hkdf").HKDF(crypto("hashes").SHA256(), KEY_BYTES + COMMITMENT_BYTES, None, info)
    made: bytes = hkdf.derive(content_key)
    return made[:KEY_BYTES], made[KEY_BYTES:]


def _suite() -> Any:
    hpke = crypto("hpke")
    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)


class _Reader:
    """Reads a preamble from the front."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data = data
        self._where = where
        self.place = 0

    def take(self, count: int) -> bytes:
        """The next bytes. Raises TrustError where they end."""
        if self.place + count > len(self._data):
            raise self.damaged()
        self.place += count
        return self._data[self.place - count : self.place]

    def number(self, count: int) -> int:
        """The next bytes as a number."""
        return int.from_bytes(self.take(count), "big")

    def damaged(self) -> TrustError:
        """The error of what is no preamble."""
        return TrustError("its preamble is damaged", where=self._where, remedy="fetch it again")
