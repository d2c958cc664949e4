/** The administration routes of batches: where each stands, and how to hold or end it. */

import { z } from 'zod'
import { seesConcern, type TeamOf } from '../admin/concern.ts'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { seenPage } from '../admin/seen-page.ts'
import { GatewayError } from '../core/error.ts'
import { defined, type JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Batch } from './batch.ts'
import type { Batches } from './batches.ts'

export interface BatchAdminParts {
  readonly batches: Batches
  readonly teamOf: TeamOf
  /** How much of each key's room at its provider is found and used here. */
  lanes(): readonly { readonly name: string; readonly window: number; readonly running: number }[]
}

/** `/batches` and what is below it. */
export function batchAdminRoutes({ batches, teamOf, lanes }: BatchAdminParts): readonly AdminRoute[] {
  const change = (verb: string, summary: string, run: (org: string, id: string) => Promise<Batch>) =>
    adminRoute({
      method: 'POST',
      path: `/batches/{id}/${verb}`,
      policy: 'operations:write',
      summary,
      response: batchShape,
      audit: { action: `batch.${verb}`, object: ({ params: { id = '' } }) => `batch:${id}` },
      run: async ({ org, params: { id = '' } }) => ({ body: toBatchView(await run(org, id)) }),
    })
  const sees = ({ org, teams }: Pick<AdminCall, 'org' | 'teams'>, batch: Batch) =>
    seesConcern({ org, ...(teams && { teams }) }, batch, teamOf)
  return [
    adminRoute({
      method: 'GET',
      path: '/batches',
      policy: 'requests:read',
      summary: 'The batches of all keys, the newest first. A role in a team sees those of its keys.',
      query: z.strictObject({
        status: z.enum(statuses).optional(),
        key: z.string().optional().describe('The id of a key.'),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        cursor: z.string().optional().describe('`next_cursor` of the page before.'),
      }),
      response: z.object({ data: z.array(batchShape), next_cursor: z.string().optional() }),
      async run({ org, teams, query: { status, key, limit, cursor } }) {
        const where = { org, ...(status && { status }), ...(key !== undefined && { keyId: key }) }
        const { data, last } = await seenPage(
          limit,
          (count, before: Batch | undefined) => {
            const after = before?.id ?? cursor
            return batches.list({ ...where, limit: count, ...(after !== undefined && { after }) })
          },
          teams && ((batch) => sees({ org, teams }, batch)),
        )
        return { body: { data: data.map(toBatchView), ...(last && { next_cursor: last.id }) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/batches/{id}',
      policy: 'requests:read',
      summary: 'One batch, with what is wrong with its file where it failed.',
      response: batchShape,
      async run({ params: { id = '' }, ...call }) {
        const batch = await batches.get({ org: call.org }, id)
        if (sees(call, batch)) return { body: toBatchView(batch) }
        throw new GatewayError('not_found', `There is no batch \`${id}\`.`)
      },
    }),
    change('cancel', 'Begins no more of its requests; it ends when those under way have.', (org, id) =>
      batches.cancel({ org }, id),
    ),
    change('pause', 'Begins no more of its requests until it is resumed. Its time runs on.', (org, id) =>
      batches.setPaused(org, id, true),
    ),
    change('resume', 'Goes on with it.', (org, id) => batches.setPaused(org, id, false)),
    adminRoute({
      method: 'GET',
      path: '/batch-lanes',
      isOfInstance: true,
      policy: 'traffic:read',
      summary:
        'How many requests of batches each key of each provider takes at once, as this instance found out.',
      response: z.object({
        data: z.array(z.object({ name: z.string(), window: z.number(), running: z.number() })),
      }),
      run: () => ({ body: { data: lanes() } }),
    }),
  ]
}

const statuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const satisfies readonly Batch['status'][]

const time = z.iso.datetime()

export const faultShape = z.object({
  code: z.string(),
  line: z.number().optional(),
  message: z.string(),
  param: z.string().optional(),
})

export const batchShape = z.object({
  id: z.string(),
  status: z.enum(statuses),
  paused: z.boolean(),
  native: z.boolean().describe("Its requests go to providers' own batches, where there are such."),
  stop: z.string().optional().describe('Why requests were left unanswered.'),
  api: z.string(),
  endpoint: z.string(),
  key_id: z.string(),
  key_name: z.string(),
  total: z.number(),
  completed: z.number(),
  failed: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.string(),
  max_usd: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  faults: z.array(faultShape),
  input_file_id: z.string(),
  output_file_id: z.string().optional(),
  error_file_id: z.string().optional(),
  created_at: time,
  expires_at: time,
  started_at: time.optional(),
  ended_at: time.optional(),
})

/** As the administration and the live events show it. */
export function toBatchView(batch: Batch): JsonObject {
  return defined({
    id: batch.id,
    status: batch.status,
    paused: batch.isPaused,
    native: batch.isNative,
    stop: batch.stop,
    api: batch.dialect,
    endpoint: batch.endpoint,
    key_id: batch.keyId,
    key_name: batch.keyName,
    total: batch.total,
    completed: batch.completed,
    failed: batch.failed,
    input_tokens: batch.usage.inputTokens,
    output_tokens: batch.usage.outputTokens,
    cost_usd: formatUsd(batch.costNanoUsd),
    max_usd: batch.maxNanoUsd === undefined ? undefined : formatUsd(batch.maxNanoUsd),
    metadata: batch.metadata,
    faults: batch.faults.map((fault) => ({ ...fault })),
    input_file_id: batch.inputFileId,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: toTime(batch.createdAtMs),
    expires_at: toTime(batch.expiresAtMs),
    started_at: toTime(batch.startedAtMs),
    ended_at: toTime(batch.endedAtMs),
  })
}

function toTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
