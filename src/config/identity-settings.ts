/** The settings of those who know our people and callers: issuers of tokens, and the OpenID provider of the dashboard. */

import { z } from 'zod'
import { keyRules } from './key-settings.ts'
import { allowPrivateNetwork, name, outboundUrl, secret, text } from './setting-kinds.ts'

const claim = text.max(200)

const { models, clearances, dataRegion, allowedAddresses, maxUsdPerRequest, limits, tags, team } = keyRules

const issuer = z.strictObject({
  issuer: text.max(1000).describe('The `iss` of its tokens, to the letter.'),
  audience: z
    .union([text, z.array(text).min(1)])
    .describe('What `aud` must name: one of these. A token for somebody else is refused.'),
  jwksUrl: outboundUrl.describe('Where its public keys are; read anew for a key that is not known.'),
  allowPrivateNetwork,
  algorithms: z
    .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA'])
    .describe('How its tokens may be signed.'),
  maxAgeSeconds: z
    .number()
    .int()
    .min(1)
    .max(31_536_000)
    .exactOptional()
    .describe('Refuse tokens that were issued longer ago, whatever their `exp`.'),
  claims: z
    .strictObject({
      user: claim.default('sub').describe('Who calls.'),
      team: claim.exactOptional().describe('Their team, by id or name; one that is not known is refused.'),
      models: claim
        .exactOptional()
        .describe('Routes and models they may use, in a list or separated by spaces.'),
      tags: claim.exactOptional().describe('On each of their requests.'),
      rpm: claim.exactOptional().describe('Requests per minute.'),
      tpm: claim.exactOptional().describe('Tokens per minute.'),
      concurrency: claim.exactOptional().describe('Requests under way at once.'),
      maxUsdPerRequest: claim.exactOptional().describe('The most that one request may cost.'),
    })
    .prefault({})
    .describe(
      'The names of claims; `a.b` leads into a member. What they say only takes from the rules beside them; a token that asks for more is refused. Budgets by `user`, `team` and `tag` bound its callers like any others.',
    ),
  models,
  clearances,
  dataRegion,
  allowedAddresses,
  maxUsdPerRequest,
  limits,
  tags,
  team: team.describe('The team of callers whose token names none, by id or name.'),
})

/** `access.jwt`: by name, whose tokens are taken in place of an API key. */
export const jwtSettings = z.record(name, issuer)

/** `admin.oidc`: where people sign in to the dashboard. */
export const oidcSettings = z.strictObject({
  name: text.max(60).default('single sign-on').describe('What the button says.'),
  issuer: outboundUrl.describe('The provider; its configuration is found below it.'),
  allowPrivateNetwork,
  clientId: text.describe('How the provider knows this gateway.'),
  clientSecret: secret("The client's secret.").exactOptional(),
  scopes: z
    .array(text)
    .default(['openid', 'profile', 'email'])
    .describe('What is asked for; `openid` among it. Some providers want one more for groups.'),
  groupsClaim: claim.default('groups').describe("The claim that lists somebody's groups."),
  roles: z
    .array(
      z.strictObject({
        group: text.describe('As the provider names it.'),
        role: z.enum(['owner', 'admin', 'member', 'viewer', 'auditor']).describe('What its people are here.'),
        team: text.exactOptional().describe('Only in this team, by its id.'),
      }),
    )
    .min(1)
    .describe('Which groups have which roles. Whoever is in none of them is not let in.'),
})
