// SPDX-License-Identifier: Apache-2.0
/** What a file may hold at most (`docs/format.md`, Limits): they bound the time and memory that a hostile one takes. */

export const MAX_SIDE = 16384;
export const MAX_TICK = 2 ** 48;
export const MAX_STEP = 2 ** 32 - 1;
export const MAX_WHOLE = 2 ** 53;
export const MAX_SOFTNESS = 63;
export const MAX_COORDINATE = 2 ** 20;
export const MAX_BORDER = 1 << 16;
export const MAX_NODES = 1 << 15;
export const MAX_CONTOURS = 1 << 12;
export const MAX_MASK_SIDE = 64;
export const MAX_LEVELS = 15;
export const MAX_PATCH_COLOURS = 8;
export const CELLS_PER_NODE = 8;
export const MAX_SECTION_NODES = 1 << 17;
export const MAX_SECTION_OUTLINES = 1 << 15;
export const MAX_OUTLINES = 1 << 24;
/** How often, on average, the dictionary may have to be decoded for one scene. */
export const DECODES = 8;
/** Bytes of dictionary that may be decoded for a scene in any case. */
export const FREE_DECODES = 1 << 20;
/** Nodes of decoded outlines that are kept. */
export const KEPT_NODES = 1 << 19;
export const MAX_LIVE = 1 << 16;
export const MAX_SPAN_TOKENS = 1 << 16;
export const MAX_SECTION = 1 << 24;
export const MAX_SECTIONS = 1 << 20;
export const MAX_SOUND_PACKET = 1 << 16;
export const MAX_SECTION_PACKETS = 1 << 14;
export const MAX_TEXT = 1 << 14;
export const MAX_SECTION_LINES = 1 << 12;
export const MAX_TRACKS = 64;
export const MAX_RATIO = 2 ** 31 - 1;
export const NODES_PER_BYTE = 8;
export const TOKENS_PER_BYTE = 32;
export const MAX_TEXTURES = 1 << 20;
export const MAX_TEXTURE_BYTES = 1 << 21;
/** Bytes that a texture's section may have beyond its AV1. */
export const MAX_TEXTURE_HEAD = 1 << 16;
export const MAX_PICTURES = 1 << 12;
/** The most that a texture is sharpened, in eighths. */
export const SHARPEST = 15;
export const MAX_HIDDEN = 16;
export const TEXTURE_ROUNDING = 7;
export const MAX_SPAN_TEXTURES = 64;
export const MAX_LIVE_TEXTURES = 64;
/** Zero bytes past the end that the entropy decoder implies. */
export const IMPLIED_ZEROS = 40;
export const MAX_PACKETS = 1 << 20;
export const MAX_PACKET_SHAPE = 2 ** 31;
export const MAX_PACKET_BYTES = (1 << 23) - 1;
export const MAX_GROUP = 64;
export const MAX_REPAIRS = 16;
export const MAX_REPAIR_BYTES = 1 << 14;
