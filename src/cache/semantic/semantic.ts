/** Serves the answer to a question of the same meaning, and keeps measuring how often that was wrong. */

import type { AskModel, EmbedTexts } from '../../core/ask.ts'
import type { GenRequest } from '../../core/request.ts'
import type { CachedAnswer } from '../entry.ts'
import type { Setting } from '../key.ts'
import type { SemanticPolicy } from '../policy.ts'
import { sameAnswer, textOf } from './agreement.ts'
import { createEmbedder } from './embedder.ts'
import { createJudge } from './judge.ts'
import { type Pair, Pairs } from './pairs.ts'
import { type SemanticQuestion, semanticQuestionOf } from './question.ts'
import type { SemanticSearch } from './search.ts'
import { within } from './within.ts'
import { Trust, type TrustReading } from './trust.ts'

/** What became of looking for a question. */
export type LookOutcome =
  | ('served' | 'sampled' | 'shadowed')
  | ('none' | 'refused' | 'judged' | 'gone')
  | ('slow' | 'failed' | 'unfit')

export interface SemanticParts {
  readonly search: SemanticSearch
  readonly embed: EmbedTexts
  readonly ask: AskModel
  /** The kept answer under a key; undefined where it is gone. */
  read(org: string, key: string): Promise<CachedAnswer | undefined>
  /** In [0, 1). */
  readonly random: () => number
  readonly nowMs: () => number
  onLook(destination: string, outcome: LookOutcome): void
  /** `agrees`: the answer that was asked anew says the same. */
  onCompared(destination: string, agrees: boolean): void
  onRaised(destination: string, threshold: number): void
  onFault(cause: unknown): void
}

export interface Served {
  readonly answer: CachedAnswer
  readonly similarity: number
}

/** One request's part in it. */
export interface Look {
  /** The answer to serve, if any. Never rejects. */
  readonly served: Promise<Served | undefined>
  /** The request has an answer of its own, kept under this key until then. */
  landed(key: string, answer: CachedAnswer, expiresAtMs: number): void
}

export interface SemanticCache {
  look(setting: Setting, request: GenRequest, policy: SemanticPolicy): Look | undefined
  /** Drops all questions of the tenant, with their vectors. What is embedded at this moment may be added behind it. */
  forget(org: string): Promise<void>
  /** What part of the answers that were purged is among them is not known: all of the tenant's go. */
  forgetPairs(org: string): void
  /** By destination. */
  readings(org: string): ReadonlyMap<string, TrustReading>
  /**
   * Of this instance, until it ends or the configuration names another. Undefined where no question was looked for at
   * this destination.
   */
  setThreshold(org: string, destination: string, threshold: number): TrustReading | undefined
  /** What was compared of late and nobody has judged: those that are held for wrong first, then the newest. */
  pairs(org: string): readonly OpenPair[]
  /** Whether both answers of a pair say the same, as somebody sees it; the rate of wrong hits follows. */
  judgePair(pair: OpenPair, agrees: boolean): TrustReading
}

export interface OpenPair extends Omit<Pair, 'trust'> {
  readonly similarity: number
  /** What it is held for. */
  readonly agrees: boolean
}

const maxTrusts = 10_000
const nameOf = (org: string, destination: string): string => JSON.stringify([org, destination])

export function createSemanticCache(parts: SemanticParts): SemanticCache {
  const embedder = createEmbedder(parts.embed)
  const judge = createJudge(parts.ask)
  const trusts = new Map<string, Trust>()
  const pairs = new Pairs(parts.nowMs)

  function trustOf({ org, destination }: Setting, { threshold, maxFalseHits }: SemanticPolicy): Trust {
    const name = nameOf(org, destination)
    let trust = trusts.get(name)
    if (!trust?.isOf(threshold, maxFalseHits)) {
      // Names of models come from callers: the one that came first makes room.
      if (trusts.size >= maxTrusts && !trust) trusts.delete(trusts.keys().next().value!)
      trusts.set(name, (trust = new Trust(threshold, maxFalseHits)))
    }
    return trust
  }

  return {
    look(setting, request, policy) {
      const question = semanticQuestionOf(setting, request)
      if (question === undefined) {
        parts.onLook(setting.destination, 'unfit')
        return undefined
      }
      return new OneLook(
        { ...parts, embedder, judge, pairs },
        { setting, policy, question, trust: trustOf(setting, policy) },
      )
    },
    async forget(org) {
      embedder.clear() // of all tenants: its names tell none, and vectors come again
      pairs.forget(org)
      await parts.search.forget(org)
    },
    forgetPairs: (org) => pairs.forget(org),
    setThreshold(org, destination, threshold) {
      const trust = trusts.get(nameOf(org, destination))
      trust?.set(threshold)
      return trust?.reading
    },
    pairs(org) {
      const open = pairs.list(org).flatMap(({ trust, ...pair }) => {
        const isInForce = trusts.get(nameOf(org, pair.destination)) === trust
        const comparison = isInForce ? trust.comparisonOf(pair.id) : undefined
        return comparison ? [{ ...pair, ...comparison }] : []
      })
      return open.toSorted((one, other) => Number(one.agrees) - Number(other.agrees))
    },
    judgePair({ id, org, destination }, agrees) {
      const { trust } = pairs.list(org).find((pair) => pair.id === id)!
      if (trust.judged(id, agrees)) parts.onRaised(destination, trust.threshold)
      pairs.remove(id)
      return trust.reading
    },
    readings(org) {
      const own = [...trusts].flatMap(([name, trust]) => {
        const [of, destination] = JSON.parse(name) as [string, string]
        return of === org ? [[destination, trust.reading] as const] : []
      })
      return new Map(own)
    },
  }
}

type LookParts = SemanticParts & {
  readonly embedder: ReturnType<typeof createEmbedder>
  readonly judge: ReturnType<typeof createJudge>
  readonly pairs: Pairs
}

/** What is near enough, with the question that it answered. */
interface Near extends Served {
  readonly question: string
}

interface Matter {
  readonly setting: Setting
  readonly policy: SemanticPolicy
  readonly question: SemanticQuestion
  readonly trust: Trust
}

class OneLook implements Look {
  readonly served: Promise<Served | undefined>
  readonly #parts: LookParts
  readonly #matter: Matter
  readonly #found: Promise<Near | undefined>
  #vector: Float32Array | undefined

  constructor(parts: LookParts, matter: Matter) {
    this.#parts = parts
    this.#matter = matter
    this.#found = this.#find().catch((cause: unknown) => {
      parts.onFault(cause)
      this.#tell('failed')
      return undefined
    })
    const { mode, sample } = matter.policy
    // In the shadow nobody waits for the look; of the others, some are compared instead of served.
    this.served = mode === 'shadow' || parts.random() < sample ? Promise.resolve(undefined) : this.#serve()
  }

  async #serve(): Promise<Served | undefined> {
    const found = await this.#found
    if (found) this.#tell('served')
    return found
  }

  #tell(outcome: LookOutcome): void {
    this.#parts.onLook(this.#matter.setting.destination, outcome)
  }

  async #find(): Promise<Near | undefined> {
    const { embedder, search, judge, read } = this.#parts
    const { setting, policy, question, trust } = this.#matter
    const { org } = setting
    const { partition, text } = question
    this.#vector = await embedder.embed(org, policy.embedder, text, policy.timeoutMs)
    if (!this.#vector) return this.#nothing('slow')
    const { threshold } = trust
    const searching = search.search({ partition, text, vector: this.#vector, threshold })
    const reply = await within(searching, policy.timeoutMs)
    if (!reply) return this.#nothing('slow')
    const { found, refused } = reply
    if (!found) return this.#nothing(refused === undefined ? 'none' : 'refused')
    const answer = await read(org, found.key)
    if (!answer) {
      search.remove(partition, found.key)
      return this.#nothing('gone')
    }
    const isSame =
      policy.judge === undefined ||
      (await judge.sameQuestion(policy.judge, text, found.text, policy.timeoutMs))
    if (!isSame) return this.#nothing('judged')
    return { answer, similarity: found.similarity, question: found.text }
  }

  #nothing(outcome: LookOutcome): undefined {
    this.#tell(outcome)
    return undefined
  }

  landed(key: string, answer: CachedAnswer, expiresAtMs: number): void {
    void this.#learn(key, answer, expiresAtMs).catch(this.#parts.onFault)
  }

  async #learn(key: string, own: CachedAnswer, expiresAtMs: number): Promise<void> {
    const { search } = this.#parts
    const { policy, question, setting } = this.#matter
    const found = await this.#found
    if (found) await this.#compare(found, own, expiresAtMs)
    const vector = this.#vector
    const { org } = setting
    const { maxEntries } = policy
    if (vector) search.add({ org, ...question, key, vector, expiresAtMs, maxEntries })
  }

  /** What would have been served, against what was answered. Doubt counts against it. */
  async #compare(found: Near, own: CachedAnswer, expiresAtMs: number): Promise<void> {
    const { onCompared, onRaised, judge, pairs } = this.#parts
    const { setting, policy, question, trust } = this.#matter
    const { org, destination } = setting
    this.#tell(policy.mode === 'shadow' ? 'shadowed' : 'sampled')
    const [served, answer] = [textOf(found.answer), textOf(own)]
    const agrees =
      sameAnswer(found.answer, own) ||
      (policy.judge !== undefined &&
        (await judge.sameAnswer(
          policy.judge,
          { question: question.text, one: served, other: answer },
          policy.timeoutMs,
        )))
    onCompared(destination, agrees)
    // The older answer goes first: neither is shown longer than it is kept.
    const goneAtMs = found.answer.atMs + (expiresAtMs - own.atMs)
    const texts = { question: question.text, asBefore: found.question, answer, served }
    const id = pairs.add({ ...texts, org, destination, trust, atMs: own.atMs, expiresAtMs: goneAtMs })
    if (trust.compared({ agrees, similarity: found.similarity, id })) onRaised(destination, trust.threshold)
  }
}
