/** How golden sets, runs and alarms look in the administration API. */

import { z } from 'zod'
import { formatUsd } from '../core/money.ts'
import type { Alarm, Baseline, Run } from './port.ts'
import type { Judgement, Reported } from './verdict.ts'

const verdict = z.enum(['ok', 'drift', 'warning', 'no-data'])

const runShape = z.object({
  id: z.string(),
  set: z.string(),
  version: z.int(),
  target: z.string(),
  kind: z.enum(['baseline', 'watch', 'confirm', 'missed']),
  baseline: z.int().optional(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  verdict: verdict.optional(),
  expected_rows: z.int(),
  valid_rows: z.int(),
  cost_usd: z.string(),
})

const metricShape = z.object({
  metric: z.string(),
  value: z.number(),
  baseline: z.number(),
  effect: z.number(),
  lower: z.number().describe('Of the effect, at level .99.'),
  upper: z.number(),
  p: z.number(),
  adjusted_p: z.number(),
  alarm: z.boolean(),
  direction: z.enum(['up', 'down']),
  harmful: z.boolean(),
  run_effect: z.number().describe('The spread of baseline runs beyond sampling, in sd between samples.'),
})

const measuredShape = z.object({
  metric: z.string(),
  value: z.number(),
  baseline: z.number(),
  effect: z.number(),
  lower: z.number().describe('Of the effect, at level .99.'),
  upper: z.number(),
  p: z.number(),
  adjusted_p: z
    .number()
    .optional()
    .describe('By false discovery rate; absent where only slow change is told.'),
  changed: z.boolean(),
})

export const judgedShape = runShape.extend({
  reasons: z.array(z.object({ code: z.string(), note: z.boolean(), text: z.string() })),
  reported: z
    .object({
      models: z.array(z.string()),
      builds: z.array(z.string()).describe('Such as `system_fingerprint`.'),
      before: z
        .object({ models: z.array(z.string()), builds: z.array(z.string()) })
        .describe('In the baseline.'),
    })
    .optional()
    .describe('What the provider calls what has answered.'),
  metrics: z.array(metricShape),
  measured: z
    .array(measuredShape)
    .describe('What never alarms by itself. Counts, costs and times are logarithms.'),
  omnibus: z
    .object({
      distance: z.number(),
      p_permutation: z.number(),
      p_run: z.number(),
      adjusted_p: z.number(),
      alarm: z.boolean(),
      usual: z
        .object({ distance: z.number(), lower: z.number(), upper: z.number() })
        .optional()
        .describe('Of a run without drift, at level .99.'),
    })
    .optional(),
  trends: z.array(
    z.object({
      metric: z.string(),
      z: z.number(),
      up: z.number(),
      down: z.number(),
      alarm: z.enum(['up', 'down']).optional(),
    }),
  ),
  baseline_runs: z.int(),
  lag1: z.number().describe('How much baseline runs resemble the one before.'),
  confirmed: z.object({ metric: z.string(), direction: z.enum(['up', 'down']) }).optional(),
})

export const evidenceShape = z.object({
  metric: z.string(),
  baseline: z.array(z.number()).describe('Means of the baseline runs.'),
  value: z.number(),
  prompts: z.array(
    z.object({
      prompt: z.string(),
      question: z.string(),
      before: z.number(),
      after: z.number(),
      answer_before: z.string(),
      answer_after: z.string(),
    }),
  ),
})

export const baselineShape = z.object({
  number: z.int(),
  runs: z.int(),
  wanted_runs: z.int(),
  created_at: z.iso.datetime(),
  accepted_by: z.string().optional(),
  reason: z.string().optional(),
})

export const alarmShape = z.object({
  id: z.string(),
  set: z.string(),
  run_id: z.string(),
  state: z.enum(['open', 'acknowledged', 'silenced', 'resolved']),
  title: z.string(),
  created_at: z.iso.datetime(),
  changed_at: z.iso.datetime(),
  changed_by: z.string().optional(),
  until: z.iso.datetime().optional(),
})

export const setShape = z.object({
  name: z.string(),
  target: z.string(),
  version: z.int(),
  prompts: z.int(),
  samples: z.int(),
  rollback: z.enum(['off', 'suggest', 'auto']),
  schedule: z.string().optional().describe('By which it runs; absent: only when it is asked to.'),
  timezone: z.string().optional(),
  scheduled_by: z.string().optional().describe('Who decided that; absent where the configuration did.'),
  next_run_at: z.iso.datetime().optional(),
  baseline: baselineShape
    .extend({ fits: z.boolean().describe('It is of what the set asks now.') })
    .optional(),
  last_run: runShape.optional(),
  alarm: alarmShape.optional(),
})

const at = (ms: number): string => new Date(ms).toISOString()

export function toRun(run: Run): z.output<typeof runShape> {
  const { id, set, version, target, kind, baseline, verdict: judged } = run
  return {
    id,
    set,
    version,
    target,
    kind,
    started_at: at(run.startedAtMs),
    expected_rows: run.expectedRows,
    valid_rows: run.validRows,
    cost_usd: formatUsd(run.costNanoUsd),
    ...(baseline !== undefined && { baseline }),
    ...(run.endedAtMs !== undefined && { ended_at: at(run.endedAtMs) }),
    ...(judged && { verdict: judged }),
  }
}

export function toJudged(run: Run, judgement: Judgement | undefined): z.output<typeof judgedShape> {
  const {
    reasons = [],
    reported,
    metrics = [],
    measured = [],
    omnibus,
    trends = [],
    baselineRuns = 0,
    lag1 = 0,
    confirmed,
  } = judgement ?? {}
  return {
    ...toRun(run),
    ...(reported && { reported: toReported(reported) }),
    reasons: reasons.map(({ code, isNote, text }) => ({ code, note: isNote, text })),
    metrics: metrics.map((result) => ({
      metric: result.metric,
      value: result.value,
      baseline: result.baseline,
      effect: result.effect,
      lower: result.lower,
      upper: result.upper,
      p: result.p,
      adjusted_p: result.adjustedP,
      alarm: result.isAlarm,
      direction: result.direction,
      harmful: result.isHarmful,
      run_effect: result.runEffect,
    })),
    measured: measured.map(({ metric, value, baseline, effect, lower, upper, p, adjustedP, isChanged }) => ({
      metric,
      value,
      baseline,
      effect,
      lower,
      upper,
      p,
      ...(adjustedP !== undefined && { adjusted_p: adjustedP }),
      changed: isChanged,
    })),
    trends: trends.map(({ metric, z: step, state: { up, down }, alarm }) => ({
      metric,
      z: step,
      up,
      down,
      ...(alarm && { alarm }),
    })),
    baseline_runs: baselineRuns,
    lag1,
    ...(omnibus && {
      omnibus: {
        distance: omnibus.distance,
        p_permutation: omnibus.pPermutation,
        p_run: omnibus.pRun,
        adjusted_p: omnibus.adjustedP,
        alarm: omnibus.isAlarm,
        ...(omnibus.usual && { usual: omnibus.usual }),
      },
    }),
    ...(confirmed && { confirmed }),
  }
}

function toReported({ before, ...now }: NonNullable<Judgement['reported']>) {
  const copy = ({ models, builds }: Reported) => ({ models: [...models], builds: [...builds] })
  return { ...copy(now), before: copy(before) }
}

export function toBaseline(baseline: Baseline, runs: number): z.output<typeof baselineShape> {
  const { number, wantedRuns, createdAtMs, acceptedBy, reason } = baseline
  return {
    number,
    runs,
    wanted_runs: wantedRuns,
    created_at: at(createdAtMs),
    ...(acceptedBy !== undefined && { accepted_by: acceptedBy }),
    ...(reason !== undefined && { reason }),
  }
}

export function toAlarm({ id, set, runId, state, title, ...times }: Alarm): z.output<typeof alarmShape> {
  const { createdAtMs, changedAtMs, changedBy, untilMs } = times
  return {
    id,
    set,
    run_id: runId,
    state,
    title,
    created_at: at(createdAtMs),
    changed_at: at(changedAtMs),
    ...(changedBy !== undefined && { changed_by: changedBy }),
    ...(untilMs !== undefined && { until: at(untilMs) }),
  }
}
