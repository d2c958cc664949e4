/** Golden runs through a real gateway: the model behind a name changes in each named way, and outages are no drift. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdminClient, AdminError, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'

const facts = [
  'Goods may be sent back within 14 days.',
  'Shipping costs 6.90 francs.',
  'The warranty is 24 months.',
  'Parcels arrive in 2 to 3 days.',
  'The store opens at 9.',
  'Gift cards are valid for 5 years.',
  'An order may hold 30 items.',
  'Invoices are due within 30 days.',
]

const golden = (name: string, target: string, runs = 12): string =>
  JSON.stringify({
    name,
    target,
    samples: 3,
    baseline: { runs },
    prompts: facts.map((fact, at) => ({
      id: `fact-${at}`,
      prompt: `${fact}${at % 4 === 3 ? ' Answer as JSON.' : ''} What is the rule?`,
      assert: [
        { type: 'contains', value: fact.replace(/\.$/, '') },
        ...(at % 4 === 3 ? [{ type: 'is-json', value: { type: 'object', required: ['answer'] } }] : []),
      ],
    })),
  })

async function run(admin: AdminClient, text: string, more: JsonObject = {}): Promise<JsonObject> {
  const answer = await admin.post('/drift/runs', {
    file: 'golden.yaml',
    files: { 'golden.yaml': text },
    ...more,
  })
  return asArray(asObject(answer)?.['data']).filter(isObject).at(-1)!
}

const codes = (judged: JsonObject): Json[] =>
  asArray(judged['reasons']).flatMap((reason) => asObject(reason)?.['code'] ?? [])

const alarms = (judged: JsonObject): Json[] =>
  asArray(judged['metrics']).flatMap((metric) => {
    const { alarm, metric: name } = asObject(metric) ?? {}
    return alarm === true ? [name!] : []
  })

test('golden runs', async (t) => {
  const stack = await startStack(t)
  const behave = (respond: string) =>
    stack.simulator.setScenario({ rules: [{ match: { model: 'clerk' }, respond }] })
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const text = golden('shop', 'openai/clerk')

    await t.test('without a baseline there is no verdict, and the reason says what to do', async () => {
      const judged = await run(admin, text)
      assert.equal(judged['verdict'], 'no-data')
      assert.deepEqual(codes(judged), ['no_baseline'])
    })

    await t.test('a baseline has as many runs as the set wants, and no more', async () => {
      const recorded = await run(admin, text, { baseline: true, times: 12 })
      assert.equal(recorded['verdict'], 'ok')
      await assert.rejects(
        run(admin, text, { baseline: true }),
        (error) => error instanceof AdminError && /has its 12 runs/.test(error.message),
      )
    })

    await t.test('an unchanged model is no drift', async () => {
      const judged = await run(admin, text)
      assert.notEqual(judged['verdict'], 'drift')
      assert.deepEqual(alarms(judged), [])
      assert.equal(judged['baseline_runs'], 12)
      // What never alarms is measured all the same, but for what the answers do not have.
      const measured = asArray(judged['measured']).map((one) => asObject(one)!)
      const names =
        'characters json schema fence markdown language tools finish similarity agreement latency firstToken'
      for (const name of names.split(' '))
        assert.ok(
          measured.some(({ metric }) => metric === name),
          name,
        )
      assert.ok(!measured.some(({ metric }) => metric === 'logprob' || metric === 'meaning'))
      assert.deepEqual(asObject(judged['reported'])?.['models'], ['clerk'])
      const likeness = measured.find(({ metric }) => metric === 'similarity')
      assert.ok(Math.abs(Number(likeness?.['value']) - Number(likeness?.['baseline'])) < 0.1)
    })

    for (const [manner, metric] of [
      ['short', 'length'],
      ['refusing', 'refusal'],
      ['fenced', 'format'],
      ['wrong', 'accuracy'],
    ] as const) {
      await t.test(`a model that drifts (${manner}) is found in ${metric}`, async () => {
        behave(`clerk-${manner}`)
        // Every third answer changes, of 24: the second run finds what the first has missed.
        const judged = [await run(admin, text), await run(admin, text)]
        assert.ok(judged.some(({ verdict }) => verdict === 'drift'))
        assert.ok(judged.some((one) => alarms(one).includes(metric)))
      })
    }

    await t.test('a model that answers in another language is found by how its texts read', async () => {
      behave('clerk-german')
      const judged = await run(admin, text)
      assert.equal(judged['verdict'], 'drift')
      assert.ok(codes(judged).includes('text_changed'))
    })

    await t.test('a model that was removed is told as such', async () => {
      behave('fault/http-404')
      const judged = await run(admin, text)
      assert.equal(judged['verdict'], 'no-data')
      assert.deepEqual(codes(judged), ['target_gone'])
    })

    await t.test('one call in ten that fails leaves a verdict', async () => {
      behave('fault/http-400%0.1+clerk')
      const judged = await run(admin, text)
      assert.notEqual(judged['verdict'], 'drift')
    })

    await t.test('the alarm is open until a person accepts what the target does now', async () => {
      behave('clerk-short')
      await run(admin, text)
      const statusOf = async () => asObject(asArray(asObject(await admin.get('/drift'))?.['data'])[0])!
      const before = await statusOf()
      assert.equal(asObject(before['alarm'])?.['state'], 'open')
      const { id } = asObject(before['alarm'])!
      await admin.patch(`/drift/alarms/${String(id)}`, { state: 'acknowledged', by: 'ada' })
      const accepted = asObject(
        await admin.post('/drift/shop/accept', { reason: 'shorter is right', last_runs: 1 }),
      )
      assert.equal(accepted?.['number'], 2)
      const after = await statusOf()
      assert.equal(after['alarm'], undefined)
      assert.deepEqual(
        [asObject(after['baseline'])?.['runs'], asObject(after['baseline'])?.['reason']],
        [1, 'shorter is right'],
      )
      const judged = await run(admin, text)
      assert.equal(judged['verdict'], 'warning')
      assert.deepEqual(codes(judged), ['first_look'])
    })

    await t.test('the report is one page that loads nothing, and shows answers as text', async () => {
      const { data } = asObject(await admin.get('/drift/runs?set=shop&limit=50'))!
      const drifted = asArray(data).find((one) => alarms(asObject(one)!).includes('refusal'))
      const { html } = asObject(await admin.get(`/drift/runs/${String(asObject(drifted)?.['id'])}/report`))!
      assert.match(String(html), /refusal rate/)
      assert.match(String(html), /Between runs<\/dt><dd>up to \d\.\d\d sd of a sample, lag-1 -?\d\.\d\d/)
      assert.match(String(html), /Reported model<\/dt><dd>clerk/)
      assert.match(String(html), /Also measured[^]*time to the first token/)
      assert.doesNotMatch(String(html), /<script|https?:\/\/|src=/)
    })

    // The last one: the breaker of the target is open after it.
    await t.test('an outage is no drift', async () => {
      behave('fault/http-503')
      const judged = await run(admin, text)
      assert.equal(judged['verdict'], 'no-data')
      assert.deepEqual(codes(judged), ['too_few_answers'])
    })
  })
})

test('a golden set that changes what it asks starts a baseline of its own', async (t) => {
  const stack = await startStack(t)
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    await run(admin, golden('shop', 'openai/clerk', 3), { baseline: true, times: 3 })
    const judged = await run(admin, golden('shop', 'openai/clerk', 3).replace('14 days', '15 days'))
    assert.deepEqual(codes(judged), ['no_baseline'])
    const fewer = await run(admin, golden('shop', 'openai/clerk', 3))
    assert.equal(fewer['verdict'], 'warning')
    assert.ok(codes(fewer).includes('few_baseline_runs'))
  })
})

test('a golden set with faults is refused with their places', async (t) => {
  const stack = await startStack(t)
  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const text =
      'name: shop\ntarget: openai/clerk\nschedul: x\nprompts:\n  - { id: a, prompt: Hi, assert: [{ type: nope }] }\n'
    await assert.rejects(
      run(admin, text),
      (error) => error instanceof AdminError && /golden\.yaml:3:1 schedul/.test(error.message),
    )
    await assert.rejects(run(admin, text.replace('schedul: x\n', '')), /golden\.yaml:4/)
    await assert.rejects(
      run(admin, text.replace('schedul: x', 'schedule: "61 * * * *"').replace('nope', 'is-json')),
      /cron/,
    )
  })
})
