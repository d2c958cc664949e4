/** Media as Chat Completions' content parts: URLs, data URIs, or ids of uploaded files. */

import type { MediaKind, MediaSource } from '../../core/event.ts'
import type { JsonObject } from '../../core/json.ts'

/** The source that a URL names; a data URI holds the bytes themselves. */
export function sourceOfUrl(url: string): MediaSource {
  const match = /^data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,/.exec(url)
  if (match === null) return { at: 'url', url }
  const [prefix, mimeType = '', , base64] = match
  const data = url.slice(prefix.length)
  return {
    at: 'base64',
    mimeType: mimeType === '' ? 'text/plain' : mimeType,
    data: base64 === undefined ? Buffer.from(percentDecoded(data), 'utf8').toString('base64') : data,
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign: the text as it stands is the best reading
  }
}

/** The URL of a source: an address, or a data URI. Undefined for an id in a file store. */
export function urlOfSource(source: MediaSource): string | undefined {
  switch (source.at) {
    case 'base64':
      return `data:${source.mimeType};base64,${source.data}`
    case 'url':
      return source.url
    case 'text':
      return `data:text/plain;base64,${Buffer.from(source.text, 'utf8').toString('base64')}`
    case 'file':
      return undefined
  }
}

/** The kind of media that a MIME type names; what is not picture, sound or film is a document. */
export function mediaKindOf(mimeType: string): MediaKind {
  const [type] = mimeType.split('/')
  return type === 'image' || type === 'audio' || type === 'video' ? type : 'document'
}

/** The `format` of `input_audio` and its MIME type; OpenAI takes `wav` and `mp3`, others take more. */
export function audioMimeType(format: string): string {
  return format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
}

export function audioFormat(mimeType: string): string {
  const format = mimeType.replace(/^audio\/(x-)?/, '')
  return format === 'mpeg' ? 'mp3' : format === 'wave' ? 'wav' : format
}

/** A content part of this medium, or undefined where the dialect has none for its source. */
export function mediaToWire(
  media: MediaKind,
  source: MediaSource,
  { detail, filename }: { readonly detail?: string; readonly filename?: string },
): JsonObject | undefined {
  const url = urlOfSource(source)
  switch (media) {
    case 'image':
      if (url === undefined) return undefined
      return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } }
    case 'audio': {
      if (source.at !== 'base64') return undefined
      return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(source.mimeType) } }
    }
    case 'video':
      return url === undefined ? undefined : { type: 'video_url', video_url: { url } }
    case 'document': {
      if (source.at === 'file') return { type: 'file', file: { file_id: source.id } }
      const name = filename ?? 'document.pdf' // mandatory beside data; its ending tells OpenAI nothing
      return { type: 'file', file: { filename: name, file_data: url } }
    }
  }
}
