/** Encrypts answers on their way into a store that outlives the process, and opens them on their way out. */

import type { AnswerStore, KeptValue } from './port.ts'

type Place = readonly (string | number)[]

/** Encrypts for one place: whose answer it is, and to which question. */
export interface Sealer {
  seal(place: Place, plain: Uint8Array): Uint8Array
  /** Undefined: it was not sealed so, or has been changed. */
  unseal(place: Place, sealed: Uint8Array): Uint8Array | undefined
}

const nothing = new Uint8Array(0)

/** An answer that does not open is given as no bytes: the cache takes them for damaged, and has them removed. */
export function createSealedStore(store: AnswerStore, { seal, unseal }: Sealer): AnswerStore {
  const placeOf = (org: string, key: string): Place => [org, 'answers', 'value', key]
  const open = (org: string, key: string, sealed: KeptValue | undefined): KeptValue | undefined =>
    sealed && { ...sealed, value: unseal(placeOf(org, key), sealed.value) ?? nothing }
  return {
    ...store,
    get(org, key) {
      const found = store.get(org, key)
      return found instanceof Promise ? found.then((sealed) => open(org, key, sealed)) : open(org, key, found)
    },
    set(answer) {
      const { org, key, value } = answer
      return store.set({ ...answer, value: seal(placeOf(org, key), value) })
    },
  }
}
