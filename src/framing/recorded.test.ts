import assert from 'node:assert/strict'
import test from 'node:test'
import { seededRandom } from '../../test/support/random.ts'
import { readRecorded, recordedDir, recordedEntries } from '../../test/support/recorded.ts'
import { SseParser } from './sse.ts'

const dialects =
  'openai-chat openai-responses openai-completions anthropic-messages gemini-generate mistral-chat cohere-chat-v2'.split(
    ' ',
  )

test('every recorded stream gives the same frames, however it is split', (t) => {
  if (recordedDir === undefined) return t.skip('no recordings')
  let streams = 0
  for (const entry of recordedEntries(...dialects)) {
    const { sse } = readRecorded(entry).response
    if (sse === undefined) continue
    const bytes = Buffer.from(sse)
    const whole = new SseParser()
    const expected = whole.push(bytes)
    assert.ok(expected.length > 0 && !whole.isOnlyComments, entry.file)
    const random = seededRandom(entry.file)
    for (const longest of [3, 40, 1500]) {
      const parser = new SseParser()
      const frames = []
      for (let at = 0; at < bytes.length;) {
        const end = at + 1 + Math.floor(random() * longest)
        frames.push(...parser.push(bytes.subarray(at, end)))
        at = end
      }
      assert.deepEqual(frames, expected, entry.file)
      assert.equal(parser.hasPartial, whole.hasPartial)
    }
    streams++
  }
  t.diagnostic(`${streams} streams`)
})
