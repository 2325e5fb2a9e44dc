// SPDX-License-Identifier: Apache-2.0
/** Films: heads at once, everything else when it is asked for. Runs in pages, workers and node. */

import { Container, Kind } from "./container.js";
import { readTables } from "./contexts.js";
import { Dictionary } from "./dictionary.js";
import { MtorError } from "./errors.js";
import { readIndex } from "./film_index.js";
import { FragmentShelf } from "./fragments.js";
import { readHeader } from "./header.js";
import { PacketSceneReader } from "./packet_scenes.js";
import { PacketTable } from "./packet_table.js";
import { SceneSections } from "./scenes.js";
import { findSeries } from "./series.js";
import { readSound } from "./sound.js";
import { readSubtitles } from "./subtitles.js";
import { TextureShelf } from "./textures.js";

/** @import { AudioPacket, Index, Outline, Scene, SceneEntry, Span, Subtitle, Texture } from "./types.js" */
/** @import { Section } from "./container.js" */
/** @import { PacketScene } from "./packet_table.js" */

/** Kinds of sections that a link may lose. @type {number[]} */
const LOSSY = [Kind.PACKET, Kind.REPAIR, Kind.FRAGMENT];

/**
 * @typedef {object} OpenOptions
 * @property {any} tables what `tables_v1.json` holds
 * @property {Uint8Array[]} [dictionaries] files of series dictionaries; the right one is found by its hash
 * @property {string} [name] stands for the film in errors
 */

/**
 * @param {Uint8Array} bytes a whole film, or what there is of it
 * @param {OpenOptions} options
 * @returns {Film}
 * @throws {MtorError} also later, when a damaged section is first read; with `needs` if a dictionary is missing
 */
export function openFilm(bytes, options) {
  return new Film(bytes, options);
}

export class Film {
  #container;
  #tables;
  #dictionary;
  #packets;
  /** @type {TextureShelf | FragmentShelf} */
  #textures;
  /** @type {(SceneSections | PacketScene)[]} */
  #scenes = [];
  /** @type {Map<number, SceneSections | PacketScene>} */
  #byNumber = new Map();
  /** @type {Section[]} */
  #sound = [];
  /** @type {Section[]} */
  #text = [];

  /**
   * @param {Uint8Array} bytes
   * @param {OpenOptions} options
   */
  constructor(bytes, { tables, dictionaries = [], name = "" }) {
    this.#container = new Container(bytes, name);
    this.#tables = readTables(tables);
    const [first, ...others] = this.#container.sections;
    /** Whether the file ends early. It plays up to its last whole section. */
    this.truncated = this.#container.truncated;
    this.header = readHeader(this.#container.payload(first));
    const series = findSeries(this.header.dictionary, dictionaries, this.#tables);
    this.#dictionary = new Dictionary(this.#container, this.#tables, series);
    const textures = new TextureShelf(this.#container, this.header, this.#tables);
    this.#textures = textures;
    /** @type {Index | null} */
    this.index = null;
    /** Whether the film was made for links that lose packets. */
    this.inPackets = others.some(({ kind }) => LOSSY.includes(kind));
    this.#packets = new PacketTable(this.#tables, series, this.#container.name);
    for (const section of others) this.#note(section, textures);
    if (!this.#packets.isEmpty) this.#settle(first);
    if (this.inPackets) {
      this.#textures = new FragmentShelf(this.#packets.fragments, this.header, this.#tables, this.#container.name);
    }
    this.#checkOrder();
    for (const scene of this.#scenes) this.#byNumber.set(scene.head.number, scene);
    /** Ticks: where the last scene ends, or what the index says. */
    this.duration = this.#scenes.reduce((latest, { end }) => Math.max(latest, end), 0);
    if (this.index) this.#takeIndex(this.index);
  }

  /**
   * @param {Section} section takes note of it
   * @param {TextureShelf} textures
   */
  #note(section, textures) {
    const { kind } = section;
    const container = this.#container;
    if (kind === Kind.DICT) this.#dictionary.add(section);
    else if (kind === Kind.TEXTURE) textures.add(section);
    else if (LOSSY.includes(kind)) this.#notePacket(section);
    else if (kind === Kind.SCENE) this.#scenes.push(new SceneSections(container, section, this.#tables));
    else if (kind === Kind.SPAN || kind === Kind.SNAPSHOT) {
      const scene = this.#scenes.at(-1);
      if (!(scene instanceof SceneSections)) throw new MtorError("it belongs to no scene", container.where(section));
      scene.add(section);
    } else if (kind === Kind.AUDIO) this.#sound.push(section);
    else if (kind === Kind.SUBTITLES) this.#text.push(section);
    else if (kind === Kind.HEADER) throw new MtorError("a second header", container.where(section));
    else if (kind === Kind.INDEX) this.index = readIndex(container.payload(section));
  }

  /** @param {Section} section one whose checksum is wrong is as good as lost */
  #notePacket(section) {
    const payload = this.#container.sound(section);
    if (!payload) this.#packets.damaged += 1;
    else if (section.kind === Kind.PACKET) this.#packets.addPacket(payload);
    else if (section.kind === Kind.FRAGMENT) this.#packets.addFragment(payload);
    else this.#packets.addRepair(payload);
  }

  /** @param {Section} header brings back what can be brought back, and finds the scenes */
  #settle(header) {
    if (this.#scenes.length) throw new MtorError("a film in packets", this.#container.where(header));
    this.#scenes = this.#packets.settle(this.index?.duration);
  }

  #checkOrder() {
    this.#scenes.forEach((scene, place) => {
      const before = this.#scenes[place - 1];
      if (before && (scene.head.number <= before.head.number || scene.head.start < before.end)) {
        throw new MtorError(`scene ${scene.head.number} is out of order`, this.#container.name);
      }
    });
  }

  /** @param {Index} index */
  #takeIndex(index) {
    const told = index.scenes.length === this.#scenes.length;
    const fits = this.#scenes.every((scene, place) => {
      const [start, offset] = index.scenes[place] ?? [];
      return scene instanceof SceneSections && start === scene.head.start && offset === scene.section.offset;
    });
    if ((!this.inPackets && !(told && fits)) || index.duration < this.duration) {
      throw new MtorError("the index does not fit the scenes", this.#container.name);
    }
    this.duration = index.duration;
  }

  /** @returns {SceneEntry[]} in order; nothing is decoded but the heads */
  get scenes() {
    return this.#scenes.map(({ head, end }) => ({ head, end }));
  }

  /**
   * @param {number} number of the scene
   * @param {number | null} fromTick start at the last snapshot at or before it if there is one: the first span then
   *   has no duration and sets the whole state
   * @returns {Generator<Span>} decoded from the dictionary and the scene alone
   */
  spans(number, fromTick = null) {
    const scene = this.#scene(number);
    const findTexture = (/** @type {number} */ id) => this.#textures.find(id);
    if (!(scene instanceof SceneSections)) return new PacketSceneReader(this.#packets, scene, findTexture).spans();
    return scene.spans(this.#dictionary.forScene(), findTexture, fromTick);
  }

  /**
   * @param {number} number
   * @returns {number[]} ticks at which the scene has snapshots
   */
  snapshots(number) {
    const scene = this.#scene(number);
    if (!(scene instanceof SceneSections)) return [];
    return scene.parts.filter(({ section }) => section.kind === Kind.SNAPSHOT).map(({ start }) => start);
  }

  /**
   * @param {number} number
   * @returns {Scene}
   */
  scene(number) {
    const { head, end } = this.#scene(number);
    return { head, end, spans: [...this.spans(number)] };
  }

  /**
   * @param {number} number
   * @returns {SceneSections | PacketScene}
   */
  #scene(number) {
    const scene = this.#byNumber.get(number);
    if (!scene) throw new MtorError(`there is no scene ${number}`, this.#container.name, "choose another");
    return scene;
  }

  /** @returns {Generator<AudioPacket>} all packets of sound, in order */
  *audio() {
    for (const section of this.#sound) yield* readSound(this.#container.payload(section), this.#tables);
  }

  /** @returns {Generator<Subtitle>} all lines of text, in the order of the file */
  *subtitles() {
    const tracks = this.header.subtitles.length;
    for (const section of this.#text) yield* readSubtitles(this.#container.payload(section), tracks);
  }

  /** @returns {Outline[]} all outlines of the file itself, by their ids */
  outlines() {
    return this.#packets.isEmpty ? this.#dictionary.all() : this.#packets.allOutlines();
  }

  /** @returns {number[]} ids of the film's textures */
  get textureIds() {
    return this.#textures.ids;
  }

  /**
   * @param {number} id
   * @returns {Texture}
   */
  texture(id) {
    return this.#textures.find(id);
  }

  /** @returns {{sent: number, atHand: number, damaged: number}} packets: as far as numbers tell; came or repaired; broken */
  get packets() {
    return { sent: this.#packets.sent, atHand: this.#packets.count, damaged: this.#packets.damaged };
  }
}
