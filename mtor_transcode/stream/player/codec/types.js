// SPDX-License-Identifier: Apache-2.0
/**
 * The object model of a decoded film: what `codec/` gives and the renderer takes. Fields have the names of
 * `mtor_transcode.model` (Python), so that both decoders can be compared value by value.
 *
 * Lengths are in units of 1/16 px, x to the right, y down; times in ticks (subtitles in ms, sound in samples);
 * scale 4096 is 1, angle 4096 a turn, clockwise. All numbers are integers below 2^53. Objects are shared and
 * must not be changed: a shape that keeps its outline has the same `Outline` object, so caches may use WeakMaps.
 *
 * @typedef {[number, number]} Ratio numerator and denominator, in lowest terms
 * @typedef {[number, number]} Point x, y in units
 * @typedef {[number, number, number]} Colour Y, Cb, Cr, each 0-255, in the header's matrix and range
 */

/**
 * @typedef {object} ColourSpec code points of ITU-T H.273
 * @property {number} matrix
 * @property {number} primaries
 * @property {number} transfer
 * @property {boolean} full_range
 */

/**
 * @typedef {object} AudioInfo
 * @property {string} codec FFmpeg's name: `opus`, `aac`
 * @property {number} sample_rate
 * @property {number} channels
 * @property {string} language
 * @property {Uint8Array} setup FFmpeg's extradata
 * @property {number} priming samples that a player drops at the start
 */

/**
 * @typedef {object} FilmHeader
 * @property {number} width px
 * @property {number} height px
 * @property {Ratio} time_base seconds a tick
 * @property {Ratio} frame_rate nominal rate of the source
 * @property {Ratio} pixel_aspect width / height of a pixel
 * @property {ColourSpec} colour
 * @property {AudioInfo | null} audio
 * @property {{language: string}[]} subtitles a track each
 * @property {Uint8Array} dictionary SHA-256 of the series dictionary that the film needs, or empty
 */

/**
 * @typedef {object} Contour
 * @property {Point[]} points
 * @property {number[]} kinds for each point 0 CORNER, 1 SMOOTH, 2 CONTROL
 * @property {boolean} closed
 */

/**
 * @typedef {object} Vector an outline in contours, filled even-odd, or stroked if `stroke_width` is not 0
 * @property {"Outline"} kind
 * @property {Contour[]} contours
 * @property {number} stroke_width units
 */

/**
 * @typedef {object} Mask a grid of coverage; a cell is 16 x 16 units
 * @property {"Mask"} kind
 * @property {number} width cells
 * @property {number} height cells
 * @property {number} levels the value of a full cell, 1-15
 * @property {Uint8Array} values row by row from the top
 * @property {Colour[]} colours of a palette patch, one for each level; else none
 */

/** @typedef {Vector | Mask} Outline */

/**
 * @typedef {object} Border
 * @property {number} width units
 * @property {Colour} colour
 * @property {boolean} sharp mitred corners
 */

/**
 * @typedef {object} Solid
 * @property {"Solid"} kind
 * @property {Colour} colour
 * @property {Border | null} border
 */

/**
 * @typedef {object} LinearGradient
 * @property {"LinearGradient"} kind
 * @property {Colour} first
 * @property {Colour} last
 * @property {number} angle 64ths of a turn
 * @property {number} start 16ths of the extent
 * @property {number} end 16ths of the extent
 * @property {Border | null} border
 */

/**
 * @typedef {object} RadialGradient
 * @property {"RadialGradient"} kind
 * @property {Colour} first
 * @property {Colour} last
 * @property {number} x of the centre, 64ths of the box's width
 * @property {number} y 64ths of its height
 * @property {number} rx 64ths of its width
 * @property {number} ry 64ths of its height
 * @property {number} inner 16ths of the radii
 * @property {Border | null} border
 */

/**
 * @typedef {object} ShadingField
 * @property {"ShadingField"} kind
 * @property {Colour} first
 * @property {Colour} last
 * @property {number} columns nodes across the box
 * @property {number[]} levels of the nodes, row by row, each from 0 (the first colour) to `steps`; in transitions with fractions
 * @property {number} steps
 * @property {Border | null} border
 */

/**
 * @typedef {object} Texture
 * @property {number} id of the film's dictionary; -1 stands for a texture that is not at hand
 * @property {number} width px
 * @property {number} height px
 * @property {number[]} times ticks at which its pictures appear, from its start; the first is 0
 * @property {Uint8Array} data AV1 in the low-overhead format: a sequence header, then frames
 * @property {boolean[]} moves for each picture but the last, whether it moves on to the next; empty if none does
 * @property {number} sharpness how much what is shown is sharpened, eighths
 */

/**
 * @typedef {object} TexturePaint
 * @property {"TexturePaint"} kind
 * @property {Texture} texture
 * @property {number} start film tick of the first picture
 */

/** @typedef {LinearGradient | RadialGradient | ShadingField} Gradient */
/** @typedef {Solid | Gradient} Paint */
/** @typedef {Paint | TexturePaint} Fill */

/**
 * @typedef {object} Place a shape's transform, or a camera
 * @property {number} dx units
 * @property {number} dy units
 * @property {number} scale 4096 is 1
 * @property {number} angle 4096 is a turn
 */

/**
 * @typedef {object} ShapeState
 * @property {Outline} outline
 * @property {Fill} paint
 * @property {Place} transform
 * @property {number} opacity 0-255
 */

/** @typedef {{kind: "Enter", at: number, shape: number, state: ShapeState, under: number, duration: number}} Enter */
/** @typedef {{kind: "Edit", at: number, duration: number, shape: number, state: ShapeState}} Edit */
/** @typedef {{kind: "Leave", at: number, shape: number, duration: number}} Leave */
/** @typedef {{kind: "CameraMove", at: number, duration: number, camera: Place}} CameraMove */
/** @typedef {{kind: "Background", at: number, duration: number, paint: Fill}} Background */
/** @typedef {Enter | Edit | Leave | CameraMove | Background} Token */

/**
 * @typedef {object} SceneStart the head of a scene
 * @property {number} number
 * @property {number} start tick
 * @property {Paint} background
 * @property {Place} camera
 * @property {number} transition 0 CUT, 1 DISSOLVE
 * @property {number} transition_duration ticks
 * @property {number} softness quarters of a px
 */

/** @typedef {{start: number, end: number, tokens: Token[]}} Span */
/** @typedef {{head: SceneStart, end: number}} SceneEntry */
/** @typedef {{head: SceneStart, end: number, spans: Span[]}} Scene */
/** @typedef {{pts: number, duration: number, data: Uint8Array}} AudioPacket in samples */
/** @typedef {{track: number, start: number, end: number, text: string}} Subtitle in ms */

/**
 * @typedef {object} Index
 * @property {number} duration ticks
 * @property {[number, number][]} scenes start (tick) and offset (byte) of each scene
 * @property {[number, number][]} dictionaries offset and number of outlines of each section
 * @property {number[]} textures offsets in the order of their ids
 */

export {};
