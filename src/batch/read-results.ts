/** The results of a batch as they are now: in their final order once it has ended, in the order in which they came before. */

import { type Batch, isOpen } from './batch.ts'
import type { FileFolder } from './file-folder.ts'
import { readLines } from './json-lines.ts'

/** As many as one line of results can have. */
const maxLineBytes = 512 * 1024 * 1024

export async function* readResults(batch: Batch, folder: FileFolder): AsyncGenerator<Uint8Array> {
  if (isOpen(batch.status)) yield* readParts(batch, folder)
  else {
    for (const id of [batch.outputFileId, batch.errorFileId]) if (id !== undefined) yield* folder.read(id)
  }
}

/** Of each instance that works on it. Two may have done one line: the first that is found counts. */
async function* readParts({ id }: Batch, folder: FileFolder): AsyncGenerator<Uint8Array> {
  const seen = new Set<number>()
  const parts = (await folder.names()).filter((name) => name.startsWith(`${id}.`) && name.endsWith('.part'))
  for (const part of parts) {
    const end = await folder.size(part)
    for await (const lines of readLines(folder.read(part), maxLineBytes)) {
      const found: Buffer[] = []
      for (const { text, offset, bytes } of lines) {
        // What is being written has no line end yet.
        if (text === undefined || offset + bytes >= end) continue
        const line = Number(text.toString('latin1', 0, text.indexOf(tab)))
        if (seen.has(line)) continue
        seen.add(line)
        found.push(text.subarray(headBytes(text)), newline)
      }
      if (found.length > 0) yield Buffer.concat(found)
    }
  }
}

const tab = 0x09
const newline = Buffer.from('\n')

/** The line, whether it failed, what it cost and what it used stand before the result, each with a tab. */
function headBytes(text: Buffer): number {
  let at = 0
  for (let field = 0; field < 4; field++) at = text.indexOf(tab, at) + 1
  return at
}
