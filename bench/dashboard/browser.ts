/** What a person with the dashboard open waits for: views, and frames of the live tail. */

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { askSteadily, token } from './gateway.ts'

/** Each view with a text of its data. */
const views = [
  ['/overview', 'of them failed'],
  ['/overview?range=30d', 'of them failed'],
  ['/requests', 'assistant'],
  ['/sessions', 'session-'],
  ['/sessions/session-13', 'Prompt'],
  ['/spend?range=30d', 'model-'],
  ['/budgets', 'Everything'],
  ['/keys', 'in the configuration'],
  ['/providers', 'sim'],
  ['/models', 'of '],
  ['/guardrails', 'No rules'],
  ['/experiments', 'No experiments'],
  ['/shadow', 'Nothing is compared'],
  ['/batches', 'No batches'],
  ['/alerts', 'No channel'],
  ['/audit', 'session.open'],
  ['/settings', 'This gateway'],
] as const

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

/** With the files of the dashboard in the browser's cache, as after the first look. */
export async function timeViews(context: BrowserContext, repeats: number): Promise<readonly ViewTime[]> {
  const page = await context.newPage()
  await page.goto('/overview')
  await page.getByText('of them failed').first().waitFor()
  const found: ViewTime[] = []
  for (const [path, text] of views) {
    const times: number[] = []
    for (let n = 0; n <= repeats; n++) times.push(await timeView(page, path, text))
    // The first load brings the chunk of the page.
    found.push({ path, interactiveMs: middleOf(times.slice(1)) })
  }
  await page.close()
  return found
}

async function timeView(page: Page, path: string, text: string): Promise<number> {
  const startMs = performance.now()
  await page.goto(path, { waitUntil: 'commit' })
  await page.getByText(text).first().waitFor()
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
  await page.getByText('assistant').first().waitFor()
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
