# SPDX-License-Identifier: Apache-2.0
"""What a file may hold at most. Writers refuse to write more, readers refuse to read more.

The limits bound the memory and the time that a hostile file can take; a real film stays far below them.
"""

from __future__ import annotations

MAX_SIDE = 16384
"""Largest width and height of a picture in px."""

MAX_TICK = 2**48
"""Largest time in ticks, and largest sample number of a sound track."""

MAX_STEP = 2**32 - 1
"""Largest difference of two times inside a span, and largest duration of a token, in ticks."""

MAX_SOFTNESS = 63
"""Largest softness of a scene, in quarters of a px."""

MAX_COORDINATE = 2**20
"""Largest absolute value of a coordinate, a translation, a scale or an angle (65,536 px)."""

MAX_BORDER = 1 << 16
"""Largest width of a border (4,096 px)."""

MAX_NODES = 1 << 15
"""Nodes of one outline."""

MAX_CONTOURS = 1 << 12
"""Contours of one outline."""

MAX_MASK_SIDE = 64
"""Cells of a mask across and down."""

MAX_LEVELS = 15
"""Largest value of a mask's cells."""

MAX_PATCH_COLOURS = 8
"""Colours of a palette patch."""

MAX_SECTION_NODES = 1 << 17
"""Nodes of all outlines of one dictionary section."""

MAX_SECTION_OUTLINES = 1 << 15
"""Outlines of one dictionary section."""

MAX_OUTLINES = 1 << 24
"""Outlines of a film."""

DICTIONARY_WINDOW = 1 << 18
"""Bytes of dictionary payloads, the newest included, that a token may reach back into.

So a decoder that plays through keeps a bounded part of the dictionary and decodes each section once.
"""

DECODES = 8
"""How often, on average, the dictionary may have to be decoded for one scene before a reader refuses."""

KEPT_NODES = 1 << 19
"""Nodes of decoded dictionary sections that a reader keeps."""

MAX_LIVE = 1 << 16
"""Live shapes of a scene."""

MAX_SPAN_TOKENS = 1 << 16
"""Tokens of one span."""

MAX_SECTION = 1 << 24
"""Bytes of one section's payload."""

MAX_SECTIONS = 1 << 20
"""Sections of a file."""

MAX_PACKET = 1 << 16
"""Bytes of one packet of sound."""

MAX_SECTION_PACKETS = 1 << 14
"""Packets of one sound section."""

MAX_TEXT = 1 << 14
"""Bytes of one subtitle or of another string."""

MAX_SECTION_LINES = 1 << 12
"""Subtitles of one section."""

MAX_TRACKS = 64
"""Subtitle tracks."""

MAX_RATIO = 2**31 - 1
"""Largest numerator and denominator of a ratio in the header."""

NODES_PER_BYTE = 8
"""Nodes that a dictionary section may hold for each byte of entropy-coded data (the writer pads the rest)."""

TOKENS_PER_BYTE = 32
"""Tokens that a span may hold for each byte of its payload (the writer pads where there are more)."""

MAX_TEXTURES = 1 << 20
"""Textures of a film."""

MAX_TEXTURE_BYTES = 1 << 21
"""Bytes of one texture's AV1."""

MAX_PICTURES = 1 << 12
"""Pictures of one texture."""

MAX_HIDDEN = 16
"""Frames of a texture that are coded but not shown, beyond one for each that is."""

TEXTURE_ROUNDING = 7
"""Px by which a texture's sides may exceed the film's."""

MAX_SPAN_TEXTURES = 64
"""Textures that the tokens of one span may bring."""

MAX_LIVE_TEXTURES = 64
"""Live shapes of a scene that show textures; one of several pictures counts as eight."""

STAGED = 2
"""Times ``MAX_LIVE`` and ``MAX_LIVE_TEXTURES`` of a scene, those included that are still leaving."""

MAX_TRIMMED = 32
"""Zero bytes that a writer drops from the end of an entropy-coded payload, and a reader implies, at most."""
