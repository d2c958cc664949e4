/** The shape of the `access` section: how API keys are looked after, and what is taken in their place. */

import { z } from 'zod'
import { jwtSettings } from './identity-settings.ts'
import { checked, secret } from './setting-kinds.ts'

const origin = checked(
  (value) => URL.parse(value)?.origin === value,
  'not an origin',
  'Write scheme, host and port alone, as a browser does: `https://app.example`.',
)

export const accessSettings = z.strictObject({
  pepper: secret(
    'What the hashes of API keys and the keys of sealed data are made with: 32 characters or more, the same on every instance of one store. ' +
      'Unset: the file `pepper` in the data folder, made by the first start.',
  ).exactOptional(),
  jwt: jwtSettings
    .default({})
    .describe('By name: issuers whose JSON Web Tokens are taken in place of an API key.'),
  browserKeys: z
    .strictObject({
      origins: z
        .array(origin)
        .min(1)
        .describe('The origins whose pages may call, with keys that were made for them and no others.'),
      maxTtlSeconds: z
        .number()
        .int()
        .min(1)
        .max(86_400)
        .default(3600)
        .describe('How long such a key may hold.'),
    })
    .exactOptional()
    .describe('Short-lived keys for pages of browsers. Absent: no page of another origin may call.'),
  cutStreams: z
    .boolean()
    .default(true)
    .describe('When a key is revoked, end its requests that are under way; `false` lets them finish.'),
})
