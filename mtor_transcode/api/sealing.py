# SPDX-License-Identifier: Apache-2.0
"""Films sealed to recipients, and opened by them."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mtor_transcode.api.films import StrPath, found_film
from mtor_transcode.api.results import SealResult, UnsealResult
from mtor_transcode.codec.signing import LOST_ALONE, section_starts
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.files import check_output, write_whole
from mtor_transcode.trust.keys import PrivateKey, PublicKey, read_private, read_public
from mtor_transcode.trust.sealed import KEY_BYTES, new_preamble, open_film, seal_film

BOX: Final = 1024
"""Bytes of a box; half as many for films in packets, whose boxes links may lose."""


def seal(
    film: StrPath, output: StrPath, recipients: Sequence[StrPath], *, title: str = "", hidden: bool = False
) -> SealResult:
    """Write the film at ``film`` to ``output`` so that only who has a recipient's private key can read it.

    ``recipients`` are files of public keys for sealing. All that the output tells others is ``title``, the
    ids of the recipients' keys (not if ``hidden``), their number, and the film's size to a box's. Each run
    draws a new content key. Raises UsageError, InputError, FormatError, TrustError, OutputError,
    MissingExtraError.
    """
    if not recipients:
        raise UsageError("no recipient is named", where="seal", remedy="name public keys with --to")
    source, final = found_film(film), Path(output)
    check_output(final, source, *map(Path, recipients))
    keys = [read_public(Path(path), "sealing") for path in recipients]
    data = source.read_bytes()
    made = seal_bytes(data, keys, title=title, hidden=hidden, name=str(film))
    write_whole(final, made)
    return SealResult(
        source=Path(film),
        output=final,
        bytes=len(made),
        added_bytes=len(made) - len(data),
        recipients=tuple(key.id.hex() for key in keys),
        title=title,
    )


def seal_bytes(
    data: bytes, recipients: Sequence[PublicKey], *, title: str = "", hidden: bool = False, name: str = "film"
) -> bytes:
    """A film's bytes sealed; ``name`` stands for it in errors. Raises as ``seal``."""
    starts, kinds = section_starts(io.BytesIO(data), name)
    box = BOX // 2 if any(kind in LOST_ALONE for kind in kinds) else BOX
    content_key = secrets.token_bytes(KEY_BYTES)
    preamble, boxes = new_preamble(
        recipients, box=box, title=title, hidden=hidden, name=name, content_key=content_key
    )
    return seal_film(data, starts, preamble, boxes)


def unseal(sealed: StrPath, output: StrPath, key: StrPath) -> UnsealResult:
    """Write the film in the file ``sealed`` to ``output``, by the private key in the file ``key``.

    Raises UsageError, InputError, TrustError (another recipient's, altered, cut), FormatError (what was
    sealed is no film), OutputError, MissingExtraError.
    """
    source, final = found_film(sealed), Path(output)
    check_output(final, source, Path(key))
    private = read_private(Path(key), "sealing")
    title, film = unseal_bytes(source.read_bytes(), private, str(sealed))
    write_whole(final, film)
    return UnsealResult(
        source=Path(sealed), output=final, bytes=len(film), key=private.public.id.hex(), title=title
    )


def unseal_bytes(data: bytes, key: PrivateKey, name: str = "film") -> tuple[str, bytes]:
    """The title and the film of a sealed film's bytes. Raises as ``unseal``."""
    preamble, film = open_film(data, key, name)
    try:
        section_starts(io.BytesIO(film), name)
    except FormatError as error:
        raise FormatError(
            f"what was sealed is no film: {error.what}", where=name, remedy="ask its owner"
        ) from error
    return preamble.title, film
