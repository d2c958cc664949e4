/** The cyclic redundancy check CRC-32 (ISO-HDLC: that of gzip, PNG and AWS event streams). */

const polynomial = 0xedb88320 // reflected
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  return value
})

/** The checksum of `bytes` as an unsigned 32-bit number. `earlier` is that of the bytes before them. */
export function crc32(bytes: Uint8Array, earlier = 0): number {
  let crc = ~earlier
  // By index: iterating a typed array costs several times as much.
  for (let at = 0; at < bytes.length; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
