/** The administration routes of routes: revisions, where each stands, promotion, rollback, holds. */

import { z } from 'zod'
import { isoTime } from '../admin/query.ts'
import { type AdminAudit, type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import { differences } from './difference.ts'
import type { GateVerdict, Hold, Move, Pointer, Revision } from './port.ts'
import type { Rollout } from './rollout.ts'

export interface RolloutRouteParts {
  readonly rollout: Rollout
  /** The routes of the configuration file that have a revision. */
  readonly names: () => readonly string[]
  readonly fileSettings: (route: string) => Json | undefined
  /** Settings with all defaults; undefined where they are not valid. */
  readonly complete: (settings: Json) => Json | undefined
  readonly check: (route: string, settings: Json) => CheckedSettings
  /** Throws `permission_denied` where the caller may not lead anybody there. */
  readonly checkTargets: (call: Pick<AdminCall, 'caller'>, settings: Json) => void
  readonly verdictOf: (route: string, revision: number) => Promise<GateVerdict | undefined>
  readonly ladder: () => { readonly shares: readonly number[]; readonly stepMs: number }
}

/** Settings of a route with all defaults, or everything that keeps them from being used now. */
export type CheckedSettings =
  | { readonly settings: Json }
  | { readonly faults: readonly [SettingFault, ...SettingFault[]] }

export interface SettingFault {
  /** Within the route, such as `targets[1]`; empty where it is of the whole. */
  readonly path: string
  readonly message: string
  readonly mend: string
}

export function rolloutRoutes(parts: RolloutRouteParts): readonly AdminRoute[] {
  const { rollout } = parts
  const routeOf = ({ params }: AdminCall): string => params['route'] ?? ''
  const moverOf = ({ actor }: AdminCall, reason?: string) =>
    ({ actor, isAudited: true, ...(reason !== undefined && { reason }) }) as const
  const audited = (action: string): AdminAudit => ({
    action,
    object: (call) => `route:${routeOf(call)}`,
    before: (call) => toPointer(rollout.pointer(routeOf(call))),
  })
  /** The settings with all defaults. Throws where they cannot be used; `param` is where they were given. */
  const usable = (route: string, settings: Json, param: string): Json => {
    const checked = parts.check(route, settings)
    if ('settings' in checked) return checked.settings
    const [first, ...others] = checked.faults
    const count = others.length === 1 ? '1 more fault' : `${others.length} more faults`
    const more = others.length === 0 ? '' : ` And ${count}.`
    throw new GatewayError('invalid_request', `This revision cannot be used: ${faultText(first)}${more}`, {
      param,
    })
  }
  /** Whoever moves a route by what they saw of it moves nothing that has moved since. */
  const refuseMoved = (route: string, seen: number | undefined) => {
    const { live } = rollout.pointer(route)
    if (seen === undefined || seen === live) return
    throw new GatewayError('conflict', `The route ${route} has moved to @${live} since. Look at it again.`)
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/routes',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'The routes: what is live, what waits, and where the file says otherwise.',
      response: z.object({ data: z.array(routeShape) }),
      run: () => ({ body: { data: parts.names().map(viewOf) } }),
    }),
    adminRoute({
      method: 'GET',
      path: '/routes/{route}',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'One route with its revisions and moves, newest first, and what the file has otherwise.',
      response: routeShape.extend({
        revisions: z.array(revisionShape.extend({ gate: gateShape.optional() })),
        moves: z.array(moveShape),
        file_differences: z.array(
          z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }),
        ),
      }),
      async run(call) {
        const route = routeOf(call)
        const { live } = rollout.pointer(route)
        const moves = await rollout.moves(route, 100)
        const revisions = await Promise.all(
          rollout
            .revisions(route)
            .toReversed()
            .map(async (revision) => {
              const gate = await parts.verdictOf(route, revision.number)
              return { ...toRevision(revision), ...(gate && { gate: toGate(gate) }) }
            }),
        )
        return {
          body: {
            ...viewOf(route),
            revisions,
            moves: moves.map(toMove),
            file_differences: differences(
              parts.complete(rollout.revision(route, live).settings),
              parts.fileSettings(route),
            ),
          },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/routes/{route}/check',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'What keeps settings from becoming a revision of the route. Nothing is changed.',
      query: z.strictObject({ settings: z.string().min(2).describe('The whole route, as JSON.') }),
      response: z.object({
        faults: z.array(
          z.object({
            path: z.string().describe('Within the route; empty where it is of the whole.'),
            message: z.string(),
            mend: z.string(),
          }),
        ),
      }),
      run(call) {
        const route = routeOf(call as AdminCall)
        rollout.pointer(route)
        const checked = parts.check(route, readJson(call.query.settings))
        return { body: { faults: 'faults' in checked ? checked.faults : [] } }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/routes/{route}/revisions',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('route.revision'),
      summary:
        'Adds a revision: the whole route. It goes live at once, or waits where the route is protected.',
      body: z.strictObject({ settings: z.record(z.string(), z.unknown()), live: seenLive.optional() }),
      response: revisionShape,
      async run(call) {
        const route = routeOf(call as AdminCall)
        refuseMoved(route, call.body.live)
        const settings = usable(route, call.body.settings as JsonObject, 'settings')
        parts.checkTargets(call, settings)
        return {
          status: 201,
          body: toRevision(await rollout.add(route, settings, moverOf(call as AdminCall))),
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/routes/{route}/promote',
      isOfInstance: true,
      policy: 'operations:write',
      audit: {
        ...audited('route.promote'),
        async after({ params, body }) {
          const verdict = await parts.verdictOf(params['route'] ?? '', (body as PromoteBody).to)
          return { ...(body as PromoteBody), ...(verdict && { gate: { ...verdict } }) }
        },
      },
      summary: 'Makes a revision live. A protected route wants a fresh gate that has passed it.',
      body: promoteBody,
      response: routeShape,
      async run(call) {
        const route = routeOf(call as AdminCall)
        const { to, canary, override, reason, live } = call.body
        refuseMoved(route, live)
        usable(route, rollout.revision(route, to).settings, 'to')
        await rollout.promote(route, {
          ...moverOf(call as AdminCall, reason),
          to,
          ...(override && { isOverride: true }),
          ...(canary && { ladder: parts.ladder() }),
        })
        return { body: viewOf(route) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/routes/{route}/rollback',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('route.rollback'),
      summary: 'Goes back to the revision before, or stops a canary: on every instance within five seconds.',
      body: z.strictObject({
        to: z.int().min(1).optional(),
        reason: reason.optional(),
        live: seenLive.optional(),
      }),
      response: routeShape,
      async run(call) {
        const route = routeOf(call as AdminCall)
        const { to, reason: why, live } = call.body
        refuseMoved(route, live)
        await rollout.rollback(route, { ...moverOf(call as AdminCall, why), ...(to !== undefined && { to }) })
        return { body: viewOf(route) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/routes/{route}/hold',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('route.hold'),
      summary: 'Nothing moves the route by itself, until the time that is given or until the hold is lifted.',
      body: z.strictObject({
        reason,
        until: isoTime.optional().describe('When it ends by itself.'),
      }),
      response: routeShape,
      async run(call) {
        const route = routeOf(call as AdminCall)
        const { reason: why, until: untilMs } = call.body
        await rollout.hold(route, {
          ...moverOf(call as AdminCall),
          reason: why,
          ...(untilMs !== undefined && { untilMs }),
        })
        return { body: viewOf(route) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/routes/{route}/hold',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('route.unhold'),
      summary: 'The watch for drift may move the route again, where it is told to.',
      response: routeShape,
      async run(call) {
        const route = routeOf(call as AdminCall)
        await rollout.unhold(route, moverOf(call as AdminCall))
        return { body: viewOf(route) }
      },
    }),
  ]

  function viewOf(route: string): z.output<typeof routeShape> {
    const pointer = rollout.pointer(route)
    const revisions = rollout.revisions(route)
    const settings = parts.complete(rollout.revision(route, pointer.live).settings)
    const file = parts.fileSettings(route)
    const last = revisions.at(-1)?.number ?? pointer.live
    return {
      name: route,
      revision_count: revisions.length,
      last,
      protected: rollout.isProtected(route),
      differs_from_file: file !== undefined && canonicalJson(file) !== canonicalJson(settings),
      ...toPointer(pointer),
    }
  }
}

const reason = z.string().min(1).max(2_000).describe('Why.')

const seenLive = z
  .int()
  .min(1)
  .describe('The revision that was live when somebody looked: where another is by now, nothing is done.')

type PromoteBody = z.output<typeof promoteBody>

const promoteBody = z.strictObject({
  to: z.int().min(1).describe('The number of the revision.'),
  canary: z.boolean().default(false).describe('Up the ladder of `rollout.canary`, instead of at once.'),
  override: z.boolean().default(false).describe('Without a passing gate; wants a reason.'),
  reason: reason.optional(),
  live: seenLive.optional(),
})

const pointerShape = z.object({
  live: z.int().describe('The number of the revision that takes requests.'),
  changed_at: z.iso.datetime(),
  canary: z
    .object({
      revision: z.int(),
      shares: z.array(z.number()),
      step_ms: z.int(),
      started_at: z.iso.datetime(),
    })
    .optional(),
  hold: z
    .object({ actor: z.string(), reason: z.string(), until: z.iso.datetime().optional() })
    .optional()
    .describe('Who wants it to stay where it is. One whose time is over is none.'),
})

const routeShape = pointerShape.extend({
  name: z.string(),
  revision_count: z.int(),
  last: z.int().describe('The newest revision; where it is not live, it waits or was left.'),
  protected: z.boolean(),
  differs_from_file: z.boolean(),
})

const revisionShape = z.object({
  number: z.int(),
  source: z.enum(['file', 'api']),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  settings: z.unknown(),
})

const gateShape = z
  .object({
    verdict: z.enum(['pass', 'fail', 'inconclusive']),
    run_id: z.string(),
    hash: z.string(),
    at: z.iso.datetime(),
  })
  .describe('What the newest evaluation of it found.')

const moveShape = z.object({
  at: z.iso.datetime(),
  kind: z.string(),
  from: z.int().optional(),
  to: z.int(),
  actor: z.string(),
  reason: z.string().optional(),
  gate_hash: z.string().optional().describe('SHA-256 of the report of the gate on which it was made.'),
})

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new GatewayError('invalid_request', 'The settings are no JSON.', { param: 'settings' })
  }
}

function faultText({ path, message, mend }: SettingFault): string {
  return `${path === '' ? '' : `${path}: `}${message}. ${mend}`
}

function toPointer({ live, changedAtMs, canary, hold }: Pointer): z.output<typeof pointerShape> {
  return {
    live,
    changed_at: iso(changedAtMs),
    ...(canary && {
      canary: {
        revision: canary.revision,
        shares: [...canary.shares],
        step_ms: canary.stepMs,
        started_at: iso(canary.startedAtMs),
      },
    }),
    ...(hold && { hold: toHold(hold) }),
  }
}

function toHold({ untilMs, ...hold }: Hold) {
  return { ...hold, ...(untilMs !== undefined && { until: iso(untilMs) }) }
}

function toRevision({ number, source, createdAtMs, createdBy, settings }: Revision) {
  return { number, source, created_at: iso(createdAtMs), created_by: createdBy, settings }
}

function toGate({ verdict, runId, hash, atMs }: GateVerdict): z.output<typeof gateShape> {
  return { verdict, run_id: runId, hash, at: iso(atMs) }
}

function toMove({ atMs, kind, from, to, actor, reason: why, gateHash }: Move): z.output<typeof moveShape> {
  return {
    at: iso(atMs),
    kind,
    to,
    actor,
    ...(from !== undefined && { from }),
    ...(why !== undefined && { reason: why }),
    ...(gateHash !== undefined && { gate_hash: gateHash }),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
