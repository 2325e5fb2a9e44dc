# SPDX-License-Identifier: Apache-2.0
"""A folder of films: what is in it, by content.

Nothing that a client says is ever made into a path. Films, dictionaries and textures are known by the SHA-256
of their bytes; a film that is still being written by the SHA-256 of its name, with ``live-`` in front.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from mtor_transcode.codec.container import SectionKind, SectionReader
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series_files import SUFFIX as DICTIONARY_SUFFIX
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.errors import FormatError, InputError, MtorError
from mtor_transcode.trust.sealed import MOST_PREAMBLE, parse_preamble

SUFFIX: Final = ".mtor"
SEALED_SUFFIX: Final = ".mtors"
MOST_FILES: Final = 10_000
"""Films and dictionaries of a library; more are left out."""

MOST_DEPTH: Final = 4
"""Folders below the library in which films are looked for."""

LIVE_SECONDS: Final = 15.0
"""A film without its end that has grown so recently is being written."""

LIVE: Final = "live-"

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when it was looked at: device, inode, size in bytes, time of its last change in ns."""

    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity of an open or named file."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def is_file_of(self, other: Identity) -> bool:
        """Whether it is the same file, which may have grown."""
        return (self.device, self.inode) == (other.device, other.inode)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file that are served on their own: where they start and how many there are."""

    path: Path
    identity: Identity
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film of the library; ``key`` names it to clients, ``duration`` is in seconds.

    ``dictionary`` is the SHA-256 of the series dictionary that it needs, in hex, or empty. ``textures`` are
    the payloads of its texture sections by their SHA-256.
    """

    key: str
    name: str
    title: str
    path: Path
    identity: Identity
    width: int
    height: int
    duration: float
    time_base: Fraction
    live: bool
    sound: bool
    dictionary: str
    textures: dict[str, Part] = field(default_factory=dict, compare=False)

    @property
    def whole(self) -> Part:
        """All bytes of the film."""
        return Part(self.path, self.identity, 0, self.identity.size)


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A sealed film: ``title`` (or nothing) is all that its owner tells, and so all that is told of it."""

    key: str
    title: str
    whole: Part


class Library:
    """The films below ``root``. Thread-safe; ``refresh`` looks again at what has changed since.

    Raises InputError if ``root`` is no folder that can be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = _checked(root)
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._known: dict[Path, _Seen] = {}
        self._sealed: dict[str, SealedEntry] = {}
        self._films: dict[str, FilmEntry] = {}
        self._by_name: dict[str, FilmEntry] = {}
        self._dictionaries: dict[str, Part] = {}
        self._textures: dict[str, Part] = {}
        self.refused: dict[str, str] = {}
        """Files that cannot be served, by name, and why."""

    @property
    def root(self) -> Path:
        """The folder, without links."""
        return self._root

    def refresh(self) -> None:
        """Looks at the folder again; files that did not change are not read again.

        Who had to wait while another began to look takes what that one saw: many askers cost two looks.
        """
        asked = time.monotonic()
        with self._lock:
            if self._looked > asked:
                return
            self._looked = time.monotonic()
            known: dict[Path, _Seen] = {}
            self.refused = {}
            for path in self._files():
                seen = self._look(path)
                if seen is not None:
                    known[path] = seen
            self._known = known
            entries = [entry for _, entry, _ in known.values()]
            films = [entry for entry in entries if isinstance(entry, FilmEntry)]
            self._films = {film.key: film for film in films}
            self._sealed = {entry.key: entry for entry in entries if isinstance(entry, SealedEntry)}
            self._by_name = {live_key(self._place_of(film.path)): film for film in films}
            self._dictionaries = {
                digest: entry for _, entry, digest in known.values() if isinstance(entry, Part)
            }
            self._textures = {digest: part for film in films for digest, part in film.textures.items()}

    def films(self) -> list[FilmEntry]:
        """All films by title, as of the last look."""
        return sorted(self._films.values(), key=lambda film: (film.title.casefold(), film.key))

    def sealed_films(self) -> list[SealedEntry]:
        """All sealed films by title, as of the last look."""
        return sorted(self._sealed.values(), key=lambda film: (film.title.casefold(), film.key))

    def sealed_film(self, key: str) -> SealedEntry | None:
        """The sealed film of a key, as of the last look."""
        return self._sealed.get(key)

    def film(self, key: str) -> FilmEntry | None:
        """The film of a key, as of the last look; a live film's key goes on to stand for the whole one."""
        return self._films.get(key) or self._by_name.get(key)

    def dictionary(self, digest: str) -> Part | None:
        """The series dictionary of a SHA-256 in hex."""
        return self._dictionaries.get(digest)

    def texture(self, digest: str) -> Part | None:
        """The payload of a texture section of a SHA-256 in hex."""
        return self._textures.get(digest)

    def _files(self) -> Iterator[Path]:
        """Plain files of the library, links left out, so that nothing outside of it is ever reached."""
        count = 0
        for folder, folders, names in os.walk(self._root, followlinks=False):
            depth = len(Path(folder).relative_to(self._root).parts)
            folders[:] = sorted(each for each in folders if not each.startswith(".") and depth < MOST_DEPTH)
            for name in sorted(names):
                path = Path(folder, name)
                if (
                    name.startswith(".")
                    or path.suffix not in (SUFFIX, SEALED_SUFFIX, DICTIONARY_SUFFIX)
                    or path.is_symlink()
                ):
                    continue
                count += 1
                if count > MOST_FILES:
                    self.refused[str(self._root)] = f"has more than {MOST_FILES} films; the rest is left out"
                    return
                yield path

    def _look(self, path: Path) -> _Seen | None:
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return None
            identity = Identity.of(status)
            before = self._known.get(path)
            if before is not None and before[0] == identity and not _may_end(before[1]):
                return before
            with path.open("rb") as stream:
                if path.suffix == DICTIONARY_SUFFIX:
                    digest = _digest(stream)
                    return identity, Part(path, identity, 0, identity.size), digest
                if path.suffix == SEALED_SUFFIX:
                    return identity, self._sealed_film(path, identity, stream), ""
                return identity, self._film(path, identity, stream), ""
        except (OSError, MtorError) as error:
            self.refused[_readable(self._place_of(path))] = str(error)
            return None

    def _place_of(self, path: Path) -> str:
        """Where a file is in the library."""
        return path.relative_to(self._root).as_posix()

    def _sealed_film(self, path: Path, identity: Identity, stream: BinaryIO) -> SealedEntry:
        preamble, _ = parse_preamble(stream.read(MOST_PREAMBLE), _readable(self._place_of(path)))
        return SealedEntry(_digest(stream), preamble.title, Part(path, identity, 0, identity.size))

    def _film(self, path: Path, identity: Identity, stream: BinaryIO) -> FilmEntry:
        place = self._place_of(path)
        name = _readable(place)
        film = FilmReader(stream, name, series_for(path, None))
        live = film.truncated and time.time() - identity.changed / 1e9 < LIVE_SECONDS
        header = film.header
        return FilmEntry(
            key=live_key(place) if live else _digest(stream),
            name=name,
            title=title_of(path),
            path=path,
            identity=identity,
            width=header.width,
            height=header.height,
            duration=float(film.duration * header.time_base),
            time_base=header.time_base,
            live=live,
            sound=header.audio is not None,
            dictionary=header.dictionary.hex(),
            textures={} if live else _textures(path, identity, SectionReader(stream, name)),
        )


_Seen = tuple[Identity, FilmEntry | SealedEntry | Part | None, str]
"""What a file was found to be: for a dictionary with its digest."""


def live_key(name: str) -> str:
    """The key of a film that is being written: it stays while the film grows."""
    return LIVE + sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def title_of(path: Path) -> str:
    """What people call a film: its name with spaces."""
    words = _readable(path.stem.replace("_", " ").strip())
    return words[:1].upper() + words[1:]


def _readable(name: str) -> str:
    """A name as text that can be sent: bytes in it that are no UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def opened(part: Part) -> BinaryIO:
    """The file of a part, if it still is what it was when it was looked at.

    Raises FormatError if it has changed (its key would lie), InputError if it has gone.
    """
    return _same(part.path, lambda found: found == part.identity)


def opened_live(film: FilmEntry) -> BinaryIO:
    """The file of a film that is being written, if it still is that file. Raises as ``opened``."""
    return _same(film.path, lambda found: found.is_file_of(film.identity))


def _same(path: Path, expected: Callable[[Identity], bool]) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise InputError("has gone", where=_readable(path.name), remedy="load the catalogue again") from error
    stream = os.fdopen(descriptor, "rb")
    if not expected(Identity.of(os.fstat(descriptor))):
        stream.close()
        raise FormatError("has changed", where=_readable(path.name), remedy="load the catalogue again")
    return stream


def _checked(root: Path) -> Path:
    found = Path(os.path.realpath(root))
    if not found.exists():
        raise InputError("there is no such folder", where=str(root), remedy="name the folder of the films")
    if not found.is_dir():
        raise InputError("is a file, not a folder", where=str(root), remedy="name the folder that it lies in")
    if not os.access(found, os.R_OK | os.X_OK):
        raise InputError("may not be read", where=str(root), remedy="check its permissions")
    return found


def _may_end(entry: FilmEntry | SealedEntry | Part | None) -> bool:
    """Whether an entry can change although its file does not: a live film may turn out to be cut."""
    return isinstance(entry, FilmEntry) and entry.live


def _digest(stream: BinaryIO) -> str:
    stream.seek(0)
    hashed = sha256()
    while chunk := stream.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()


def _textures(path: Path, identity: Identity, sections: SectionReader) -> dict[str, Part]:
    return {
        sha256(sections.payload(section)).hexdigest(): Part(path, identity, section.start, section.length)
        for section in sections.scan().sections
        if section.kind == SectionKind.TEXTURE
    }
