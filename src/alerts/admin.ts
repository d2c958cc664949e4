/** The administration routes of alerts: what is wrong, what was, and whether the channels work. */

import { z } from 'zod'
import { seesConcern, type TeamOf } from '../admin/concern.ts'
import { isoTime, pageCursor, pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { seenPage } from '../admin/seen-page.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { type Alert, alertKinds, concernOf, severities, toView } from './alert.ts'
import type { Channel } from './channel.ts'
import type { AlertStore } from './port.ts'
import type { AlertRule } from './rules.ts'

export interface AlertRouteParts {
  readonly store: AlertStore
  /** Those of the configuration in force. */
  readonly channels: () => readonly Channel[]
  readonly rules: () => readonly AlertRule[]
  readonly teamOf: TeamOf
  readonly clock: Clock
  readonly newId: () => string
}

const testTimeoutMs = 10_000
const maxSilenceMs = 30 * 86_400_000

/** `/alerts` and what is below it. */
export function alertRoutes({
  store,
  channels,
  rules,
  teamOf,
  clock,
  newId,
}: AlertRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/alerts',
      policy: 'requests:read',
      summary: 'The alerts, the newest first. A role in a team sees those of its keys, users and budgets.',
      query: z.strictObject({
        status: z.enum(['open', 'resolved']).optional(),
        kind: z.enum(alertKinds).optional(),
        team: z.string().max(200).optional().describe("The team's id: those of its keys, users and budgets."),
        limit: pageLimit,
        cursor: pageCursor,
      }),
      response: z.object({ data: z.array(alertShape), next_cursor: z.string().optional() }),
      async run({ org, teams: own, query: { status, kind, team, limit, cursor } }) {
        const teams = team === undefined ? own : new Set([team].filter((one) => own?.has(one) ?? true))
        const start = cursor === undefined ? undefined : readCursor(cursor)
        const where = { org, ...(status && { status }), ...(kind && { kind }) }
        const { data, last } = await seenPage(
          limit,
          (count, lastSeen: Alert | undefined) => {
            const before = lastSeen ?? start
            return store.list({ ...where, limit: count, ...(before && { before }) })
          },
          teams && ((alert) => seesConcern({ org, teams }, concernOf(alert), teamOf)),
        )
        return { body: { data: data.map(toView), ...(last && { next_cursor: cursorOf(last) }) } }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/alerts/{id}/acknowledge',
      policy: 'operations:write',
      audit: { action: 'alert.acknowledge', object: ({ params: { id = '' } }) => `alert:${id}` },
      summary: 'Says that somebody has seen it. It stays open until it is over.',
      response: alertShape,
      async run({ org, params: { id = '' } }) {
        const alert = await store.acknowledge(org, id, clock.nowMs())
        if (!alert) throw new GatewayError('not_found', 'There is no such alert.')
        return { body: toView(alert) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/alerts/{id}/acknowledge',
      policy: 'operations:write',
      audit: { action: 'alert.unacknowledge', object: ({ params: { id = '' } }) => `alert:${id}` },
      summary: 'Takes back that somebody has seen it.',
      response: alertShape,
      async run({ org, params: { id = '' } }) {
        const alert = await store.acknowledge(org, id, null)
        if (!alert) throw new GatewayError('not_found', 'There is no such alert.')
        return { body: toView(alert) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/alerts/{id}/silence',
      policy: 'operations:write',
      audit: { action: 'alert.silence', object: ({ params: { id = '' } }) => `alert:${id}` },
      summary: 'No channel is told that it gets worse or ends, until this time.',
      body: z.strictObject({ until: isoTime }),
      response: alertShape,
      async run({ org, params: { id = '' }, body: { until: untilMs } }) {
        if (untilMs - clock.nowMs() > maxSilenceMs) {
          throw new GatewayError('invalid_request', 'An alert is silent for at most 30 days.', {
            param: 'until',
          })
        }
        const alert = await store.silence(org, id, untilMs)
        if (!alert) throw new GatewayError('not_found', 'There is no such alert that is open.')
        return { body: toView(alert) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/alerts/{id}/silence',
      policy: 'operations:write',
      audit: { action: 'alert.unsilence', object: ({ params: { id = '' } }) => `alert:${id}` },
      summary: 'Channels are told of it again.',
      response: alertShape,
      async run({ org, params: { id = '' } }) {
        const alert = await store.silence(org, id, null)
        if (!alert) throw new GatewayError('not_found', 'There is no such alert that is open.')
        return { body: toView(alert) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/alert-rules',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'What is watched, from when it is an alert, and where that is told.',
      response: z.object({ data: z.array(ruleShape) }),
      run() {
        const data = rules().map((rule) => ({
          ...rule,
          channels: channels().flatMap(({ name, kinds }) =>
            (kinds?.includes(rule.kind) ?? true) ? [name] : [],
          ),
        }))
        return { body: { data } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/alert-channels',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'Where alerts are told.',
      response: z.object({ data: z.array(channelShape) }),
      run: () => ({
        body: { data: channels().map(({ name, kinds }) => ({ name, ...(kinds && { kinds }) })) },
      }),
    }),
    adminRoute({
      method: 'POST',
      path: '/alert-channels/{name}/test',
      isOfInstance: true,
      policy: 'operations:write',
      audit: { action: 'alert-channel.test', object: ({ params: { name = '' } }) => `alert-channel:${name}` },
      summary: 'Sends a test to a channel, once, and says whether it was taken.',
      response: z.object({ delivered: z.boolean(), error: z.string().optional() }),
      async run({ org, params: { name = '' } }) {
        const channel = channels().find((each) => each.name === name)
        if (!channel) throw new GatewayError('not_found', 'There is no such channel.')
        const id = newId()
        try {
          const notice = { occasion: 'test', alert: testAlert(org, id, clock.nowMs()) } as const
          await channel.send(notice, `${id}.test`, AbortSignal.timeout(testTimeoutMs))
          return { body: { delivered: true } }
        } catch (error) {
          return { body: { delivered: false, error: error instanceof Error ? error.message : 'failed' } }
        }
      },
    }),
  ]
}

const alertShape = z.object({
  id: z.string(),
  kind: z.enum(alertKinds),
  subject: z.string(),
  severity: z.enum(severities),
  status: z.enum(['open', 'resolved']),
  summary: z.string(),
  detail: z.record(z.string(), z.unknown()),
  count: z.int().describe('How often it was reported.'),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  acknowledged_at: z.iso.datetime().optional(),
  silenced_until: z.iso.datetime().optional().describe('No channel is told of it before this time.'),
  resolved_at: z.iso.datetime().optional(),
})

const ruleShape = z.object({
  kind: z.enum(alertKinds),
  watches: z.string(),
  limit: z.string().optional(),
  setting: z.string().optional().describe('Where it is set.'),
  channels: z.array(z.string()).describe('The channels that are told.'),
})

const channelShape = z.object({ name: z.string(), kinds: z.array(z.enum(alertKinds)).optional() })

function cursorOf({ firstAtMs, id }: Alert): string {
  return `${firstAtMs}.${id}`
}

function readCursor(cursor: string): { firstAtMs: number; id: string } {
  const match = /^(\d{1,15})\.(\w{1,64})$/.exec(cursor)
  if (match) return { firstAtMs: Number(match[1]), id: match[2]! }
  throw new GatewayError('invalid_request', 'The cursor is not one of this list.', { param: 'cursor' })
}

function testAlert(org: string, id: string, nowMs: number): Alert {
  return {
    org,
    id,
    kind: 'provider-failures',
    subject: 'test',
    severity: 'info',
    status: 'resolved',
    summary: 'This is a test of the channel.',
    detail: {},
    count: 1,
    firstAtMs: nowMs,
    lastAtMs: nowMs,
    resolvedAtMs: nowMs,
  }
}
