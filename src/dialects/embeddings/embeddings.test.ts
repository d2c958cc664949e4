import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import type { EmbedAnswer, EmbeddingDialectId, EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import { asArray, asObject, type Json, type JsonObject } from '../../core/json.ts'
import { embeddingDialects } from './registry.ts'

const { 'openai-embeddings': openai, 'gemini-embeddings': gemini } = embeddingDialects
const recorded = (id: EmbeddingDialectId): Recorded[] => recordedEntries(id).map(readRecorded)
const skip =
  recordedEntries('openai-embeddings').length === 0 && 'the recorded exchanges are not in this checkout'

// Perplexity answers with bytes of 8-bit integers, which no base64 of floats can be told from.
const otherEncodings = /^perplexity\//

function answerOf(decoded: EmbedAnswer | GatewayError): EmbedAnswer {
  assert.ok(!(decoded instanceof GatewayError), String(decoded))
  return decoded
}

const request = (parts: Partial<EmbedRequest> = {}): EmbedRequest => ({
  model: 'm',
  inputs: ['a', 'b'],
  encoding: 'float',
  isList: true,
  ...parts,
})

test('every recorded OpenAI answer decodes to its vectors and usage, and comes back', { skip }, () => {
  let count = 0
  for (const { file, response } of recorded('openai-embeddings')) {
    if (response.status !== 200 || otherEncodings.test(file)) continue
    const body = response.body as JsonObject
    const answer = answerOf(openai.response.decode(body))
    const data = asArray(body['data']) as JsonObject[]
    const isBase64 = typeof data[0]?.['embedding'] === 'string'
    const encoded = openai.response.encode(answer, request({ encoding: isBase64 ? 'base64' : 'float' }))
    assert.deepEqual(encoded['data'], data, file)
    assert.deepEqual([encoded['model'], encoded['usage']], [body['model'], body['usage']], file)
    assert.equal(answer.usage?.inputTokens, asObject(body['usage'])?.['prompt_tokens'], file)
    count++
  }
  assert.ok(count >= 20)
})

test('every recorded OpenAI request comes back', { skip }, () => {
  for (const { file, request: sent } of recorded('openai-embeddings')) {
    if (!sent?.body) continue
    const decoded = openai.request.decode(sent.body)
    const { body, dropped } = openai.request.encode(decoded, { model: decoded.model })
    assert.deepEqual([body, dropped], [sent.body, []], file)
  }
})

test('every recorded Gemini exchange comes back, and translates to OpenAI and back', { skip }, () => {
  for (const { file, request: sent, response } of recorded('gemini-embeddings')) {
    if (sent?.body) {
      const isBatch = sent.path.endsWith(':batchEmbedContents')
      const decoded = gemini.request.decode(sent.body, { model: 'm', isBatch })
      const { body, method } = gemini.request.encode(decoded, { model: 'm' })
      const wire = (value: JsonObject) =>
        (value['requests'] ? (asArray(value['requests']) as JsonObject[]) : [value]).map(
          ({ model: _model, ...rest }) => rest,
        )
      assert.deepEqual(wire(body), wire(sent.body as JsonObject), file)
      assert.equal(method, decoded.inputs.length === 1 ? 'embedContent' : 'batchEmbedContents')
    }
    const decoded = gemini.response.decode(response.body ?? null)
    if (response.status !== 200) {
      assert.ok(decoded instanceof GatewayError)
      continue
    }
    const answer = answerOf(decoded)
    const isList = 'embeddings' in (response.body as JsonObject)
    assert.deepEqual(gemini.response.encode(answer, request({ isList })), response.body, file)
    const viaOpenai = answerOf(openai.response.decode(openai.response.encode(answer, request())))
    assert.deepEqual(viaOpenai.vectors, answer.vectors, file)
  }
})

const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 })

test('32-bit floats survive base64', () => {
  fc.assert(
    fc.property(fc.array(floats, { minLength: 1, maxLength: 4 }), (vectors) => {
      const body = openai.response.encode({ model: 'm', vectors }, request({ encoding: 'base64' }))
      assert.deepEqual(answerOf(openai.response.decode(body)).vectors, vectors)
    }),
  )
})

test('base64 is of little-endian floats', () => {
  const [item] = asArray(
    openai.response.encode({ model: 'm', vectors: [[1, -2]] }, request({ encoding: 'base64' }))['data'],
  )
  assert.equal(
    asObject(item)?.['embedding'],
    Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'),
  )
})

test('an OpenAI request becomes one request of Gemini, or a batch', () => {
  const one = openai.request.decode({ model: 'm', input: 'a', dimensions: 8, user: 'u' })
  assert.deepEqual(gemini.request.encode(one, { model: 'g' }), {
    body: { content: { parts: [{ text: 'a' }] }, outputDimensionality: 8 },
    dropped: ['user'],
    method: 'embedContent',
  })
  const two = openai.request.decode({ model: 'm', input: ['a', 'b'] })
  const item = (text: string) => ({ model: 'models/g', content: { parts: [{ text }] } })
  assert.deepEqual(gemini.request.encode(two, { model: 'g' }).body, { requests: [item('a'), item('b')] })
})

test('a Gemini request becomes one of OpenAI; what it cannot carry is listed', () => {
  const body = {
    content: { parts: [{ text: 'a' }, { text: 'b' }] },
    embed_content_config: { task_type: 'RETRIEVAL_DOCUMENT', title: 'T', output_dimensionality: 8 },
  }
  const decoded = gemini.request.decode(body, { model: 'm', isBatch: false })
  assert.deepEqual(openai.request.encode(decoded, { model: 'o' }), {
    body: { model: 'o', input: 'a\nb', dimensions: 8 },
    dropped: ['task_type', 'title'],
  })
})

test('requests of a batch keep their own settings', () => {
  const requests = ['x', 'y'].map((title) => ({
    model: 'models/m',
    content: { parts: [{ text: title }] },
    taskType: 'RETRIEVAL_DOCUMENT',
    title,
  }))
  const decoded = gemini.request.decode({ requests }, { model: 'm', isBatch: true })
  assert.deepEqual([decoded.taskType, decoded.title], ['RETRIEVAL_DOCUMENT', undefined])
  assert.deepEqual(gemini.request.encode(decoded, { model: 'm' }).body, { requests })
})

test('an input that the target has no form of is an error, never left out', () => {
  const isUnsupported = (error: unknown) =>
    error instanceof GatewayError && error.code === 'unsupported_parameter'
  const tokens = openai.request.decode({ model: 'm', input: [1, 2, 3] })
  assert.deepEqual(tokens.inputs, [[1, 2, 3]])
  assert.throws(() => gemini.request.encode(tokens, { model: 'g' }), isUnsupported)
  const content = { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] }
  const picture = gemini.request.decode({ content }, { model: 'm', isBatch: false })
  assert.deepEqual(gemini.request.encode(picture, { model: 'g' }).body, { content })
  assert.throws(() => openai.request.encode(picture, { model: 'o' }), isUnsupported)
})

test('vectors come in the order of their index, and usage is 0 only where nobody knows it', () => {
  const data = [
    { index: 1, embedding: [2] },
    { index: 0, embedding: [1] },
  ]
  const answer = answerOf(openai.response.decode({ data }))
  assert.deepEqual(answer, { model: '', vectors: [[1], [2]] })
  assert.deepEqual(openai.response.encode(answer, request())['usage'], { prompt_tokens: 0, total_tokens: 0 })
})

test('a wrong type is refused with its path', () => {
  const cases: readonly [Json, string | undefined][] = [
    ['x', undefined],
    [{ input: 'a' }, 'model'],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: ['a', {}] }, 'input[1]'],
    [{ model: 'm', input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    ...(['8', 0, -1, 1.5] as const).map((dimensions): [Json, string] => [
      { model: 'm', input: 'a', dimensions },
      'dimensions',
    ]),
  ]
  for (const [body, param] of cases) {
    assert.throws(
      () => openai.request.decode(body),
      (error) => error instanceof GatewayError && error.code === 'invalid_request' && error.param === param,
    )
  }
  assert.throws(
    () => gemini.request.decode({ requests: [{ content: { parts: [] } }] }, { model: 'm', isBatch: true }),
    (error) => error instanceof GatewayError && error.param === 'requests[0].content.parts',
  )
})

test('no body, however broken, throws anything but a GatewayError', () => {
  const names = [
    'requests',
    'content',
    'parts',
    'text',
    'input',
    'data',
    'embedding',
    'embeddings',
    'values',
    'usageMetadata',
  ]
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json>(null, true, 1, 1e300, '', 'AAAA', 'AACAPw=='),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, 'usage', 'model', 'taskType'), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, fc.boolean(), (value, isBatch) => {
      for (const dialect of [openai, gemini]) {
        try {
          dialect.request.encode(dialect.request.decode(value, { model: 'm', isBatch }), { model: 'm' })
        } catch (error) {
          assert.ok(error instanceof GatewayError, String(error))
        }
        const answer = dialect.response.decode(value)
        if (!(answer instanceof GatewayError))
          dialect.response.encode(answer, request({ encoding: 'base64' }))
      }
    }),
    { numRuns: 1000 },
  )
})
