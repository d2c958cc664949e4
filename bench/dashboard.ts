/**
 * `node bench/dashboard.ts [--quick | --full] [--write]`: how long the dashboard's views and calls take over a full
 * ledger, whether the live tail runs smoothly, and what ten open dashboards cost a request.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { browserMissing, openBrowser } from '../test/support/browser.ts'
import {
  type SeenCall,
  signedIn,
  type Tail,
  timeViews,
  type ViewTime,
  watchTail,
} from './dashboard/browser.ts'
import { costOfRequests, createOwners, startSeeded, timeCall } from './dashboard/gateway.ts'
import { viewsOf } from './dashboard/views.ts'
import type { Measured } from './process.ts'
import { settingLine, settingOf, table, writePage } from './report.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

interface Scale {
  readonly lines: number
  readonly requests: number
  readonly calls: number
  readonly views: number
  readonly tailSeconds: number
  readonly load: number
  /** How often the cost of a request is looked at, with and without dashboards, in turns. */
  readonly rounds: number
}

const quick: Scale = {
  lines: 50_000,
  requests: 10_000,
  calls: 10,
  views: 1,
  tailSeconds: 5,
  load: 2_000,
  rounds: 1,
}
const whole: Scale = {
  lines: 1_000_000,
  requests: 100_000,
  calls: 40,
  views: 3,
  tailSeconds: 20,
  load: 8_000,
  rounds: 2,
}
const scale: Scale = values.quick
  ? quick
  : values.full
    ? { ...whole, views: 5, tailSeconds: 60, rounds: 5 }
    : whole

const dashboards = 10
const tailRate = 200
const maxViewMs = 1_000
const maxCallMs = 300
const maxFrameMs = 100
const maxMorePercent = 5

interface CallTime {
  readonly path: string
  readonly p50Ms: number
  readonly p95Ms: number
  readonly firstMs: number
}

interface Cost {
  readonly bareMicros: number
  readonly watchedMicros: number
}

const ends: (() => Promise<void>)[] = []
const lifetime = { after: (end: () => Promise<void>) => void ends.push(end) }
const folder = mkdtempSync(join(tmpdir(), 'weir-dashboard-bench-'))
try {
  if (browserMissing !== false) throw new Error(browserMissing)
  const { lines, requests } = scale
  const setting = settingOf(
    `${lines.toLocaleString('en-US')} lines, ${requests.toLocaleString('en-US')} requests`,
  )
  const gateway = await startSeeded(folder, scale)
  lifetime.after(() => gateway.stop())
  const views = viewsOf(await createOwners(gateway.url))
  const browser = await openBrowser(lifetime)
  const context = await signedIn(browser, gateway.url)
  const { viewTimes, calls } = await timeViews(context, views, scale.views)
  const callTimes = await measureCalls(gateway.url, calls)
  const tail = await watchTail(context, tailRate, scale.tailSeconds)
  await context.close()
  const cost = await measureCost(gateway, browser)
  const text = [settingLine(setting), '', ...pageOf({ callTimes, viewTimes, tail, cost })].join('\n')
  console.log(text)
  if (values.write) writePage('node bench/dashboard.ts --full --write', text)
} finally {
  for (const end of ends.toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
}

async function measureCalls(url: string, calls: readonly SeenCall[]): Promise<readonly CallTime[]> {
  const found: CallTime[] = []
  for (const { name, path, firstMs } of calls) {
    // A report that is kept for some seconds is made anew each time.
    const anew = path.replace(/&max_age=\d+/, '')
    const times: number[] = []
    for (let n = 0; n < scale.calls; n++) times.push(await timeCall(url, anew))
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.ceil(share * times.length) - 1]!
    found.push({ path: name, p50Ms: at(0.5), p95Ms: at(0.95), firstMs })
  }
  return found
}

/** In turns, so that what the machine does beside it falls on both sides; the least of each is the least disturbed. */
async function measureCost(
  gateway: Measured,
  browser: Awaited<ReturnType<typeof openBrowser>>,
): Promise<Cost> {
  const bare: number[] = []
  const watched: number[] = []
  for (let round = 0; round < scale.rounds; round++) {
    bare.push(await costOfRequests(gateway, scale.load))
    const people = await Promise.all(Array.from({ length: dashboards }, () => signedIn(browser, gateway.url)))
    for (const person of people) {
      const page = await person.newPage()
      await page.goto('/overview')
      await page.getByText('Live', { exact: true }).waitFor()
    }
    watched.push(await costOfRequests(gateway, scale.load))
    for (const person of people) await person.close()
  }
  return { bareMicros: Math.min(...bare), watchedMicros: Math.min(...watched) }
}

interface Found {
  readonly callTimes: readonly CallTime[]
  readonly viewTimes: readonly ViewTime[]
  readonly tail: Tail
  readonly cost: Cost
}

function pageOf({ callTimes, viewTimes, tail, cost }: Found): readonly string[] {
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
  const verdict = (value: number, limit: number) => (value <= limit ? 'met' : 'missed')
  const slowestCall = Math.max(...callTimes.map(({ p95Ms }) => p95Ms))
  const slowestView = Math.max(...viewTimes.map(({ interactiveMs }) => interactiveMs))
  const more = (cost.watchedMicros / cost.bareMicros - 1) * 100
  return [
    table(
      ['', 'measured', 'target', ''],
      ['---', '---:', '---:', '---'],
      [
        ['Slowest view, interactive', ms(slowestView), `≤ ${maxViewMs} ms`, verdict(slowestView, maxViewMs)],
        ['Slowest call, p95', ms(slowestCall), `≤ ${maxCallMs} ms`, verdict(slowestCall, maxCallMs)],
        [
          `Longest of ${tail.frames} frames at ${tailRate} requests/s, ${tail.late} beyond ${maxFrameMs} ms`,
          ms(tail.longestMs),
          `≤ ${maxFrameMs} ms`,
          verdict(tail.longestMs, maxFrameMs),
        ],
        [
          `Heap of the tab after ${tail.rows} rows`,
          `${tail.heapMiB.toFixed(0)} MiB`,
          '≤ 150 MiB',
          verdict(tail.heapMiB, 150),
        ],
        [
          `CPU of the gateway per request, with ${dashboards} dashboards open`,
          `${cost.bareMicros.toFixed(0)} µs, ${cost.watchedMicros.toFixed(0)} µs: ${Math.abs(more).toFixed(1)} % ${more < 0 ? 'less' : 'more'}`,
          `≤ ${maxMorePercent} %`,
          verdict(more, maxMorePercent),
        ],
      ],
    ),
    '',
    table(
      ['View', 'interactive'],
      ['---', '---:'],
      viewTimes.map(({ path, interactiveMs }) => [`\`${path}\``, ms(interactiveMs)]),
    ),
    '',
    table(
      ['Call of a view', 'p50', 'p95', 'the first, in the browser'],
      ['---', '---:', '---:', '---:'],
      callTimes.map(({ path, p50Ms, p95Ms, firstMs }) => [`\`${path}\``, ms(p50Ms), ms(p95Ms), ms(firstMs)]),
    ),
  ]
}
