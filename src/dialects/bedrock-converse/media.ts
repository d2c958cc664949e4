/** Media blocks: Bedrock names formats where the canonical form has MIME types. */

import type { MediaKind, MediaSource } from '../../core/event.ts'
import { asObject, asString, type JsonObject } from '../../core/json.ts'

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html and its like. The first
// format of a MIME type is the one that is written.
const mimeTypes: Readonly<Record<MediaKind, Readonly<Record<string, string>>>> = {
  image: { png: 'image/png', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
  document: {
    pdf: 'application/pdf',
    csv: 'text/csv',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    html: 'text/html',
    txt: 'text/plain',
    md: 'text/markdown',
  },
  video: {
    mp4: 'video/mp4',
    mov: 'video/quicktime',
    mkv: 'video/x-matroska',
    webm: 'video/webm',
    flv: 'video/x-flv',
    mpeg: 'video/mpeg',
    mpg: 'video/mpeg',
    wmv: 'video/x-ms-wmv',
    three_gp: 'video/3gpp',
  },
  audio: {
    mp3: 'audio/mpeg',
    wav: 'audio/wav',
    opus: 'audio/opus',
    ogg: 'audio/ogg',
    flac: 'audio/flac',
    aac: 'audio/aac',
    m4a: 'audio/mp4',
    mp4: 'audio/mp4',
    webm: 'audio/webm',
    pcm: 'audio/pcm',
  },
}
const aliases: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
])
const s3 = 's3://'

/** The kind of media of a member of a content block; undefined for any other member. */
export function mediaKindOf(member: string): MediaKind | undefined {
  return Object.hasOwn(mimeTypes, member) ? (member as MediaKind) : undefined
}

/** Undefined for a source or a format that has no canonical form, such as a document's `content`. */
export function sourceFromWire(media: MediaKind, block: JsonObject): MediaSource | undefined {
  const source = asObject(block['source'])
  const mimeType = mimeTypes[media][asString(block['format']) ?? '']
  const bytes = asString(source?.['bytes'])
  if (bytes !== undefined && mimeType !== undefined) return { at: 'base64', mimeType, data: bytes }
  const text = asString(source?.['text'])
  if (text !== undefined) return { at: 'text', text, ...(mimeType === undefined ? {} : { mimeType }) }
  const location = asObject(source?.['s3Location'])
  const url = asString(location?.['uri'])
  if (url === undefined || location?.['bucketOwner'] !== undefined) return undefined
  return { at: 'url', url, ...(mimeType === undefined ? {} : { mimeType }) }
}

/** `format` and `source`; undefined for what Bedrock does not take: other types, and addresses but those of S3. */
export function sourceToWire(media: MediaKind, source: MediaSource): JsonObject | undefined {
  switch (source.at) {
    case 'base64': {
      const format = formatOf(media, source.mimeType)
      return format === undefined ? undefined : { format, source: { bytes: source.data } }
    }
    case 'text':
      if (media !== 'document') return undefined
      return { format: formatOf(media, source.mimeType ?? 'text/plain'), source: { text: source.text } }
    case 'url': {
      const format = formatOf(media, source.mimeType ?? '')
      if (format === undefined || !source.url.startsWith(s3)) return undefined
      return { format, source: { s3Location: { uri: source.url } } }
    }
    case 'file':
      return undefined
  }
}

function formatOf(media: MediaKind, mimeType: string): string | undefined {
  const bare = mimeType.split(';', 1)[0]!.trim().toLowerCase()
  const known = aliases.get(bare) ?? bare
  const format = Object.entries(mimeTypes[media]).find(([, type]) => type === known)?.[0]
  return format ?? (media === 'document' && known.startsWith('text/') ? 'txt' : undefined)
}
