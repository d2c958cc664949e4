/** Citations of text blocks, to and from the canonical form. */

import type { Citation } from '../../core/event.ts'
import { asArray, asObject, asString, defined, type JsonObject } from '../../core/json.ts'

/** A citation with any kind of location. What was cited may stand in several pieces. */
export function citationFromWire(wire: JsonObject): Citation {
  const cited = asArray(wire['sourceContent']).map((piece) => asString(asObject(piece)?.['text']) ?? '')
  const location = asObject(wire['location'])
  return {
    ...defined({
      url: asString(asObject(location?.['web'])?.['url']),
      title: asString(wire['title']),
      citedText: cited.length === 0 ? undefined : cited.join(''),
    }),
    native: { dialect: 'bedrock-converse', value: wire },
  }
}

/** Undefined where the citation names no web page: the other locations point into documents of the request. */
export function citationToWire(citation: Citation): JsonObject | undefined {
  const { native, url, title, citedText } = citation
  if (native?.dialect === 'bedrock-converse') return native.value as JsonObject
  if (url === undefined) return undefined
  return defined({
    location: { web: { url } },
    title,
    sourceContent: citedText === undefined ? undefined : [{ text: citedText }],
  })
}
