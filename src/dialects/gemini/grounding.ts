/** Citations to and from Gemini's grounding metadata, whose offsets count UTF-8 bytes of the whole text. */

import type { Citation } from '../../core/event.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
} from '../../core/json.ts'

/** A text block's number and its text. */
export interface TextSpan {
  readonly block: number
  text: string
}

export interface PlacedCitation {
  readonly block: number
  readonly citation: Citation
}

/**
 * The citations that a candidate's metadata tell, each on the block it supports; sources that support no
 * span in particular stand on the last block. A candidate without text has none.
 */
export function decodeGrounding(metadata: JsonObject, texts: readonly TextSpan[]): PlacedCitation[] {
  const last = texts.at(-1)
  if (last === undefined) return []
  const chunks = asArray(metadata['groundingChunks']).map(sourceOf)
  const supports = asArray(metadata['groundingSupports'])
  const locate = locator(texts)
  const placed = supports.flatMap((value) => {
    const support = asObject(value) ?? {}
    const segment = asObject(support['segment']) ?? {}
    const place = locate(asNumber(segment['startIndex']) ?? 0, asNumber(segment['endIndex']))
    return asArray(support['groundingChunkIndices']).map((index) => ({
      block: place?.block ?? last.block,
      citation: {
        ...chunks[asNumber(index) ?? -1],
        ...defined({ citedText: asString(segment['text']) }),
        ...place?.range,
        native: { dialect: 'gemini', value } as const,
      },
    }))
  })
  if (placed.length > 0) return placed
  return chunks.map((source) => ({
    block: last.block,
    citation: { ...source, native: { dialect: 'gemini', value: null } },
  }))
}

/** The URL and title of a grounding chunk: a web page, a retrieved document or a place on a map. */
function sourceOf(chunk: Json): Pick<Citation, 'url' | 'title'> {
  const object = asObject(chunk)
  const source = asObject(object?.['web'] ?? object?.['retrievedContext'] ?? object?.['maps'])
  return defined({ url: asString(source?.['uri']), title: asString(source?.['title']) })
}

interface Place {
  readonly block: number
  readonly range: { readonly startIndex: number; readonly endIndex: number }
}

/** Finds the block and the UTF-16 range of a byte range of the joined texts. */
function locator(texts: readonly TextSpan[]): (start: number, end: number | undefined) => Place | undefined {
  const encoded = texts.map(({ block, text }) => ({ block, bytes: Buffer.from(text, 'utf8') }))
  return (start, end) => {
    let offset = 0
    for (const { block, bytes } of encoded) {
      if (end !== undefined && start >= offset && start < end && end <= offset + bytes.length) {
        const lengthUpTo = (at: number) => bytes.toString('utf8', 0, at - offset).length
        return { block, range: { startIndex: lengthUpTo(start), endIndex: lengthUpTo(end) } }
      }
      offset += bytes.length
    }
    return undefined
  }
}

/**
 * Metadata for the citations of another dialect's answer; undefined where there are none. Those that Gemini
 * itself made stand in its own metadata already.
 */
export function encodeGrounding(
  blocks: readonly { readonly text: string; readonly citations?: readonly Citation[] | undefined }[],
): JsonObject | undefined {
  const chunks: JsonObject[] = []
  const indexOf = new Map<string, number>()
  const supports: JsonObject[] = []
  let bytesBefore = 0
  for (const { text, citations = [] } of blocks) {
    for (const citation of citations) {
      if (citation.native?.dialect === 'gemini') continue
      const key = `${citation.url ?? ''} ${citation.title ?? ''}`
      const index = indexOf.get(key) ?? chunks.length
      if (index === chunks.length) {
        indexOf.set(key, index)
        chunks.push({ web: defined({ uri: citation.url, title: citation.title }) })
      }
      const { startIndex, endIndex, citedText } = citation
      const hasRange = startIndex !== undefined && endIndex !== undefined
      const bytesUpTo = (at: number) => bytesBefore + Buffer.byteLength(text.slice(0, at), 'utf8')
      supports.push({
        segment: defined({
          startIndex: hasRange ? bytesUpTo(startIndex) : undefined,
          endIndex: hasRange ? bytesUpTo(endIndex) : undefined,
          text: hasRange ? text.slice(startIndex, endIndex) : citedText,
        }),
        groundingChunkIndices: [index],
      })
    }
    bytesBefore += Buffer.byteLength(text, 'utf8')
  }
  return chunks.length === 0 ? undefined : { groundingChunks: chunks, groundingSupports: supports }
}
