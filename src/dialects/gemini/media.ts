/** Media as Gemini's parts: bytes inline, or the URI of a file. */

import type { MediaKind, MediaSource } from '../../core/event.ts'
import { defined, type JsonObject } from '../../core/json.ts'

/** The kind of media of a MIME type; anything that is not picture or sound is a document. */
export function mediaKindOf(mimeType: string | undefined): MediaKind {
  const type = mimeType?.slice(0, mimeType.indexOf('/'))
  return type === 'image' || type === 'audio' || type === 'video' ? type : 'document'
}

/** A source as a part. `filename` is shown beside it where given. */
export function mediaPart(source: MediaSource, filename?: string): JsonObject {
  switch (source.at) {
    case 'base64': {
      const { mimeType, data } = source
      return { inlineData: defined({ mimeType, data, displayName: filename }) }
    }
    case 'url':
      return {
        fileData: defined({
          fileUri: source.url,
          mimeType: source.mimeType ?? mimeTypeOf(source.url),
          displayName: filename,
        }),
      }
    case 'file':
      return { fileData: defined({ fileUri: source.id, mimeType: source.mimeType, displayName: filename }) }
    case 'text':
      return { text: source.text }
  }
}

const mimeTypes: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
}

/** The MIME type that a URL's extension tells: Vertex demands one, and other dialects send none. */
function mimeTypeOf(url: string): string | undefined {
  const extension = /\.([a-z0-9]{2,4})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase()
  return extension !== undefined && Object.hasOwn(mimeTypes, extension) ? mimeTypes[extension] : undefined
}
