// SPDX-License-Identifier: Apache-2.0
/**
 * Where a film comes from: a local file, a file fetched by HTTP or a socket all look like this to the player. Times
 * are film ticks.
 *
 * @typedef {import("../codec/types.js").FilmHeader} FilmHeader
 * @typedef {import("../codec/types.js").SceneStart} SceneStart
 * @typedef {import("../codec/types.js").Span} Span
 * @typedef {import("../codec/types.js").AudioPacket} AudioPacket
 * @typedef {import("../codec/types.js").Subtitle} Subtitle
 *
 * @typedef {object} SceneFeed a scene as it comes in
 * @property {SceneStart} head
 * @property {Span[]} spans rising by start, only appended to; a gap between spans is lost data
 * @property {boolean} complete no more spans will come
 * @property {number} end the tick at which the scene is over; may grow in a live film
 * @property {SceneFeed} [replaced] what takes this feed's place, if the source had to begin it anew
 *
 * @typedef {object} SourceFigures for the panel
 * @property {number} bytes received so far: tokens, outlines, textures and sound
 * @property {number | null} total bytes of the whole film, if known
 * @property {number} rate kbit/s received in the last seconds; 0 of a file that is here
 * @property {{hits: number, bytes: number} | null} cache what came from the vector cache, not over the wire
 * @property {string} state what the source is doing, a few words
 *
 * @typedef {object} FilmSource
 * @property {string} title
 * @property {FilmHeader} header
 * @property {number} duration ticks known so far
 * @property {boolean} live whether the duration may still grow
 * @property {number} [start] the tick at which a viewer begins: near the end of a film that is being written
 * @property {{number: number, start: number, end: number}[]} scenes rising by start; may grow
 * @property {(index: number) => Promise<SceneFeed>} scene resolves as soon as the head is there
 * @property {{packets: AudioPacket[], complete: boolean}} sound rising by pts, only appended to
 * @property {Subtitle[]} subtitles may grow
 * @property {(tick: number) => void} need the player's place: at the start, at each seek, about once a second
 * @property {() => SourceFigures} figures
 * @property {() => void} close
 *
 * @typedef {object} Kit what decoders need beside the film
 * @property {object} tables the entropy coder's initial tables, parsed
 * @property {Uint8Array[]} dictionaries whole files of series dictionaries
 * @property {import("../trust/keyring.js").Keyring} ring the viewer's keys: what films they let through
 */

export {};
