/** Citations of text blocks, to and from the canonical form. */

import type { Citation } from '../../core/event.ts'
import { asString, defined, type JsonObject } from '../../core/json.ts'

/** Any of Anthropic's citation types. A search result's `source` may be a URL or any other name. */
export function citationFromWire(wire: JsonObject): Citation {
  const source = asString(wire['source'])
  return {
    ...defined({
      url: asString(wire['url']) ?? (source !== undefined && /^https?:/.test(source) ? source : undefined),
      title: asString(wire['title']) ?? asString(wire['document_title']),
      citedText: asString(wire['cited_text']),
    }),
    native: { dialect: 'anthropic-messages', value: wire },
  }
}

/** Undefined where the citation names no web page: the other types point into documents of the request. */
export function citationToWire(citation: Citation): JsonObject | undefined {
  const { native } = citation
  if (native?.dialect === 'anthropic-messages') return native.value as JsonObject
  if (citation.url === undefined) return undefined
  return {
    type: 'web_search_result_location',
    url: citation.url,
    title: citation.title ?? null,
    cited_text: citation.citedText ?? '',
    encrypted_index: '',
  }
}
