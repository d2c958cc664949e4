/** Reads the form in which a file comes: its bytes as they come, and what is said of it beside them. */

import type { FormPart } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import type { NewFile } from './file-folder.ts'

/** What a form has beside its file. */
export const maxFormBytes = 16_384
const maxFieldBytes = 1024
/** Those of OpenAI: an hour, and thirty days. */
const minTtlSeconds = 3600
const maxTtlSeconds = 2_592_000

export interface FileWish {
  readonly purpose: string
  readonly ttlSeconds: number | undefined
}

export interface FileForm {
  readonly file: NewFile | undefined
  readonly filename: string
  readonly fields: ReadonlyMap<string, string>
}

/** Throws GatewayError; nothing is left of the file then. */
export async function receiveForm(
  form: AsyncIterable<FormPart>,
  create: () => Promise<NewFile>,
  maxBytes: number,
): Promise<FileForm> {
  const fields = new Map<string, string>()
  let file: NewFile | undefined
  let filename = ''
  try {
    for await (const { name, filename: given, content } of form) {
      if (name !== 'file') {
        fields.set(name, await readField(name, content))
        continue
      }
      if (file) throw invalid('The form has two files.', 'file')
      file = await create()
      filename = (given ?? 'file').slice(0, 255)
      for await (const piece of content) {
        await file.write(piece)
        if (file.bytes > maxBytes) throw tooLarge(maxBytes)
      }
    }
  } catch (error) {
    await file?.discard()
    throw error
  }
  return { file, filename, fields }
}

async function readField(name: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.length
    if (bytes > maxFieldBytes) throw invalid(`The field \`${name}\` is too long.`, name)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Throws `invalid_request`. */
export function readFields(fields: ReadonlyMap<string, string>): FileWish {
  const purpose = fields.get('purpose')
  if (purpose === undefined) throw invalid('The form has no `purpose`.', 'purpose')
  if (purpose !== 'batch') throw invalid('Only files for `purpose: batch` are kept here.', 'purpose')
  return {
    purpose,
    ttlSeconds: readTtl(fields.get('expires_after[anchor]'), fields.get('expires_after[seconds]')),
  }
}

/** `expires_after` of a file, or of a batch's output. Throws `invalid_request`. */
export function readTtl(anchor: unknown, seconds: unknown): number | undefined {
  if (anchor === undefined && seconds === undefined) return undefined
  if (anchor !== 'created_at') throw invalid('The anchor can only be `created_at`.', 'expires_after.anchor')
  const value = Number(seconds)
  if (Number.isInteger(value) && value >= minTtlSeconds && value <= maxTtlSeconds) return value
  const message = `Files may expire after ${minTtlSeconds} to ${maxTtlSeconds} seconds.`
  throw invalid(message, 'expires_after.seconds')
}

export function invalid(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}

export function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('request_too_large', `The file exceeds ${maxBytes} bytes.`)
}
