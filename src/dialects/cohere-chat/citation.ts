/** Citations, to and from the canonical form. */

import type { Citation } from '../../core/event.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  isObject,
  type Json,
  type JsonObject,
} from '../../core/json.ts'

const dialect = 'cohere-chat'

/**
 * A citation of `text`, the text of its block so far. Cohere does not say what its offsets count: they are told
 * only where they point at the very words that it cites.
 */
export function citationFromWire(wire: JsonObject, text: string): Citation {
  const cited = asString(wire['text'])
  const start = asNumber(wire['start'])
  const end = asNumber(wire['end'])
  const isAt = cited !== undefined && text.slice(start, end) === cited
  const documents = asArray(wire['sources']).map((source) => asObject(asObject(source)?.['document']) ?? {})
  const first = (read: (document: JsonObject) => string | undefined) => documents.map(read).find(Boolean)
  return {
    ...defined({
      url: first(({ url }) => (typeof url === 'string' && /^https?:/.test(url) ? url : undefined)),
      title: first(({ title }) => asString(title)),
      citedText: cited,
    }),
    ...(isAt && start !== undefined && end !== undefined ? { startIndex: start, endIndex: end } : {}),
    native: { dialect, value: wire },
  }
}

/** `contentIndex` is the place of the cited block in the message's content. */
export function citationToWire(citation: Citation, contentIndex: number): JsonObject {
  const { native, url, title, citedText = '', startIndex = 0, endIndex = 0 } = citation
  if (native?.dialect === dialect && isObject(native.value)) return native.value
  const document = defined({ id: url ?? title ?? 'source', url, title })
  return {
    start: startIndex,
    end: endIndex,
    text: citedText,
    sources: [{ type: 'document', id: document.id, document }],
    type: 'TEXT_CONTENT',
    content_index: contentIndex,
  }
}

/** The entries of a list of citations, or of the one that an event tells. */
export function citationsOf(value: Json | undefined): readonly JsonObject[] {
  return isObject(value) ? [value] : asArray(value).filter(isObject)
}
