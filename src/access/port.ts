/** What access needs stored: keys, teams and users, and what of them has changed. */

import type { Grant } from '../admin/policy.ts'
import type { OwnBudget } from '../config/budget-settings.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'

/** What every stored thing has. It is never deleted, so that what it did keeps its name. */
export interface StoredThing {
  readonly org: string
  readonly id: string
  readonly name: string
  /** The number of the change that made it what it is; 0 where it has not been written yet. */
  readonly seq: number
  readonly createdAtMs: number
  readonly metadata: Readonly<Record<string, Json>>
}

export interface StoredKey extends StoredThing {
  /** HMAC-SHA-256 of the key's secret under the pepper, in hexadecimal. */
  readonly secretHash: string
  /** The secret before the last rotation, and until when it still holds. */
  readonly previous?: { readonly secretHash: string; readonly untilMs: number }
  /** When the secret was made, where that is not when the key was. */
  readonly secretAtMs?: number
  readonly expiresAtMs?: number
  readonly revokedAtMs?: number
  /** The ids of its owners. */
  readonly user?: string
  readonly team?: string
  readonly rules: KeyRules
}

/** What a key may do. */
export interface KeyRules {
  /** Routes and models; `*` stands for any text. Absent: all. */
  readonly models?: readonly string[]
  /** The marks of sensitive models that it may use all the same. */
  readonly clearances?: readonly string[]
  /** Addresses and ranges that it may be used from. Absent: all. */
  readonly allowedAddresses?: readonly string[]
  /** Where its data must stay. */
  readonly dataRegion?: string
  /** The most that one request may cost, by its worst case. */
  readonly maxNanoUsdPerRequest?: NanoUsd
  readonly limits?: KeyLimits
  /** What it may spend. */
  readonly budgets?: readonly OwnBudget[]
  /** On every request, beside those that the caller names. */
  readonly tags?: readonly string[]
  /** False: it reads from the caches, and writes nothing to them. Absent: true. */
  readonly cacheWrite?: boolean
}

/** Bounds on what one key sends. */
export interface KeyLimits {
  /** Requests per minute. */
  readonly rpm?: number
  /** Tokens per minute, prompt and answer together. */
  readonly tpm?: number
  /** Requests under way at once. */
  readonly concurrency?: number
  /** How long a request may wait for its turn. Absent: it is refused at once. */
  readonly maxWaitMs?: number
}

export interface StoredTeam extends StoredThing {
  /** What is charged above the provider's price, in hundredths of a percent. */
  readonly markupBasisPoints: number
  /** Paid in advance, in total. Absent: the team is billed afterwards. */
  readonly creditNanoUsd?: NanoUsd
  readonly budgets?: readonly OwnBudget[]
  readonly removedAtMs?: number
}

export interface StoredUser extends StoredThing {
  readonly email?: string
  /** The id of the team it belongs to. */
  readonly team?: string
  readonly budgets?: readonly OwnBudget[]
  /** Absent: this user cannot sign in. */
  readonly account?: StoredAccount
  readonly removedAtMs?: number
}

/** With what a user signs in, and to what. */
export interface StoredAccount {
  readonly grants: readonly Grant[]
  /** What the keys that they make hold at most. */
  readonly ceiling?: KeyRules
  /** In the form of `password.ts`. Absent: no password has been chosen, or another service knows it. */
  readonly passwordHash?: string
  /** Who they are to the OpenID provider. */
  readonly subject?: { readonly issuer: string; readonly id: string }
  /** Sessions that were opened before have ended. */
  readonly sessionsFromMs?: number
}

export interface AccessRows {
  readonly keys: readonly StoredKey[]
  readonly teams: readonly StoredTeam[]
  readonly users: readonly StoredUser[]
}

export interface AccessChanges extends AccessRows {
  /** All changes up to this one are among the rows. */
  readonly seq: number
}

export interface AccessStore {
  /** Everything that was written after this change, as it is now. 0 gives all. */
  changedSince(seq: number): Promise<AccessChanges>
  /**
   * Inserts or replaces the rows as one change and gives its number, which is larger than that of every change a
   * reader could have seen before. Undefined, and nothing is written, where one of the rows is no longer at its `seq`.
   */
  write(rows: Partial<AccessRows>): Promise<number | undefined>
}

/** `link`: opens an owner's session. `invitation`: sets a user's password. `oidc`: a sign-in that is under way. */
export type TicketKind = 'session' | 'link' | 'invitation' | 'oidc'

/** Something that whoever holds its token may do until it ends. The token itself is not kept. */
export interface Ticket {
  /** SHA-256 of the token, in hexadecimal. */
  readonly digest: string
  readonly kind: TicketKind
  readonly org: string
  /** Absent: it is nobody's in particular. */
  readonly user?: string
  readonly madeAtMs: number
  readonly endsAtMs: number
  readonly detail: JsonObject
}

/** What is past its end may still come back. */
export interface TicketStore {
  put(ticket: Ticket): Promise<void>
  find(kind: TicketKind, digest: string): Promise<Ticket | undefined>
  /** Finds and removes it: of several takers, one gets it. */
  take(kind: TicketKind, digest: string): Promise<Ticket | undefined>
  /** Removes those that ended before. */
  prune(endedBeforeMs: number): Promise<void>
}
