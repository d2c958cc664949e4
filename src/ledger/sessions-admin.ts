/** The administration routes of sessions: which conversations grow expensive, and how one of them grows. */

import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { offsetCursor, time } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import { readTextFilter, type TextFilter, textFilterHelp } from '../records/filter.ts'
import type { SharedBooks } from './admin.ts'
import { dayMs, hourMs } from './period.ts'
import type { LedgerEntry, LedgerQuery, LedgerStore, UsageFilter, UsageRow } from './port.ts'
import type { OwnerNames } from './usage-admin.ts'

type Books = Pick<LedgerStore | SharedBooks, 'search' | 'usage'>

export interface SessionRouteParts {
  readonly store: Books
  /** Where there is one, sessions are those of all instances. */
  readonly shared?: Books | undefined
  readonly names: OwnerNames
  nowMs(): number
}

/** `GET /sessions` and `GET /sessions/{id}`. */
export function sessionRoutes({
  store: own,
  shared,
  names,
  nowMs,
}: SessionRouteParts): readonly AdminRoute[] {
  const store = shared ?? own
  return [
    adminRoute({
      method: 'GET',
      path: '/sessions',
      policy: 'requests:read',
      summary: 'The sessions with turns in a span of time, the dearest first. A role in teams sees theirs.',
      query: listQuery,
      response: z.object({ data: z.array(listedShape), next_cursor: z.string().optional() }),
      async run({ org, teams: ofCaller, query: { from, to, limit, cursor = '0', team, ...given } }) {
        const teams = team === undefined ? ofCaller : new Set(ofCaller?.has(team) === false ? [] : [team])
        if (teams?.size === 0) return { body: { data: [] } }
        const toMs = wholeHour(to ?? nowMs())
        const fromMs = Math.floor((from ?? toMs - dayMs) / hourMs) * hourMs
        const filters: UsageFilter = Object.fromEntries(
          Object.entries(defined(given)).map(([name, text]) => [name, readTextFilter(text)]),
        )
        const { data, hasMore } = await store.usage({
          org,
          by: ['session'],
          fromMs,
          toMs: Math.max(toMs, fromMs + hourMs),
          where: { ...filters, ...(teams && { team: anyOf(teams) }) },
          limit,
          offset: Number(cursor),
        })
        const span = { org, fromMs, toMs, ...(teams && { teams }) }
        const listed: Listed[] = []
        for (const row of data.filter(({ session }) => session !== undefined && session !== '')) {
          listed.push(toListed(row, await endsOf(store, { ...span, session: row.session! }), names))
          await setImmediate() // each is two looks along an index: others are let in between
        }
        return {
          body: { data: listed, ...(hasMore && { next_cursor: String(Number(cursor) + data.length) }) },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/sessions/{id}',
      policy: 'requests:read',
      summary: 'The turns of a session, and what its prompts consist of: where their growth comes from.',
      response: sessionShape,
      async run({ org, teams, params: { id = '' } }) {
        const all = await linesOf(store, org, id)
        const entries = teams ? all.filter(({ team }) => team !== undefined && teams.has(team)) : all
        if (entries.length === 0) throw new GatewayError('not_found', 'There is no such session.')
        const last = entries.at(-1)!
        return {
          body: {
            id,
            ...(last.user !== undefined && { user: last.user }),
            key_id: last.keyId,
            key_name: last.keyName,
            charged_usd: formatUsd(entries.reduce((sum, { chargedNanoUsd }) => sum + chargedNanoUsd, 0)),
            turns: entries.map(toTurn),
          },
        }
      },
    }),
  ]
}

function wholeHour(atMs: number): number {
  return Math.ceil(atMs / hourMs) * hourMs
}

function anyOf(texts: ReadonlySet<string>): TextFilter {
  return { isExcluded: false, anyOf: [...texts].map((text) => ({ text, isBeginning: false })) }
}

const text = z.string().optional().describe(textFilterHelp)

const listQuery = z.strictObject({
  from: time.optional().describe('Absent: a day before `to`. Part of an hour counts as all of it.'),
  to: time.optional().describe('Exclusive. Absent: now.'),
  session: text,
  key: text,
  model: text,
  route: text,
  team: z.string().max(200).optional().describe('Its id.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: offsetCursor,
})

const listedShape = z.object({
  id: z.string(),
  user: z.string().optional().describe('Of the last turn.'),
  user_name: z.string().optional().describe('Absent where the user is no more than the word of a caller.'),
  turns: z.int(),
  last_prompt_tokens: z.int().optional().describe('Absent where no turn reached a provider.'),
  growth_tokens: z
    .number()
    .optional()
    .describe('What each turn adds to the prompt, in the mean; absent of a single turn.'),
  cache_share: z
    .number()
    .optional()
    .describe('Of the input tokens, those that a provider read from its cache.'),
  charged_usd: z.string(),
  last_at: z.iso.datetime().optional(),
})

type Listed = z.output<typeof listedShape>

interface Ends {
  readonly first: LedgerEntry | undefined
  readonly last: LedgerEntry | undefined
}

/** The first and the last attempt of the session that a provider was asked for. */
async function endsOf(store: Books, query: Omit<LedgerQuery, 'limit'>): Promise<Ends> {
  const ofKind = { ...query, kind: 'settle', limit: 1 }
  const { data: newest } = await store.search(ofKind)
  const { data: oldest } = await store.search({ ...ofKind, order: 'oldest-first' })
  return { first: oldest[0], last: newest[0] }
}

function toListed(row: UsageRow, { first, last }: Ends, names: OwnerNames): Listed {
  const { session = '', requests, inputTokens, cacheReadTokens, chargedNanoUsd } = row
  const userName = last?.user === undefined ? undefined : names.user(last.user)
  const hasGrown = first && last && first.requestId !== last.requestId && requests > 1
  return {
    id: session,
    turns: requests,
    charged_usd: formatUsd(Number(chargedNanoUsd)),
    ...(inputTokens > 0 && { cache_share: cacheReadTokens / inputTokens }),
    ...(last && {
      last_prompt_tokens: last.usage.inputTokens,
      last_at: new Date(last.atMs).toISOString(),
      ...(last.user !== undefined && { user: last.user }),
      ...(userName !== undefined && { user_name: userName }),
    }),
    ...(hasGrown && {
      growth_tokens: (last.usage.inputTokens - first.usage.inputTokens) / (requests - 1),
    }),
  }
}

const maxTurns = 1_000

/** In the order in which they were settled. */
async function linesOf(
  store: Pick<LedgerStore | SharedBooks, 'search'>,
  org: string,
  session: string,
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  let cursor: string | undefined
  do {
    const page = await store.search({
      org,
      session,
      limit: maxTurns,
      ...(cursor !== undefined && { cursor }),
    })
    entries.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== undefined && entries.length < maxTurns)
  return entries.slice(0, maxTurns).reverse()
}

const parts = ['system', 'history', 'tools', 'retrieved', 'new_turn'] as const

const sessionShape = z.object({
  id: z.string(),
  user: z.string().optional(),
  key_id: z.string(),
  key_name: z.string(),
  charged_usd: z.string(),
  turns: z
    .array(
      z.object({
        request_id: z.string(),
        attempt: z.int(),
        kind: z.string(),
        at: z.iso.datetime(),
        provider: z.string(),
        model: z.string(),
        input_tokens: z.int(),
        output_tokens: z.int(),
        cache_read_tokens: z.int().optional(),
        charged_usd: z.string(),
        code: z.string().optional(),
        input_estimate: z
          .object(
            Object.fromEntries(parts.map((part) => [part, z.int()])) as Record<
              (typeof parts)[number],
              z.ZodInt
            >,
          )
          .optional()
          .describe('The input tokens, divided as the bytes of the prompt are: an estimate.'),
      }),
    )
    .describe('One per attempt, the first first; the last 1,000.'),
})

type Turn = z.output<typeof sessionShape>['turns'][number]

function toTurn(entry: LedgerEntry): Turn {
  const { promptBytes, usage, code } = entry
  return {
    request_id: entry.requestId,
    attempt: entry.attempt,
    kind: entry.kind,
    at: new Date(entry.atMs).toISOString(),
    provider: entry.provider,
    model: entry.model,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(usage.cacheReadTokens !== undefined && { cache_read_tokens: usage.cacheReadTokens }),
    charged_usd: formatUsd(entry.chargedNanoUsd),
    ...(code !== undefined && { code }),
    ...(promptBytes && { input_estimate: divide(usage.inputTokens, promptBytes) }),
  }
}

/** The parts sum up to the whole: what rounding leaves goes to the last. */
function divide(
  tokens: number,
  bytes: NonNullable<LedgerEntry['promptBytes']>,
): NonNullable<Turn['input_estimate']> {
  const { system, history, tools, retrieved, newTurn } = bytes
  const all = Math.max(1, system + history + tools + retrieved + newTurn)
  const share = (part: number) => Math.round((tokens * part) / all)
  const divided = {
    system: share(system),
    history: share(history),
    tools: share(tools),
    retrieved: share(retrieved),
  }
  const rest = tokens - divided.system - divided.history - divided.tools - divided.retrieved
  return { ...divided, new_turn: Math.max(0, rest) }
}
