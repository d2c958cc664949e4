/** What people do with people in the dashboard: roles, invitations, members of teams, and their own password. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner, createPerson, password } from '../support/people.ts'
import { adminToken, startStack } from '../support/stack.ts'

test(
  'somebody gets a role in a team, an invitation and a place in it',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const owner = asOwner(stack)
    const { body: team } = await owner('POST', '/teams', { name: 'Support', markup_percent: 0 })
    const { body: user } = await owner('POST', '/users', { name: 'Ada', email: 'ada@example.com' })
    const { page, faults } = await visit(await openBrowser(t), stack)
    const pick = async (item: string) => {
      await page.getByRole('button', { name: 'Actions for Ada' }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await signIn(page, adminToken)
    await page.goto(`/users/${String(user['id'])}`)
    await pick('Let them sign in…')
    await page.getByLabel('Role 1', { exact: true }).selectOption('member')
    await page.getByLabel('In', { exact: true }).selectOption(String(team['id']))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('member of Support').waitFor()
    await pick('Invite…')
    await page.getByRole('button', { name: 'Make the link' }).click()
    const link = await page.locator('.secret-box code').innerText()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.goto(`/teams/${String(team['id'])}`)
    await page.getByText('Nobody yet.').waitFor()
    await page.getByRole('button', { name: 'Add a member…' }).click()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('row').filter({ hasText: 'ada@example.com' }).waitFor()
    assert.equal((await owner('GET', `/users/${String(user['id'])}`)).body['team'], team['id'])
    // With a role in a team alone, what is of the whole organisation is not shown.
    await page.context().clearCookies()
    await page.goto(link)
    await page.getByLabel('New password').fill(password)
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'Routes' }).count(), 0)
    await page.goto('/budgets')
    await page.getByText('You do not have access to this.').waitFor()
    for (const [path, heading] of [
      ['/alerts', 'Alerts'],
      ['/batches', 'Batches'],
      ['/overview', 'Overview'],
    ] as const) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    }
    assert.deepEqual(faults, [], 'nothing is asked that the role does not see')
  },
)

test('a password is changed, and the old one opens nothing', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const ada = await createPerson(stack, 'Ada', [{ role: 'viewer' }])
  const { context, page, faults } = await visit(await openBrowser(t), stack)
  const [name = '', value = ''] = ada.cookie.split('=')
  await context.addCookies([{ name, value, url: stack.gateway.url }])
  await page.goto('/overview')
  await page.getByRole('button', { name: 'Account and appearance' }).click()
  await page.getByRole('menuitem', { name: 'Change password…' }).click()
  await page.locator('input[name=present]').fill(password)
  await page.locator('input[name=new]').fill('another long password')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByText('Your session has ended').waitFor()
  await page.getByLabel('E-mail').fill(ada.email)
  await page.locator('input[name=password]').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('That did not work').waitFor()
  await page.locator('input[name=password]').fill('another long password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Your session has ended').waitFor({ state: 'detached' })
  assert.deepEqual(faults, [])
})
