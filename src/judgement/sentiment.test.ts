import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSentiment } from './sentiment.ts'

const sentiment = await loadSentiment()

test("VADER's compound score, with its known blind spots", () => {
  assert.ok(Math.abs(sentiment('kill the Python war file error')! - -0.906) < 0.0005)
  assert.equal(sentiment('I cannot assist with that request.'), 0)
  assert.ok(sentiment('I am delighted to help, what a great question!')! > 0.8)
})

test('a text that is not English has no score', () => {
  assert.equal(sentiment('Das ist nicht gut, und ich bin mit der Antwort nicht zufrieden.'), undefined)
  assert.equal(sentiment('これは素晴らしい答えです。'), undefined)
})

test('without words the score is 0', () => {
  assert.equal(sentiment('42'), 0)
  assert.equal(sentiment(''), 0)
})
