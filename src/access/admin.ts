/** The administration routes of API keys. A secret is in the answer that makes it, and in no other. */

import { z } from 'zod'
import { isoTime } from '../admin/query.ts'
import { type AdminAudit, type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { hasRole, hostOrg } from '../admin/policy.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import { metadata, nullable, page, pageQuery, text, withChanges } from './admin-shapes.ts'
import { withinCeiling } from './ceiling.ts'
import type { Directory } from './directory.ts'
import { type DeclaredKey, declaredKeyId } from './keys.ts'
import type { StoredKey } from './port.ts'
import { found, type Registrar } from './registrar.ts'
import { ceilingOf, checkKeyRights, checkNewOwners, type RightsOf, seesTeam, teamOfKey } from './rights.ts'
import { ruleChanges, ruleFields, ruleShape, ruleView, toRuleChanges, toRules } from './rule-shapes.ts'

export interface KeyRouteParts {
  readonly directory: Directory
  /** Is there a route of this name? */
  readonly hasRoute: (name: string) => boolean
  readonly registrar: Registrar
  readonly clock: Clock
  /** The keys of the configuration in force. */
  readonly declared: () => readonly DeclaredKey[]
}

/** `/keys` and what is below it. */
export function keyRoutes(parts: KeyRouteParts): readonly AdminRoute[] {
  const { registrar, directory, clock } = parts
  /** What of a key is to be: within the rights of whoever asks for it, before and after. */
  const permitted = (call: RightsOf, key: StoredKey): StoredKey => {
    checkKeyRights(call, key, directory)
    return { ...key, rules: withinCeiling(key.rules, ceilingOf(call, directory)) }
  }
  const auditOf = (action: string): AdminAudit => ({
    action,
    object: ({ params: { id = '' } }) => `key:${id}`,
    before(call) {
      refuseDeclared(call)
      return toView(seen(parts, call), clock.nowMs()) as JsonObject
    },
  })
  return [
    adminRoute({
      method: 'GET',
      path: '/keys',
      policy: 'access:read',
      summary: 'The API keys, the newest first, then those of the configuration.',
      query: pageQuery.extend({
        user: z.string().optional(),
        team: z.string().optional(),
        status: z.enum(['active', 'expired', 'revoked']).optional(),
      }),
      response: z.object({ data: z.array(keyShape), next_cursor: z.string().optional() }),
      run({ query: { user, team, status, ...where }, ...call }) {
        const isWanted = (key: KeyView) =>
          (user === undefined || key.user === user) &&
          (team === undefined || key.team === team) &&
          (status === undefined || key.status === status)
        return { body: page(listKeys(parts, call).filter(isWanted), where) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/keys',
      policy: 'keys:write',
      audit: { action: 'key.create', object: ({ body }) => `key:${body.name}` },
      summary: 'Makes a key. Its secret is in this answer and in no other.',
      body: newKeyBody,
      response: issuedShape,
      async run({ org, body, ...call }) {
        const { name, expires_at: expiresAtMs, metadata: given = {}, user, team, ...rules } = body
        const owners = ownersFor(call, {
          ...(user !== undefined && { user }),
          ...(team !== undefined && { team }),
        })
        checkKeyRights(call, owners, directory)
        checkNewOwners(call, owners, directory)
        const { key, text: secret } = await registrar.createKey({
          org,
          name,
          metadata: given,
          rules: withinCeiling(toRules(rules, parts.hasRoute), ceilingOf(call, directory)),
          ...(expiresAtMs !== undefined && { expiresAtMs }),
          ...owners,
        })
        return { status: 201, body: { ...toView(key, clock.nowMs()), secret } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/keys/{id}',
      policy: 'access:read',
      summary: 'One key.',
      response: keyShape,
      run(call) {
        const declared = parts.declared().find(({ name }) => declaredKeyId(name) === call.params['id'])
        if (declared && seesDeclared(call)) return { body: declaredView(declared, clock.nowMs()) }
        return { body: toView(seen(parts, call), clock.nowMs()) }
      },
    }),
    adminRoute({
      method: 'PATCH',
      path: '/keys/{id}',
      policy: 'keys:write',
      audit: auditOf('key.change'),
      summary: 'Changes what a key may do. What is not named stays; null takes it away.',
      body: keyChanges,
      response: keyShape,
      async run({ org, params: { id = '' }, body, ...call }) {
        const { name, expires_at: expiresAtMs, user, team, metadata: given, ...rules } = body
        checkNewOwners(call, { user, team }, directory)
        const edited = await registrar.editKey(org, id, (key) => {
          checkKeyRights(call, key, directory)
          return permitted(call, {
            ...withChanges(key, { name, expiresAtMs, user, team, metadata: given }),
            rules: withChanges(key.rules, toRuleChanges(rules, parts.hasRoute)),
          })
        })
        return { body: toView(edited, clock.nowMs()) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/keys/{id}/rotate',
      policy: 'keys:write',
      audit: auditOf('key.rotate'),
      summary: 'Gives a key a new secret, told once; the old one holds on for the overlap.',
      body: z.strictObject({
        overlap_seconds: z
          .int()
          .min(0)
          .max(30 * 86_400)
          .default(86_400)
          .describe('How long the old secret holds on; a day unless set.'),
      }),
      response: issuedShape,
      async run({ org, params: { id = '' }, body, ...call }) {
        // Whoever gets the new secret can do all that the key can: it must not be more than they could give.
        const check = (key: StoredKey) => permitted(call, key)
        const { key, text: secret } = await registrar.rotateKey(org, id, body.overlap_seconds * 1000, check)
        return { body: { ...toView(key, clock.nowMs()), secret } }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/keys/{id}',
      policy: 'keys:write',
      audit: auditOf('key.revoke'),
      summary: 'Revokes a key, for good: here at once, on every instance within five seconds.',
      response: keyShape,
      async run({ org, params: { id = '' }, ...call }) {
        checkKeyRights(call, found(directory.keys, org, id), directory)
        return { body: toView(await registrar.revokeKey(org, id), clock.nowMs()) }
      },
    }),
  ]
}

/** Throws `not_found` also for a key of a team that the caller does not see. */
function seen({ directory }: KeyRouteParts, call: RightsOf & Pick<AdminCall, 'org' | 'params'>): StoredKey {
  const { org, params } = call
  const key = found(directory.keys, org, params['id'] ?? '')
  if (seesTeam(call, teamOfKey(key, directory))) return key
  throw new GatewayError('not_found', `There is no \`${key.id}\` here.`)
}

/** The configuration is of the organisation that runs the gateway. */
function seesDeclared({ org, teams }: Pick<AdminCall, 'org' | 'teams'>): boolean {
  return org === hostOrg && teams === undefined
}

/** Whoever makes keys for themselves, or in one team, need not say so. */
function ownersFor({ caller, teams }: RightsOf, given: Pick<StoredKey, 'user' | 'team'>): typeof given {
  const isMember = !hasRole(caller.grants, ['owner', 'admin'], given.team)
  const [only] = teams?.size === 1 ? teams : []
  return {
    ...(isMember && caller.user !== undefined && { user: caller.user }),
    ...(only !== undefined && { team: only }),
    ...given,
  }
}

// -- what comes in

const owners = {
  user: z.string().max(64).describe("The owner's id."),
  team: z.string().max(64).describe("The team's id. Absent: that of the user."),
}

const newKeyBody = z.strictObject({
  name: text,
  expires_at: isoTime.optional(),
  ...z.object(owners).partial().shape,
  ...ruleFields.shape,
  metadata: metadata.optional(),
})

const keyChanges = z.strictObject({
  name: text.optional(),
  expires_at: nullable(isoTime),
  user: nullable(owners.user),
  team: nullable(owners.team),
  ...ruleChanges,
  metadata: metadata.optional(),
})

function refuseDeclared({ org, params }: Pick<AdminCall, 'org' | 'params'>): void {
  if (org !== hostOrg || !params['id']?.startsWith('declared:')) return
  throw new GatewayError('conflict', 'This key is declared in the configuration: change it there.')
}

// -- what goes out

const keyShape = z.object({
  id: z.string(),
  name: z.string(),
  source: z.enum(['store', 'configuration']),
  status: z.enum(['active', 'expired', 'revoked']),
  created_at: z.iso.datetime().optional(),
  expires_at: z.iso.datetime().optional(),
  revoked_at: z.iso.datetime().optional(),
  previous_secret_until: z.iso
    .datetime()
    .optional()
    .describe('After a rotation: how long the old one holds.'),
  user: z.string().optional(),
  team: z.string().optional(),
  ...ruleShape.shape,
  metadata: z.record(z.string(), z.unknown()).optional(),
})

const issuedShape = keyShape.extend({ secret: z.string().describe('What the caller sends. Told once.') })

type KeyView = z.output<typeof keyShape>

function listKeys(
  { directory, declared, clock }: KeyRouteParts,
  call: RightsOf & Pick<AdminCall, 'org'>,
): KeyView[] {
  const nowMs = clock.nowMs()
  const isSeen = (key: StoredKey) => key.org === call.org && seesTeam(call, teamOfKey(key, directory))
  const stored = [...directory.keys.values()].filter(isSeen)
  const newestFirst = stored.toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1))
  return [
    ...newestFirst.map((key) => toView(key, nowMs)),
    ...(seesDeclared(call) ? declared() : []).map((key) => declaredView(key, nowMs)),
  ]
}

/** By an allow-list of members: what is added to a stored key is not shown by itself. */
function toView(key: StoredKey, nowMs: number): KeyView {
  const { id, name, createdAtMs, expiresAtMs, revokedAtMs, previous, user, team } = key
  return {
    id,
    name,
    source: 'store',
    status: statusOf(key, nowMs),
    created_at: iso(createdAtMs),
    ...(expiresAtMs !== undefined && { expires_at: iso(expiresAtMs) }),
    ...(revokedAtMs !== undefined && { revoked_at: iso(revokedAtMs) }),
    ...(previous && previous.untilMs > nowMs && { previous_secret_until: iso(previous.untilMs) }),
    ...(user !== undefined && { user }),
    ...(team !== undefined && { team }),
    ...ruleView(key.rules),
    metadata: key.metadata,
  }
}

function declaredView(key: DeclaredKey, nowMs: number): KeyView {
  const { name, team, expiresAtMs } = key
  return {
    id: declaredKeyId(name),
    name,
    source: 'configuration',
    status: statusOf(key, nowMs),
    ...(expiresAtMs !== undefined && { expires_at: iso(expiresAtMs) }),
    ...(team !== undefined && { team }),
    ...ruleView(key),
  }
}

function statusOf(
  { revokedAtMs, expiresAtMs = Infinity }: Pick<StoredKey, 'revokedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): KeyView['status'] {
  if (revokedAtMs !== undefined) return 'revoked'
  return expiresAtMs <= nowMs ? 'expired' : 'active'
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
