# SPDX-License-Identifier: Apache-2.0
"""Films signed, and signatures checked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mtor_transcode.api.films import StrPath, found_film
from mtor_transcode.api.results import SignResult, VerifyResult
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.codec.signing import (
    plannable,
    put_together,
    take_apart,
    with_room,
    with_signatures,
    without_signatures,
)
from mtor_transcode.errors import UsageError
from mtor_transcode.files import check_output, write_whole
from mtor_transcode.trust.film import check
from mtor_transcode.trust.keys import PrivateKey, PublicKey, read_private, read_public
from mtor_transcode.trust.manifest import Manifest
from mtor_transcode.trust.plan import plan
from mtor_transcode.trust.rotation import read_rotation, trusted
from mtor_transcode.trust.signer import signed, with_opening

STRENGTHS: Final = {64: 8, 96: 12, 128: 16}
"""Bits of the hashes of sections, and their bytes."""

STRENGTH: Final = 96


def sign(
    film: StrPath, output: StrPath, key: StrPath, *, strength: int = STRENGTH, replace: bool = False
) -> SignResult:
    """Write the film at ``film`` to ``output`` with the signatures of the private key in the file ``key``.

    ``strength`` is the length of the hashes of sections in bits (64, 96 or 128); ``replace`` takes away
    signatures that the film has, else a signed film is refused. The same film, key and strength give
    the same bytes. Raises UsageError, InputError, FormatError, TrustError, OutputError, MissingExtraError.
    """
    if strength not in STRENGTHS:
        raise UsageError("is not one of 64, 96, 128", where="strength", remedy="96 is the usual one")
    source, final = found_film(film), Path(output)
    check_output(final, source, Path(key))
    private = read_private(Path(key), "signing")
    data = source.read_bytes()
    made, plans, unsigned = sign_bytes(data, private, STRENGTHS[strength], replace=replace, name=str(film))
    write_whole(final, made)
    return SignResult(
        source=Path(film),
        output=final,
        key=private.public.id.hex(),
        bytes=len(made),
        signature_bytes=len(made) - unsigned,
        signatures=len(plans),
        sections=sum(each.sections for each in plans) + 1,
    )


def sign_bytes(
    data: bytes, key: PrivateKey, hash_bytes: int, *, replace: bool = False, name: str = "film"
) -> tuple[bytes, list[Manifest], int]:
    """A film's bytes with signatures, their manifests still without hashes, and its size without them.

    Raises as ``sign``; ``name`` stands for the film in errors.
    """
    parts = take_apart(io.BytesIO(data), name)
    if any(kind == SectionKind.SIGNATURE for kind, _ in parts) and not replace:
        raise UsageError("is signed already", where=name, remedy="--replace signs it anew")
    bare = without_signatures(parts)
    plans = with_opening(plan(plannable(bare)), key.public.id)
    roomy = with_room(bare, plans, hash_bytes)
    made = put_together(with_signatures(roomy, signed(roomy, plans, key, hash_bytes)))
    return made, plans, len(put_together(bare))


def verify(
    film: StrPath,
    keys: Sequence[StrPath],
    *,
    rotations: Sequence[StrPath] = (),
    dictionary: StrPath | None = None,
) -> VerifyResult:
    """Check that the whole film at ``film`` is as one of ``keys`` (files of public keys) signed it.

    ``rotations`` are files of ``rotate_keys`` that lead from a known key to newer ones; ``dictionary``, if
    given, must be the series dictionary that the film names. Raises TrustError at whatever is not so,
    UsageError, InputError, FormatError, MissingExtraError.
    """
    known = read_keys(keys, rotations)
    data = found_film(film).read_bytes()
    found = verify_bytes(data, known, str(film))
    if dictionary is not None:
        FilmReader(io.BytesIO(data), str(film), series_for(film, dictionary))
    return found


def verify_bytes(data: bytes, keys: Sequence[PublicKey], name: str = "film") -> VerifyResult:
    """As ``verify``, of a film's bytes; ``name`` stands for the film in errors."""
    parts = take_apart(io.BytesIO(data), name)
    key = check(parts, keys, name)
    return VerifyResult(
        path=Path(name),
        key=key.id.hex(),
        signatures=sum(kind == SectionKind.SIGNATURE for kind, _ in parts),
        sections=sum(kind != SectionKind.SIGNATURE for kind, _ in parts),
    )


def read_keys(keys: Sequence[StrPath], rotations: Sequence[StrPath] = ()) -> list[PublicKey]:
    """The public keys in files, and those that rotations lead to.

    Raises UsageError (none is named), InputError, TrustError.
    """
    if not keys:
        raise UsageError("no key is named", where="verify", remedy="name the publisher's public key")
    named = [read_public(Path(path), "signing") for path in keys]
    return trusted(named, [read_rotation(Path(path)) for path in rotations])
