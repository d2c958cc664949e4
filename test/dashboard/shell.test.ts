/** What stands around every page: the way back up, the team, the keys that can be switched off, and the hold on what moves. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

async function ask(stack: Stack, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await (await stack.post('/v1/chat/completions', { model: 'openai/echo', messages }, headers)).text()
}

async function recorded(stack: Stack, count: number): Promise<void> {
  await until('the records', async () =>
    asArray((await stack.admin('/requests'))['data']).length === count ? true : undefined,
  )
}

test('a page below a list tells the way back up', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { body: key } = await asOwner(stack)('POST', '/keys', { name: 'mobile app' })
  const browser = await openBrowser(t)
  for (const width of [1440, 390] as const) {
    const { context, page, faults } = await visit(browser, stack, { width })
    await signIn(page, adminToken)
    await page.goto(`/keys/${String(key['id'])}`)
    await page.getByRole('heading', { level: 1, name: 'mobile app', exact: true }).waitFor()
    const crumbs = page.getByRole('navigation', { name: 'Breadcrumbs' })
    const isInHeader =
      (await page.locator('header').getByRole('navigation', { name: 'Breadcrumbs' }).count()) > 0
    assert.equal(isInHeader, width === 1440)
    if (isInHeader) assert.equal(await crumbs.locator('[aria-current=page]').innerText(), 'mobile app')
    await crumbs.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('heading', { level: 1, name: 'Keys', exact: true }).waitFor()
    assert.equal(await crumbs.count(), 0, 'a first level has none')
    assert.deepEqual(faults, [])
    await context.close()
  }
})

test('the navigation is folded, and stays so', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  const link = page.getByRole('link', { name: 'Budgets', exact: true })
  const width = async () => (await page.getByRole('navigation', { name: 'Pages' }).boundingBox())!.width
  assert.ok((await width()) > 150)
  await page.getByRole('button', { name: 'Fold the navigation' }).click()
  await until('a narrow one', async () => ((await width()) < 56 ? true : undefined))
  await page.reload()
  await link.click()
  await page.getByRole('heading', { level: 1, name: 'Budgets' }).waitFor()
  assert.ok((await width()) < 56)
  await page.getByRole('button', { name: 'Unfold the navigation' }).click()
  await until('a wide one', async () => ((await width()) > 150 ? true : undefined))
  assert.deepEqual(faults, [])
})

test('single keys are switched off and on', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  const dialog = page.getByRole('dialog', { name: 'Keys of the keyboard' })
  await page.keyboard.press('?')
  await dialog.getByRole('switch', { name: 'Single keys' }).click()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  for (const key of ['?', 't', 'l', 'g', 'k']) await page.keyboard.press(key)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Go to' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Account and appearance' }).click()
  await page.getByRole('menuitem', { name: 'Keys of the keyboard…' }).click()
  await dialog.getByRole('switch', { name: 'Single keys' }).click()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.keyboard.press('g')
  await page.keyboard.press('k')
  await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
  assert.deepEqual(faults, [])
})

test('a page is held as it is, and catches up', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  await ask(stack)
  await recorded(stack, 1)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/requests')
  const rows = page.getByRole('table', { name: 'Requests', exact: true }).locator('[data-request]')
  const rowsAre = (count: number) =>
    until(`${count} rows`, async () => ((await rows.count()) === count ? true : undefined))
  await rowsAre(1)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.keyboard.press('l')
  await page.getByText('Paused', { exact: true }).waitFor()
  await ask(stack)
  await recorded(stack, 2)
  assert.equal(await rows.count(), 1)
  await page.getByRole('button', { name: 'Paused', exact: true }).click()
  await page.getByText('Live', { exact: true }).waitFor()
  await ask(stack)
  await rowsAre(3)
  assert.deepEqual(faults, [])
})

test('pages are narrowed to a team, one after another', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const owner = asOwner(stack)
  const { body: team } = await owner('POST', '/teams', { name: 'Support', markup_percent: 0 })
  const { body: key } = await owner('POST', '/keys', { name: 'desk', team: team['id']! })
  for (const subject of [
    { scope: 'key', subject: key['id']! },
    { scope: 'key', subject: 'test' },
    { scope: 'organisation' },
  ])
    assert.equal((await owner('POST', '/budgets', { ...subject, usd: '9', period: 'month' })).status, 201)
  const asDesk = { authorization: `Bearer ${String(key['secret'])}` }
  await ask(stack, { ...asDesk, 'x-weir-session': 'of-support' })
  await ask(stack, { 'x-weir-session': 'of-others' })
  await recorded(stack, 2)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.getByText('2 requests, 0 of them failed.').waitFor()
  const teams = page.getByRole('banner').getByLabel('Team')
  await teams.selectOption('Support')
  await page.getByText('1 requests, 0 of them failed.').waitFor()
  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click()
  await go('Requests')
  const rows = page.getByRole('table', { name: 'Requests', exact: true }).locator('[data-request]')
  const rowsAre = (count: number) =>
    until(`${count} rows`, async () => ((await rows.count()) === count ? true : undefined))
  await rowsAre(1)
  await ask(stack)
  await ask(stack, asDesk)
  await rowsAre(2)
  await go('Sessions')
  await page.getByText('of-support').waitFor()
  assert.equal(await page.getByText('of-others').count(), 0)
  await go('Keys')
  await page.getByRole('row').filter({ hasText: 'desk' }).waitFor()
  assert.equal(await page.getByRole('row').filter({ hasText: 'declared:test' }).count(), 0)
  await go('Budgets')
  await page.getByRole('row').filter({ hasText: 'key desk' }).waitFor()
  for (const other of ['Everything', 'key test'])
    assert.equal(await page.getByRole('row').filter({ hasText: other }).count(), 0, other)
  await go('Alerts')
  await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor()
  await go('Spend')
  await page.getByRole('heading', { level: 1, name: 'Spend' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('team'), team['id'])
  await teams.selectOption('All teams')
  // The ways to other pages lead where this one is shown to be, a moment after it was chosen.
  await until('all teams', async () => ((await teams.inputValue()) === '' ? true : undefined))
  await go('Requests')
  await rowsAre(4)
  await go('Providers')
  await page.getByRole('heading', { level: 1, name: 'Providers' }).waitFor()
  assert.equal(await page.getByLabel('Team').count(), 0)
  assert.deepEqual(faults, [])
})

test(
  'an address that nothing has is told on a page of the dashboard',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const { page } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    const answer = await page.goto('/nowhere')
    assert.equal(answer?.status(), 404)
    await page.getByText('There is no such page.').waitFor()
    await page.getByRole('link', { name: 'Go to the overview' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview', exact: true }).waitFor()
  },
)
