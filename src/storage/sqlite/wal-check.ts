/** Looks whether a write-ahead log is as SQLite left it, before SQLite opens it and drops in silence what it cannot read. */

import { readFileSync } from 'node:fs'

/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32
const frameHeaderBytes = 24
const littleEndianMagic = 0x377f0682
const bigEndianMagic = 0x377f0683

/**
 * What is wrong with the log. `torn`: the last write did not end, which nothing had been told of. `broken`: a frame
 * within it is not what was written, and what came after it is lost. Undefined: nothing, or there is no log.
 */
export function checkWal(path: string): 'torn' | 'broken' | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return undefined
  }
  if (bytes.length === 0) return undefined
  if (bytes.length < headerBytes) return 'torn'
  const magic = bytes.readUInt32BE(0)
  if (magic !== littleEndianMagic && magic !== bigEndianMagic) return 'broken'
  const sum = new Checksum(magic === bigEndianMagic)
  sum.add(bytes, 0, headerBytes - 8)
  if (!sum.is(bytes, headerBytes - 8)) return 'broken'
  const pageBytes = bytes.readUInt32BE(8)
  const size = frameHeaderBytes + pageBytes
  for (let at = headerBytes; at + size <= bytes.length; at += size) {
    if (!isOfThisLog(bytes, at)) return undefined // what an earlier round left behind the end
    sum.add(bytes, at, 8)
    sum.add(bytes, at + frameHeaderBytes, pageBytes)
    if (sum.is(bytes, at + 16)) continue
    for (let later = at + size; later + size <= bytes.length; later += size) {
      if (isOfThisLog(bytes, later)) return 'broken'
    }
    return 'torn'
  }
  const rest = (bytes.length - headerBytes) % size
  return rest > 0 ? 'torn' : undefined
}

/** The salts in a frame's header are those of the log's own. */
function isOfThisLog(bytes: Buffer, at: number): boolean {
  return bytes.compare(bytes, 16, 24, at + 8, at + 16) === 0
}

/** SQLite's own: two running sums over pairs of words. */
class Checksum {
  readonly #isBigEndian: boolean
  #first = 0
  #second = 0

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian
  }

  add(bytes: Buffer, from: number, length: number): void {
    for (let at = from; at < from + length; at += 8) {
      this.#first = (this.#first + this.#word(bytes, at) + this.#second) >>> 0
      this.#second = (this.#second + this.#word(bytes, at + 4) + this.#first) >>> 0
    }
  }

  is(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
  }
}
