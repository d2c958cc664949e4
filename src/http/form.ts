/** A multipart form as its parts, one after the other, each read as it comes. */

import type { FormPart } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { type FormEvent, FormReader } from '../framing/form-reader.ts'
import { formBoundary } from '../framing/multipart.ts'

/** What the reader leaves of a part is skipped. Throws `invalid_request`. */
export async function* readForm(
  contentType: string | undefined,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<FormPart> {
  const boundary = formBoundary(contentType ?? '')
  if (boundary === undefined) {
    throw new GatewayError('unsupported_media_type', 'The body must be a `multipart/form-data` form.')
  }
  const events = readEvents(chunks, new FormReader(boundary))
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      if (next.value.type === 'part') yield { ...next.value.head, content: contentOf(events) }
    }
  } finally {
    await events.return()
  }
}

async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  reader: FormReader,
): AsyncGenerator<FormEvent, void> {
  for await (const chunk of chunks) yield* reader.push(chunk)
  reader.end()
}

async function* contentOf(events: AsyncGenerator<FormEvent, void>): AsyncGenerator<Uint8Array> {
  for (let next = await events.next(); !next.done; next = await events.next()) {
    if (next.value.type === 'data') yield next.value.bytes
    else return
  }
}
