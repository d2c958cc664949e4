/**
 * `node bench/estimates.ts`: how far estimates of tokens are off, beside what providers have told of recorded calls. `--write`
 * puts the figures into docs/benchmarks.md. It needs the recordings beside the repository.
 */

import { parseArgs } from 'node:util'
import { createTokenCounter } from '../src/tokens/counter.ts'
import { familyOf, recordedEstimates } from '../test/costs/recorded-estimates.ts'
import { quantile } from './load.ts'
import { table, writePage } from './report.ts'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })

interface Pair {
  readonly told: number
  readonly counted: number
}

/** One token of five is a fifth of it: shorter ones show nothing. */
const leastTokens = 20
/** Nor do fewer of a family. */
const leastCalls = 5

/** How many, the error of half of them and of nine of ten, and what is counted of all that was told. */
function cells(all: readonly Pair[]): string[] {
  const pairs = all.filter(({ told }) => told >= leastTokens)
  if (pairs.length < leastCalls) return [String(pairs.length), '', '', '']
  const errors = pairs.map(({ told, counted }) => Math.abs(counted - told) / told)
  errors.sort((one, other) => one - other)
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const sumOf = (what: keyof Pair) => pairs.reduce((sum, pair) => sum + pair[what], 0)
  return [
    String(pairs.length),
    percent(quantile(errors, 0.5)),
    percent(quantile(errors, 0.9)),
    percent(sumOf('counted') / sumOf('told')),
  ]
}

const tokens = createTokenCounter()
const all = await recordedEstimates(tokens)
await tokens.close()
if (all.length === 0) throw new Error('there are no recordings beside the repository')
const shown = all.filter(({ isOpen }) => !isOpen)
const byFamily = Map.groupBy(shown, ({ model }) => familyOf(model))
const names = [...byFamily.keys()].toSorted(
  (one, other) => Number(one === 'others') - Number(other === 'others') || one.localeCompare(other),
)
const rows = [...names, 'all'].map((name) => {
  const calls = name === 'all' ? shown : byFamily.get(name)!
  const inputs = (isPlain: boolean) =>
    calls.filter((call) => call.isPlain === isPlain).map(({ input }) => input)
  const outputs = calls.flatMap(({ output }) => (output ? [output] : []))
  return [name, ...cells(inputs(true)), ...cells(inputs(false)), ...cells(outputs)]
})
const columns = (what: string) => [what, 'off by, p50', 'p90', 'in sum']
const head = [
  '',
  ...columns('prompts of text'),
  ...columns('with tools, schemas, media'),
  ...columns('answers'),
]
const bounded = shown.filter(({ input }) => input.told <= input.bound).length
const text =
  `${all.length} recorded calls whose provider told what they used; ${all.length - shown.length} hold what nothing in the request bounds. ` +
  `The bound of reservations held for ${bounded} of the other ${shown.length}.\n\n` +
  table(head, ['---', ...Array<string>(head.length - 1).fill('---:')], rows)
console.log(text)
if (values.write) writePage('node bench/estimates.ts --write', text)
