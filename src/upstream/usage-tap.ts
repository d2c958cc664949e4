/** Reads what an answer cost while it passes, in bounded memory and without holding it up. */

import type { GenEvent } from '../core/event.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { asNumber, asObject, asString, defined, type Json, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Dialect, Patch } from '../dialects/dialect.ts'
import { createFrameParser } from '../framing/frame-parser.ts'
import type { Frame, FrameParser } from '../framing/frame.ts'
import type { ResponseHeaders } from './upstream-call.ts'
import { isEventStream } from './whole.ts'

/** What a record wants to know of an answer. */
export interface Reading {
  readonly usage?: Usage
  readonly reportedModel?: string
  readonly finish?: string
}

/** Sees the chunks of one answer. It never throws: what cannot be read is not accounted. */
export interface UsageTap {
  push(chunk: Buffer): void
  /** The answer has come to its own end: what may still follow is its bill. */
  readonly isComplete: boolean
  end(): Reading
}

/** Makes the tap for an answer with these headers. */
export type OpenTap = (headers: ResponseHeaders) => UsageTap

/** The beginning of a document is not needed where its end has the usage: images come before it, megabytes of them. */
const keptBytes = 512 * 1024

/** Reads the usage block of an answer in no dialect: images, audio, ranking. */
export const openPlainTap: OpenTap = (headers) =>
  isEventStream(headers)
    ? streamTap('sse', () => {
        let usage: Usage | undefined
        return {
          take(frame) {
            const block = asObject(asObject(parseBounded(frame.data))?.['usage'])
            usage = (block && usageOfBlock(block)) ?? usage
          },
          // The block comes with the last event, and nowhere before.
          isComplete: () => usage !== undefined,
          end: () => defined({ usage }),
        }
      })
    : documentTap((document) => {
        const block = asObject(asObject(document.json)?.['usage']) ?? document.lastUsage
        return defined({
          usage: block && usageOfBlock(block),
          reportedModel: asString(asObject(document.json)?.['model']),
        })
      })

/** Reads an answer in a dialect, streamed or whole. */
export function openDialectTap(
  dialect: Dialect,
  responsePatch: Patch | undefined,
  eventPatch: Patch | undefined,
): OpenTap {
  return (headers) =>
    isEventStream(headers)
      ? streamTap(dialect.framing ?? 'sse', () => {
          const decoder = dialect.stream.decoder(eventPatch)
          let reading: Reading = {}
          return {
            take(frame) {
              reading = readEvents(decoder.push(frame), reading)
            },
            isComplete: () => reading.finish !== undefined,
            end: () => readEvents(decoder.end(), reading),
          }
        })
      : documentTap(({ json }) =>
          json === undefined ? {} : readEvents(dialect.response.decode(json, responsePatch), {}),
        )
}

function readEvents(events: readonly GenEvent[], before: Reading): Reading {
  let reading = before
  for (const event of events) {
    if (event.type === 'start') reading = { ...reading, reportedModel: event.model }
    else if (event.type === 'usage') reading = { ...reading, usage: event.usage }
    else if (event.type === 'finish') reading = { ...reading, finish: reading.finish ?? event.reason }
  }
  return reading
}

interface FrameReader {
  take(frame: Frame): void
  isComplete(): boolean
  end(): Reading
}

function streamTap(framing: Parameters<typeof createFrameParser>[0], open: () => FrameReader): UsageTap {
  const parser: FrameParser = createFrameParser(framing)
  const reader = open()
  let isReadable = true
  const take = (frames: () => readonly Frame[]) => {
    if (!isReadable) return
    try {
      for (const frame of frames()) reader.take(frame)
    } catch {
      isReadable = false
    }
  }
  return {
    push: (chunk) => take(() => parser.push(chunk)),
    get isComplete() {
      return reader.isComplete()
    },
    end() {
      take(() => parser.end())
      return reader.end()
    },
  }
}

interface Document {
  /** Absent where it is not JSON, or larger than what is kept of it. */
  readonly json?: Json
  /** The last usage block of a document of which only the end was kept. */
  readonly lastUsage?: JsonObject
}

function documentTap(read: (document: Document) => Reading): UsageTap {
  const chunks: Buffer[] = []
  let bytes = 0
  let isWhole = true
  return {
    isComplete: false,
    push(chunk) {
      chunks.push(chunk)
      bytes += chunk.length
      while (bytes - chunks[0]!.length >= keptBytes) {
        bytes -= chunks.shift()!.length
        isWhole = false
      }
    },
    end() {
      const text = Buffer.concat(chunks).toString('utf8')
      if (!isWhole) return read(defined({ lastUsage: lastUsageOf(text) }))
      return read(defined({ json: parseBounded(text) }))
    },
  }
}

/** The object behind the last `"usage":` of a document's end. */
function lastUsageOf(text: string): JsonObject | undefined {
  const at = text.lastIndexOf('"usage"')
  const open = at < 0 ? -1 : text.indexOf('{', at)
  if (open < 0 || !/^\s*:\s*$/.test(text.slice(at + '"usage"'.length, open))) return undefined
  let depth = 0
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return asObject(parseBounded(text.slice(open, i + 1)))
  }
  return undefined
}

/** A usage block in either of OpenAI's spellings; undefined where it counts no tokens (seconds, searches). */
function usageOfBlock(block: JsonObject): Usage | undefined {
  const output = count(block['output_tokens'] ?? block['completion_tokens'])
  const input =
    count(block['input_tokens'] ?? block['prompt_tokens']) ??
    (output === undefined ? count(block['total_tokens']) : undefined)
  if (input === undefined && output === undefined) return undefined
  const inputs = asObject(block['input_tokens_details'] ?? block['input_token_details']) ?? {}
  const outputs = asObject(block['output_tokens_details'] ?? block['output_token_details']) ?? {}
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    ...defined({
      inputImageTokens: count(inputs['image_tokens']),
      inputAudioTokens: count(inputs['audio_tokens']),
      outputImageTokens: count(outputs['image_tokens']),
      outputAudioTokens: count(outputs['audio_tokens']),
    }),
    native: { dialect: 'openai', value: block },
  }
}

function count(value: Json | undefined): number | undefined {
  const number = asNumber(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
