# SPDX-License-Identifier: Apache-2.0
"""References of a token: to an outline of the dictionary, to a live shape of the scene."""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import read_number, read_signed, write_number, write_signed
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.scene_memory import NOBODY, SceneMemory
from mtor_transcode.codec.writers import Reader, Writer

_NEW: Final = BASE["outline.new"]
_RECENT: Final = BASE["outline.recent"]
_RANK: Final = BASE["outline.rank"]
_ID: Final = BASE["outline.id"]
_EXPECTED: Final = BASE["shape.expected"]
_SHAPE_RANK: Final = BASE["shape.rank"]


def write_outline_reference(writer: Writer, memory: SceneMemory, outline_id: int) -> None:
    """Writes which outline of the dictionary: the next new one, one of the scene's, or any by its id."""
    new = outline_id == memory.next_new
    writer.bit(_NEW + memory.was_new, new)
    if new:
        return
    known = outline_id in memory.recent
    if memory.recent:
        writer.bit(_RECENT, known)
    if known:
        write_number(writer, _RANK, memory.recent.index(outline_id))
    else:
        write_number(writer, _ID, memory.next_new - 1 - outline_id)


def read_outline_reference(reader: Reader, memory: SceneMemory) -> int:
    """Returns the dictionary id of the outline that ``write_outline_reference`` wrote."""
    if reader.bit(_NEW + memory.was_new):
        return memory.next_new
    if memory.recent and reader.bit(_RECENT):
        rank = read_number(reader, _RANK)
        if rank >= len(memory.recent):
            raise reader.damaged("a token refers to an outline that the scene has not used")
        return memory.recent[rank]
    outline_id = memory.next_new - 1 - read_number(reader, _ID)
    if outline_id < 0:
        raise reader.damaged("a token refers to an outline that does not exist")
    return outline_id


def write_shape_reference(writer: Writer, memory: SceneMemory, shape: int) -> None:
    """Writes which live shape: the expected one, or one by its rank, relative to the last named one."""
    expected, known = memory.expected_shape()
    if expected != NOBODY:
        writer.bit(_EXPECTED + known, shape == expected)
        if shape == expected:
            return
    write_signed(writer, _SHAPE_RANK, memory.rank(shape) - memory.expected_rank())


def read_shape_reference(reader: Reader, memory: SceneMemory) -> int:
    """Returns the coded id of a live shape that ``write_shape_reference`` wrote."""
    expected, known = memory.expected_shape()
    if expected != NOBODY and reader.bit(_EXPECTED + known):
        return expected
    rank = memory.expected_rank() + read_signed(reader, _SHAPE_RANK)
    if not 0 <= rank < len(memory.order):
        raise reader.damaged("a token refers to a shape that is not there")
    return memory.order[rank]
