/** Streams that were built once: a benchmark should measure the gateway, not the simulator. */

import { asObject } from '../core/json.ts'
import type { Step } from './plan.ts'
import type { Call } from './respond.ts'

const maxStreams = 64

/** The steps of streams, by all that changes their bytes but the id and the time. */
export class Prebuilt {
  readonly #streams = new Map<string, readonly Step[]>()

  get(call: Call, build: () => readonly Step[]): readonly Step[] {
    const { route, body, model, prompt } = call
    const asksUsage = asObject(body['stream_options'])?.['include_usage'] === true
    const key = JSON.stringify([
      route.path,
      route.query.get('alt'),
      model,
      prompt.inputTokens,
      prompt.maxOutputTokens,
      prompt.choices,
      asksUsage,
      route.operation.wire.name === 'openai-responses' && body, // which its answers repeat
    ])
    const known = this.#streams.get(key)
    if (known) return known
    const built = build()
    if (this.#streams.size < maxStreams) this.#streams.set(key, built)
    return built
  }
}
