/** A Lua script that Redis runs as one step. */

import { createHash } from 'node:crypto'
import type { Redis } from './connect.ts'
import { answerTimeoutMs, inTime } from './in-time.ts'

/**
 * Asks for it by the hash of its text, so that instances of two versions never run each other's. Redis forgets scripts
 * when it starts: then it is sent whole, after what was asked in the meantime. Rejects where there is no answer in time;
 * it may have run all the same.
 */
export class Script {
  readonly #text: string
  readonly #sha: string

  constructor(text: string) {
    this.#text = text
    this.#sha = createHash('sha1').update(text).digest('hex')
  }

  run(
    redis: Redis,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
    timeoutMs = answerTimeoutMs,
  ) {
    const options = {
      keys: [...keys],
      arguments: args.map((arg) => (Buffer.isBuffer(arg) ? arg : String(arg))),
    }
    return inTime(this.#ask(redis, options), timeoutMs)
  }

  /** Sends all of its text: it runs before whatever is asked later, also where Redis has forgotten it. */
  runInOrder(
    redis: Redis,
    keys: readonly string[],
    args: readonly (string | number)[],
    timeoutMs = answerTimeoutMs,
  ) {
    const options = { keys: [...keys], arguments: args.map(String) }
    return inTime(redis.text.eval(this.#text, options), timeoutMs)
  }

  /** Calls that follow keep their order: none of them has to be sent twice. */
  async load(redis: Redis, timeoutMs = answerTimeoutMs): Promise<void> {
    await inTime(redis.text.scriptLoad(this.#text), timeoutMs)
  }

  async #ask(redis: Redis, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown> {
    try {
      return await redis.text.evalSha(this.#sha, options)
    } catch (error) {
      if (!String((error as Error).message).startsWith('NOSCRIPT')) throw error
      return redis.text.eval(this.#text, options)
    }
  }
}
