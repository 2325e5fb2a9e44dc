# SPDX-License-Identifier: Apache-2.0
"""What measuring needs of a film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.model import Outline
from mtor_transcode.render.film import Film


class MeasuredFilm(Film, Protocol):
    """What measuring needs of a film beyond rendering it (``codec.FilmReader``)."""

    @property
    def series(self) -> SeriesDictionary | None:
        """The series dictionary that the film needs, if any."""

    @property
    def in_packets(self) -> bool:
        """Whether the film was made for links that lose packets."""

    @property
    def truncated(self) -> bool:
        """Whether the file is cut off."""

    @property
    def bytes_by_kind(self) -> dict[str, int]:
        """The file's bytes by kind; they sum to its length."""

    def dictionary(self) -> Sequence[Outline]:
        """All outlines of the film."""
