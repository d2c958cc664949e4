/** The search through what every test's gateway leaves behind finds what was said, wherever it was put. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { heardTexts, samplesOf } from '../support/heard-texts.ts'
import { dataFilesOf, findTexts } from '../support/leavings.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const prompt = 'Where did "Ada"\nhide the spare key?'
const answer = 'Under the third stone from the left.'
const inPieces = 'Nobody has been told of it yet.'

const provider = await startScriptedProvider({ after })
provider.answerWith((request, response) => {
  const isStream = request.body.includes('"stream":true')
  const said = isStream
    ? inPieces.replace(/.{1,4}/g, (piece) => `data: {"choices":[{"delta":{"content":"${piece}"}}]}\n\n`)
    : JSON.stringify({ choices: [{ message: { role: 'assistant', content: answer } }] })
  response.writeHead(200, { 'content-type': 'application/json' }).end(said)
})

async function say(path: string, body: unknown): Promise<void> {
  await (await fetch(provider.url + path, { method: 'POST', body: JSON.stringify(body) })).text()
}

const isHeard = (text: string) => samplesOf(text).every((sample) => heardTexts().has(sample))

test('prompts and answers are heard on the wire, whole and in pieces; names and paths of others are not', async () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: prompt }] }]
  await say('/v1/chat/completions', { model: 'some model with a long name', messages })
  await say('/v1/chat/completions', { stream: true, messages })
  await say('/admin/v1/evals', {
    entry: 'a.yaml',
    files: { 'a.yaml': 'x' },
    input: 'What a suite asks of it.',
  })
  await say('/anything/else', { content: 'Words that no conversation holds.' })
  await until('all of it', () => ([prompt, answer, inPieces].every(isHeard) ? true : undefined))
  assert.ok(isHeard('What a suite asks of it.'))
  assert.ok(!isHeard('some model with a long name'))
  assert.ok(!isHeard('Words that no conversation holds.'))
})

test('they are found in a log, cut or quoted as JSON, and so is a conversation of which nothing else is known', () => {
  for (const text of [
    JSON.stringify({ msg: `failed: ${prompt}` }),
    JSON.stringify(JSON.stringify({ a: prompt })),
  ]) {
    assert.notDeepEqual(findTexts([{ place: 'log', text }]), [])
  }
  assert.notDeepEqual(findTexts([{ place: 'log', text: answer.slice(0, 24) }]), [])
  const conversation = JSON.stringify({
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] }),
  })
  assert.notDeepEqual(findTexts([{ place: 'log', text: conversation }]), [])
  assert.deepEqual(findTexts([{ place: 'log', text: '{"msg":"listening","role":"owner"}' }]), [])
  assert.deepEqual(findTexts([{ place: 'log', text: answer }], `prompt: ${answer}`), [], 'it is configured')
})

test('they are found in files and tables of a data directory, but where they are meant to be', () => {
  const folder = createTemporaryFolder()
  const dataDir = join(folder, 'elsewhere', 'data')
  mkdirSync(join(dataDir, 'files'), { recursive: true })
  writeFileSync(join(dataDir, 'records.db'), 'nothing')
  writeFileSync(join(dataDir, 'files', 'file-1'), prompt)
  const database = new DatabaseSync(join(dataDir, 'weir.db'))
  database.exec('create table feedback (comment text); create table audit_records (body text, sealed blob)')
  database.prepare('insert into feedback values (?)').run(answer)
  database.exec("insert into audit_records values ('{}', x'00')")
  assert.deepEqual(findTexts(dataFilesOf(folder)), [])
  database.prepare('insert into audit_records values (?, ?)').run('{}', Buffer.from(answer))
  database.close()
  const [found, ...more] = findTexts(dataFilesOf(folder))
  assert.match(found ?? '', /weir\.db, table audit_records: "Under the third/)
  assert.ok(more.every((each) => each.includes('audit_records')))
  // The folder is searched before it goes: it must hold no text by then.
  new DatabaseSync(join(dataDir, 'weir.db')).exec('drop table audit_records')
})
