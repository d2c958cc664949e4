/** An embedding server on loopback whose vectors are of the words of a text: texts that share words lie near. */

import { createHash } from 'node:crypto'
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.ts'
import type { Lifetime } from './stack.ts'

const dims = 128

export async function startWordEmbedder(t: Lifetime): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider(t)
  provider.answerWith(({ body }, response) => {
    const { input, model } = JSON.parse(body.toString()) as { input: string[]; model: string }
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: embed(text) }))
    const usage = { prompt_tokens: 1, total_tokens: 1 }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ object: 'list', model, data, usage }))
  })
  return provider
}

function embed(text: string): number[] {
  const vector = Array.from({ length: dims }, () => 0.01)
  for (const word of text.toLowerCase().match(/[\p{L}\d]+/gu) ?? []) {
    const digest = createHash('sha256').update(word).digest()
    vector[digest[0]! % dims]! += 1
  }
  return vector
}
