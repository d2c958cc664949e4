/** Request records for tests, whole but for what a test cares about. */

import type { RequestRecord } from '../../src/records/record.ts'

/** A record of the moment `n`, in Unix milliseconds, with `n` in its id. */
export function createRequestRecord(n: number, given: Partial<RequestRecord> = {}): RequestRecord {
  const usage = {
    inputTokens: 10,
    outputTokens: 200,
    native: { dialect: 'openai-chat', value: { total_tokens: 210 } },
  }
  return {
    id: `req_${String(n).padStart(26, '0')}`,
    org: 'default',
    atMs: n,
    dialect: 'openai-chat',
    operation: 'generate',
    requestedModel: 'assistant',
    route: 'assistant',
    provider: 'openai',
    model: 'gpt-5.6-mini',
    keyId: 'key-1',
    keyName: 'ci',
    tags: [],
    stream: true,
    status: 200,
    durationMs: 1234.5,
    firstTokenMs: 201.25,
    overheadMs: 0.5,
    usage,
    dropped: [],
    finish: 'stop',
    clientGone: false,
    attempts: [
      {
        n: 1,
        provider: 'openai',
        model: 'gpt-5.6-mini',
        startedMs: 0.25,
        headersMs: 120.5,
        firstTokenMs: 201,
        endedMs: 1234.25,
        status: 200,
        usage,
        upstreamRequestId: 'chatcmpl-abcdefghijkl',
        dropped: [],
      },
    ],
    ...given,
  }
}
