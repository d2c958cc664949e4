/** The administration routes of evaluation: start, list, watch, stop and go on with runs. */

import { z } from 'zod'
import { pageCursor, pageLimit } from '../admin/query.ts'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined, parseJson } from '../core/json.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import {
  caseOutcomes,
  knownSuite,
  runDetail,
  runPlan,
  runSummary,
  type StartBody,
  startBody,
  targetVerdict,
  toPlan,
  toSettings,
  toSummary,
} from './admin-shapes.ts'
import type { Evals } from './evals.ts'
import type { RunAccount } from './port.ts'
import { rowToJson } from './reports/json.ts'
import type { RunSettings } from './run-settings.ts'

export interface EvalRouteOptions {
  /** Only whoever may open the control socket runs code of their own here: they could without us. */
  readonly allowsScripts: boolean
  /** Of whoever calls. */
  readonly accountFor: (call: Pick<AdminCall, 'caller'>) => RunAccount
}

export function evalRoutes(
  evals: Evals,
  { allowsScripts, accountFor }: EvalRouteOptions,
): readonly AdminRoute[] {
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
        limit: pageLimit,
        cursor: pageCursor,
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
      async run(call) {
        const { org, body } = call
        const run = await refusingFaults(() => evals.start(org, settingsOf(body), accountFor(call)))
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
      async run(call) {
        const { org, body } = call
        const plan = await refusingFaults(() => evals.plan(org, settingsOf(body), accountFor(call)))
        return { body: toPlan(plan) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/eval-suites',
      policy: 'traffic:read',
      summary: 'The suites that a run may be started with by name: those of earlier runs, and the packs.',
      response: z.object({ data: z.array(knownSuite) }),
      async run({ org }) {
        const known = await evals.suites(org)
        const data = known.map(({ entry, name, lastRunAtMs }) =>
          defined({
            entry,
            name,
            last_run_at: lastRunAtMs === undefined ? undefined : new Date(lastRunAtMs).toISOString(),
          }),
        )
        return { body: { data } }
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
        limit: pageLimit,
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
      method: 'GET',
      path: '/evals/{id}/cases',
      policy: 'traffic:read',
      summary: 'Every case of the run with its outcomes.',
      response: z.object({ arms: z.array(z.string()), data: z.array(caseOutcomes) }),
      async run({ org, params }) {
        const { arms, cases } = await evals.outcomes(org, params['id'] ?? '')
        const data = cases.map(({ id, tags, isCritical: critical, outcomes }) => ({
          id,
          tags,
          critical,
          outcomes,
        }))
        return { body: { arms, data } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/evals/{id}/cases/{case}',
      policy: 'traffic:read',
      summary: 'One case of the run: what it asks, and its rows.',
      response: z.object({
        asked: z.string().optional().describe('Absent where the suite cannot be read any more.'),
        data: z.array(z.record(z.string(), z.unknown())),
      }),
      async run({ org, params }) {
        const { asked, rows } = await evals.caseOf(org, params['id'] ?? '', params['case'] ?? '')
        return { body: defined({ asked, data: rows.map(rowToJson) }) }
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
      async run(call) {
        const { org, params, body } = call
        const resume = () => evals.resume(org, params['id'] ?? '', body.retry_errors, accountFor(call))
        const run = await refusingFaults(resume)
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
