# SPDX-License-Identifier: Apache-2.0
"""The errors of the package: one root, a few kinds, each with place and remedy."""

from __future__ import annotations


class MtorError(Exception):
    """Root of every error that the package raises on purpose.

    ``what`` says what is wrong, ``where`` names the file, stream, section or option, and ``remedy``
    says what the user can do. ``str(error)`` is one line made of the three.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        line = f"{where}: {what}" if where else what
        super().__init__(f"{line} ({remedy})" if remedy else line)


class UsageError(MtorError, ValueError):
    """The caller asked for something that makes no sense (CLI exit code 2)."""


class InputError(MtorError):
    """A source cannot be opened or decoded, or it lacks the stream that is needed."""


class OutputError(MtorError, OSError):
    """An output cannot be written (permission, disk full)."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.what


class FormatError(MtorError):
    """A ``.mtor`` file or an RFC JSON folder breaks the format."""


class TrustError(MtorError):
    """A signature is missing or wrong, something is not as it was signed, or a film is sealed to others."""


class TargetError(MtorError):
    """A rate, size or quality target cannot be met; ``remedy`` names what can."""


class MissingExtraError(MtorError, ImportError):
    """An optional dependency is not installed; ``remedy`` says how to install it."""


class Cancelled(MtorError):
    """The user interrupted the work; nothing half-written is left."""


class WorkerLost(MtorError):
    """A worker ended before its task was done, again and again; what other tasks made is kept."""
