/** The administration routes of teams, and what they have in common with those of users. */

import { z } from 'zod'
import { type AdminAudit, type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import {
  budgets,
  budgetShapes,
  budgetViews,
  metadata,
  nullable,
  page,
  pageQuery,
  text,
  toBudgets,
  usd,
  withChanges,
} from './admin-shapes.ts'
import type { Directory } from './directory.ts'
import type { StoredTeam, StoredThing } from './port.ts'
import { type Registrar, standing } from './registrar.ts'
import { seesTeam } from './rights.ts'

export interface OwnerRouteParts {
  readonly directory: Directory
  readonly registrar: Registrar
  /** Is there a route of this name? */
  readonly hasRoute: (name: string) => boolean
}

/** `/teams` and what is below it. */
export function teamRoutes({ directory, registrar, hasRoute }: OwnerRouteParts): readonly AdminRoute[] {
  const teamAudit = (action: string): AdminAudit => ({
    action,
    object: ({ params: { id = '' } }) => `team:${id}`,
    before: ({ org, params: { id = '' } }) => teamView(standing(directory.teams, org, id)) as JsonObject,
  })
  return [
    adminRoute({
      method: 'GET',
      path: '/teams',
      policy: 'access:read',
      summary: 'The teams, by name.',
      query: pageQuery,
      response: z.object({ data: z.array(teamShape), next_cursor: z.string().optional() }),
      run({ query, ...call }) {
        const teams = listOf(directory.teams, call.org).filter(({ id }) => seesTeam(call, id))
        return { body: page(teams.map(teamView), query) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/teams',
      policy: 'teams:write',
      audit: { action: 'team.create', object: ({ body }) => `team:${body.name}` },
      summary: 'Makes a team.',
      body: z.strictObject({
        name: text,
        markup_percent: percent.default(0),
        credit_usd: usd.optional().describe(creditMeaning),
        budgets: budgets.optional(),
        metadata: metadata.optional(),
      }),
      response: teamShape,
      async run({ org, body }) {
        const {
          name,
          markup_percent: markupBasisPoints,
          credit_usd: creditNanoUsd,
          budgets: own,
          metadata: given = {},
        } = body
        const wish = {
          org,
          name,
          markupBasisPoints,
          metadata: given,
          ...(creditNanoUsd !== undefined && { creditNanoUsd }),
          ...(own && { budgets: toBudgets(own, hasRoute) }),
        }
        return { status: 201, body: teamView(await registrar.createTeam(wish)) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/teams/{id}',
      policy: 'access:read',
      summary: 'One team.',
      response: teamShape,
      run({ org, params: { id = '' }, ...call }) {
        const team = standing(directory.teams, org, id)
        if (!seesTeam(call, team.id)) throw unseen(id)
        return { body: teamView(team) }
      },
    }),
    adminRoute({
      method: 'PATCH',
      path: '/teams/{id}',
      policy: 'teams:write',
      audit: teamAudit('team.change'),
      summary: 'Changes a team. What is not named stays; null takes it away.',
      body: z.strictObject({
        name: text.optional(),
        markup_percent: percent.optional(),
        credit_usd: nullable(usd),
        budgets: nullable(budgets),
        metadata: metadata.optional(),
      }),
      response: teamShape,
      async run({ org, params: { id = '' }, body }) {
        const changes = {
          name: body.name,
          markupBasisPoints: body.markup_percent,
          creditNanoUsd: body.credit_usd,
          budgets: body.budgets && toBudgets(body.budgets, hasRoute),
          metadata: body.metadata,
        }
        return { body: teamView(await registrar.editTeam(org, id, (team) => withChanges(team, changes))) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/teams/{id}',
      policy: 'teams:write',
      audit: teamAudit('team.remove'),
      summary: 'Removes a team and revokes its keys.',
      response: teamShape,
      run: async ({ org, params: { id = '' } }) => ({ body: teamView(await registrar.removeTeam(org, id)) }),
    }),
  ]
}

export function unseen(id: string): GatewayError {
  return new GatewayError('not_found', `There is no \`${id.slice(0, 64)}\` here.`)
}

const creditMeaning = 'Paid in advance, in total. Absent: billed afterwards.'

/** In hundredths, so that sums of money stay whole. */
const percent = z
  .number()
  .min(0)
  .max(1000)
  .multipleOf(0.01)
  .transform((value) => Math.round(value * 100))
  .describe("Charged above the provider's price, in percent with two places.")

const teamShape = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.iso.datetime(),
  markup_percent: z.number(),
  credit_usd: z.string().optional().describe(creditMeaning),
  budgets: budgetShapes,
  metadata: z.record(z.string(), z.unknown()),
})

function teamView({ creditNanoUsd, ...team }: StoredTeam): z.output<typeof teamShape> {
  return {
    ...commonView(team),
    markup_percent: team.markupBasisPoints / 100,
    ...(creditNanoUsd !== undefined && { credit_usd: formatUsd(creditNanoUsd) }),
    ...budgetViews(team.budgets),
  }
}

export function commonView({ id, name, createdAtMs, metadata: given }: StoredThing) {
  return { id, name, created_at: new Date(createdAtMs).toISOString(), metadata: given }
}

export function listOf<Thing extends StoredThing & { readonly removedAtMs?: number }>(
  things: ReadonlyMap<string, Thing>,
  org: string,
): Thing[] {
  return [...things.values()]
    .filter((thing) => thing.org === org && thing.removedAtMs === undefined)
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1))
}
