/** The administration route that hands out the lines of the ledger, for spreadsheets, for programs and for FinOps. */

import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { matchesText, readTextFilter, textFilterHelp } from '../records/filter.ts'
import { lineFilters, type SharedBooks, toLedgerQuery, toLine } from './admin.ts'
import { type ExportFormat, exportForms, exportFormats } from './export.ts'
import type { LedgerEntry, LedgerQuery, LedgerStore, TextFilter } from './port.ts'
import { withinTeams } from './team-scope.ts'

export interface ExportParts {
  readonly store: Pick<LedgerStore, 'search'>
  readonly shared?: Pick<SharedBooks, 'search'> | undefined
}

const pageSize = 500

/** `GET /ledger/export`. */
export function exportRoutes({ store, shared }: ExportParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/ledger/export',
      policy: 'requests:read',
      summary: 'All lines of the ledger that match, the last settled first: as CSV, JSON Lines or FOCUS 1.2.',
      query: z.strictObject({ ...exportFilters, format: z.enum(exportFormats).default('csv') }),
      run({ org, teams, query: { format, ...query } }) {
        const { exact, rest } = divided(query)
        const wanted = { ...toLedgerQuery(org, withinTeams(exact, teams)), limit: pageSize }
        const { contentType } = exportForms[format]
        return { content: { contentType, bytes: bytesOf(shared ?? store, wanted, { format, rest }) } }
      },
    }),
  ]
}

const textNames = ['provider', 'model', 'route', 'key', 'team', 'user', 'session', 'tag'] as const

type TextName = (typeof textNames)[number]

const exportFilters = {
  ...lineFilters,
  ...(Object.fromEntries(
    textNames.map((name) => [name, z.string().optional().describe(textFilterHelp)]),
  ) as Record<TextName, z.ZodOptional<z.ZodString>>),
}

type Rest = readonly (readonly [TextName, TextFilter])[]

/** What the store searches by, and what each line is held against then. */
function divided<Query extends { readonly [Name in TextName]?: string | undefined }>(
  query: Query,
): { exact: Query; rest: Rest } {
  const exact: { -readonly [Name in TextName]?: string | undefined } = {}
  const rest: [TextName, TextFilter][] = []
  for (const name of textNames) {
    const written = query[name]
    if (written === undefined) continue
    const filter = readTextFilter(written)
    const [only, second] = filter.anyOf
    const isExact = only && !second && !only.isBeginning && !filter.isExcluded
    exact[name] = isExact ? only.text : undefined
    if (!isExact) rest.push([name, filter])
  }
  return { exact: { ...query, ...exact }, rest }
}

const valuesOf: { readonly [Name in TextName]: (entry: LedgerEntry) => readonly (string | undefined)[] } = {
  provider: ({ provider }) => [provider],
  model: ({ model }) => [model],
  route: ({ route }) => [route],
  key: ({ keyId, keyName }) => [keyId, keyName],
  team: ({ team }) => [team],
  user: ({ user }) => [user],
  session: ({ session }) => [session],
  tag: ({ tags }) => tags,
}

interface Form {
  readonly format: ExportFormat
  readonly rest: Rest
}

async function* bytesOf(
  books: Pick<LedgerStore | SharedBooks, 'search'>,
  query: LedgerQuery,
  { format, rest }: Form,
): AsyncGenerator<Uint8Array> {
  const { head, lineOf } = exportForms[format]
  const end = format === 'jsonl' ? '\n' : '\r\n'
  if (head !== undefined) yield Buffer.from(head + end)
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await books.search({ ...query, ...(cursor !== undefined && { cursor }) })
    const wanted = page.data.filter((entry) =>
      rest.every(([name, filter]) => matchesText(filter, valuesOf[name](entry))),
    )
    const lines = wanted.flatMap((entry) => lineOf(toLine(entry)) ?? [])
    yield Buffer.from(lines.map((line) => line + end).join(''))
    cursor = page.nextCursor
    // Between two pages other requests get their turn.
    await setImmediate()
  }
}
