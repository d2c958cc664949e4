/** The key that the dashboard's own calls to models go by: made when the first one is sent, gone within the hour, and kept in this page's memory alone. */

import { createContext, use } from 'react'
import { ask } from './client.ts'

const lifeMs = 3_600_000
/** One that ends sooner is not used any more. */
const leastLeftMs = 300_000

export class TestKey {
  #key: Promise<{ readonly secret: string; readonly endsAtMs: number }> | undefined

  /** Rejects with ApiError, as where the viewer may not make keys. */
  async secret(): Promise<string> {
    const held = await this.#key
    if (held && held.endsAtMs - Date.now() > leastLeftMs) return held.secret
    this.#key = this.#make()
    this.#key.catch(() => (this.#key = undefined))
    return (await this.#key).secret
  }

  async #make() {
    const endsAtMs = Date.now() + lifeMs
    const { secret } = await ask('POST /keys', {
      body: { name: 'dashboard', expires_at: new Date(endsAtMs).toISOString() },
    })
    return { secret, endsAtMs }
  }
}

export const TestKeyContext = createContext<TestKey | undefined>(undefined)

export function useTestKey(): TestKey {
  const key = use(TestKeyContext)
  if (!key) throw new Error('no test key above')
  return key
}
