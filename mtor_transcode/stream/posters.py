# SPDX-License-Identifier: Apache-2.0
"""Posters: a picture of each film for the catalogue, rendered when it is first asked for, then kept."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from mtor_transcode.errors import OutputError
from mtor_transcode.stream.library import FilmEntry, opened

WIDTH: Final = 320
"""Px of a poster across; it is as high as the film's picture has it."""

_PLACE: Final = 0.3
"""Where in the film the picture is taken, as a share of its duration: past titles that fade in."""

_QUALITY: Final = 60
_KEPT: Final = 512
_MOST_SIDE: Final = 960

_log = logging.getLogger(__name__)


class Posters:
    """Posters by the film's key; one is rendered at a time, so that viewers are served meanwhile."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, asyncio.Future[bytes | None]] = OrderedDict()
        self._worker = ThreadPoolExecutor(1, "mtor-posters")

    async def of(self, film: FilmEntry) -> bytes | None:
        """The poster as WebP; None if the film has none that could be rendered."""
        job = self._kept.pop(film.key, None)
        if job is None:
            job = asyncio.get_running_loop().run_in_executor(self._worker, _rendered, film)
        self._kept[film.key] = job
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return await asyncio.shield(job)

    def close(self) -> None:
        """Lets go of the worker; what it is at ends by itself."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _rendered(film: FilmEntry) -> bytes | None:
    try:
        return poster(film)
    except Exception as error:  # OpenCV has its own; a poster is not worth a request that fails.
        _log.warning("no poster of %s: %s", film.name, error)
        return None


def poster(film: FilmEntry) -> bytes:
    """Renders a picture of the film as WebP. Raises MtorError where it cannot be read."""
    import cv2

    from mtor_transcode.codec.film_reader import FilmReader
    from mtor_transcode.codec.series_files import series_for
    from mtor_transcode.measure.rgb import to_rgb
    from mtor_transcode.render.frames import FrameRenderer

    with opened(film.whole) as stream:
        reader = FilmReader(stream, film.name, series_for(film.path, None))
        header = reader.header
        height = round(WIDTH * header.height / (header.width * float(header.pixel_aspect)))
        size = (WIDTH, min(max(height, 1), _MOST_SIDE))
        picture = FrameRenderer(reader, size).frame(int(reader.duration * _PLACE))
        done, coded = cv2.imencode(
            ".webp", to_rgb(picture, header.colour)[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, _QUALITY]
        )
    if not done:
        raise OutputError("a poster could not be coded", where=film.name, remedy="report it")
    return coded.tobytes()
