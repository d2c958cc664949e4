/** Whose something is that happened: what somebody sees of it whose role is in teams only. */

/** None of them: it is the whole organisation's. A request's record and a batch are concerns as they are. */
export interface Concern {
  readonly keyId?: string
  /** A user of the organisation's, never a name that a caller has given. */
  readonly userId?: string
  readonly teamId?: string
}

/** The id of the team that it belongs to, by what keys and users belong to now; undefined where there is none. */
export type TeamOf = (org: string, concern: Concern) => string | undefined

/** Absent `teams`: a role in the whole organisation, which sees all. */
export function seesConcern(
  { org, teams }: { readonly org: string; readonly teams?: ReadonlySet<string> },
  concern: Concern | undefined,
  teamOf: TeamOf,
): boolean {
  if (teams === undefined) return true
  const team = concern && teamOf(org, concern)
  return team !== undefined && teams.has(team)
}
