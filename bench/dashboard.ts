/** `node bench/dashboard.ts`: how long views and their calls take over a full ledger, and what ten open dashboards cost a request. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { browserMissing, openBrowser } from '../test/support/browser.ts'
import { seed } from './dashboard-seed.ts'
import { startProcess } from './process.ts'

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '100000' },
    calls: { type: 'string', default: '40' },
    load: { type: 'string', default: '4000' },
  },
})

const token = 'bench-admin-token-0123456789'
const key = 'bench-key-0123456789'
const repeats = Number(values.calls)
const dashboards = 10
const atOnce = 8

/** What the views ask for. */
const calls = [
  '/requests/figures?range=24h',
  '/requests/figures?range=30d',
  '/requests?limit=200',
  '/requests?limit=200&status=5xx',
  '/usage?by=hour&from=AGO24H',
  '/usage?by=day',
  '/usage?by=day,model',
  '/usage?by=key',
  '/usage?by=user&limit=1000',
  '/usage?by=session&limit=1000',
  '/sessions/session-13',
  '/ledger?limit=100',
  '/budgets?limit=1000',
  '/providers',
  '/models',
]

/** Each view with a text of its data. */
const views = [
  ['/overview', 'of them failed'],
  ['/overview?range=30d', 'of them failed'],
  ['/requests', 'assistant'],
  ['/sessions', 'session-'],
  ['/sessions/session-13', 'Prompt'],
  ['/spend?range=30d', 'model-'],
  ['/budgets', 'Everything'],
  ['/models', 'of '],
  ['/audit', 'session.open'],
] as const

const ends: (() => Promise<void>)[] = []
const lifetime = { after: (end: () => Promise<void>) => void ends.push(end) }
const folder = mkdtempSync(join(tmpdir(), 'weir-dashboard-bench-'))
try {
  const gateway = await startSeeded()
  console.log(`${values.lines} lines, ${values.requests} requests, load average ${loadavg()[0]!.toFixed(1)}`)
  await measureCalls(gateway.url)
  if (browserMissing === false) {
    const browser = await openBrowser(lifetime)
    const context = await browser.newContext({ baseURL: gateway.url, viewport: { width: 1440, height: 900 } })
    await signIn(await context.newPage())
    await measureViews(await context.newPage())
    const bare = await costOfRequests(gateway)
    for (let n = 0; n < dashboards; n++) await (await context.newPage()).goto('/overview')
    const watched = await costOfRequests(gateway)
    const more = (watched / bare - 1) * 100
    console.log(
      `CPU of the gateway: ${bare.toFixed(0)} µs a request, ${watched.toFixed(0)} with ${dashboards} dashboards (${more.toFixed(1)} % more)`,
    )
  } else console.log(`views: ${browserMissing}`)
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}

async function startSeeded() {
  const root = resolve(import.meta.dirname, '..')
  const configFile = join(folder, 'weir.yaml')
  const data = join(folder, 'data')
  writeFileSync(
    configFile,
    JSON.stringify({
      server: { port: 0 },
      data,
      admin: { token: 'env:BENCH_ADMIN_TOKEN' },
      keys: [{ name: 'bench', secret: 'env:BENCH_KEY' }],
      budgets: [{ scope: 'organisation', usd: 1_000_000, period: 'month' }],
    }),
  )
  const env = { BENCH_ADMIN_TOKEN: token, BENCH_KEY: key }
  const start = () =>
    startProcess({
      name: 'gateway',
      command: join(root, 'bin/weir'),
      args: ['serve', '--config', configFile],
      core: 0,
      folder,
      address: /(http:\/\/127\.0\.0\.1:\d+)/,
      env,
    })
  // The first start makes the files.
  await (await start()).stop()
  seed(data, { lines: Number(values.lines), requests: Number(values.requests) })
  const gateway = await start()
  lifetime.after(() => gateway.stop())
  return gateway
}

async function measureCalls(url: string): Promise<void> {
  for (const call of calls) {
    const path = call.replace('AGO24H', String(Date.now() - 86_400_000))
    const times: number[] = []
    let first = 0
    for (let n = 0; n <= repeats; n++) {
      const startMs = performance.now()
      const response = await fetch(`${url}/admin/v1${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`${path}: ${response.status}`)
      if (n === 0) first = performance.now() - startMs
      else times.push(performance.now() - startMs)
    }
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.ceil(share * times.length) - 1]!.toFixed(1)
    console.log(`${call}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms; the first ${first.toFixed(1)} ms`)
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/')
  await page.getByLabel('Admin token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
}

async function measureViews(page: Page): Promise<void> {
  await page.goto('/overview')
  for (const [path, text] of views) {
    const startMs = performance.now()
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    console.log(`view ${path}: ${(performance.now() - startMs).toFixed(0)} ms`)
  }
}

/** Microseconds of CPU that the gateway needs for a request to the built-in simulator, whose own are among them. */
async function costOfRequests(gateway: { readonly url: string; cpuMicros(): number }): Promise<number> {
  const total = Number(values.load)
  const body = JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const ask = async () =>
    (await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body })).arrayBuffer()
  for (let n = 0; n < 200; n++) await ask()
  const before = gateway.cpuMicros()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let n = 0; n < total / atOnce; n++) await ask()
    }),
  )
  return (gateway.cpuMicros() - before) / total
}
