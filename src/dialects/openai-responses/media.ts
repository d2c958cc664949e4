/** Media as the content parts of input items: data URLs, addresses, or ids of uploaded files. */

import type { MediaSource } from '../../core/event.ts'
import { asObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'
import type { Part } from '../../core/request.ts'
import { audioFormat, audioMimeType, sourceOfUrl, urlOfSource } from '../openai-chat/media.ts'
import { invalid, optional, readObject, readString, required } from '../read-fields.ts'
import { dialect, ownFields } from './wire.ts'

type MediaPart = Part & { readonly type: 'media' }

const imageMembers: ReadonlySet<string> = new Set(['type', 'image_url', 'file_id', 'detail'])
const fileMembers: ReadonlySet<string> = new Set(['type', 'file_data', 'file_url', 'file_id', 'filename'])

/** An `input_image`, `input_file` or `input_audio`; undefined for a part that is none of them. */
export function mediaFromWire(part: JsonObject, param: string): MediaPart | undefined {
  const at = `${param}.`
  switch (part['type']) {
    case 'input_image': {
      const detail = optional(part, 'detail', at, readString)
      return {
        type: 'media',
        media: 'image',
        source: sourceOf(part, param, ['image_url']),
        ...(detail === undefined ? {} : { detail }),
        ...extras(part, imageMembers),
      }
    }
    case 'input_file': {
      const filename = optional(part, 'filename', at, readString)
      return {
        type: 'media',
        media: 'document',
        source: sourceOf(part, param, ['file_data', 'file_url']),
        ...(filename === undefined ? {} : { filename }),
        ...extras(part, fileMembers),
      }
    }
    case 'input_audio': {
      const audio = required(part, 'input_audio', at, readObject)
      const mimeType = audioMimeType(required(audio, 'format', `${at}input_audio.`, readString))
      const data = required(audio, 'data', `${at}input_audio.`, readString)
      return { type: 'media', media: 'audio', source: { at: 'base64', mimeType, data } }
    }
    default:
      return undefined
  }
}

function sourceOf(part: JsonObject, param: string, urlNames: readonly string[]): MediaSource {
  for (const name of urlNames) {
    const url = optional(part, name, `${param}.`, urlOf)
    if (url !== undefined) return sourceOfUrl(url)
  }
  const id = optional(part, 'file_id', `${param}.`, readString)
  if (id === undefined) throw invalid(param, `has neither ${urlNames.join(', ')} nor file_id`)
  return { at: 'file', id }
}

/** Clients of Chat Completions write an object here, and OpenAI's servers take it. */
function urlOf(value: Json | undefined, param: string): string {
  const object = asObject(value)
  return object === undefined ? readString(value, param) : required(object, 'url', `${param}.`, readString)
}

function extras(part: JsonObject, known: ReadonlySet<string>): Pick<MediaPart, 'native'> {
  const fields = unknownFields(part, known)
  return fields === undefined ? {} : { native: { dialect, fields } }
}

/** Undefined where the dialect has no form: it takes no video, and audio only from those who sent it so. */
export function mediaToWire(part: MediaPart, isOwn: boolean): JsonObject | undefined {
  const { media, source } = part
  const own = ownFields(part.native)
  const url = urlOfSource(source)
  switch (media) {
    case 'image': {
      const detail = part.detail === undefined ? {} : { detail: part.detail }
      const place = source.at === 'file' ? { file_id: source.id } : { image_url: url }
      return { type: 'input_image', ...place, ...detail, ...own }
    }
    case 'document': {
      if (source.at === 'file') return { type: 'input_file', file_id: source.id, ...own }
      if (source.at === 'url') return { type: 'input_file', file_url: url, ...own }
      const filename = part.filename ?? part.title ?? `document.${extensionOf(source)}`
      return { type: 'input_file', filename, file_data: url, ...own }
    }
    case 'audio':
      if (!isOwn || source.at !== 'base64') return undefined
      return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(source.mimeType) } }
    case 'video':
      return undefined
  }
}

/** OpenAI wants a name beside data, and tells the kind of a file by its ending. */
function extensionOf(source: MediaSource): string {
  if (source.at === 'text' || source.mimeType === 'text/plain') return 'txt'
  return source.mimeType?.split('/').at(-1)?.replace(/\W.*$/, '') || 'pdf'
}
