/** Reads the price list of `@pydantic/genai-prices`: its prices as ours, its ways of matching a model's name. */

import type { MatchLogic, ModelPrice, Provider } from '@pydantic/genai-prices'
import { defined } from '../core/json.ts'
import { type ListPrice, type ListRates, toPeriod } from './list-price.ts'
import type { PricePeriod, PriceTable } from './price.ts'

/** What each of its prices is for us. `undefined`: for things that no usage block of a model call counts. */
export const publishedUnits: Readonly<Record<string, keyof ListRates | undefined>> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite5m',
  cache_write_1h_mtok: 'cacheWrite1h',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'inputAudio',
  output_audio_mtok: 'outputAudio',
  cache_audio_read_mtok: 'cacheReadAudio',
  input_image_mtok: 'inputImage',
  output_image_mtok: 'outputImage',
  input_video_mtok: 'inputVideo',
  web_searches_kcount: 'webSearch',
  requests_kcount: 'request',
  // Transcription, pages, stored files, live voice and video: other operations than generation.
  audio_hours: undefined,
  input_audio_hours: undefined,
  input_document_kpages: undefined,
  input_annotated_document_kpages: undefined,
  storage_searches_kcount: undefined,
  input_text_messages_kcount: undefined,
  output_video_mtok: undefined,
  // No provider's usage tells these apart from the tokens that contain them.
  cache_image_read_mtok: undefined,
  output_citation_mtok: undefined,
}

export interface PublishedPrice {
  readonly id: string
  /** Absent: the list knows the model, and no price of it. */
  readonly price?: PriceTable
  readonly contextWindow?: number
}

export interface PublishedPrices {
  /** By the list's own name; the first that matches, as the list's own search finds it. */
  find(model: string): PublishedPrice | undefined
  readonly ids: readonly string[]
}

/**
 * The prices of one provider of the list. Each model's is converted when it is first found: a process asks for a
 * few of its hundreds.
 */
export function publishedPrices({ models }: Provider): PublishedPrices {
  const matchers = models.map(({ match }) => compile(match))
  const firstByName = new Map<string, number>()
  for (const [index, { names }] of matchers.entries()) {
    for (const name of names) if (!firstByName.has(name)) firstByName.set(name, index)
  }
  const patterns = matchers.flatMap(({ pattern }, index) =>
    pattern === undefined ? [] : [{ index, pattern }],
  )
  const converted = new Map<number, PublishedPrice>()

  const matching = (name: string): PublishedPrice | undefined => {
    const lower = name.toLowerCase()
    const named = firstByName.get(lower) ?? models.length
    const index = patterns.find((entry) => entry.index >= named || entry.pattern(name, lower))?.index ?? named
    return toPrice(Math.min(index, named))
  }
  const toPrice = (index: number): PublishedPrice | undefined => {
    const model = models[index]
    const known = converted.get(index)
    if (model === undefined || known !== undefined) return known
    const { id, context_window: contextWindow } = model
    const price = toPriceTable(id, model.prices)
    const found: PublishedPrice = { id, ...defined({ price, contextWindow }) }
    converted.set(index, found)
    return found
  }
  return {
    ids: models.map(({ id }) => id),
    find: (name) => matching(name) ?? matching(name.replace(/-(20\d\d)(\d\d)(\d\d)(?=[-:]|$)/, '-$1-$2-$3')),
  }
}

type Pattern = (name: string, lower: string) => boolean

/** What a model is called, in lower case, and a test for what else it answers to. */
interface Matcher {
  readonly names: readonly string[]
  readonly pattern?: Pattern
}

function compile(logic: MatchLogic): Matcher {
  if ('equals' in logic) return { names: [logic.equals.toLowerCase()] }
  if (!('or' in logic)) return { names: [], pattern: toPattern(logic) }
  const parts = logic.or.map(compile)
  const patterns = parts.flatMap(({ pattern }) => pattern ?? [])
  return {
    names: parts.flatMap(({ names }) => names),
    ...(patterns.length > 0 ? { pattern: (name, lower) => patterns.some((test) => test(name, lower)) } : {}),
  }
}

/** The list compares without regard to case, except by regular expressions. */
function toPattern(logic: MatchLogic): Pattern {
  if ('equals' in logic) return equalTo(logic.equals.toLowerCase())
  if ('starts_with' in logic) return startingWith(logic.starts_with.toLowerCase())
  if ('ends_with' in logic) return endingWith(logic.ends_with.toLowerCase())
  if ('contains' in logic) return containing(logic.contains.toLowerCase())
  if ('regex' in logic) return fitting(new RegExp(logic.regex))
  const isAll = 'and' in logic
  const parts = (isAll ? logic.and : logic.or).map(toPattern)
  return isAll
    ? (name, lower) => parts.every((test) => test(name, lower))
    : (name, lower) => parts.some((test) => test(name, lower))
}

const equalTo =
  (text: string): Pattern =>
  (_name, lower) =>
    lower === text
const startingWith =
  (text: string): Pattern =>
  (_name, lower) =>
    lower.startsWith(text)
const endingWith =
  (text: string): Pattern =>
  (_name, lower) =>
    lower.endsWith(text)
const containing =
  (text: string): Pattern =>
  (_name, lower) =>
    lower.includes(text)
const fitting =
  (expression: RegExp): Pattern =>
  (name) =>
    expression.test(name)

type ModelPrices = Provider['models'][number]['prices']

/** The list gives no prices at all to free models, and to those that it has no prices of. */
function toPriceTable(id: string, prices: ModelPrices): PriceTable | undefined {
  if (Array.isArray(prices) || Object.keys(prices).length > 0) return { periods: toPeriods(prices) }
  return id.endsWith(':free') ? { periods: [toPeriod({ input: 0, output: 0 })] } : undefined
}

function toPeriods(prices: ModelPrices): PriceTable['periods'] {
  if (!Array.isArray(prices)) return [toPeriod(toListPrice(prices))]
  const [first, ...rest] = prices.map(({ constraint, prices: price }): PricePeriod => {
    const period = toPeriod(toListPrice(price))
    if (constraint === undefined) return period
    if (constraint.type === 'start_date') return { ...period, fromMs: Date.parse(constraint.start_date) }
    const daily = {
      fromSecond: secondOfDay(constraint.start_time),
      toSecond: secondOfDay(constraint.end_time),
    }
    return { ...period, daily }
  })
  return first === undefined ? [{ tiers: [{ aboveTokens: 0, rates: {} }] }] : [first, ...rest]
}

function secondOfDay(time: string): number {
  return (Date.parse(`1970-01-01T${time}`) / 1000 + 86_400) % 86_400
}

/** One set of rates per length at which any of its prices changes. */
function toListPrice(published: ModelPrice): ListPrice {
  const known = Object.entries(published).flatMap(([unit, price]) => {
    const name = publishedUnits[unit]
    return name === undefined || price === undefined ? [] : [{ name, price }]
  })
  const starts = known.flatMap(({ price }) =>
    typeof price === 'number' ? [] : price.tiers.map(({ start }) => start),
  )
  const ratesAbove = (tokens: number): ListRates =>
    Object.fromEntries(
      known.map(({ name, price }) => {
        if (typeof price === 'number') return [name, price]
        const tiers = price.tiers.toSorted((a, b) => a.start - b.start)
        return [name, tiers.findLast(({ start }) => start <= tokens)?.price ?? price.base]
      }),
    )
  const long = [...new Set(starts)].map((aboveTokens) => ({ aboveTokens, ...ratesAbove(aboveTokens) }))
  return { ...ratesAbove(-1), ...(long.length > 0 ? { long } : {}) }
}
