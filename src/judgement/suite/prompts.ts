/** The prompts of a suite: texts and chat lists, inline or from files. */

import { asArray, asObject, asString, parseJson } from '../../core/json.ts'
import type { SuiteSettings } from './settings.ts'
import { type Place, type SuiteSource, within } from './source.ts'

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant'
  /** A template. */
  readonly content: string
}

export interface Prompt {
  readonly label: string
  readonly messages: readonly PromptMessage[]
}

/** The prompts, in their order; one without messages where the suite has none. */
export async function loadPrompts(
  settings: SuiteSettings['prompts'],
  file: string,
  place: Place,
  source: SuiteSource,
): Promise<Prompt[]> {
  if (settings === undefined) return [{ label: '', messages: [] }]
  const list = typeof settings === 'string' ? [settings] : settings
  const prompts: Prompt[] = []
  for (const [index, entry] of list.entries()) {
    const at = typeof settings === 'string' ? place : within(place, [index])
    const text = typeof entry === 'string' ? entry : (entry.raw ?? entry.id ?? '')
    const label = typeof entry === 'string' ? undefined : entry.label
    prompts.push(...(await loadPrompt({ text, label, file, place: at, source })))
  }
  return prompts
}

interface Named {
  readonly text: string
  readonly label: string | undefined
  readonly file: string
  readonly place: Place
  readonly source: SuiteSource
}

async function loadPrompt({ text, label, file, place, source }: Named): Promise<Prompt[]> {
  const unsupported = (what: string) =>
    source.add(
      place({ path: [], message: `${what} prompts are not supported`, mend: 'Write the messages out.' }),
    )
  if (!text.startsWith('file://')) return promptsOf(text, label ?? text.slice(0, 40), place, source)
  const path = source.resolve(file, text)
  if (/\.(?:py|js|cjs|mjs|ts)(?::\w+)?$/.test(path)) {
    unsupported('programmed')
    return []
  }
  const content = await source.text(path, (finding) => place({ path: [], ...finding }))
  if (content === undefined) return []
  const name = label ?? path.replace(/^.*\//, '')
  if (path.endsWith('.txt') && /^---\s*$/m.test(content)) {
    return content
      .split(/^---\s*$/m)
      .flatMap((part, index) => promptsOf(part.trim(), `${name}#${index + 1}`, place, source))
  }
  if (!/\.(?:ya?ml|json)$/.test(path)) return promptsOf(content.trimEnd(), name, place, source)
  const parsed = source.parse(path, content)
  if (parsed === undefined) return []
  return [{ label: name, messages: messagesOf(parsed.value, parsed.place, source) }]
}

/** A text is a message of the user, unless it is a chat list written as JSON. */
function promptsOf(text: string, label: string, place: Place, source: SuiteSource): Prompt[] {
  if (text.includes('_conversation')) {
    source.add(
      place({
        path: [],
        message: 'a prompt over `_conversation` is not supported',
        mend: 'Write the conversation as the `turns` of a case.',
      }),
    )
    return []
  }
  const list = text.trimStart().startsWith('[') ? parseJson(text) : undefined
  if (!Array.isArray(list)) return [{ label, messages: [{ role: 'user', content: text }] }]
  return [{ label, messages: messagesOf(list, place, source) }]
}

function messagesOf(value: unknown, place: Place, source: SuiteSource): PromptMessage[] {
  if (typeof value === 'string') return [{ role: 'user', content: value }]
  const messages: PromptMessage[] = []
  if (!Array.isArray(value)) {
    source.add(place({ path: [], message: 'not a chat list', mend: 'Write a list of `{role, content}`.' }))
    return messages
  }
  for (const [index, item] of asArray(value).entries()) {
    const role = asString(asObject(item)?.['role'])
    const content = asString(asObject(item)?.['content'])
    if (content === undefined || (role !== 'system' && role !== 'user' && role !== 'assistant')) {
      source.add(
        place({
          path: [index],
          message: 'not a message',
          mend: 'Write `{role: system, user or assistant, content: text}`.',
        }),
      )
    } else messages.push({ role, content })
  }
  return messages
}
