/** People who sign in: by a password, by an invitation, or by what another service says of them. */

import type { AdminCaller, Grant } from '../admin/policy.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Directory } from './directory.ts'
import { normalEmail } from './email.ts'
import type { LockOut } from './lock-out.ts'
import { checkNewPassword, type Passwords } from './password.ts'
import type { StoredUser, Ticket } from './port.ts'
import type { Registrar } from './registrar.ts'
import type { Sessions } from './sessions.ts'

export interface AccountParts {
  readonly directory: Directory
  readonly registrar: Registrar
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly lockOut: LockOut
  readonly clock: Clock
}

/** Who another service says that somebody is, and what it lets them do here. */
export interface OutsideIdentity {
  readonly issuer: string
  readonly id: string
  readonly name: string
  readonly email?: string
  readonly grants: readonly Grant[]
}

export class Accounts {
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  /**
   * Who has this password. Throws `authentication_failed`, with one message and after the same time for every reason;
   * `rate_limited` after too many tries.
   */
  async signIn(email: string, password: string, address: string | undefined): Promise<StoredUser> {
    const { lockOut, passwords } = this.#parts
    const name = normalEmail(email)
    lockOut.enter(name, address)
    const user = this.byEmail(name)
    const isRight = await passwords.matches(password, user?.account?.passwordHash)
    if (!user || !isRight)
      throw new GatewayError('authentication_failed', 'E-mail address or password is wrong.')
    lockOut.pass(name)
    return user
  }

  /** Whoever can sign in under this address; the oldest, should two have been made at once. */
  byEmail(email: string): StoredUser | undefined {
    const wanted = normalEmail(email)
    const named = this.#standing().filter(
      (user) => user.email !== undefined && normalEmail(user.email) === wanted,
    )
    return named.toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))[0]
  }

  /** The caller that a session's ticket stands for now; undefined where the account is gone or has ended its sessions. */
  callerOf({ org, user: id, madeAtMs }: Pick<Ticket, 'org' | 'user' | 'madeAtMs'>): AdminCaller | undefined {
    const { users, teams } = this.#parts.directory
    const user = users.get(id ?? '')
    const account = user?.account
    if (!user || !account || user.org !== org || user.removedAtMs !== undefined) return undefined
    if (madeAtMs < (account.sessionsFromMs ?? 0)) return undefined
    const grants = account.grants.filter(({ team }) => team === undefined || stands(teams.get(team)))
    return { name: `user:${user.id}`, org, user: user.id, grants }
  }

  /** A token with which the user chooses a password. What they signed in with before ends when it is used. */
  invite({ org, id }: StoredUser): Promise<string> {
    return this.#parts.sessions.make('invitation', { org, user: id })
  }

  /** Takes the invitation and sets the password. Throws `authentication_failed`, `invalid_request`. */
  async accept(token: string, password: string): Promise<StoredUser> {
    const { sessions, directory } = this.#parts
    const refused = new GatewayError(
      'authentication_failed',
      'This invitation was used already or is too old.',
    )
    const ticket = await sessions.find('invitation', token)
    const user = ticket && directory.users.get(ticket.user ?? '')
    if (!user || ticket.madeAtMs < (user.account?.sessionsFromMs ?? 0)) throw refused
    checkNewPassword(password, user.email) // before it is taken: who chooses badly may choose again
    if (!(await sessions.take('invitation', token))) throw refused
    return this.#setPassword(user, password)
  }

  /** Throws `authentication_failed` where the present password is wrong, `invalid_request` for a bad new one. */
  async changePassword(user: StoredUser, present: string, next: string): Promise<StoredUser> {
    const { lockOut, passwords } = this.#parts
    lockOut.enter(`id ${user.id}`, undefined)
    if (!(await passwords.matches(present, user.account?.passwordHash))) {
      throw new GatewayError('permission_denied', 'The present password is wrong.', { param: 'present' })
    }
    lockOut.pass(`id ${user.id}`)
    checkNewPassword(next, user.email)
    return this.#setPassword(user, next)
  }

  /** Whoever is known by this identity of another service. Addresses prove nothing: two services may have the same. */
  bySubject({ issuer, id }: Pick<OutsideIdentity, 'issuer' | 'id'>): StoredUser | undefined {
    return this.#standing().find(
      ({ account }) => account?.subject?.issuer === issuer && account.subject.id === id,
    )
  }

  /** The user of this identity, made where there is none; the roles are those that the other service says now. */
  async takeUp(org: string, { issuer, id, name, email, grants }: OutsideIdentity): Promise<StoredUser> {
    const { registrar } = this.#parts
    const subject = { issuer, id }
    const known = this.bySubject(subject)
    // An address that somebody signs in with stays theirs alone.
    const isFree = email !== undefined && [undefined, known?.id].includes(this.byEmail(email)?.id)
    const described = { name, ...(isFree && { email }) }
    const told = { grants, subject }
    if (!known) return registrar.createUser({ org, metadata: {}, ...described, account: told })
    if (isSameIdentity(known, { ...described, account: told })) return known
    return registrar.editUser(org, known.id, (user) => {
      if (!user.account) throw goneAccount()
      // What else stands there, such as the ceiling, is that of now: this instance may not have seen it yet.
      return { ...user, ...described, account: { ...user.account, ...told } }
    })
  }

  #standing(): StoredUser[] {
    return [...this.#parts.directory.users.values()].filter(
      (user) => user.account !== undefined && stands(user),
    )
  }

  async #setPassword({ org, id }: StoredUser, password: string): Promise<StoredUser> {
    const { passwords, registrar, clock } = this.#parts
    const passwordHash = await passwords.hash(password)
    return registrar.editUser(org, id, (user) => {
      if (!user.account) throw goneAccount()
      return { ...user, account: { ...user.account, passwordHash, sessionsFromMs: clock.nowMs() } }
    })
  }
}

function goneAccount(): GatewayError {
  return new GatewayError('conflict', 'This user may not sign in any more.')
}

function stands(thing: { readonly removedAtMs?: number } | undefined): boolean {
  return thing !== undefined && thing.removedAtMs === undefined
}

function isSameIdentity(
  user: StoredUser,
  described: Pick<StoredUser, 'name' | 'email' | 'account'>,
): boolean {
  const { name, email, account } = user
  return (
    JSON.stringify([name, email, account?.grants]) ===
    JSON.stringify([described.name, described.email, described.account?.grants])
  )
}
