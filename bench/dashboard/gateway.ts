/** A gateway over files that were filled before it started, and who asks it. */

import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Measured, startProcess } from '../process.ts'
import { seed, type Sizes } from './seed.ts'
import type { Owners } from './views.ts'

export const token = 'bench-admin-token-0123456789'
const key = 'bench-key-0123456789'
const atOnce = 8

export async function startSeeded(folder: string, sizes: Sizes): Promise<Measured> {
  const root = resolve(import.meta.dirname, '../..')
  const configFile = join(folder, 'weir.yaml')
  const data = join(folder, 'data')
  writeFileSync(
    configFile,
    JSON.stringify({
      server: { port: 0 },
      data,
      admin: { token: 'env:BENCH_ADMIN_TOKEN' },
      keys: [{ name: 'bench', secret: 'env:BENCH_KEY' }],
      routes: { assistant: { targets: ['sim/echo'] } },
      budgets: [{ scope: 'organisation', usd: 1_000_000, period: 'month' }],
    }),
  )
  const start = () =>
    startProcess({
      name: 'gateway',
      command: join(root, 'bin/weir'),
      args: ['serve', '--config', configFile],
      core: 0,
      folder,
      address: /(http:\/\/127\.0\.0\.1:\d+)/,
      env: { BENCH_ADMIN_TOKEN: token, BENCH_KEY: key },
    })
  // The first start makes the files.
  await (await start()).stop()
  seed(data, sizes)
  return start()
}

/** Milliseconds of an admin call, its answer read whole. */
export async function timeCall(url: string, path: string): Promise<number> {
  const startMs = performance.now()
  const response = await fetch(`${url}/admin/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return performance.now() - startMs
}

/** A team and a user of it, whose pages are looked at. */
export async function createOwners(url: string): Promise<Owners> {
  const team = await create(url, '/teams', { name: 'Bench team' })
  return { team, user: await create(url, '/users', { name: 'Bench user', team }) }
}

/** Gives the id of what was made. */
async function create(url: string, path: string, body: object): Promise<string> {
  const response = await fetch(`${url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { id } = (await response.json()) as { id?: string }
  if (id === undefined) throw new Error(`${path}: ${response.status}`)
  return id
}

/** One request to the built-in simulator. */
async function ask(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await response.arrayBuffer()
}

/** Microseconds of CPU that the gateway needs for a request to the built-in simulator, whose own are among them. */
export async function costOfRequests(gateway: Measured, total: number): Promise<number> {
  for (let n = 0; n < 200; n++) await ask(gateway.url)
  const before = gateway.cpuMicros()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let n = 0; n < total / atOnce; n++) await ask(gateway.url)
    }),
  )
  return (gateway.cpuMicros() - before) / total
}

/** Asks at a steady rate for so long; gives how many requests were answered. */
export async function askSteadily(url: string, perSecond: number, seconds: number): Promise<number> {
  const startMs = performance.now()
  const all: Promise<void>[] = []
  const total = perSecond * seconds
  while (all.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startMs) / 1_000) * perSecond))
    while (all.length < due) all.push(ask(url))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(all)
  return total
}
