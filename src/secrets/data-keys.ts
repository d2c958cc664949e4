/** The data keys of organisations: made when they are needed, wrapped by a key from outside, unwrapped once. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { SecretFailure } from './failure.ts'
import type { KeyWrap } from './key-wrap.ts'
import type { DataKeyStore, WrappedKey } from './port.ts'

export interface DataKeyParts {
  readonly store: DataKeyStore
  /** The database table of the store, which is part of what wrapped keys are bound to. */
  readonly table: string
  /** The first wraps; the others only unwrap what they wrapped before. */
  readonly wraps: readonly [KeyWrap, ...KeyWrap[]]
  readonly clock: Clock
}

export interface DataKeys {
  /** Undefined where another instance was first. */
  add(org: string, version: number): Promise<WrappedKey | undefined>
  /** Makes the first where there is none. */
  newest(org: string): Promise<WrappedKey>
  /** As `newest`, and makes another where that is not wrapped by the key in force. */
  newestInForce(org: string): Promise<WrappedKey>
  find(org: string, version: number): Promise<WrappedKey | undefined>
  /** Throws SecretFailure. */
  unwrap(key: WrappedKey): Promise<Uint8Array>
  /** Wraps all of the organisation by the key in force; gives how many were wrapped by another. */
  rewrapAll(org: string): Promise<number>
}

export function createDataKeys({ store, table, wraps, clock }: DataKeyParts): DataKeys {
  /** Unwrapped, so that a vault is asked once for each. By organisation, version and what it is wrapped in. */
  const open = new Map<string, Uint8Array>()
  const placeOf = ({ org, version }: Pick<WrappedKey, 'org' | 'version'>) => [org, table, 'wrapped', version]
  const [wrap] = wraps

  const unwrap = async (key: WrappedKey): Promise<Uint8Array> => {
    const id = JSON.stringify([key.org, key.version, key.wrapped])
    const known = open.get(id)
    if (known) return known
    const its = wraps.find((candidate) => candidate.id === key.wrapId)
    if (!its) {
      const mend = 'Put the key that was in force before under `secrets.stored.previousKeys`.'
      throw new SecretFailure('denied', 'a data key is wrapped by a key that is not configured', mend)
    }
    const plain = await its.unwrap(placeOf(key), key.wrapped)
    open.set(id, plain)
    return plain
  }

  const add = async (org: string, version: number): Promise<WrappedKey | undefined> => {
    const wrapped = await wrap.wrap(placeOf({ org, version }), randomBytes(32))
    const key = { org, version, wrapId: wrap.id, wrapped, createdAtMs: clock.nowMs() }
    return (await store.addKey(key)) ? key : undefined
  }

  const last = async (org: string): Promise<WrappedKey | undefined> => (await store.keys(org)).at(-1)

  const newest = async (org: string): Promise<WrappedKey> =>
    (await last(org)) ?? (await add(org, 1)) ?? (await last(org))!

  return {
    add,
    newest,
    async newestInForce(org) {
      const key = await newest(org)
      if (key.wrapId === wrap.id) return key
      return (await add(org, key.version + 1)) ?? newest(org)
    },
    find: async (org, version) => (await store.keys(org)).find((key) => key.version === version),
    unwrap,
    async rewrapAll(org) {
      const foreign = (await store.keys(org)).filter(({ wrapId }) => wrapId !== wrap.id)
      for (const key of foreign) {
        const wrapped = await wrap.wrap(placeOf(key), await unwrap(key))
        await store.rewrapKey({ ...key, wrapId: wrap.id, wrapped })
      }
      return foreign.length
    },
  }
}
