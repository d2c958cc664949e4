/** The routes that make keys for browsers: for backends with the API key itself, and for administrators. */

import { z } from 'zod'
import { hostOrg } from '../admin/policy.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import type { CallerIdentity, CallerRoute } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { text, usd } from './admin-shapes.ts'
import type { BrowserKeys, ParentKey } from './browser-keys.ts'
import type { Directory } from './directory.ts'
import type { KeyRules } from './port.ts'
import type { Principal } from './principal.ts'
import { checkKeyRights, checkKeyWithin } from './rights.ts'
import { standingKey } from './registrar.ts'

/** What the configuration allows. */
export interface BrowserKeyBounds {
  readonly origins: readonly string[]
  readonly maxTtlSeconds: number
}

export interface BrowserRouteParts {
  readonly directory: Directory
  readonly clock: Clock
  readonly browserKeys: BrowserKeys
  /** Of the configuration in force; undefined where no page may call. */
  readonly bounds: () => BrowserKeyBounds | undefined
  readonly parentOf: (keyId: string) => ParentKey | undefined
  readonly identify: (caller: CallerIdentity) => Promise<Principal>
}

const wishBody = z.strictObject({
  models: z.array(text).min(1).max(100).describe('Routes and models; each must be within those of the key.'),
  origins: z
    .array(z.string().max(300))
    .min(1)
    .max(20)
    .describe('The pages that may use it: `https://app.example`.'),
  ttl_seconds: z.int().min(1).max(86_400).default(600).describe('How long it holds.'),
  user: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Whom it is for: in the books, and for budgets of users.'),
  max_usd_per_request: usd.optional().describe('The most that one request may cost.'),
})

const mintedShape = z.object({
  secret: z.string().describe('What the page sends in place of an API key. Told once.'),
  expires_at: z.iso.datetime(),
})

/** `POST /keys/{id}/browser`. */
export function browserKeyRoutes(parts: BrowserRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/keys/{id}/browser',
      policy: 'keys:write',
      audit: { action: 'key.browser', object: ({ params: { id = '' } }) => `key:${id}` },
      summary: 'Makes a short-lived key for pages of a browser, which can do a part of what this key can.',
      body: wishBody,
      response: mintedShape,
      run({ org, params: { id = '' }, body, ...call }) {
        const { directory } = parts
        const rules = rulesOf(parts, org, id)
        checkKeyRights(call, directory.keys.get(id) ?? {}, directory)
        // What the wish says narrows the key; what it cannot say has to be within the ceiling as it is.
        const { models, max_usd_per_request: most = rules.maxNanoUsdPerRequest } = body
        const { maxNanoUsdPerRequest: _, ...others } = rules
        const wish = { ...others, models, ...(most !== undefined && { maxNanoUsdPerRequest: most }) }
        checkKeyWithin(call, { ...wish, clearances: [] }, directory)
        return { status: 201, body: mint(parts, id, body) }
      },
    }),
  ]
}

/** Of the key with this id. Throws `not_found` for one of another organisation, `conflict` for one that has ended. */
function rulesOf({ directory, parentOf }: BrowserRouteParts, org: string, id: string): KeyRules {
  if (!id.startsWith('declared:') || org !== hostOrg) return standingKey(directory, org, id).rules
  return (parentOf(id) ?? throwEnded()).rules
}

/** `POST /v1/browser-keys`, with the API key as the credential. */
export function browserCallerRoutes(parts: BrowserRouteParts): readonly CallerRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/browser-keys',
      async run(call) {
        const principal = await parts.identify(call)
        if (principal.isFleeting)
          throw new GatewayError('permission_denied', 'Only an API key makes keys for browsers.')
        const read = wishBody.safeParse(await call.json())
        if (!read.success) {
          const [issue] = read.error.issues
          throw new GatewayError('invalid_request', `The body is not valid: ${issue?.message ?? ''}`, {
            param: issue?.path.join('.') ?? '',
          })
        }
        return { status: 201, body: mint(parts, principal.keyId, read.data) }
      },
    },
  ]
}

function mint(
  { bounds, browserKeys, parentOf, clock }: BrowserRouteParts,
  keyId: string,
  { models, origins, ttl_seconds: ttlSeconds, user, max_usd_per_request: most }: z.output<typeof wishBody>,
): z.output<typeof mintedShape> {
  const allowed = bounds()
  if (!allowed)
    throw new GatewayError('conflict', 'No page may call: the configuration has no `access.browserKeys`.')
  const stranger = origins.find((origin) => !allowed.origins.includes(origin))
  if (stranger !== undefined || ttlSeconds > allowed.maxTtlSeconds) {
    const param = stranger === undefined ? 'ttl_seconds' : 'origins'
    throw new GatewayError(
      'permission_denied',
      `\`access.browserKeys\` of the configuration does not allow these ${param}.`,
      { param },
    )
  }
  const parent = parentOf(keyId) ?? throwEnded()
  const wish = {
    models,
    origins,
    ttlSeconds,
    ...(user !== undefined && { user }),
    ...(most !== undefined && { maxNanoUsdPerRequest: most }),
  }
  const { text: secret, untilMs } = browserKeys.mint(parent, wish, clock.nowMs())
  return { secret, expires_at: new Date(untilMs).toISOString() }
}

function throwEnded(): never {
  throw new GatewayError('conflict', 'This key does not hold any more.')
}
