/** Bedrock's embeddings speak three makers' bodies: recorded answers are read, and each model gets its own form. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRecorded, recordedEntries } from '../../../test/support/recorded.ts'
import type { EmbedRequest } from '../../core/embedding.ts'
import { GatewayError } from '../../core/error.ts'
import { asArray, type JsonObject } from '../../core/json.ts'
import { bedrockEmbeddings as bedrock } from './bedrock.ts'

const request = (parts: Partial<EmbedRequest> = {}): EmbedRequest => ({
  model: 'm',
  inputs: ['a text'],
  encoding: 'float',
  isList: true,
  ...parts,
})

const entries = recordedEntries('bedrock-invoke').filter(({ file }) => file.includes('embedding'))
const skip = entries.length === 0 && 'the recorded exchanges are not in this checkout'

test('recorded requests come back as they were, and recorded answers give their vectors', { skip }, () => {
  for (const entry of entries) {
    const { request: sent, response, file } = readRecorded(entry)
    const model = /\/model\/([^/]+)\/invoke/.exec(sent!.path)![1]!
    const path = { model, isBatch: false }
    const decoded = bedrock.request.decode(sent!.body as JsonObject, path)
    const { body, dropped } = bedrock.request.encode(decoded, { model })
    const { embedding_types, ...again } = body
    assert.ok(embedding_types === undefined || asArray(embedding_types)[0] === 'float')
    assert.deepEqual([again, dropped], [sent!.body, []], file)
    const answer = bedrock.response.decode(response.body as JsonObject)
    assert.ok(!(answer instanceof GatewayError), file)
    assert.equal(answer.vectors.length, decoded.inputs.length)
    assert.ok(answer.vectors.every((vector) => vector.length === decoded.dimensions))
  }
})

test('each model gets the form of its maker', () => {
  const encode = (model: string, parts: Partial<EmbedRequest> = {}) =>
    bedrock.request.encode(request({ dimensions: 256, ...parts }), { model })
  assert.deepEqual(encode('amazon.titan-embed-text-v2:0').body, { inputText: 'a text', dimensions: 256 })
  assert.deepEqual(encode('amazon.nova-2-multimodal-embeddings-v1:0').body, {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      text: { truncationMode: 'END', value: 'a text' },
      embeddingDimension: 256,
    },
  })
  assert.deepEqual(encode('eu.cohere.embed-v4:0', { inputs: ['a', 'b'] }).body, {
    texts: ['a', 'b'],
    input_type: 'search_document',
    embedding_types: ['float'],
    output_dimension: 256,
  })
  assert.deepEqual(encode('amazon.titan-embed-text-v2:0', { user: 'u', taskType: 'CLUSTERING' }).dropped, [
    'task_type',
    'user',
  ])
  for (const inputs of [['a', 'b'], [[1, 2]], []]) {
    assert.throws(() => encode('amazon.titan-embed-text-v2:0', { inputs }), { code: 'unsupported_parameter' })
  }
})

test('answers of every form give vectors, and what is none is told', () => {
  const vectors = [
    [1, 2],
    [3, 4],
  ]
  const read = (body: JsonObject) => bedrock.response.decode(body)
  assert.deepEqual(read({ embedding: [1, 2], inputTextTokenCount: 7 }), {
    model: '',
    vectors: [[1, 2]],
    usage: { inputTokens: 7, outputTokens: 0 },
  })
  assert.deepEqual(read({ embeddings: vectors }), { model: '', vectors })
  assert.deepEqual(read({ embeddings: { float: vectors } }), { model: '', vectors })
  assert.deepEqual(read({ embeddings: vectors.map((embedding) => ({ embeddingType: 'TEXT', embedding })) }), {
    model: '',
    vectors,
  })
  for (const body of [{}, { embedding: [] }, { embeddings: [{}] }, { embeddings: 'no' }]) {
    assert.ok(read(body) instanceof GatewayError, JSON.stringify(body))
  }
})

test('what it decodes it encodes again', () => {
  const path = { model: 'amazon.titan-embed-text-v2:0', isBatch: false }
  const decoded = bedrock.request.decode({ inputText: 'a', dimensions: 256 }, path)
  assert.deepEqual(bedrock.request.encode(decoded, path).body, { inputText: 'a', dimensions: 256 })
  const answer = { model: '', vectors: [[1, 2]], usage: { inputTokens: 3, outputTokens: 0 } }
  assert.deepEqual(bedrock.response.decode(bedrock.response.encode(answer, decoded)), answer)
  assert.throws(() => bedrock.request.decode({}, path), { code: 'invalid_request' })
  assert.throws(() => bedrock.request.decode({ singleEmbeddingParams: {} }, path), {
    code: 'invalid_request',
  })
})
