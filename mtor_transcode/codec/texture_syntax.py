# SPDX-License-Identifier: Apache-2.0
"""Textures: their sections, the backdrops and shapes that name them, what a writer refuses of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mtor_transcode.codec import obu
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.binarise import read_number, read_signed, write_number, write_signed
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import (
    MAX_HIDDEN,
    MAX_PICTURES,
    MAX_SECTION,
    MAX_STEP,
    MAX_TEXTURE_BYTES,
    MAX_TEXTURES,
    MAX_TICK,
    TEXTURE_ROUNDING,
)
from mtor_transcode.codec.paint_syntax import (
    PaintMemory,
    mark_afresh,
    mark_texture,
    read_paint,
    read_paint_change,
    read_plain,
    read_relative,
    write_paint,
    write_paint_change,
)
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    SHARPEST,
    Backdrop,
    Background,
    Edit,
    Enter,
    Fill,
    FilmHeader,
    Texture,
    TexturePaint,
    Token,
)

_IS_TEXTURE: Final = BASE["backdrop.texture"]
_ID: Final = BASE["texture.id"]
_START: Final = BASE["texture.start"]
_SIZE: Final = BASE["texture.size"]
_COUNT: Final = BASE["texture.count"]
_STEP: Final = BASE["texture.step"]
_JITTER: Final = BASE["texture.jitter"]
_SHARPNESS: Final = BASE["texture.sharpness"]
_SOME_MOVE: Final = BASE["texture.moves"]
_MOVES: Final = _SOME_MOVE + 1

_NUMBER: Final = 40


def _nothing(_: object) -> Texture:
    raise FormatError("a texture is named where there are none")


@dataclass(frozen=True, slots=True)
class TextureNames:
    """What connects textures with their dictionary ids: a writer gives the first, a reader the second."""

    id_of: Callable[[Texture], int] = lambda _: 0
    texture: Callable[[int], Texture] = _nothing


NO_TEXTURES: Final = TextureNames()


def write_backdrop(
    writer: Writer, memory: PaintMemory, names: TextureNames, now: int, old: Backdrop | None, new: Backdrop
) -> None:
    """Writes a backdrop, as a change of ``old`` where there is one; ``now`` is the tick at which it comes."""
    writer.bit(_IS_TEXTURE + isinstance(old, TexturePaint), isinstance(new, TexturePaint))
    if isinstance(new, TexturePaint):
        _write_name(writer, names, now, new)
    elif old is None or isinstance(old, TexturePaint):
        write_paint(writer, memory, new)
    else:
        write_paint_change(writer, memory, old, new)


def read_backdrop(
    reader: Reader, memory: PaintMemory, names: TextureNames, now: int, old: Backdrop | None
) -> Backdrop:
    """Returns what ``write_backdrop`` wrote."""
    if reader.bit(_IS_TEXTURE + isinstance(old, TexturePaint)):
        return _read_name(reader, names, now)
    if old is None or isinstance(old, TexturePaint):
        return read_paint(reader, memory)
    return read_paint_change(reader, memory, old)


def write_fill(writer: Writer, memory: PaintMemory, names: TextureNames, now: int, fill: Fill) -> None:
    """Writes what fills a shape from tick ``now`` on, afresh."""
    if isinstance(fill, TexturePaint):
        mark_texture(writer, memory)
        _write_name(writer, names, now, fill)
    else:
        write_paint(writer, memory, fill)


def read_fill(reader: Reader, memory: PaintMemory, names: TextureNames, now: int) -> Fill:
    """Returns what ``write_fill`` wrote."""
    return read_plain(reader, memory) or _read_name(reader, names, now)


def write_fill_change(
    writer: Writer, memory: PaintMemory, names: TextureNames, now: int, old: Fill, new: Fill
) -> None:
    """Writes what fills a shape from tick ``now`` on, where ``old`` did before."""
    if isinstance(old, TexturePaint):
        write_fill(writer, memory, names, now, new)
    elif isinstance(new, TexturePaint):
        mark_afresh(writer)
        write_fill(writer, memory, names, now, new)
    else:
        write_paint_change(writer, memory, old, new)


def read_fill_change(reader: Reader, memory: PaintMemory, names: TextureNames, now: int, old: Fill) -> Fill:
    """Returns what ``write_fill_change`` wrote."""
    changed = None if isinstance(old, TexturePaint) else read_relative(reader, memory, old)
    return changed or read_fill(reader, memory, names, now)


def _write_name(writer: Writer, names: TextureNames, now: int, paint: TexturePaint) -> None:
    write_number(writer, _ID, names.id_of(paint.texture))
    write_signed(writer, _START, paint.start - now)


def _read_name(reader: Reader, names: TextureNames, now: int) -> TexturePaint:
    texture = names.texture(read_number(reader, _ID))
    return TexturePaint(texture, now + read_signed(reader, _START))


def paint_of(token: Token) -> Fill | None:
    """The paint that a token tells, of a shape or of the background."""
    if isinstance(token, Background):
        return token.paint
    return token.state.paint if isinstance(token, Enter | Edit) else None


class BroughtTextures:
    """Counts the textures that tokens bring, but not those that a shape of theirs shows already."""

    def __init__(self) -> None:
        self.count = 0
        self._shown: dict[int, Fill] = {}

    def take(self, token: Token) -> None:
        """Goes on after a token."""
        paint = paint_of(token)
        if isinstance(token, Enter | Edit):
            if self._shown.get(token.shape) == token.state.paint:
                return
            self._shown[token.shape] = token.state.paint
        self.count += isinstance(paint, TexturePaint)


def write_texture(texture: Texture, number: int) -> bytes:
    """Returns the payload of a texture's section."""
    writer = RangeWriter(Adaptive())
    write_number(writer, _SIZE, texture.width - 1)
    write_number(writer, _SIZE + _NUMBER, texture.height - 1)
    write_number(writer, _COUNT, len(texture.times) - 1)
    step: int | None = None
    for before, after in pairwise(texture.times):
        if step is None:
            write_number(writer, _STEP, after - before - 1)
        else:
            write_signed(writer, _JITTER, after - before - step)
        step = after - before
    write_number(writer, _SHARPNESS, texture.sharpness)
    _write_moves(writer, texture)
    head = writer.finish()
    return varint(number) + varint(len(head)) + head + texture.data


def _write_moves(writer: Writer, texture: Texture) -> None:
    if len(texture.times) == 1:
        return
    writer.bit(_SOME_MOVE, any(texture.moves))
    if any(texture.moves):
        before = True
        for moves in texture.moves:
            writer.bit(_MOVES + before, moves)
            before = moves


def _read_moves(reader: Reader, count: int) -> tuple[bool, ...]:
    if count == 1 or not reader.bit(_SOME_MOVE):
        return ()
    moves: list[bool] = []
    for _ in range(count - 1):
        moves.append(bool(reader.bit(_MOVES + (moves[-1] if moves else True))))
    return tuple(moves)


def texture_number(payload: Payload) -> int:
    """Returns the id at the start of a texture's section."""
    return payload.varint(MAX_TEXTURES, "id of a texture")


def read_texture(payload: Payload, header: FilmHeader, *, whole: bool = True) -> Texture:
    """Returns the texture of a section; if its end is missing (not ``whole``), its pictures up to there.

    Raises FormatError for what no writer makes of a film like this, and if no picture is at hand.
    """
    texture_number(payload)
    head = payload.take(payload.varint(MAX_SECTION, "length of a texture's head"), "head of a texture")
    reader = RangeReader(head, Adaptive(), payload.where)
    width = read_number(reader, _SIZE) + 1
    height = read_number(reader, _SIZE + _NUMBER) + 1
    count = read_number(reader, _COUNT) + 1
    if count > MAX_PICTURES:
        raise payload.damaged(f"a texture has {count} pictures")
    times = [0]
    step: int | None = None
    for _ in range(count - 1):
        step = read_number(reader, _STEP) + 1 if step is None else step + read_signed(reader, _JITTER)
        if step <= 0 or times[-1] + step > MAX_TICK:
            raise payload.damaged("the times of a texture do not rise")
        times.append(times[-1] + step)
    sharpness = read_number(reader, _SHARPNESS)
    moves = _read_moves(reader, count)
    data = payload.rest()
    if not whole:
        data = obu.beginning(data)
        del times[len(obu.pictures(data)) if data else 0 :]
        moves = moves[: max(len(times) - 1, 0)]
    texture = Texture(width, height, tuple(times), data, moves if any(moves) else (), sharpness)
    wrong = fault_of(texture, header)
    if wrong:
        raise payload.damaged(wrong)
    return texture


def check_texture_start(paint: TexturePaint, now: int) -> None:
    """Raises UsageError for a start that cannot be written at tick ``now``."""
    if not isinstance(paint.start, int) or abs(paint.start - now) > MAX_STEP:
        raise UsageError(
            f"a texture of tick {paint.start} cannot come at tick {now}", remedy=f"at most {MAX_STEP} apart"
        )


def check_texture(texture: Texture, header: FilmHeader) -> None:
    """Raises UsageError for a texture that cannot be written into a film of this size."""
    wrong = fault_of(texture, header)
    times = texture.times
    if not wrong and (
        not all(isinstance(time, int) for time in times)
        or times[0]
        or times[-1] > MAX_TICK
        or any(not 0 < b - a <= MAX_STEP for a, b in pairwise(times))
    ):
        wrong = "the times of a texture must be ticks that rise from 0"
    if not wrong and texture.moves and (len(texture.moves) != len(times) - 1 or not any(texture.moves)):
        wrong = "a texture must tell of each picture but the last whether it moves, or of none"
    if wrong:
        raise UsageError(wrong)


def fault_of(texture: Texture, header: FilmHeader) -> str:
    """What is wrong with a texture (the order of its times apart); empty if nothing is.

    So a decoder of AV1 gets no larger pictures, and no more of them, than the film itself has.
    """
    if not 0 < len(texture.times) <= MAX_PICTURES or len(texture.data) > MAX_TEXTURE_BYTES:
        return f"a texture has {len(texture.times)} pictures in {len(texture.data)} bytes"
    most = (header.width + TEXTURE_ROUNDING, header.height + TEXTURE_ROUNDING)
    if not (0 < texture.width <= most[0] and 0 < texture.height <= most[1]):
        return f"a texture of {texture.width}x{texture.height} px in a film of {header.width}x{header.height}"
    if not 0 <= texture.sharpness <= SHARPEST:
        return f"a texture is sharpened by {texture.sharpness}, at most {SHARPEST} is"
    try:
        units = list(obu.units(texture.data))
        sequence = obu.read_sequence(units[0]) if units and units[0].kind == obu.SEQUENCE else None
        if sequence is None or not sequence.plain:
            return "a texture does not begin with a sequence of 8 bits, 4:2:0"
        if (sequence.width, sequence.height) != (texture.width, texture.height):
            return f"a texture's AV1 has {sequence.width}x{sequence.height} px"
        shown = len(obu.pictures(texture.data))
    except FormatError as error:
        return error.what
    frames = sum(unit.kind in (obu.FRAME_HEADER, obu.FRAME) for unit in units)
    if shown != len(texture.times) or frames > 2 * shown + MAX_HIDDEN:
        return f"a texture's AV1 shows {shown} pictures of {frames}, its times are {len(texture.times)}"
    return ""
