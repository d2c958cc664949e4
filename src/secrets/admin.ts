/** The administration routes of stored secrets: values go in, and none comes out. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { Secret } from '../core/secret.ts'
import { SecretFailure } from './failure.ts'
import type { StoredSecrets, StoredState } from './stored.ts'

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .describe('For references: `stored:NAME`.')

const shape = z.object({
  name,
  version: z.number().int().describe('One more with each value.'),
  key_version: z.number().int().describe('Of the data key that it is sealed with.'),
  updated_at: z.iso.datetime(),
})

export interface SecretRouteParts {
  /** Undefined where no key for them is configured. */
  readonly stored: () => StoredSecrets | undefined
  /** The data keys of other areas, by the key in force; gives how many were wrapped by another. */
  rewrapOthers(org: string): Promise<number>
  /** A value may have changed. */
  onChange(): void
}

export function secretRoutes({ stored, rewrapOthers, onChange }: SecretRouteParts): readonly AdminRoute[] {
  const configured = (): StoredSecrets => {
    const secrets = stored()
    if (secrets) return secrets
    throw new GatewayError('invalid_request', 'Stored secrets need `secrets.stored` in the configuration.')
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/secrets',
      policy: 'secrets:read',
      summary: 'The stored secrets, by name, without their values.',
      response: z.object({ data: z.array(shape) }),
      run: async ({ org }) => ({ body: { data: (await configured().list(org)).map(toView) } }),
    }),
    adminRoute({
      method: 'POST',
      path: '/secrets',
      policy: 'secrets:write',
      summary: 'Stores a secret, or gives one a new value. It cannot be read back.',
      body: z.strictObject({ name, value: z.string().min(1).max(65_536) }),
      response: shape,
      audit: {
        action: 'secret.set',
        object: ({ body }) => `secret:${body.name}`,
        after: () => ({ value: '***' }), // a fingerprint of a short secret could be guessed from
      },
      async run({ org, body }) {
        const state = await told(() => configured().set(org, body.name, new Secret(body.value)))
        onChange()
        return { status: state.version === 1 ? 201 : 200, body: toView(state) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/secrets/rotate',
      policy: 'secrets:write',
      summary:
        'Makes a new data key, seals all secrets with it, and wraps older data keys, those of payloads too, by the key in force.',
      response: z.object({
        key_version: z.number().int(),
        secrets: z.number().int(),
        rewrapped: z.number().int(),
      }),
      audit: { action: 'secret.rotate', object: () => 'secrets' },
      async run({ org }) {
        const { keyVersion, secrets, rewrapped } = await told(() => configured().rotate(org))
        const others = await told(() => rewrapOthers(org))
        return { body: { key_version: keyVersion, secrets, rewrapped: rewrapped + others } }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/secrets/checks',
      isOfInstance: true,
      policy: 'secrets:read',
      summary: 'Tells the audit which references somebody has read to see whether they lead to a value.',
      body: z.strictObject({
        references: z
          .array(
            z.strictObject({
              path: z.string().max(500).describe('Of the setting that names it.'),
              reference: z.string().max(2_000),
              state: z.enum(['ok', 'fault']),
            }),
          )
          .max(2_000),
      }),
      audit: {
        action: 'secret.check',
        object: () => 'references',
        // As texts: under its name, a setting like `apiKey` would be taken for a secret itself.
        after: ({ body }) => ({
          references: body.references.map(({ path, reference, state }) => `${path}: ${reference}: ${state}`),
        }),
      },
      run: () => ({}),
    }),
    adminRoute({
      method: 'DELETE',
      path: '/secrets/{name}',
      policy: 'secrets:write',
      summary: 'Deletes a stored secret. A gateway that runs on it keeps what it has until it starts again.',
      audit: { action: 'secret.delete', object: ({ params }) => `secret:${params['name'] ?? ''}` },
      async run({ org, params }) {
        const isRemoved = await configured().remove(org, params['name'] ?? '')
        if (!isRemoved) throw new GatewayError('not_found', 'There is no such secret.')
        onChange()
        return { body: { name: params['name'] } }
      },
    }),
  ]
}

/** Whoever administers may know why. */
async function told<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof SecretFailure)) throw cause
    throw new GatewayError('store_unavailable', `${cause.message}. ${cause.mend}`, { cause })
  }
}

function toView({ name: ofSecret, version, keyVersion, updatedAtMs }: StoredState) {
  return {
    name: ofSecret,
    version,
    key_version: keyVersion,
    updated_at: new Date(updatedAtMs).toISOString(),
  }
}
