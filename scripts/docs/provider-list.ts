/** Renders docs/providers.md from the provider table. */

import { type Quirk, type QuirkName, quirks } from '../../src/providers/quirks.ts'
import type { ProviderSpec } from '../../src/providers/spec.ts'

/** The whole page: a table of all, then what is particular about those of which there is something to say. */
export function renderProviders(table: Readonly<Record<string, ProviderSpec>>): string {
  const rows = Object.entries(table).toSorted(([, a], [, b]) => a.title.localeCompare(b.title, 'en'))
  return [
    '# Providers',
    '',
    `Weir knows ${rows.length} types of provider. A type stands as the name of an entry under \`providers\`, or as its`,
    '`type`. One whose variable is set, and whose address is known, is on without any file. Any other server that',
    'speaks one of the dialects is an `openai-compatible` one, or another type with a `baseUrl` of its own.',
    '',
    '| Provider | Type | Dialects | Embeddings | Key |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(([name, spec]) => row(name, spec)),
    '',
    "Beside these, `/providers/NAME/*` reaches the whole of a provider's own API.",
    '',
    '## Notes',
    '',
    ...rows.flatMap(([name, spec]) => notes(name, spec)),
  ].join('\n')
}

function row(name: string, { title, dialects, embeddings, env }: ProviderSpec): string {
  const cells = [
    title,
    code(name),
    list(dialects),
    embeddings === undefined ? '' : code(embeddings),
    list(env),
  ]
  return `| ${cells.join(' | ')} |`
}

function notes(name: string, spec: ProviderSpec): string[] {
  const { note, forwards = [], ignores = [], cancelStopsBilling, countsTokens = [] } = spec
  const names: readonly QuirkName[] = spec.quirks ?? []
  const lines = [
    note,
    forwards.length > 0 ? `Forwarded: ${list(forwards.map((route) => `/v1/${route}`))}.` : undefined,
    countsTokens.length > 0 ? 'Counts tokens itself.' : undefined,
    ignores.length > 0 ? `Reported as dropped, because it ignores them: ${list(ignores)}.` : undefined,
    cancelStopsBilling
      ? undefined
      : 'A client that leaves does not stop the bill: Weir reads on for a while.',
    ...names.map((quirk) => `\`${quirk}\`: ${(quirks[quirk] as Quirk).why}`),
  ].filter((line) => line !== undefined)
  if (lines.length === 0) return []
  return [`### ${spec.title} (\`${name}\`)`, '', ...lines.map((line) => `- ${line}`), '']
}

function code(text: string): string {
  return `\`${text}\``
}

function list(texts: readonly string[]): string {
  return texts.map(code).join(', ')
}
