/** Fault 27, end to end: a stream that lacks its end never reaches a client as a whole answer. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { GenEvent } from '../../src/core/event.ts'
import { completeAt } from '../../src/dialects/conformance.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { encodeAwsEventStream } from '../../src/framing/aws-event-stream.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { TerminalGuard } from '../../src/upstream/guard.ts'
import { clientNames, clients } from '../support/clients.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type SourceName, sourceNames, sourceProviders } from '../support/sources.ts'
import { startStack } from '../support/stack.ts'
import { inParallel } from '../support/until.ts'

const provider = await startScriptedProvider({ after })
const stack = await startStack({ after }, { config: { providers: sourceProviders(() => provider.url) } })

const said = 'The river rises.'
const events: readonly GenEvent[] = [
  { type: 'start', id: 'a1', model: 'm' },
  { type: 'block-start', block: 0, choice: 0, kind: 'text' },
  ...[...said].map((text): GenEvent => ({ type: 'block-delta', block: 0, text })),
  { type: 'block-end', block: 0 },
  { type: 'finish', choice: 0, reason: 'stop', native: '' },
  { type: 'usage', usage: { inputTokens: 9, outputTokens: 4 } },
]

const framingOf = (source: SourceName) => dialects[source].framing ?? 'sse'

function toBytes(source: SourceName, { event, data }: Frame): Buffer {
  switch (framingOf(source)) {
    case 'aws-event-stream':
      return encodeAwsEventStream({ event: event ?? '', data })
    case 'ndjson':
      return Buffer.from(`${data}\n`)
    case 'sse':
      return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`)
  }
}

const contentTypes = {
  'aws-event-stream': 'application/vnd.amazon.eventstream',
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
} as const

/** What a provider of the dialect would send, and each place before its proof of the end where a frame ends or is cut in two. */
function streamOf(source: SourceName): { bytes: Buffer; cuts: number[] } {
  const dialect = dialects[source]
  const encoder = dialect.stream.encoder({ id: 'a1', model: 'm', nowMs: 0, includeUsage: true })
  const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
  const pieces = frames.map((frame) => toBytes(source, frame))
  const bytes = Buffer.concat(pieces)
  const complete = completeAt({
    dialect,
    stream: bytes,
    framer: () => createFrameParser(dialect.framing ?? 'sse'),
    guard: () => new TerminalGuard(),
  })
  let end = 0
  const cuts = pieces.flatMap(({ length }) => [end + Math.floor(length / 2), (end += length)])
  return { bytes, cuts: cuts.filter((cut) => cut < complete) }
}

/** By the mark of the call that they answer. */
const cutStreams = new Map<string, { source: SourceName; bytes: Buffer }>()

provider.answerWith(({ body }, response) => {
  const { source, bytes } = cutStreams.get(/case-\d+/.exec(body.toString())?.[0] ?? '')!
  // With its length: to HTTP nothing is missing.
  response.writeHead(200, {
    'content-type': contentTypes[framingOf(source)],
    'content-length': bytes.length,
  })
  response.end(bytes)
})

for (const client of clientNames) {
  test(`27: a stream cut before its end is a failure for ${client}, from every dialect`, async (t) => {
    const cases = sourceNames.flatMap((source) => {
      const { bytes, cuts } = streamOf(source)
      return [...cuts, bytes.length].map((cut) => ({
        source,
        bytes: bytes.subarray(0, cut),
        isWhole: cut === bytes.length,
      }))
    })
    const { path, body, readStream, readWhole } = clients[client]
    await inParallel(cases, 8, async ({ source, bytes, isWhole }) => {
      const mark = `case-${cutStreams.size + 1}`
      cutStreams.set(mark, { source, bytes })
      const question = { model: `${source}/m`, text: mark, stream: true }
      const response = await stack.post(path(question), body(question))
      const text = await response.text()
      const reading = response.ok ? readStream(text) : readWhole(text)
      const where = `${source} cut at byte ${bytes.length}`
      assert.equal(reading.isFinished, isWhole, where)
      assert.equal(reading.error === undefined, isWhole, where)
      if (isWhole) assert.equal(reading.text, said)
      else assert.ok(said.startsWith(reading.text), where)
    })
    t.diagnostic(`${cases.length} streams`)
  })
}
