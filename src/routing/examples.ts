/** The labelled examples of `task` routes: embedded once, in the background, and compared with each question in doubt. */

import type { EmbedTexts } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { isRoute, type Route, type TaskExamples } from './route.ts'
import { routesInDoubt, type TaskGuess, type TaskGuesses } from './task.ts'
import type { RequestTraits } from './traits.ts'

export interface ExampleBookOptions {
  readonly embed: EmbedTexts
  readonly clock: Clock
  /** Examples could not be embedded; it is tried again when they are next asked for, after a while. */
  onError(cause: unknown, route: string): void
}

/** Examples are asked for in calls of this many texts. */
const batchSize = 64
/** A provider that failed is left alone for as long. */
const retryAfterMs = 30_000
/** So many of the nearest examples have a say, each as much as it is near. */
const neighbours = 3

type Vector = Float32Array

/** The texts of one embedder. */
interface Shelf {
  readonly vectors: Map<string, Vector>
  failedAtMs?: number
  loading?: Promise<void>
}

export class ExampleBook {
  readonly #options: ExampleBookOptions
  /** By embedder. */
  readonly #shelves = new Map<string, Shelf>()

  constructor(options: ExampleBookOptions) {
    this.#options = options
  }

  /** Begins to embed what these routes have and is not embedded yet; forgets all else. Resolves when it is done. */
  async prepare(routes: ReadonlyMap<string, Route>): Promise<void> {
    const wanted = [...routes.values()].filter((route) => route.examples)
    forgetOthers(this.#shelves, wanted)
    await Promise.all(wanted.map(({ name, examples }) => this.#ensure(examples!, name)))
  }

  /** What the examples say, within their time; undefined where nothing needs to be asked. Never rejects. */
  guess(route: Route, traits: RequestTraits): Promise<TaskGuesses> | undefined {
    if (!route.hasExamples) return undefined
    const inDoubt = routesInDoubt(route, traits)
    return inDoubt.length === 0 ? undefined : this.#guessAll(inDoubt, traits)
  }

  async #guessAll(routes: readonly Route[], traits: RequestTraits): Promise<TaskGuesses> {
    return new Map(
      await Promise.all(routes.map(async (route) => [route, await this.#guessOne(route, traits)] as const)),
    )
  }

  async #guessOne(route: Route, traits: RequestTraits): Promise<TaskGuess> {
    const examples = route.examples!
    const { embedder, timeoutMs, minSimilarity, labelled } = examples
    const { question } = traits.content
    if (question.trim() === '') return { reason: 'there is no question to compare' }
    // Examples may be anywhere, but the words of this caller may not.
    const { dataRegion } = traits.caller
    if (dataRegion !== undefined) return { reason: `the question must stay in the data region ${dataRegion}` }
    const shelf = this.#shelfOf(embedder)
    const known = labelled.flatMap(({ label, text }) => {
      const vector = shelf.vectors.get(text)
      return vector ? [{ label, vector }] : []
    })
    if (known.length < labelled.length) {
      const isResting = this.#options.clock.monotonicMs() - (shelf.failedAtMs ?? -Infinity) < retryAfterMs
      if (!shelf.loading && !isResting) void this.#ensure(examples, route.name)
      return { reason: 'the examples are not embedded yet' }
    }
    const answer = await within(timeoutMs, (signal) => this.#options.embed(embedder, [question], signal))
    if ('failure' in answer) return { reason: answer.failure }
    return nearest(toUnit(answer.value[0]!), known, minSimilarity)
  }

  #shelfOf(embedder: string): Shelf {
    let shelf = this.#shelves.get(embedder)
    if (!shelf) this.#shelves.set(embedder, (shelf = { vectors: new Map() }))
    return shelf
  }

  /** One at a time for each embedder. */
  #ensure(examples: TaskExamples, route: string): Promise<void> {
    const { clock, onError } = this.#options
    const shelf = this.#shelfOf(examples.embedder)
    const loading = (shelf.loading ?? Promise.resolve())
      .then(() => this.#load(shelf, examples))
      .then(
        () => void delete shelf.failedAtMs,
        (cause: unknown) => {
          shelf.failedAtMs = clock.monotonicMs()
          onError(cause, route)
        },
      )
      .finally(() => {
        if (shelf.loading === loading) delete shelf.loading
      })
    shelf.loading = loading
    return loading
  }

  async #load(shelf: Shelf, examples: TaskExamples): Promise<void> {
    const missing = textsOf(examples).filter((text) => !shelf.vectors.has(text))
    for (let at = 0; at < missing.length; at += batchSize) {
      const batch = missing.slice(at, at + batchSize)
      const vectors = await this.#options.embed(examples.embedder, batch)
      batch.forEach((text, n) => shelf.vectors.set(text, toUnit(vectors[n]!)))
    }
  }
}

/** Has this route, or one within it, examples? */
export function hasExamplesWithin(route: Pick<Route, 'entries' | 'examples'>): boolean {
  return route.examples !== undefined || route.entries.some(({ to }) => isRoute(to) && to.hasExamples)
}

function textsOf({ labelled }: TaskExamples): string[] {
  return labelled.map(({ text }) => text)
}

function forgetOthers(shelves: Map<string, Shelf>, wanted: readonly Route[]): void {
  for (const [embedder, shelf] of shelves) {
    const own = wanted.flatMap(({ examples }) => (examples!.embedder === embedder ? textsOf(examples!) : []))
    const texts = new Set(own)
    for (const text of shelf.vectors.keys()) if (!texts.has(text)) shelf.vectors.delete(text)
    if (texts.size === 0) shelves.delete(embedder)
  }
}

/** Of length 1, so that the product of two is the cosine of their angle. */
function toUnit(values: readonly number[]): Vector {
  const vector = Float32Array.from(values)
  let sum = 0
  for (const value of vector) sum += value * value
  const length = Math.sqrt(sum)
  if (length === 0) return vector
  for (let at = 0; at < vector.length; at++) vector[at]! /= length
  return vector
}

function similarity(a: Vector, b: Vector): number {
  if (a.length !== b.length) return -1 // of another model, whatever its name
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}

interface Example {
  readonly label: string
  readonly vector: Vector
}

function nearest(question: Vector, examples: readonly Example[], minSimilarity: number): TaskGuess {
  const ranked = examples
    .map(({ label, vector }) => ({ label, near: similarity(question, vector) }))
    .toSorted((a, b) => b.near - a.near)
    .slice(0, neighbours)
  const best = ranked[0]!.near
  if (best < minSimilarity) {
    return { reason: `the nearest example is only ${best.toFixed(2)} near` }
  }
  const votes = new Map<string, number>()
  for (const { label, near } of ranked) votes.set(label, (votes.get(label) ?? 0) + Math.max(0, near))
  const [label] = [...votes].reduce((first, each) => (each[1] > first[1] ? each : first))
  return { label, reason: `the nearest examples name the task ${label} (${best.toFixed(2)} near)` }
}

/** The value, or in words why there is none. */
async function within<Value>(
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<Value>,
): Promise<{ readonly value: Value } | { readonly failure: string }> {
  const giveUp = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<{ failure: string }>((resolve) => {
    timer = setTimeout(
      () => resolve({ failure: `the embedder did not answer within ${timeoutMs} ms` }),
      timeoutMs,
    )
  })
  const asked = ask(giveUp.signal).then(
    (value) => ({ value }),
    (cause: unknown) => ({
      failure: `the embedder failed: ${cause instanceof GatewayError ? cause.code : 'internal'}`,
    }),
  )
  const first = await Promise.race([asked, late])
  clearTimeout(timer)
  giveUp.abort()
  return first
}
