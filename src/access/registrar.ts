/** Makes and changes keys, teams and users: in the store first, then in this process. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Directory } from './directory.ts'
import { normalEmail } from './email.ts'
import { generateKey, generateId } from './key-format.ts'
import { hashSecret } from './keys.ts'
import type { AccessRows, AccessStore, StoredKey, StoredTeam, StoredThing, StoredUser } from './port.ts'

export interface RegistrarOptions {
  readonly store: AccessStore
  readonly directory: Directory
  readonly clock: Clock
  readonly pepper: Buffer
}

type Made = 'seq' | 'createdAtMs' | 'id'
export type NewKey = Omit<StoredKey, Made | 'secretHash' | 'previous' | 'revokedAtMs'>
export type NewTeam = Omit<StoredTeam, Made | 'removedAtMs'>
export type NewUser = Omit<StoredUser, Made | 'removedAtMs'>

/** A key with its text, which is told once and kept nowhere. */
export interface IssuedKey {
  readonly key: StoredKey
  readonly text: string
}

/**
 * Every method rejects with `not_found` for an id that the organisation does not have, and with `conflict` where a
 * change cannot be made. An edit gives the thing as it is to be, and is repeated where another change came first.
 */
export interface Registrar {
  createKey(wish: NewKey): Promise<IssuedKey>
  editKey(org: string, id: string, edit: (key: StoredKey) => StoredKey): Promise<StoredKey>
  /** A new secret for the same key; the old one holds on for `overlapMs`. `check` may refuse, or change the key. */
  rotateKey(
    org: string,
    id: string,
    overlapMs: number,
    check?: (key: StoredKey) => StoredKey,
  ): Promise<IssuedKey>
  revokeKey(org: string, id: string): Promise<StoredKey>
  createTeam(wish: NewTeam): Promise<StoredTeam>
  editTeam(org: string, id: string, edit: (team: StoredTeam) => StoredTeam): Promise<StoredTeam>
  /** Revokes its keys with it. */
  removeTeam(org: string, id: string): Promise<StoredTeam>
  createUser(wish: NewUser): Promise<StoredUser>
  editUser(org: string, id: string, edit: (user: StoredUser) => StoredUser): Promise<StoredUser>
  /** Revokes their keys with them. */
  removeUser(org: string, id: string): Promise<StoredUser>
}

const maxTries = 5

export function createRegistrar({ store, directory, clock, pepper }: RegistrarOptions): Registrar {
  /** Reads what is there now, makes rows of it, and writes them unless another change came between. */
  const change = async (make: () => Partial<AccessRows>): Promise<void> => {
    for (let tries = 0; tries < maxTries; tries++) {
      await directory.sync()
      const rows = make()
      const seq = await store.write(rows)
      if (seq !== undefined) return directory.apply(numbered(rows, seq))
    }
    throw new GatewayError('conflict', 'Somebody else keeps changing this.')
  }

  const insert = async (rows: Partial<AccessRows>): Promise<void> => {
    const seq = await store.write(rows)
    if (seq === undefined) throw new GatewayError('conflict', 'The id exists already.')
    directory.apply(numbered(rows, seq))
  }

  const editKey = async (
    org: string,
    id: string,
    edit: (key: StoredKey) => StoredKey,
  ): Promise<StoredKey> => {
    await change(() => {
      const key = edit(found(directory.keys, org, id))
      checkOwners(org, key)
      return { keys: [key] }
    })
    return directory.keys.get(id)!
  }

  const checkOwners = (org: string, { user, team }: Pick<StoredKey, 'user' | 'team'>): void => {
    if (team !== undefined) owner(directory.teams, org, team, 'team')
    if (user !== undefined) owner(directory.users, org, user, 'user')
  }

  const editTeam = async (org: string, id: string, edit: (team: StoredTeam) => StoredTeam) => {
    await change(() => ({ teams: [edit(standing(directory.teams, org, id))] }))
    return directory.teams.get(id)!
  }

  const checkUser = (user: Pick<StoredUser, 'org' | 'team' | 'email' | 'account'>, id?: string): void => {
    const { org, team, email, account } = user
    checkOwners(org, { ...(team !== undefined && { team }) })
    for (const { team: of } of account?.grants ?? []) if (of !== undefined) checkOwners(org, { team: of })
    if (account && email !== undefined) refuseTwin(directory.users, email, id)
  }

  const editUser = async (org: string, id: string, edit: (user: StoredUser) => StoredUser) => {
    await change(() => {
      const user = edit(standing(directory.users, org, id))
      checkUser(user, id)
      return { users: [user] }
    })
    return directory.users.get(id)!
  }

  /** The keys that count for a team are its own and those of its users. */
  const revokedKeysOf = (owns: (key: StoredKey) => boolean): StoredKey[] => {
    const revokedAtMs = clock.nowMs()
    return [...directory.keys.values()]
      .filter((key) => key.revokedAtMs === undefined && owns(key))
      .map((key) => ({ ...key, revokedAtMs }))
  }

  return {
    async createKey(wish) {
      checkOwners(wish.org, wish)
      const { id, secret, text } = generateKey(randomBytes)
      const secretHash = hashSecret(pepper, secret)
      await insert({ keys: [{ ...wish, id, seq: 0, secretHash, createdAtMs: clock.nowMs() }] })
      return { key: directory.keys.get(id)!, text }
    },
    editKey: (org, id, edit) =>
      editKey(org, id, (key) => {
        refuseRevoked(key)
        return edit(key)
      }),
    async rotateKey(org, id, overlapMs, check = (key) => key) {
      const { secret, text } = generateKey(randomBytes, id)
      const key = await editKey(org, id, (old) => {
        refuseRevoked(old)
        const { previous: _, ...rest } = check(old)
        return {
          ...rest,
          secretHash: hashSecret(pepper, secret),
          secretAtMs: clock.nowMs(),
          ...(overlapMs > 0 && {
            previous: { secretHash: old.secretHash, untilMs: clock.nowMs() + overlapMs },
          }),
        }
      })
      return { key, text }
    },
    revokeKey: (org, id) => editKey(org, id, (key) => ({ revokedAtMs: clock.nowMs(), ...key })),
    async createTeam(wish) {
      const team = { ...wish, id: generateId('team_', randomBytes), seq: 0, createdAtMs: clock.nowMs() }
      await insert({ teams: [team] })
      return directory.teams.get(team.id)!
    },
    editTeam,
    async removeTeam(org, id) {
      await change(() => ({
        teams: [{ ...standing(directory.teams, org, id), removedAtMs: clock.nowMs() }],
        keys: revokedKeysOf(({ team, user }) => (team ?? directory.users.get(user ?? '')?.team) === id),
      }))
      return directory.teams.get(id)!
    },
    async createUser(wish) {
      checkUser(wish)
      const user = { ...wish, id: generateId('user_', randomBytes), seq: 0, createdAtMs: clock.nowMs() }
      await insert({ users: [user] })
      return directory.users.get(user.id)!
    },
    editUser,
    async removeUser(org, id) {
      await change(() => ({
        users: [{ ...standing(directory.users, org, id), removedAtMs: clock.nowMs() }],
        keys: revokedKeysOf(({ user }) => user === id),
      }))
      return directory.users.get(id)!
    },
  }
}

function numbered({ keys = [], teams = [], users = [] }: Partial<AccessRows>, seq: number): AccessRows {
  return {
    keys: keys.map((key) => ({ ...key, seq })),
    teams: teams.map((team) => ({ ...team, seq })),
    users: users.map((user) => ({ ...user, seq })),
  }
}

/** Throws `not_found` also for what another organisation has. */
export function found<Thing extends StoredThing>(
  things: ReadonlyMap<string, Thing>,
  org: string,
  id: string,
): Thing {
  const thing = things.get(id)
  if (thing?.org === org) return thing
  throw new GatewayError('not_found', `There is no \`${id.slice(0, 64)}\` here.`)
}

/** As `found`; what was removed is not there either. */
export function standing<Thing extends StoredThing & { readonly removedAtMs?: number }>(
  things: ReadonlyMap<string, Thing>,
  org: string,
  id: string,
): Thing {
  const thing = found(things, org, id)
  if (thing.removedAtMs === undefined) return thing
  throw new GatewayError('not_found', `\`${id}\` was removed.`)
}

/** Throws `not_found`, or `conflict` for a key that was revoked. */
export function standingKey({ keys }: Directory, org: string, id: string): StoredKey {
  const key = found(keys, org, id)
  refuseRevoked(key)
  return key
}

function owner<Thing extends StoredThing & { readonly removedAtMs?: number }>(
  things: ReadonlyMap<string, Thing>,
  org: string,
  id: string,
  param: string,
): void {
  const thing = things.get(id)
  if (thing?.org === org && thing.removedAtMs === undefined) return
  throw new GatewayError('invalid_request', `There is no ${param} \`${id.slice(0, 64)}\`.`, { param })
}

function refuseRevoked({ id, revokedAtMs }: StoredKey): void {
  if (revokedAtMs !== undefined) throw new GatewayError('conflict', `The key \`${id}\` was revoked.`)
}

/** An address signs in to one account, whichever organisation that is of. */
function refuseTwin(users: ReadonlyMap<string, StoredUser>, email: string, id: string | undefined): void {
  const wanted = normalEmail(email)
  for (const user of users.values()) {
    if (user.id === id || user.removedAtMs !== undefined || !user.account) continue
    if (user.email !== undefined && normalEmail(user.email) === wanted) {
      throw new GatewayError('conflict', 'Somebody signs in with this address already.', { param: 'email' })
    }
  }
}
