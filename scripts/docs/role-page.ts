/** Renders docs/roles.md: which role may do what, policy by policy and route by route. */

import { type AdminPolicy, policies, policyNames, type Role, roles } from '../../src/admin/policy.ts'
import { asObject, asString, type JsonObject } from '../../src/core/json.ts'

export function renderRoles(document: JsonObject): string {
  const rows = policyNames.map((name) => {
    const { meaning, within, roles: allowed } = policies[name]
    const marks = roles.map((role) => ((allowed as readonly Role[]).includes(role) ? 'yes' : ''))
    return `| \`${name}\` | ${[meaning, ...marks, within === 'team' ? 'yes' : ''].join(' | ')} |`
  })
  return `# Roles

Whoever signs in has roles, each in the whole organisation or in one of its teams. The admin token, the control socket
and the one-time link of the start act as an owner. Every route of the administration names one of these policies; a
route without one does not compile, and one function applies them all (\`src/admin/policy.ts\`).

| Policy | Whoever has it | ${roles.join(' | ')} | also for a role in a team |
| --- | --- | ${roles.map(() => '---').join(' | ')} | --- |
${rows.join('\n')}

- A member changes only keys that are their own.
- A role in a team sees and changes the keys and users of that team, sees the requests of its keys and what they come
  to, its sessions, its lines of the ledger, its usage, its batches, the alerts that are of its keys, users and budgets,
  and all of that in the live feed; and nothing else of the organisation.
- A key charges its team and its user: a member names only their own team, and those in which they are members; a role in
  a team names nobody outside of it.
- A key holds at most what the account that makes it may give: its \`ceiling\` (models, marks, addresses, region, limits,
  the most that one request costs), and its budgets and tags are on the key beside those of its own. Members give no clearance that their ceiling does not name.
  The same holds of what is made of a key: keys for pages, and batches on its account. An
  evaluation is charged to whoever starts it and to their team, and their ceiling holds in it: each of its budgets bounds
  the whole run. A bounded admin keeps, runs and schedules no golden set of a model that they may not ask, and leads no
  route to one; golden sets are charged to the account \`drift\`. Whoever sets budgets is bounded by none: that is for
  owners and admins of the organisation.
- Nobody gives a role, or invites or changes somebody who has one, beyond their own: an owner gives all, an admin all but
  owner, a team's admin those of the team; and nobody does so to somebody whose keys may hold more than theirs.

## Routes

Each route below \`/admin/v1\`, and the roles that it lets in. \`test/access/roles.test.ts\` holds a running gateway to
this table, route by route and role by role.

| Route | Policy | With a role in the organisation | With a role in a team |
| --- | --- | --- | --- |
${routeRows(document).join('\n')}
`
}

function routeRows({ paths }: JsonObject): string[] {
  const routes = Object.entries(asObject(paths) ?? {}).flatMap(([path, item]) =>
    Object.entries(asObject(item) ?? {}).map(([method, operation]) => ({
      text: `\`${method.toUpperCase()} ${path}\``,
      policy: asString(asObject(operation)?.['x-weir-policy']) as AdminPolicy,
    })),
  )
  return policyNames.flatMap((name) => {
    const { roles: allowed, within } = policies[name]
    const own = routes.filter(({ policy }) => policy === name).map(({ text }) => text)
    return own
      .toSorted()
      .map(
        (text) =>
          `| ${text} | \`${name}\` | ${allowed.join(', ')} | ${within === 'team' ? allowed.join(', ') : ''} |`,
      )
  })
}
