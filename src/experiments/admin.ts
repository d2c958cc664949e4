/** The administration routes of experiments: how the arms compare, and what ends one. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { formatUsd } from '../core/money.ts'
import type { ArmView, Difference } from './analysis.ts'
import type { Experiments, ExperimentView } from './experiments.ts'
import { type Look, type Metric, metrics } from './port.ts'

export function experimentRoutes(experiments: Experiments): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/experiments',
      policy: 'traffic:read',
      summary: 'Experiments on live traffic, newest first.',
      response: z.object({ data: z.array(experimentShape) }),
      run: async ({ org }) => ({ body: { data: (await experiments.list(org)).map(toExperiment) } }),
    }),
    adminRoute({
      method: 'GET',
      path: '/experiments/{route}',
      policy: 'traffic:read',
      summary: 'The newest experiment of a route. Looking early is safe: its intervals hold at every moment.',
      response: experimentShape.extend({
        looks: z.array(lookShape).describe('What could be seen, by units.'),
      }),
      async run({ org, params }) {
        const view = await experiments.get(org, params['route'] ?? '')
        return { body: { ...toExperiment(view), looks: view.looks.map(toLook) } }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/experiments/{route}/stop',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'experiment.stop', object: ({ params }) => `route:${params['route']}` },
      summary: 'Ends the experiment: all callers get the control, within seconds on every instance.',
      body: z.strictObject({ reason }),
      response: experimentShape,
      run: async ({ org, params, body }) => ({
        body: toExperiment(await experiments.stop(org, params['route'] ?? '', body.reason)),
      }),
    }),
    adminRoute({
      method: 'POST',
      path: '/experiments/{route}/promote',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'experiment.promote', object: ({ params }) => `route:${params['route']}` },
      summary: 'Makes an arm a revision of the route; of a protected route it waits for its gate.',
      body: z.strictObject({
        arm: z.string().optional().describe('Absent: the winner.'),
        reason: reason.optional(),
      }),
      response: experimentShape.extend({
        waits_for_gate: z
          .boolean()
          .describe('`weir eval run SUITE --candidate ROUTE@REVISION`, then promote.'),
      }),
      async run({ org, params, body, actor }) {
        const { arm, reason: why = 'an experiment' } = body
        const { promoted, ...view } = await experiments.promote(org, params['route'] ?? '', {
          actor,
          reason: why,
          ...(arm !== undefined && { arm }),
        })
        return { body: { ...toExperiment(view), waits_for_gate: promoted.waits } }
      },
    }),
  ]
}

const reason = z.string().min(1).max(2_000).describe('Why.')

const money = z.string().describe('USD.')
const figure = z.union([z.number(), money])

const differenceShape = z.object({
  metric: z.enum(metrics),
  role: z.enum(['decides', 'guards', 'shown']),
  control: figure.describe('The mean over the units of the control; each unit counts once.'),
  arm: figure,
  difference: figure.describe('Arm minus control.'),
  lower: figure,
  upper: figure,
  units: z.int(),
  verdict: z.enum(['better', 'worse', 'open']),
  limit: figure.optional().describe('Of a guardrail: beyond it lies harm.'),
  guardrail_crossed: z.boolean(),
})

const lookShape = z.object({
  at: z.iso.datetime(),
  units: z.int(),
  differences: z.array(
    z.object({
      arm: z.string(),
      metric: z.enum(metrics),
      difference: figure,
      lower: figure,
      upper: figure,
    }),
  ),
})

const experimentShape = z.object({
  route: z.string(),
  name: z.string(),
  state: z.enum(['running', 'ended']),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  reason: z.string().optional().describe('Why it ended.'),
  winner: z.string().optional(),
  revision: z.string().optional().describe('What the winner became.'),
  in_force: z
    .boolean()
    .describe('False where callers are not dealt out: it has ended, or the route has it no more.'),
  metric: z.enum(metrics),
  alpha: z.number(),
  min_units: z.int(),
  fault: z.string().optional(),
  arms: z.array(
    z.object({
      name: z.string(),
      share: z.number(),
      units: z.int(),
      outcomes: z.int().describe('By the metric that decides.'),
      differences: z.array(differenceShape).describe('Against the first arm, the control.'),
    }),
  ),
  sample_ratio: z.array(
    z.object({
      of: z.enum(['units', 'outcomes']),
      p: z.number(),
      bayes_factor: z.number(),
      mismatch: z.boolean(),
    }),
  ),
})

function toExperiment({ stored, live, plan, analysis }: ExperimentView): z.output<typeof experimentShape> {
  const { route, name, state, startedAtMs, endedAtMs, reason: why, revision } = stored
  const winner = stored.winner ?? analysis.winner
  const total = plan.arms.reduce((sum, { weight }) => sum + weight, 0)
  return {
    route,
    name,
    state,
    started_at: new Date(startedAtMs).toISOString(),
    ...(endedAtMs !== undefined && { ended_at: new Date(endedAtMs).toISOString() }),
    ...(why !== undefined && { reason: why }),
    ...(winner !== undefined && { winner }),
    ...(revision !== undefined && { revision: `${route}@${revision}` }),
    in_force: live !== undefined,
    metric: plan.metric,
    alpha: plan.alpha,
    min_units: plan.minUnits,
    ...(analysis.fault !== undefined && { fault: analysis.fault }),
    arms: analysis.arms.map((arm, index) => toArm(arm, plan.arms[index]!.weight / total)),
    sample_ratio: analysis.ratios.map(({ of, p, bayesFactor, isMismatch }) => ({
      of,
      p,
      bayes_factor: Math.min(bayesFactor, Number.MAX_VALUE),
      mismatch: isMismatch,
    })),
  }
}

function toArm({ name, units, outcomes, differences }: ArmView, share: number) {
  return { name, share, units, outcomes, differences: differences.map(toDifference) }
}

function toLook({ units, atMs, differences }: Look): z.output<typeof lookShape> {
  return {
    units,
    at: new Date(atMs).toISOString(),
    differences: differences.map(({ arm, metric, difference, lower, upper }) => {
      const shown = shownAs(metric)
      return { arm, metric, difference: shown(difference), lower: shown(lower), upper: shown(upper) }
    }),
  }
}

function shownAs(metric: Metric): (value: number) => number | string {
  return (value) => (metric === 'cost' ? formatUsd(Math.round(value)) : value)
}

function toDifference({ isCrossed, limit, ...found }: Difference): z.output<typeof differenceShape> {
  const { metric, role, units, verdict } = found
  const shown = shownAs(metric)
  return {
    metric,
    role,
    control: shown(found.control),
    arm: shown(found.arm),
    difference: shown(found.difference),
    lower: shown(found.lower),
    upper: shown(found.upper),
    units,
    verdict,
    ...(limit !== undefined && { limit: shown(limit) }),
    guardrail_crossed: isCrossed,
  }
}
