/** Bytes that two servers could read as different requests, through real proxies: the gateway finds no request that the proxy did not. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { clients } from '../support/clients.ts'
import { frontProxies, seenTag } from '../support/front-proxies.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { bodyOf, chat, read, refused, smuggled } from '../support/smuggling.ts'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const payloads = [...Object.values(refused), ...Object.values(read).map(([bytes]) => bytes), smuggled]

/** Sends all of it, and reads until the other side has had enough. */
async function sendThrough(url: string, bytes: string): Promise<void> {
  const raw = RawSocket.open(url, Buffer.from(bytes, 'latin1'))
  await raw.closed(20_000)
  raw.destroy()
}

/** Whoever shares the proxy's connections gets the answer to their own question. */
async function askThrough(url: string, text: string): Promise<void> {
  const asked = { authorization: `Bearer ${testKey}`, connection: 'close' }
  const raw = RawSocket.open(url, postBytes(chat, bodyOf(text), asked))
  const [answer] = await raw.responses(1, 20_000)
  raw.destroy()
  assert.equal(answer?.status, 200, answer?.body)
  assert.equal(clients['openai-chat'].readWhole(answer.body).text, text)
}

/** The records, once so many of them hold to this. */
async function records(stack: Stack, least: number, holds = (_: JsonObject) => true): Promise<JsonObject[]> {
  return until('the records', async () => {
    const found = asArray((await stack.admin('/requests?limit=1000'))['data']).map((each) => asObject(each)!)
    return found.filter(holds).length >= least ? found : undefined
  })
}

const isUnseen = ({ tags }: JsonObject) => !asArray(tags).includes(seenTag)

for (const [name, start] of Object.entries(frontProxies)) {
  test(`${name}: no request comes past it, and every answer is its asker's`, async (t) => {
    const stack = await startStack(t)
    const proxy = await start(t, stack.gateway.url)
    if (typeof proxy === 'string') return t.skip(proxy)
    for (const round of [1, 2]) {
      const sent = payloads.flatMap((bytes, n) => [
        sendThrough(proxy.url, bytes),
        askThrough(proxy.url, `in round ${round} this is number ${n}`),
      ])
      await Promise.all(sent)
    }
    const answered = stack.simulator.receipts().length
    assert.ok(answered >= payloads.length * 2, `${answered} answers`)
    assert.deepEqual((await records(stack, answered)).filter(isUnseen), [])
    // What comes past the proxy would have been found.
    await sendThrough(
      stack.gateway.url,
      smuggled.replace('content-type', 'connection: close\r\ncontent-type'),
    )
    await records(stack, 1, isUnseen)
  })
}
