/** The administration routes of the watch for drift: golden sets, their runs, and what people decide. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { SuiteError } from '../judgement/suite/source.ts'
import {
  alarmShape,
  baselineShape,
  evidenceShape,
  judgedShape,
  setShape,
  toAlarm,
  toBaseline,
  toJudged,
  toRun,
} from './admin-shapes.ts'
import { findEvidence } from './analysis.ts'
import type { Alarm, DriftStore, Run } from './port.ts'
import { reportHtml } from './report.ts'
import type { Judgement } from './verdict.ts'
import type { DriftWatch } from './watch.ts'

export interface DriftRouteParts {
  readonly watch: DriftWatch
  readonly store: DriftStore
  readonly nowMs: () => number
  readonly nextMs: (name: string) => number | undefined
  /** Of the runs that go on in this process. */
  readonly progress: Map<string, { done: number; all: number }>
}

/** `/drift` and what is below it. */
export function driftRoutes(parts: DriftRouteParts): readonly AdminRoute[] {
  return [...setRoutes(parts), ...runRoutes(parts), ...alarmRoutes(parts)]
}

function setRoutes({ watch, store, nextMs, progress }: DriftRouteParts): AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/drift',
      policy: 'traffic:read',
      summary: 'The golden sets with their baselines, their last runs and their open alarms.',
      response: z.object({ data: z.array(setShape) }),
      async run({ org }) {
        const sets = await store.goldenSets(org)
        return { body: { data: await Promise.all(sets.map(({ name }) => statusOf(org, name))) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/progress',
      policy: 'traffic:read',
      summary: 'How far the runs are that go on in this process.',
      response: z.object({ data: z.array(z.object({ set: z.string(), done: z.int(), all: z.int() })) }),
      run: () => ({ body: { data: [...progress].map(([set, far]) => ({ set, ...far })) } }),
    }),
    adminRoute({
      method: 'POST',
      path: '/drift/{set}/accept',
      policy: 'operations:write',
      audit: { action: 'drift.accept', object: ({ params }) => `golden-set:${params['set'] ?? ''}` },
      summary: 'Begins the next baseline: what the target does now is right.',
      body: acceptBody,
      response: baselineShape,
      async run({ org, params, body }) {
        const { by, reason, last_runs: lastRuns } = body
        const { set } = await watch.shelf.open(org, params['set'] ?? '')
        const accepted = await watch.baselines.accept(org, set, { by, reason, lastRuns })
        return { status: 201, body: toBaseline(accepted, accepted.runIds.length) }
      },
    }),
  ]

  async function statusOf(org: string, name: string): Promise<object> {
    const { version, set } = await watch.shelf.open(org, name)
    const known = await store.baseline(org, name)
    const recorded =
      known === undefined
        ? []
        : await store.runs(org, {
            set: name,
            baseline: known.number,
            kinds: ['baseline'],
            isEnded: true,
            limit: 200,
          })
    const [last] = await store.runs(org, { set: name, isEnded: true, limit: 1 })
    const alarms = await store.alarms(org, name)
    const open = alarms.find(({ state }) => state !== 'resolved')
    const valid = recorded.filter(({ verdict }) => verdict !== 'no-data').length + (known?.runIds.length ?? 0)
    const next = nextMs(name)
    return {
      name,
      target: set.target,
      version: version.version,
      prompts: set.cases.length,
      samples: set.samples,
      rollback: set.rollback,
      ...(set.schedule !== undefined && { schedule: set.schedule }),
      ...(next !== undefined && { next_run_at: new Date(next).toISOString() }),
      ...(known && { baseline: { ...toBaseline(known, valid), fits: known.digest === set.digest } }),
      ...(last && { last_run: toRun(last) }),
      ...(open && { alarm: toAlarm(open) }),
    }
  }
}

function runRoutes({ watch, store, progress }: DriftRouteParts): AdminRoute[] {
  async function runOf(org: string, id: string | undefined): Promise<Run> {
    const run = await store.run(org, id ?? '')
    if (run === undefined) throw new GatewayError('not_found', 'There is no golden run with this id.')
    return run
  }
  async function detailOf(org: string, run: Run) {
    const { set, baseline, run: samples } = await watch.samplesOf(org, run)
    const judgement = run.judgement as unknown as Judgement | undefined
    return { set, judgement, evidence: await findEvidence({ baseline, run: samples }, set) }
  }
  return [
    adminRoute({
      method: 'POST',
      path: '/drift/runs',
      policy: 'operations:write',
      audit: { action: 'drift.run', object: ({ body }) => `golden-set:${body.file ?? body.set ?? '*'}` },
      summary: 'Runs a golden set once, and answers when it has been judged.',
      body: runBody,
      response: z.object({ data: z.array(judgedShape) }),
      async run({ org, body }) {
        const kept = await keptOf(org, body)
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
        const data = page.map((run) => toJudged(run, run.judgement as unknown as Judgement | undefined))
        const next = runs.length > limit ? String(page.at(-1)!.startedAtMs) : undefined
        return { body: { data, ...(next !== undefined && { next_cursor: next }) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/drift/runs/{id}',
      policy: 'traffic:read',
      summary: 'One golden run: its judgement, and the answers that changed most.',
      response: judgedShape.extend({ evidence: z.array(evidenceShape) }),
      async run({ org, params }) {
        const run = await runOf(org, params['id'])
        const { judgement, evidence } = await detailOf(org, run)
        const shown = evidence.map(({ prompts, ...rest }) => ({
          ...rest,
          prompts: prompts.map(({ answerBefore, answerAfter, ...prompt }) => ({
            ...prompt,
            answer_before: answerBefore,
            answer_after: answerAfter,
          })),
        }))
        return { body: { ...toJudged(run, judgement), evidence: shown } }
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
  async function keptOf(org: string, { file, files, set }: z.output<typeof runBody>) {
    if (file !== undefined) {
      try {
        return [await watch.shelf.keep(org, { file, files: files ?? {} })]
      } catch (error) {
        if (error instanceof SuiteError) throw new GatewayError('invalid_request', error.message)
        throw error
      }
    }
    if (set !== undefined) return [await watch.shelf.open(org, set)]
    const all = await store.goldenSets(org)
    return Promise.all(all.map(({ name }) => watch.shelf.open(org, name)))
  }
}

function alarmRoutes({ store, nowMs }: DriftRouteParts): AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/drift/alarms',
      policy: 'traffic:read',
      summary: 'The alarms of golden sets, newest first.',
      response: z.object({ data: z.array(alarmShape) }),
      run: async ({ org }) => ({ body: { data: (await store.alarms(org)).map(toAlarm) } }),
    }),
    adminRoute({
      method: 'PATCH',
      path: '/drift/alarms/{id}',
      policy: 'operations:write',
      audit: { action: 'drift.alarm', object: ({ params }) => `alarm:${params['id'] ?? ''}` },
      summary: 'Acknowledges, silences or resolves an alarm.',
      body: alarmBody,
      response: alarmShape,
      async run({ org, params, body: { state, by, until } }) {
        const alarm = (await store.alarms(org)).find(({ id }) => id === params['id'])
        if (alarm === undefined) throw new GatewayError('not_found', 'There is no alarm with this id.')
        const { untilMs: _before, ...rest } = alarm
        const changed: Alarm = {
          ...rest,
          state,
          changedAtMs: nowMs(),
          changedBy: by,
          ...(until !== undefined && { untilMs: Date.parse(until) }),
        }
        await store.putAlarm(changed)
        return { body: toAlarm(changed) }
      },
    }),
  ]
}

// -- what is asked

const by = z.string().min(1).max(200).describe('Who decides.')

const acceptBody = z.strictObject({
  by: by.default('administrator'),
  reason: z.string().min(1).max(2_000).describe('Why what the target does now is right.'),
  last_runs: z
    .int()
    .min(0)
    .max(200)
    .default(0)
    .describe('So many of the last runs become the first of the new baseline.'),
})

const runBody = z.strictObject({
  file: z.string().min(1).optional().describe('The path of a golden set among `files`.'),
  files: z.record(z.string(), z.string()).optional().describe('Texts by path: the set and all it names.'),
  set: z.string().min(1).optional().describe('A kept golden set. Without it and `file`: all kept ones.'),
  baseline: z.boolean().default(false).describe('Record a run of the baseline instead.'),
  times: z.int().min(1).max(200).optional().describe('So many runs, one after the other.'),
})

const runQuery = z.strictObject({
  set: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe('`next_cursor` of the page before.'),
})

const alarmBody = z.strictObject({
  state: z.enum(['open', 'acknowledged', 'silenced', 'resolved']),
  by: by.default('administrator'),
  until: z.iso.datetime({ offset: true }).optional().describe('Until when it is silenced.'),
})
