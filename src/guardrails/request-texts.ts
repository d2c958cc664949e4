/** The texts of a request that people and tools wrote, in order, and the request with others in their place. */

import type { MediaSource, NativeFields } from '../core/event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { GenRequest, OutputFormat, Part, Tool, Turn } from '../core/request.ts'
import { isJsonText } from '../detectors/json-text.ts'

/** `isJson`: the text is that of a JSON value. */
export type RewriteText = (text: string, isJson: boolean) => string

/** A text as it stands in a request. */
export interface RequestText {
  readonly text: string
  readonly isJson: boolean
}

/**
 * The same object where no text changes. Signed reasoning is left alone: its provider would refuse it. So are the
 * bytes of media.
 */
export function rewriteTexts(request: GenRequest, rewrite: RewriteText): GenRequest {
  const { tools, format, stop, user, metadata, native } = request
  return changed(request, {
    turns: mapped(request.turns, (turn) => rewriteTurn(turn, rewrite)),
    tools: tools && mapped(tools, (tool) => rewriteTool(tool, rewrite)),
    format: format && rewriteFormat(format, rewrite),
    stop: stop && mapped(stop, (text) => rewrite(text, false)),
    user: user === undefined ? undefined : rewrite(user, false),
    metadata: metadata && rewriteObject(metadata, rewrite),
    native: native && rewriteNative(native, rewrite, lettingIn),
  })
}

/** All of them, in the same order. */
export function textsOf(request: GenRequest): RequestText[] {
  const texts: RequestText[] = []
  rewriteTexts(request, collectInto(texts))
  return texts
}

/**
 * What is new in a conversation: what has been said since the model last spoke, without instructions. Words that the
 * client puts into its mouth, for it to go on with, are the client's; and who only instructs is heard too.
 */
export function newText({ turns }: GenRequest): string {
  const isHeard = ({ role }: Turn): boolean => role === 'user' || role === 'tool'
  const before = turns.slice(0, Math.max(0, turns.findLastIndex(isHeard)))
  const spoken = before.findLastIndex(({ role }) => role === 'assistant')
  const said = turns.slice(spoken + 1).filter(({ role }) => role !== 'system' && role !== 'developer')
  const text = textOf(said)
  return text.trim() === '' ? textOf(turns) : text
}

function textOf(turns: readonly Turn[]): string {
  const texts: RequestText[] = []
  for (const turn of turns) rewriteTurn(turn, collectInto(texts))
  return texts.map(({ text }) => text).join('\n')
}

function collectInto(texts: RequestText[]): RewriteText {
  return (text, isJson) => {
    texts.push({ text, isJson })
    return text
  }
}

/** The same object where none of these members is another; those that are undefined it does not have. */
function changed<Whole extends object>(
  whole: Whole,
  members: { readonly [Name in keyof Whole]?: Whole[Name] | undefined },
): Whole {
  const names = Object.keys(members) as (keyof Whole)[]
  const others = names.filter((name) => members[name] !== undefined && members[name] !== whole[name])
  if (others.length === 0) return whole
  return { ...whole, ...Object.fromEntries(others.map((name) => [name, members[name]])) }
}

/** The same array where nothing changes. */
function mapped<Item>(items: readonly Item[], map: (item: Item) => Item): readonly Item[] {
  const next = items.map(map)
  return next.some((item, at) => item !== items[at]) ? next : items
}

function rewriteTurn(turn: Turn, rewrite: RewriteText): Turn {
  const { name, native } = turn
  return changed(turn, {
    parts: mapped(turn.parts, (part) => rewritePart(part, rewrite)),
    name: name === undefined ? undefined : rewrite(name, false),
    native: native && rewriteNative(native, rewrite),
  })
}

function rewritePart(part: Part, rewrite: RewriteText): Part {
  switch (part.type) {
    case 'native':
      return changed(part, { value: rewriteJson(part.value, rewrite) })
    case 'reasoning': {
      if (part.signature !== undefined || part.redacted) return part
      return changed(part, { text: rewrite(part.text, false) })
    }
    case 'text': {
      const { citations, native } = part
      return changed(part, {
        text: rewrite(part.text, isJsonText(part.text)),
        citations:
          citations && (rewriteJson(citations as unknown as Json, rewrite) as unknown as typeof citations),
        native: native && rewriteNative(native, rewrite),
      })
    }
    case 'refusal':
      return changed(part, { text: rewrite(part.text, false) })
    case 'tool-call':
      return changed(part, { arguments: rewrite(part.arguments, part.freeform !== true) })
    case 'tool-result':
      return changed(part, { content: mapped(part.content, (inner) => rewritePart(inner, rewrite)) })
    case 'media':
      return rewriteMedia(part, rewrite)
  }
}

function rewriteMedia(part: Part & { type: 'media' }, rewrite: RewriteText): Part {
  const { source, filename, title, native } = part
  return changed(part, {
    source: rewriteSource(source, rewrite),
    filename: filename === undefined ? undefined : rewrite(filename, false),
    title: title === undefined ? undefined : rewrite(title, false),
    native: native && rewriteNative(native, rewrite),
  })
}

function rewriteSource(source: MediaSource, rewrite: RewriteText): MediaSource {
  switch (source.at) {
    case 'text':
      return changed(source, { text: rewrite(source.text, false) })
    case 'url':
      return source.url.startsWith('data:') ? source : changed(source, { url: rewrite(source.url, false) })
    case 'base64':
    case 'file':
      return source
  }
}

function rewriteTool(tool: Tool, rewrite: RewriteText): Tool {
  if (tool.type === 'native') return changed(tool, { value: rewriteObject(tool.value, rewrite, lettingIn) })
  const { description, schema, native } = tool
  return changed(tool, {
    description: description === undefined ? undefined : rewrite(description, false),
    schema: schema && rewriteObject(schema, rewrite),
    native: native && rewriteNative(native, rewrite),
  })
}

function rewriteFormat(format: OutputFormat, rewrite: RewriteText): OutputFormat {
  if (format.type !== 'json-schema') return format
  const { description } = format
  return changed(format, {
    schema: rewriteObject(format.schema, rewrite),
    description: description === undefined ? undefined : rewrite(description, false),
  })
}

function rewriteNative(native: NativeFields, rewrite: RewriteText, left = sealed): NativeFields {
  return changed(native, { fields: rewriteObject(native.fields, rewrite, left) })
}

function rewriteObject(value: JsonObject, rewrite: RewriteText, left = sealed): JsonObject {
  return rewriteJson(value, rewrite, left) as JsonObject
}

/** Proofs and ciphertext of a provider's: a changed one is refused. */
const sealed: ReadonlySet<string> = new Set(
  'signature thought_signature thoughtSignature encrypted_content thinking obfuscation'.split(' '),
)
/** And what lets the provider in where the client wants it to go, such as a server of tools: it is no prompt. */
const lettingIn: ReadonlySet<string> = new Set([...sealed, 'authorization', 'authorization_token', 'headers'])

/** Every string in it but for bytes, and members of the names that are `left`. The same value where none changes. */
export function rewriteJson(value: Json, rewrite: RewriteText, left = sealed): Json {
  if (typeof value === 'string') return value.startsWith('data:') ? value : rewrite(value, isJsonText(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return mapped(value as readonly Json[], (item) => rewriteJson(item, rewrite, left))
  }
  let isChanged = false
  const isText = 'type' in value && value['type'] === 'text'
  const members = Object.entries(value).map(([name, member]) => {
    const isBytes = name === 'data' && !isText && typeof member === 'string'
    if (member === undefined || isBytes || left.has(name)) return [name, member] as const
    const next = rewriteJson(member as Json, rewrite, left)
    isChanged ||= next !== member
    return [name, next] as const
  })
  return isChanged ? Object.fromEntries(members) : value
}
