/** Whose a key is: the keys of a user and of teams, and the team that whatever a key or user does belongs to. */

import type { TeamOf } from '../admin/concern.ts'
import type { Directory } from './directory.ts'
import { type DeclaredKey, declaredKeyId } from './keys.ts'
import { teamOfKey } from './rights.ts'
import { tokenKeyIds } from './token-keys.ts'

export interface KeyOwners {
  /** The ids of the keys that are this user's, whose id, name or address it is. */
  keysOf(org: string, user: string): readonly string[]
  /** What stands for a key where this user comes with a token of a configured issuer. */
  tokenKeysOf(org: string, user: string): readonly string[]
  /** The ids of the keys that belong to these teams, or to their users; those that are revoked included. */
  keysOfTeams(org: string, teams: ReadonlySet<string>): ReadonlySet<string>
  /** The team that keys and users belong to, declared keys included. */
  readonly teamOf: TeamOf
}

export interface KeyOwnersParts {
  readonly directory: Directory
  /** Those of the configuration in force. */
  readonly declared: () => readonly DeclaredKey[]
  /** By the name that the configuration in force gives them. */
  readonly issuers: () => Readonly<Record<string, { readonly issuer: string }>>
}

export function createKeyOwners({ directory, declared, issuers }: KeyOwnersParts): KeyOwners {
  const usersNamed = (org: string, user: string) =>
    [...directory.users.values()].filter(
      ({ org: of, id, name, email }) => of === org && [id, name, email].includes(user),
    )
  return {
    keysOf(org, user) {
      const ids = new Set(usersNamed(org, user).map(({ id }) => id))
      const keys = [...directory.keys.values()]
      return keys.flatMap((key) => (key.user !== undefined && ids.has(key.user) ? [key.id] : []))
    },
    tokenKeysOf(org, user) {
      return Object.entries(issuers()).flatMap(([name, { issuer }]) => {
        const subjects = usersNamed(org, user).flatMap(({ account }) =>
          account?.subject?.issuer === issuer ? [account.subject.id] : [],
        )
        return tokenKeyIds(name, user, subjects)
      })
    },
    keysOfTeams(org, teams) {
      const isOfThem = (team: string | undefined) => team !== undefined && teams.has(team)
      const stored = [...directory.keys.values()].filter(
        (key) => key.org === org && isOfThem(teamOfKey(key, directory)),
      )
      const ofConfig = declared().filter(({ team }) => isOfThem(directory.teamOf(org, team ?? '')?.id))
      return new Set([...stored.map(({ id }) => id), ...ofConfig.map(({ name }) => declaredKeyId(name))])
    },
    teamOf(org, { keyId, userId, teamId }) {
      if (teamId !== undefined) return teamId
      const key = directory.keys.get(keyId ?? '')
      if (key) return key.org === org ? teamOfKey(key, directory) : undefined
      const user = directory.users.get(userId ?? '')
      if (user) return user.org === org ? user.team : undefined
      const ofConfig = declared().find(({ name }) => declaredKeyId(name) === keyId)
      return ofConfig?.team === undefined ? undefined : directory.teamOf(org, ofConfig.team)?.id
    },
  }
}
