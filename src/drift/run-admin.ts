/** The administration routes of golden runs: start them, list them, look at one. */

import { z } from 'zod'
import { pageLimit } from '../admin/query.ts'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { evidenceShape, judgedShape, toJudged } from './admin-shapes.ts'
import { inThread } from './analysis.ts'
import { keepSent } from './golden-shelf.ts'
import type { DriftStore, Run } from './port.ts'
import { reportHtml } from './report.ts'
import type { CheckSet } from './set-admin.ts'
import type { DriftWatch } from './watch.ts'

export interface RunRouteParts {
  readonly watch: DriftWatch
  readonly store: DriftStore
  readonly check: CheckSet
  /** Of the runs that go on in this process. */
  readonly progress: Map<string, { done: number; all: number }>
}

export function runRoutes({ watch, store, check, progress }: RunRouteParts): AdminRoute[] {
  async function runOf(org: string, id: string | undefined): Promise<Run> {
    const run = await store.run(org, id ?? '')
    if (run === undefined) throw new GatewayError('not_found', 'There is no golden run with this id.')
    return run
  }
  async function detailOf(org: string, run: Run) {
    const { set, ...compared } = await watch.samplesOf(org, run)
    const judgement = run.judgement
    return { set, judgement, ...(await inThread((analysis) => analysis.evidence(compared, set))) }
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/drift/progress',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'How far the runs are that go on in this process.',
      response: z.object({ data: z.array(z.object({ set: z.string(), done: z.int(), all: z.int() })) }),
      run: () => ({ body: { data: [...progress].map(([set, far]) => ({ set, ...far })) } }),
    }),
    adminRoute({
      method: 'POST',
      path: '/drift/runs',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'drift.run', object: ({ body }) => `golden-set:${body.file ?? body.set ?? '*'}` },
      summary: 'Runs a golden set once, and answers when it has been judged.',
      body: runBody,
      response: z.object({ data: z.array(judgedShape) }),
      async run(call) {
        const { org, body } = call
        const kept = await keptOf(call, body)
        for (const { set } of kept) check(call, set)
        const data: object[] = []
        for (const one of kept) {
          const { name } = one.set
          const onProgress = (done: number, all: number) => void progress.set(name, { done, all })
          try {
            const kind = body.baseline ? 'baseline' : 'watch'
            for (let turn = 0; turn < (body.times ?? 1); turn++) {
              const outcome = await watch.run(one, { org, kind, onProgress })
              if (outcome) data.push(toJudged(outcome.run, outcome.judgement))
            }
          } finally {
            progress.delete(name)
          }
        }
        return { body: { data } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/runs',
      policy: 'traffic:read',
      summary: 'The golden runs, newest first.',
      query: runQuery,
      response: z.object({ data: z.array(judgedShape), next_cursor: z.string().optional() }),
      async run({ org, query: { set, limit, cursor } }) {
        const runs = await store.runs(org, {
          limit: limit + 1,
          ...(set !== undefined && { set }),
          ...(cursor !== undefined && { beforeMs: Number(cursor) }),
        })
        const page = runs.slice(0, limit)
        const data = page.map((run) => toJudged(run, run.judgement))
        const next = runs.length > limit ? String(page.at(-1)!.startedAtMs) : undefined
        return { body: { data, ...(next !== undefined && { next_cursor: next }) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/runs/{id}',
      policy: 'traffic:read',
      summary: 'One golden run: its judgement, and the answers that changed most.',
      response: judgedShape.extend({
        evidence: z.array(evidenceShape),
        baseline_means: z
          .record(z.string(), z.array(z.number().nullable()))
          .describe('By metric, the means of the baseline runs, oldest first.'),
      }),
      async run({ org, params }) {
        const run = await runOf(org, params['id'])
        const { judgement, evidence, baselineMeans } = await detailOf(org, run)
        const shown = evidence.map(({ prompts, ...rest }) => ({
          ...rest,
          prompts: prompts.map(({ answerBefore, answerAfter, ...prompt }) => ({
            ...prompt,
            answer_before: answerBefore,
            answer_after: answerAfter,
          })),
        }))
        return {
          body: { ...toJudged(run, judgement), evidence: shown, baseline_means: baselineMeans },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/runs/{id}/report',
      policy: 'traffic:read',
      summary: 'The report of a golden run, as one HTML page that needs nothing else.',
      response: z.object({ html: z.string() }),
      async run({ org, params }) {
        const run = await runOf(org, params['id'])
        const history = await store.runs(org, { set: run.set, isEnded: true, limit: 60 })
        return { body: { html: reportHtml({ run, history, ...(await detailOf(org, run)) }) } }
      },
    }),
  ]

  /** The sets that a call means: the one it sends, the one it names, or all. */
  async function keptOf(call: Pick<AdminCall, 'org' | 'caller'>, body: z.output<typeof runBody>) {
    const { org } = call
    const { file, files = {}, set } = body
    if (file !== undefined) {
      return [await keepSent(watch.shelf, org, { file, files }, { check: (sent) => check(call, sent) })]
    }
    if (set !== undefined) return [await watch.shelf.open(org, set)]
    const all = await store.goldenSets(org)
    return Promise.all(all.map(({ name }) => watch.shelf.open(org, name)))
  }
}

const runBody = z.strictObject({
  file: z.string().min(1).optional().describe('The path of a golden set among `files`.'),
  files: z.record(z.string(), z.string()).optional().describe('Texts by path: the set and all it names.'),
  set: z.string().min(1).optional().describe('A kept golden set. Without it and `file`: all kept ones.'),
  baseline: z.boolean().default(false).describe('Record a run of the baseline instead.'),
  times: z.int().min(1).max(200).optional().describe('So many runs, one after the other.'),
})

const runQuery = z.strictObject({
  set: z.string().optional(),
  limit: pageLimit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe('`next_cursor` of the page before.'),
})
