# SPDX-License-Identifier: Apache-2.0
"""The HTTP side: pages, player, catalogue, posters, and immutable bytes by their SHA-256."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import BinaryIO, Final

from aiohttp import web

from mtor_transcode.errors import MtorError
from mtor_transcode.stream import headers
from mtor_transcode.stream.library import FilmEntry, Library, Part, SealedEntry, opened, opened_live
from mtor_transcode.stream.posters import Posters
from mtor_transcode.stream.ranges import UnsatisfiableError, asked_range, etag_of, matches
from mtor_transcode.stream.shipped import ShippedFile, shipped_files

FILM_TYPE: Final = "application/vnd.mtor"
SEALED_TYPE: Final = "application/vnd.mtor.sealed"
DICTIONARY_TYPE: Final = "application/vnd.mtor.dictionary"

_CHUNK: Final = 1 << 14
_CHUNK_SECONDS: Final = 60.0
"""A client that does not take a chunk in that time (2.2 kbit/s) is let go."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Answers plain HTTP requests about a library; ``guarded``: its films are for viewers with a token."""

    def __init__(self, library: Library, posters: Posters, *, guarded: bool) -> None:
        self._library = library
        self._posters = posters
        self._files = shipped_files()
        self._immutable = headers.PRIVATE_IMMUTABLE if guarded else headers.IMMUTABLE

    def routes(self) -> list[web.RouteDef]:
        """What anybody may have: pages and player."""
        return [web.get(address, self._shipped) for address in self._files]

    def guarded_routes(self) -> list[web.RouteDef]:
        """What only viewers may have, where there are tokens."""
        key = r"{key:(?:live-)?[0-9a-f]{64}}"
        digest = r"{digest:[0-9a-f]{64}}"
        return [
            web.get("/catalogue.json", self._catalogue),
            web.get(f"/films/{key}.mtor", self._film),
            web.get(f"/films/{key}/poster.webp", self._poster),
            web.get(f"/films/{digest}.mtors", self._sealed),
            web.get(f"/dictionaries/{digest}.mtordict", self._dictionary),
            web.get(f"/textures/{digest}", self._texture),
        ]

    async def _shipped(self, request: web.Request) -> web.StreamResponse:
        file = self._files[request.path]
        tag = etag_of(file.digest)
        told = {"ETag": tag, "Cache-Control": headers.REVALIDATE, "Vary": "Accept-Encoding"}
        if request.path.startswith("/player/"):
            # The player's worker that keeps it for offline use looks after pages above its own folder.
            told["Service-Worker-Allowed"] = "/"
        if matches(request.headers.get("If-None-Match"), tag):
            return web.Response(status=304, headers=told)
        body = _accepted(request, file)
        if body is file.packed:
            told["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers={"Content-Type": file.kind, **told})

    async def _catalogue(self, request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(self._library.refresh)
        films = [_listed(film) for film in self._library.films()]
        sealed = [_listed_sealed(film) for film in self._library.sealed_films()]
        text = json.dumps({"films": films, "sealed": sealed}, ensure_ascii=False, separators=(",", ":"))
        return web.json_response(text=text, headers={"Cache-Control": headers.NEVER})

    async def _film(self, request: web.Request) -> web.StreamResponse:
        film = self._found(request)
        if film.live:
            return await self._growing(request, film)
        if request.match_info["key"] != film.key:
            raise web.HTTPFound(f"/films/{film.key}.mtor")
        return await self._bytes(request, film.whole, film.key, FILM_TYPE)

    async def _sealed(self, request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        film = self._library.sealed_film(digest)
        return await self._bytes(request, None if film is None else film.whole, digest, SEALED_TYPE)

    async def _poster(self, request: web.Request) -> web.StreamResponse:
        film = self._found(request)
        picture = None if film.live else await self._posters.of(film)
        if picture is None:
            raise web.HTTPNotFound(text="no poster")
        tag = etag_of(film.key)
        told = {"ETag": tag, "Cache-Control": self._immutable}
        if matches(request.headers.get("If-None-Match"), tag):
            return web.Response(status=304, headers=told)
        return web.Response(body=picture, content_type="image/webp", headers=told)

    async def _dictionary(self, request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        return await self._bytes(request, self._library.dictionary(digest), digest, DICTIONARY_TYPE)

    async def _texture(self, request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        return await self._bytes(request, self._library.texture(digest), digest, "application/octet-stream")

    def _found(self, request: web.Request) -> FilmEntry:
        film = self._library.film(request.match_info["key"])
        if film is None:
            raise web.HTTPNotFound(text="no such film")
        return film

    async def _bytes(
        self, request: web.Request, part: Part | None, digest: str, kind: str
    ) -> web.StreamResponse:
        """Bytes that never change under their address, all of them or a range."""
        if part is None:
            raise web.HTTPNotFound(text="no such file")
        tag = etag_of(digest)
        told = {
            "ETag": tag,
            "Cache-Control": self._immutable,
            "Accept-Ranges": "bytes",
            "Content-Type": kind,
        }
        if matches(request.headers.get("If-None-Match"), tag):
            return web.Response(status=304, headers=told)
        try:
            asked = asked_range(
                request.headers.get("Range"), request.headers.get("If-Range"), tag, part.length
            )
        except UnsatisfiableError:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{part.length}"})
        wanted = range(part.length) if asked is None else asked
        if asked is not None:
            told["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{part.length}"
        with _found_again(lambda: opened(part)) as stream:
            stream.seek(part.start + wanted.start)
            status = 200 if asked is None else 206
            return await _sent(request, stream, len(wanted), web.StreamResponse(status=status, headers=told))

    async def _growing(self, request: web.Request, film: FilmEntry) -> web.StreamResponse:
        """What there is of a film that is being written."""
        told = {"Cache-Control": headers.NEVER, "Content-Type": FILM_TYPE}
        with _found_again(lambda: opened_live(film)) as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            return await _sent(request, stream, size, web.StreamResponse(headers=told))


def _found_again(open_it: Callable[[], BinaryIO]) -> BinaryIO:
    """A file of the library, or 404, which does not name it: names are not for all to know."""
    try:
        return open_it()
    except MtorError as error:
        raise web.HTTPNotFound(text="the file has changed: load the catalogue again") from error


async def _sent(
    request: web.Request, stream: BinaryIO, count: int, response: web.StreamResponse
) -> web.StreamResponse:
    """Sends the next ``count`` bytes of a stream; two chunks of them are in memory at most."""
    response.content_length = count
    await response.prepare(request)
    if request.transport is not None:
        request.transport.set_write_buffer_limits(high=_CHUNK)
    try:
        while count > 0 and request.method != "HEAD":
            chunk = stream.read(min(count, _CHUNK))
            if not chunk:
                raise ConnectionResetError("the file became shorter")
            count -= len(chunk)
            async with asyncio.timeout(_CHUNK_SECONDS):
                await response.write(chunk)
                await request.writer.drain()
        async with asyncio.timeout(_CHUNK_SECONDS):
            await response.write_eof()
    except TimeoutError:
        # Closing would wait for ever until what is in the buffers was taken.
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client takes nothing") from None
    return response


def _accepted(request: web.Request, file: ShippedFile) -> bytes:
    """The file's bytes, packed if the client takes that and they are."""
    encodings = request.headers.get("Accept-Encoding", "")
    takes = any(each.strip().partition(";")[0] == "gzip" for each in encodings.split(","))
    return file.packed if takes and file.packed is not None else file.data


def _listed(film: FilmEntry) -> dict[str, object]:
    """A film in the catalogue."""
    return {
        "key": film.key,
        "title": film.title,
        "name": film.name,
        "duration": round(film.duration, 3),
        "bytes": film.identity.size,
        "width": film.width,
        "height": film.height,
        "sound": film.sound,
        "live": film.live,
        "dictionary": film.dictionary,
        "film": f"/films/{film.key}.mtor",
        "poster": "" if film.live else f"/films/{film.key}/poster.webp",
    }


def _listed_sealed(film: SealedEntry) -> dict[str, object]:
    """A sealed film in the catalogue, without its file's name: that may tell more than its owner does."""
    return {
        "key": film.key,
        "title": film.title,
        "bytes": film.whole.length,
        "film": f"/films/{film.key}.mtors",
    }
