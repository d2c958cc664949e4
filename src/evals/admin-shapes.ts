/** How evaluations look in the administration API. */

import { z } from 'zod'
import { defined } from '../core/json.ts'
import { formatUsd, parseUsd } from '../core/money.ts'
import type { RunView } from './evals.ts'
import type { PlannedOdds } from './odds.ts'
import type { PlannedTarget, RunPlan } from './plan.ts'
import type { RunSettings } from './run-settings.ts'

export type StartBody = z.output<typeof startBody>

export const startBody = z.strictObject({
  entry: z
    .string()
    .min(1)
    .describe("The suite's file among `files`, `pack:NAME`, or `run:ID` for the suite of an earlier run."),
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

export function toSettings(body: StartBody): RunSettings {
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

export const runPlan = z.object({
  name: z.string(),
  cases: z.int(),
  clusters: z.int(),
  repeats: z.object({ least: z.int(), most: z.int() }),
  arms: z.array(plannedTarget),
  judges: z.array(plannedTarget),
  gate: z
    .object({ margin: z.number(), alpha: z.number() })
    .optional()
    .describe('What is asked of the difference of the pass rates; absent without a baseline.'),
  odds: z
    .array(
      z.object({
        population: z.string().describe('How a loss comes about.'),
        loss: z.number().describe('By which the candidate is truly worse, from 0 to 1.'),
        pass: z.number(),
        fail: z.number(),
      }),
    )
    .optional()
    .describe('How likely the gate decides, by simulation.'),
})

export function toPlan({ arms, judges, ...rest }: RunPlan & { odds?: readonly PlannedOdds[] }): object {
  return { ...rest, arms: arms.map(toPlanned), judges: judges.map(toPlanned) }
}

function toPlanned({ costNanoUsd, ...rest }: PlannedTarget): object {
  return defined({ ...rest, cost_usd: costNanoUsd === undefined ? undefined : formatUsd(costNanoUsd) })
}

export const knownSuite = z.object({
  entry: z.string().describe('What a run is started with.'),
  name: z.string(),
  last_run_at: z.iso.datetime().optional().describe('Absent of a pack that is generated.'),
})

export const caseOutcomes = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  critical: z.boolean(),
  outcomes: z
    .array(z.string())
    .describe(
      'Per arm a letter for each repeat: `p` passed, `f` failed, `e` lost to a fault, `-` not there.',
    ),
})

export const runSummary = z.object({
  id: z.string(),
  name: z.string(),
  suite_hash: z.string(),
  status: z.enum(['running', 'finished', 'stopped', 'failed', 'interrupted']),
  created_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).optional(),
  reason: z.string().optional(),
  arms: z
    .array(z.object({ label: z.string(), baseline: z.boolean() }))
    .optional()
    .describe('This and what follows: of a run that has a report.'),
  cases: z.int().optional(),
  cost_usd: z.string().optional(),
  difference: z
    .object({
      estimate: z.number(),
      lower: z.number().optional(),
      upper: z.number().optional(),
      bound: z.number().optional(),
    })
    .optional()
    .describe('Of the pass rates, candidate minus baseline, with its bounds and what is asked of it.'),
  progress: z
    .object({ done: z.int(), total: z.int(), errors: z.int(), cost_usd: z.string() })
    .optional()
    .describe('Of a run that is under way.'),
})

export const targetVerdict = z.object({
  target: z.string(),
  run_id: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  hash: z.string().describe('SHA-256 of the report without its rows.'),
  at: z.iso.datetime(),
})

export const runDetail = runSummary.extend({
  report: z.record(z.string(), z.unknown()).optional().describe('The report without its rows.'),
})

export function toSummary(run: RunView): object {
  const { progress, digest } = run
  return defined({
    id: run.id,
    name: run.name,
    suite_hash: run.suiteHash,
    status: run.status,
    created_at: new Date(run.createdAtMs).toISOString(),
    ended_at: run.endedAtMs === undefined ? undefined : new Date(run.endedAtMs).toISOString(),
    verdict: run.verdict,
    reason: run.reason,
    arms: digest?.arms.map(({ label, isBaseline }) => ({ label, baseline: isBaseline })),
    cases: digest?.cases,
    cost_usd: digest && formatUsd(Math.round(digest.costUsd * 1e9)),
    difference: digest?.difference,
    progress: progress && {
      done: progress.done,
      total: progress.total,
      errors: progress.errors,
      cost_usd: formatUsd(progress.costNanoUsd),
    },
  })
}
