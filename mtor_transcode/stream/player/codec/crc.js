// SPDX-License-Identifier: Apache-2.0
/** The checksum of sections: CRC-16 of the CCITT, polynomial 0x1021, start 0xFFFF. */

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1;
  return value & 0xffff;
});

/**
 * @param {Uint8Array} data
 * @returns {number}
 */
export function crc16(data) {
  let crc = 0xffff;
  for (let place = 0; place < data.length; place++) {
    crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ data[place]];
  }
  return crc;
}
