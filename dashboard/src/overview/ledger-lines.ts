/** The ledger's lines of some time, as many as a page can hold. */

import { ask, type Item } from '../api/client.ts'
import type { UsageFilter } from '../api/usage.ts'
import { matchesText } from '../api/filter-text.ts'
import type { Bounds } from '../ranges.ts'

const pageSize = 1_000
const maxLines = 5_000

export async function readLines(
  { fromMs, toMs }: Bounds,
  where: UsageFilter,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly Item<'GET /ledger'>[]; readonly isWhole: boolean }> {
  const lines: Item<'GET /ledger'>[] = []
  let cursor: string | undefined
  let read = 0
  do {
    const page = await ask('GET /ledger', {
      query: { from: String(fromMs), to: String(toMs), limit: pageSize, cursor },
      signal,
    })
    lines.push(...page.data.filter((line) => isOf(line, where)))
    read += page.data.length
    cursor = page.next_cursor
  } while (cursor !== undefined && read < maxLines)
  return { lines, isWhole: cursor === undefined }
}

type Told = Pick<
  Item<'GET /ledger'>,
  'key_id' | 'key_name' | 'tags' | 'provider' | 'model' | 'route' | 'team' | 'user' | 'session'
>

/** Of a line of the ledger, or of a request. */
export function isOf(
  line: { readonly [Name in keyof Told]?: Told[Name] | undefined },
  where: UsageFilter,
): boolean {
  const { key_id: keyId, key_name: keyName, tags = [], provider, model, route, team, user, session } = line
  const values = {
    provider: [provider],
    model: [model],
    route: [route],
    team: [team],
    key: [keyId, keyName],
    user: [user],
    session: [session],
    tag: tags,
  } as const
  return (Object.keys(values) as (keyof typeof values)[]).every(
    (name) => where[name] === undefined || matchesText(where[name], values[name]),
  )
}
