/** The administration routes of evaluation: start, list, watch, stop and go on with runs. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined, parseJson } from '../core/json.ts'
import { formatUsd, parseUsd } from '../core/money.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import type { Evals, RunView } from './evals.ts'
import type { PlannedTarget } from './plan.ts'
import { rowToJson } from './reports/json.ts'
import type { RunSettings } from './run-settings.ts'

export interface EvalRouteOptions {
  /** Only whoever may open the control socket runs code of their own here: they could without us. */
  readonly allowsScripts: boolean
}

export function evalRoutes(evals: Evals, { allowsScripts }: EvalRouteOptions): readonly AdminRoute[] {
  const settingsOf = (body: StartBody): RunSettings => {
    if (body.allow_js && !allowsScripts) {
      throw new GatewayError('permission_denied', 'JavaScript of a suite runs for the command line alone.')
    }
    return toSettings(body)
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/evals',
      policy: 'traffic:read',
      summary: 'Runs of suites, newest first.',
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        cursor: z.string().optional(),
      }),
      response: z.object({ data: z.array(runSummary), next_cursor: z.string().optional() }),
      async run({ org, query }) {
        const { limit, cursor } = query
        const page = await evals.list(org, { limit, ...(cursor !== undefined && { cursor }) })
        return { body: defined({ data: page.data.map(toSummary), next_cursor: page.nextCursor }) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/evals',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'eval.start', object: ({ body }) => `suite:${body.entry}` },
      summary: 'Starts a run of a suite, whose files are sent along.',
      body: startBody,
      response: runSummary,
      async run({ org, body }) {
        const run = await refusingFaults(() => evals.start(org, settingsOf(body)))
        return { status: 201, body: toSummary(run) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/evals/plan',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'eval.plan', object: ({ body }) => `suite:${body.entry}` },
      summary: 'What a run would ask and about what it would cost; nothing is asked.',
      body: startBody,
      response: runPlan,
      async run({ body }) {
        const plan = await refusingFaults(() => evals.plan(settingsOf(body)))
        return { body: { ...plan, arms: plan.arms.map(toPlanned), judges: plan.judges.map(toPlanned) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/evals/{id}',
      policy: 'traffic:read',
      summary: 'One run: how far it is, and its report once it is over.',
      response: runDetail,
      async run({ org, params }) {
        const run = await evals.get(org, params['id'] ?? '')
        const report = run.report === undefined ? undefined : parseJson(run.report)
        return { body: defined({ ...toSummary(run), report }) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/evals/verdicts/{target}',
      policy: 'traffic:read',
      summary: 'What the newest gate said of a target, such as `billing@8`.',
      response: targetVerdict,
      async run({ org, params }) {
        const found = await evals.verdict(org, params['target'] ?? '')
        if (found === undefined) throw new GatewayError('not_found', 'No gate has decided on this target.')
        const { target, runId, verdict, hash, atMs } = found
        return { body: { target, run_id: runId, verdict, hash, at: new Date(atMs).toISOString() } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/evals/{id}/rows',
      policy: 'traffic:read',
      summary: "The run's rows, as `weir eval run -o rows.jsonl` writes them.",
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        cursor: z
          .string()
          .regex(/^\d{1,15}$/)
          .optional(),
      }),
      response: z.object({
        data: z.array(z.record(z.string(), z.unknown())),
        next_cursor: z.string().optional(),
      }),
      async run({ org, params, query }) {
        const { limit, cursor } = query
        const page = await evals.rows(org, params['id'] ?? '', {
          limit,
          ...(cursor !== undefined && { cursor }),
        })
        return { body: defined({ data: page.data.map(rowToJson), next_cursor: page.nextCursor }) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/evals/{id}/resume',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'eval.resume', object: ({ params }) => `run:${params['id'] ?? ''}` },
      summary: 'Goes on with a run that was stopped or interrupted: only what is missing is asked.',
      body: z.strictObject({ retry_errors: z.boolean().default(false) }),
      response: runSummary,
      async run({ org, params, body }) {
        const run = await refusingFaults(() => evals.resume(org, params['id'] ?? '', body.retry_errors))
        return { body: toSummary(run) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/evals/{id}/stop',
      policy: 'operations:write',
      audit: { action: 'eval.stop', object: ({ params }) => `run:${params['id'] ?? ''}` },
      summary: 'Stops a run; what has finished is kept.',
      response: runSummary,
      async run({ org, params }) {
        return { body: toSummary(await evals.stop(org, params['id'] ?? '')) }
      },
    }),
  ]
}

async function refusingFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SuiteError)
      throw new GatewayError('invalid_request', error.message, { cause: error })
    throw error
  }
}

type StartBody = z.output<typeof startBody>

const startBody = z.strictObject({
  entry: z.string().min(1).describe("The suite's file among `files`, or `pack:NAME`."),
  files: z.record(z.string(), z.string()).default({}).describe('The text of each file, by its path.'),
  candidate: z.string().min(1).optional(),
  baseline: z.string().min(1).optional(),
  seed: z.string().min(1).optional(),
  repeat: z.int().min(1).max(1000).optional(),
  concurrency: z.int().min(1).max(1000).optional(),
  max_usd: z
    .string()
    .refine((text) => (parseUsd(text) ?? -1) >= 0, 'not an amount of USD')
    .optional()
    .describe('The run stops before it costs more.'),
  allow_js: z.boolean().default(false).describe('Lets the suite run JavaScript of its own.'),
  allow_cached: z
    .boolean()
    .default(false)
    .describe('Lets answers of earlier runs be used again; such a run does not gate.'),
  filter: z
    .strictObject({
      pattern: z.string().refine(isPattern, 'not a regular expression').optional(),
      metadata: z
        .string()
        .regex(/^[^=]+=/)
        .optional(),
      range: z
        .string()
        .regex(/^\d*:\d*$/)
        .optional(),
      sample: z.int().min(1).optional(),
      first_n: z.int().min(1).optional(),
      ids: z.array(z.string()).optional(),
    })
    .prefault({})
    .describe('A run that leaves cases out does not gate.'),
})

function isPattern(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

function toSettings(body: StartBody): RunSettings {
  const { candidate, baseline, seed, repeat } = body
  const { first_n: firstN, ...filter } = body.filter
  return defined({
    entry: body.entry,
    files: body.files,
    overrides: defined({ candidate, baseline, seed, repeat }),
    selection: defined({ ...filter, firstN }),
    concurrency: body.concurrency,
    maxNanoUsd: body.max_usd === undefined ? undefined : parseUsd(body.max_usd),
    allowsScripts: body.allow_js,
    allowsCached: body.allow_cached || undefined,
  })
}

const plannedTarget = z.object({
  label: z.string(),
  target: z.string(),
  calls: z.int(),
  cost_usd: z.string().optional().describe('An estimate; absent where a price is not known.'),
})

const runPlan = z.object({
  cases: z.int(),
  clusters: z.int(),
  repeats: z.object({ least: z.int(), most: z.int() }),
  arms: z.array(plannedTarget),
  judges: z.array(plannedTarget),
})

function toPlanned({ costNanoUsd, ...rest }: PlannedTarget): object {
  return defined({ ...rest, cost_usd: costNanoUsd === undefined ? undefined : formatUsd(costNanoUsd) })
}

const runSummary = z.object({
  id: z.string(),
  name: z.string(),
  suite_hash: z.string(),
  status: z.enum(['running', 'finished', 'stopped', 'failed', 'interrupted']),
  created_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).optional(),
  reason: z.string().optional(),
  progress: z
    .object({ done: z.int(), total: z.int(), errors: z.int(), cost_usd: z.string() })
    .optional()
    .describe('Of a run that is under way.'),
})

const targetVerdict = z.object({
  target: z.string(),
  run_id: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  hash: z.string().describe('SHA-256 of the report without its rows.'),
  at: z.iso.datetime(),
})

const runDetail = runSummary.extend({
  report: z.record(z.string(), z.unknown()).optional().describe('The report without its rows.'),
})

function toSummary(run: RunView): object {
  const { progress } = run
  return defined({
    id: run.id,
    name: run.name,
    suite_hash: run.suiteHash,
    status: run.status,
    created_at: new Date(run.createdAtMs).toISOString(),
    ended_at: run.endedAtMs === undefined ? undefined : new Date(run.endedAtMs).toISOString(),
    verdict: run.verdict,
    reason: run.reason,
    progress: progress && {
      done: progress.done,
      total: progress.total,
      errors: progress.errors,
      cost_usd: formatUsd(progress.costNanoUsd),
    },
  })
}
