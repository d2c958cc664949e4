/**
 * `npm run tour`: takes the pictures of docs/dashboard.md anew, of a gateway with two days of traffic behind it. The
 * dashboard has to be built, and Chromium to be there.
 */

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { browserMissing, openBrowser, seen, signIn, visit } from '../test/support/browser.ts'
import { startFilled } from '../test/support/dashboard-data.ts'
import { adminToken } from '../test/support/stack.ts'
import { createTemporaryFolder } from '../test/support/temporary-folder.ts'
import { seedTraffic } from './tour/traffic.ts'

/** By the names that the pages have in the tests. */
const wanted = [
  'overview',
  'request',
  'session',
  'budgets',
  'route',
  'cache',
  'experiment',
  'evaluation',
  'golden-set',
  'batch',
  'guardrails',
  'welcome',
]
const images = resolve(import.meta.dirname, '../docs/images')

if (browserMissing !== false) throw new Error(browserMissing)
const ends: (() => Promise<void>)[] = []
const lifetime = { after: (end: () => Promise<void>) => void ends.push(end) }
try {
  const dataDir = join(createTemporaryFolder(), 'data')
  mkdirSync(dataDir)
  seedTraffic(dataDir, Date.now())
  const { stack, pages } = await startFilled(lifetime, {
    dataDir,
    unsteady: 'openai/gpt-5-mini',
    userBudgetUsd: '40',
    batch: { lines: 400, failing: 90 },
    simulator: { latency: { firstMs: [40, 120], gapMs: [6, 14] } },
  })
  const { page, faults } = await visit(await openBrowser(lifetime), stack)
  await signIn(page, adminToken)
  for (const name of wanted) {
    const { path, shows } = pages.find((each) => each.name === name)!
    await page.goto(path)
    await seen(page, shows).waitFor()
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(images, `${name}.png`), fullPage: true })
    console.log(`docs/images/${name}.png`)
  }
  if (faults.length > 0) throw new Error(faults.join('\n'))
} finally {
  for (const end of ends.toReversed()) await end()
}
