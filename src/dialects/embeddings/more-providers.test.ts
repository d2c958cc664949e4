import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, recordedEntries } from '../../../test/support/recorded.ts'
import type { EmbedAnswer, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import { asArray, asNumber, asObject, type Json, type JsonObject } from '../../core/json.ts'
import { embeddingDialects } from './registry.ts'

const {
  'openai-embeddings': openai,
  'cohere-embeddings': cohere,
  'voyage-embeddings': voyage,
  'ollama-embeddings': ollama,
} = embeddingDialects
const dialects = [
  [
    'cohere-embed',
    cohere,
    (body: JsonObject) => asObject(asObject(body['meta'])?.['billed_units'])?.['input_tokens'],
  ],
  ['voyage-embeddings', voyage, (body: JsonObject) => asObject(body['usage'])?.['total_tokens']],
  ['ollama-embed', ollama, (body: JsonObject) => body['prompt_eval_count']],
] as const

/** The vectors of an answer, wherever its provider puts them. */
function vectorsOf(body: JsonObject): readonly Json[] {
  const byType = asObject(body['embeddings'])
  if (byType !== undefined) return asArray(byType['float'])
  if (body['embedding'] !== undefined) return [body['embedding']]
  return body['data'] === undefined
    ? asArray(body['embeddings'])
    : asArray(body['data']).map((item) => asObject(item)!['embedding']!)
}

function answerOf(decoded: EmbedAnswer | GatewayError): EmbedAnswer {
  assert.ok(!(decoded instanceof GatewayError), String(decoded))
  return decoded
}

const request = (parts: Partial<EmbedRequest> = {}): EmbedRequest => ({
  model: 'm',
  inputs: ['a'],
  encoding: 'float',
  isList: true,
  ...parts,
})
const target = { model: 'm' }

for (const [wire, dialect, countOf] of dialects) {
  const entries = recordedEntries(wire).filter(
    ({ file, status }) => status === 200 && !file.includes('rerank'),
  )
  const skip = entries.length === 0 && 'the recorded exchanges are not in this checkout'
  test(`every recorded exchange of ${wire} comes back, and reaches a client of OpenAI`, { skip }, (t) => {
    for (const entry of entries) {
      const { request: sent, response } = readRecorded(entry)
      const body = response.body as JsonObject
      const answer = answerOf(dialect.response.decode(body))
      const isBase64 = typeof vectorsOf(body)[0] === 'string'
      assert.equal(answer.vectors.length, vectorsOf(body).length, entry.file)
      assert.equal(answer.usage?.inputTokens, asNumber(countOf(body)), entry.file)
      const again = dialect.response.encode(answer, request({ encoding: isBase64 ? 'base64' : 'float' }))
      assert.deepEqual(vectorsOf(again), vectorsOf(body), entry.file)
      const { model: _model, ...kept } = answerOf(dialect.response.decode(again))
      const { model: _told, ...expected } = answer
      assert.deepEqual(kept, expected, entry.file)
      const shown = openai.response.encode(answer, request())
      assert.equal(asObject(shown['usage'])?.['prompt_tokens'], answer.usage?.inputTokens ?? 0, entry.file)
      if (!sent?.body) continue
      const decoded = dialect.request.decode(sent.body)
      const encoded = dialect.request.encode(decoded, { model: decoded.model })
      assert.deepEqual(encoded.dropped, [], entry.file)
      const asked = Object.entries(sent.body as JsonObject).filter(
        ([name, value]) => value !== null && name !== 'prompt',
      )
      for (const [name, value] of asked) assert.deepEqual(encoded.body[name], value, `${entry.file} ${name}`)
    }
    t.diagnostic(`${entries.length} exchanges`)
  })
}

test('Cohere is told what vectors are for, by the task, or in its own word', () => {
  const encode = (parts: Partial<EmbedRequest>) => cohere.request.encode(request(parts), target)
  assert.deepEqual(encode({ dimensions: 256 }), {
    body: {
      model: 'm',
      texts: ['a'],
      input_type: 'search_document',
      embedding_types: ['float'],
      output_dimension: 256,
    },
    dropped: [],
  })
  assert.equal(encode({ taskType: 'RETRIEVAL_QUERY' }).body['input_type'], 'search_query')
  assert.deepEqual(encode({ taskType: 'SEMANTIC_SIMILARITY', user: 'u' }).dropped, ['task_type', 'user'])
  const own = openai.request.decode({ model: 'm', input: 'a', input_type: 'clustering', odd: 1 })
  const { body, dropped } = cohere.request.encode(own, target)
  assert.deepEqual([body['input_type'], dropped], ['clustering', ['odd']])
})

test('Cohere takes pictures in its own form only', () => {
  const inputs = [{ content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] }]
  const decoded = cohere.request.decode({ model: 'm', inputs, input_type: 'search_document' })
  assert.deepEqual(cohere.request.encode(decoded, target).body['inputs'], inputs)
  assert.throws(() => openai.request.encode(decoded, target), { code: 'unsupported_parameter' })
})

test('Voyage has other names for dimensions and tasks', () => {
  const { body, dropped } = voyage.request.encode(
    request({ dimensions: 512, taskType: 'RETRIEVAL_QUERY', user: 'u', encoding: 'base64' }),
    target,
  )
  assert.deepEqual(body, {
    model: 'm',
    input: ['a'],
    encoding_format: 'base64',
    input_type: 'query',
    output_dimension: 512,
  })
  assert.deepEqual(dropped, ['user'])
  assert.deepEqual(voyage.request.encode(request({ taskType: 'CLUSTERING' }), target).dropped, ['task_type'])
})

test('Ollama reports what it has no member for', () => {
  const { body, dropped } = ollama.request.encode(request({ taskType: 'CLUSTERING', isList: false }), target)
  assert.deepEqual([body, dropped], [{ model: 'm', input: 'a' }, ['task_type']])
})

test('tokens are refused where only text is taken, and answers without vectors are faults', () => {
  for (const [wire, dialect] of dialects) {
    if (wire !== 'voyage-embeddings') {
      assert.throws(() => dialect.request.encode(request({ inputs: [[1, 2]] }), target), {
        code: 'unsupported_parameter',
      })
    }
    for (const body of [null, [], {}, { embeddings: 5 }, { embeddings: [] }, { data: [{}] }]) {
      assert.ok(dialect.response.decode(body) instanceof GatewayError, `${wire} ${JSON.stringify(body)}`)
    }
    for (const body of [null, {}, { model: 'm' }, { model: 'm', texts: [], input: [] }]) {
      assert.throws(() => dialect.request.decode(body), { code: 'invalid_request' })
    }
  }
})
