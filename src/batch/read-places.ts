/** Reads lines of an input file by where they stand in it. */

import type { FileHandle } from 'node:fs/promises'
import type { LinePlace } from './port.ts'

/** Wider gaps are not read for the sake of a single read. */
const maxSpanBytes = 8 * 1024 * 1024

/** Neighbours are read at once: they nearly always are neighbours. */
export async function readPlaces(input: FileHandle, places: readonly LinePlace[]): Promise<Buffer[]> {
  const [first, last] = [places[0], places.at(-1)]
  if (!first || !last) return []
  const span = last.offset + last.bytes - first.offset
  if (span > maxSpanBytes) {
    return Promise.all(places.map(({ offset, bytes }) => readAt(input, offset, bytes)))
  }
  const all = await readAt(input, first.offset, span)
  return places.map(({ offset, bytes }) => {
    const from = offset - first.offset
    return all.subarray(from, from + bytes)
  })
}

async function readAt(input: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const text = Buffer.allocUnsafe(bytes)
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await input.read(text, at, bytes - at, offset + at)
    if (bytesRead === 0) throw new Error('the input file is shorter than it was')
    at += bytesRead
  }
  return text
}
