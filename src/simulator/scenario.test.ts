import assert from 'node:assert/strict'
import test from 'node:test'
import { readScenario } from './scenario.ts'
import { createSimulator } from './simulator.ts'

test('rules swap what answers under the same name, in order and so many times', async (t) => {
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const ask = async (model: string, provider = 'openai') => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] })
    const answer = await fetch(`${url}/${provider}/v1/chat/completions`, { method: 'POST', body })
    const { choices } = (await answer.json()) as { choices?: { message: { content: string } }[] }
    return choices?.[0]?.message.content ?? answer.status
  }
  simulator.setScenario({
    rules: [
      { match: { model: 'gpt-5' }, times: 2, respond: 'fault/http-503' },
      { match: { provider: 'deepseek', model: 'gpt-*' }, respond: 'words-2' },
      { match: { path: '/mistral/*' }, respond: 'instant' },
    ],
  })
  assert.deepEqual([await ask('gpt-5'), await ask('gpt-5'), await ask('gpt-5')], [503, 503, 'hi'])
  assert.deepEqual([await ask('gpt-4', 'deepseek'), await ask('other', 'deepseek')], ['river stone', 'hi'])
  assert.equal(await ask('anything', 'mistral'), 'ok')

  const post = (text: string) => fetch(`${url}/scenario`, { method: 'POST', body: text })
  assert.equal((await post('rules:\n  - match: { model: gpt-5 }\n    respond: words-1\n')).status, 200)
  assert.equal(await ask('gpt-5'), 'river')
  const refused = await post('{"rules": [{"respond": "fault/nonsense"}]}')
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /scenario\.rules\[0\]\.respond: There is no fault or model 'nonsense'/)
  assert.equal(await ask('gpt-5'), 'river', 'the old one stays')
})

test('what is wrong with a scenario is told with its path', () => {
  const rows: [document: unknown, message: RegExp][] = [
    [null, /^Error: scenario: a list named `rules`/],
    [{ rules: [1] }, /scenario\.rules\[0\]: not an object/],
    [{ rules: [], rule: [] }, /scenario\.rule: unknown/],
    [
      { rules: [{ respond: 'echo', match: { modle: 'x' } }] },
      /rules\[0\]\.match\.modle: unknown; there are provider, model, path/,
    ],
    [{ rules: [{ respond: 'echo', match: { model: 1 } }] }, /rules\[0\]\.match\.model: not a string/],
    [{ rules: [{ match: {} }] }, /rules\[0\]\.respond: not a string/],
    [{ rules: [{ respond: 'echo', times: 1.5 }] }, /rules\[0\]\.times: not a whole number/],
  ]
  for (const [document, message] of rows) assert.throws(() => readScenario(document), message)
})
