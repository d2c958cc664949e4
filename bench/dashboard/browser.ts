/** What a person with the dashboard open waits for: views, and frames of the live tail. */

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { seen } from '../../test/support/browser.ts'
import { askSteadily, token } from './gateway.ts'
import type { View } from './views.ts'

/** Somebody of their own, signed in. */
export async function signedIn(browser: Browser, url: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 } })
  const response = await context.request.post('/admin/v1/session', {
    data: { token },
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  if (!response.ok()) throw new Error(`signing in: ${response.status()}`)
  return context
}

export interface ViewTime {
  readonly path: string
  /** Until its data stands there and the page answers again: the middle of some loads. */
  readonly interactiveMs: number
}

/** A call that a view makes. */
export interface SeenCall {
  /** Its path without what differs from time to time. */
  readonly name: string
  /** As it was asked first. */
  readonly path: string
  /** How long the browser waited for it then. */
  readonly firstMs: number
}

export interface Timed {
  readonly viewTimes: readonly ViewTime[]
  /** Everything that the views asked for, each kind once. */
  readonly calls: readonly SeenCall[]
}

/** With the files of the dashboard in the browser's cache, as after the first look. */
export async function timeViews(
  context: BrowserContext,
  views: readonly View[],
  repeats: number,
): Promise<Timed> {
  const page = await context.newPage()
  const calls = watchCalls(page)
  await page.goto('/overview')
  await seen(page, 'of them failed').waitFor()
  const viewTimes: ViewTime[] = []
  for (const { path, shows } of views) {
    const times: number[] = []
    for (let n = 0; n <= repeats; n++) times.push(await timeView(page, path, shows))
    // What the view asks for beside what it shows first.
    await page.waitForLoadState('load')
    // The first load brings the chunk of the page.
    viewTimes.push({ path: nameOf(path), interactiveMs: middleOf(times.slice(1)) })
  }
  await page.close()
  return { viewTimes, calls: [...calls.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)) }
}

const api = '/admin/v1'

function watchCalls(page: Page): ReadonlyMap<string, SeenCall> {
  const calls = new Map<string, SeenCall>()
  page.on('requestfinished', (request) => {
    const { pathname, search } = new URL(request.url())
    if (request.method() !== 'GET' || !pathname.startsWith(api) || pathname === `${api}/events`) return
    const path = `${pathname.slice(api.length)}${search}`
    const name = nameOf(path)
    const { requestStart, responseEnd } = request.timing()
    if (!calls.has(name)) calls.set(name, { name, path, firstMs: responseEnd - requestStart })
  })
  return calls
}

/** Moments and ids are long numbers, or long mixtures behind a kind. */
function nameOf(path: string): string {
  return path.replaceAll(/\d{13,}|(?<=_)[0-9A-Za-z]{16,}/g, '…')
}

async function timeView(page: Page, path: string, text: string): Promise<number> {
  const startMs = performance.now()
  await page.goto(path, { waitUntil: 'commit' })
  await seen(page, text).waitFor()
  // Two frames later whatever stood in the way of an input is done.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  return performance.now() - startMs
}

export interface Tail {
  readonly requests: number
  readonly frames: number
  readonly longestMs: number
  /** Frames that took longer than 100 ms. */
  readonly late: number
  readonly rows: number
  readonly heapMiB: number
}

const watchFrames = `(() => {
  const gaps = []
  let last = performance.now()
  const next = (now) => { gaps.push(now - last); last = now; window.benchFrame = requestAnimationFrame(next) }
  window.benchGaps = gaps
  window.benchFrame = requestAnimationFrame((now) => { last = now; window.benchFrame = requestAnimationFrame(next) })
})()`

/** The list of requests while they come in: how long any frame took. */
export async function watchTail(context: BrowserContext, perSecond: number, seconds: number): Promise<Tail> {
  const page = await context.newPage()
  await page.goto('/requests')
  await page.getByText('Live', { exact: true }).waitFor()
  await seen(page, 'assistant').waitFor()
  await page.evaluate(watchFrames)
  const requests = await askSteadily(new URL(page.url()).origin, perSecond, seconds)
  const gaps = (await page.evaluate('cancelAnimationFrame(window.benchFrame), window.benchGaps')) as number[]
  const rows = Number(
    await page.getByRole('table', { name: 'Requests', exact: true }).getAttribute('aria-rowcount'),
  )
  const heap = Number(await page.evaluate('performance.memory.usedJSHeapSize'))
  await page.close()
  return {
    requests,
    frames: gaps.length,
    longestMs: Math.max(...gaps),
    late: gaps.filter((ms) => ms > 100).length,
    rows,
    heapMiB: heap / 2 ** 20,
  }
}

function middleOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!
}
