/** The four laws over every recorded exchange of the generation dialects, whatever provider sent it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectId } from '../../src/core/event.ts'
import {
  breaksChunking,
  breaksFold,
  breaksRoundTrip,
  breaksTruncation,
  type Exchange,
  type Law,
} from '../../src/dialects/conformance.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import { TerminalGuard } from '../../src/upstream/guard.ts'
import {
  readRecorded,
  recordedDir,
  recordedEntries,
  type RecordedEntry,
  recordedStream,
} from '../support/recorded.ts'
import { recordedQuirks } from '../support/recorded-quirks.ts'
import { assertOnPage, tableLines } from '../support/conformance-page.ts'
import { seededRandom } from '../support/random.ts'

/** The wire dialects of the recordings, by the dialect that reads them. */
const wireDialects: Readonly<Record<DialectId, readonly string[]>> = {
  'openai-chat': ['openai-chat', 'mistral-chat'],
  'openai-responses': ['openai-responses'],
  'anthropic-messages': ['anthropic-messages'],
  gemini: ['gemini-generate'],
  'bedrock-converse': ['bedrock-converse'],
  'cohere-chat': ['cohere-chat-v2'],
  'ollama-chat': ['ollama-chat'],
  'openai-completions': ['openai-completions'],
}

/** Recordings that no law can judge, each with its reason. Counted in the output, at most 1 % of all. */
const skips: Readonly<Record<string, string>> = {}

const laws = ['chunking', 'round-trip', 'truncation', 'fold'] as const satisfies readonly Law[]

const isFull = process.env['WEIR_PROVE'] === '1'
/** Streams up to this size are cut at every byte; longer ones at every frame boundary and at seeded offsets. */
const everyByteUpTo = isFull ? 4096 : 512
const seededOffsets = isFull ? 64 : 8
const randomSplits = isFull ? 16 : 3

/** What each dialect has passed, by the tests below. */
const proven: string[][] = []

for (const [id, wire] of Object.entries(wireDialects)) {
  test(
    `the laws hold for ${id}`,
    { skip: recordedDir === undefined && 'no recorded exchanges here' },
    (t) => {
      const entries = recordedEntries(...wire)
      const passed: Record<Law, number> = { chunking: 0, 'round-trip': 0, truncation: 0, fold: 0 }
      const broken: string[] = []
      let skipped = 0
      for (const entry of entries) {
        if (skips[entry.file] !== undefined) {
          skipped++
          continue
        }
        for (const [law, fault] of judge(dialects[id as DialectId], entry)) {
          if (fault === undefined) passed[law]++
          else broken.push(`${entry.file}\n  ${law}: ${fault}`)
        }
      }
      t.diagnostic(
        `${id}: ${entries.length} exchanges, ${skipped} skipped; chunking ${passed.chunking}, ` +
          `round trip ${passed['round-trip']}, truncation ${passed.truncation}, fold ${passed.fold}`,
      )
      assert.equal(broken.length, 0, `${broken.length} broken:\n${broken.slice(0, 10).join('\n')}`)
      proven.push([id, ...[entries.length, ...laws.map((law) => passed[law])].map(String)])
    },
  )
}

test(
  'docs/conformance.md has these counts',
  { skip: recordedDir === undefined && 'no recorded exchanges here' },
  () => {
    assert.equal(proven.length, Object.keys(wireDialects).length, 'dialects without a broken law')
    assertOnPage('laws', tableLines(['dialect', 'exchanges', ...laws], proven))
  },
)

test('at most 1 % of the recordings are skipped', () => {
  const all = recordedEntries(...Object.values(wireDialects).flat()).length
  assert.ok(Object.keys(skips).length <= all * 0.01 || all === 0)
})

/** The outcome of each law that applies: streams obey all four; whole and error answers those they can. */
function* judge(dialect: Dialect, entry: RecordedEntry): Generator<[Law, string | undefined]> {
  const { response } = readRecorded(entry)
  if (response.status >= 400) {
    yield ['round-trip', errorRoundTrip(dialect, response.status, response.body ?? response.text)]
    return
  }
  const stream = recordedStream(response)
  const patch = recordedQuirks(entry.provider)
  const exchange: Exchange = {
    dialect,
    framer: () => createFrameParser(dialect.framing ?? 'sse'),
    guard: () => new TerminalGuard(),
    ...(stream !== undefined
      ? { stream, ...(patch.event && { patch: patch.event }) }
      : { body: response.body ?? null, ...(patch.response && { patch: patch.response }) }),
  }
  if (exchange.stream) {
    const offsets = offsetsOf(exchange.stream, dialect, entry.file)
    yield ['chunking', breaksChunking(exchange, splitsOf(exchange.stream, entry.file))]
    yield ['truncation', breaksTruncation(exchange, offsets)]
  }
  yield ['round-trip', breaksRoundTrip(exchange)]
  yield ['fold', breaksFold(exchange)]
}

/** An error answer decodes to a code of blame, and encodes to a body that decodes to the same message. */
function errorRoundTrip(dialect: Dialect, status: number, body: unknown): string | undefined {
  const error = dialect.error.decode(status, typeof body === 'string' ? body : JSON.stringify(body))
  const again = dialect.error.decode(error.status, JSON.stringify(dialect.error.encode(error)))
  if (again.message !== error.message && error.code === 'upstream_rejected') {
    return `message ${error.message} became ${again.message}`
  }
  return error.code === 'internal' ? `status ${status} decoded as internal` : undefined
}

function* splitsOf(stream: Uint8Array, seed: string): Generator<number[]> {
  const random = seededRandom(seed)
  if (stream.length <= everyByteUpTo) yield Array.from({ length: stream.length - 1 }, (_, i) => i + 1)
  for (let i = 0; i < randomSplits; i++) {
    const count = 1 + Math.floor(random() * 40)
    const cuts = new Set(Array.from({ length: count }, () => 1 + Math.floor(random() * (stream.length - 1))))
    yield [...cuts].toSorted((a, b) => a - b)
  }
}

function* offsetsOf(stream: Uint8Array, dialect: Dialect, seed: string): Generator<number> {
  if (stream.length <= everyByteUpTo) {
    for (let offset = 0; offset < stream.length; offset++) yield offset
    return
  }
  const boundaries = boundariesOf(stream, dialect)
  const step = isFull ? 1 : Math.max(1, Math.ceil(boundaries.length / 24))
  for (let i = 0; i < boundaries.length; i += step) yield boundaries[i]!
  const random = seededRandom(seed)
  for (let i = 0; i < seededOffsets; i++) yield Math.floor(random() * stream.length)
}

/** Where a frame ends. */
function boundariesOf(stream: Uint8Array, { framing }: Dialect): number[] {
  if (framing === 'aws-event-stream') {
    const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.length)
    const boundaries: number[] = []
    for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) boundaries.push(at)
    return boundaries
  }
  const text = Buffer.from(stream).toString('latin1')
  const frameEnd = framing === 'ndjson' ? /\n/g : /\r?\n\r?\n/g
  return [...text.matchAll(frameEnd)].map((match) => match.index + match[0].length)
}
