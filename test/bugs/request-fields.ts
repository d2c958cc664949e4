/** A wish for each field of the canonical request and of its parts: a request that has it beside one that has not. */

import type { Citation, Signature } from '../../src/core/event.ts'
import type { GenRequest, Part, Tool } from '../../src/core/request.ts'

export interface Wish {
  /** Absent: `plain`. */
  readonly without?: GenRequest
  readonly asked: GenRequest
}

const hello: Part = { type: 'text', text: 'Hello' }

export const plain: GenRequest = { model: 'm', stream: false, turns: [{ role: 'user', parts: [hello] }] }

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tool: Tool = { type: 'function', name: 'look_up', description: 'Looks up', schema }
const other: Tool = { type: 'function', name: 'other', description: 'Another', schema }
const withTools: GenRequest = { ...plain, tools: [tool, other] }

const ask = (fields: Partial<GenRequest>): Wish => ({ asked: { ...plain, ...fields } })
const askWithTools = (fields: Partial<GenRequest>): Wish => ({
  without: withTools,
  asked: { ...withTools, ...fields },
})

/** Says what the dialect alone decides: where the request goes and how it is answered. */
type Envelope = 'model' | 'stream' | 'turns' | 'native' | 'includeUsage'

/** A new field does not compile until it has a wish here. */
export const requestFields: Readonly<Record<string, Wish>> = {
  tools: ask({ tools: [tool] }),
  toolChoice: askWithTools({ toolChoice: { type: 'required' } }),
  parallelToolCalls: askWithTools({ parallelToolCalls: false }),
  format: ask({ format: { type: 'json-schema', schema } }),
  reasoning: ask({ reasoning: { effort: 'high' } }),
  verbosity: ask({ verbosity: 'low' }),
  maxOutputTokens: ask({ maxOutputTokens: 123 }),
  temperature: ask({ temperature: 0.25 }),
  topP: ask({ topP: 0.75 }),
  topK: ask({ topK: 7 }),
  stop: ask({ stop: ['END'] }),
  seed: ask({ seed: 11 }),
  presencePenalty: ask({ presencePenalty: 0.5 }),
  frequencyPenalty: ask({ frequencyPenalty: 0.5 }),
  logitBias: ask({ logitBias: { '5': -1 } }),
  choices: ask({ choices: 2 }),
  topLogprobs: ask({ topLogprobs: 3 }),
  outputModalities: ask({ outputModalities: ['text', 'audio'] }),
  user: ask({ user: 'user-7' }),
  session: ask({ session: 'session-7' }),
  metadata: ask({ metadata: { team: 'water' } }),
  serviceTier: ask({ serviceTier: 'flex' }),
  store: ask({ store: true }),
  previousResponseId: ask({ previousResponseId: 'resp_7' }),
  cache: ask({ cache: {} }),
} satisfies Record<Exclude<keyof GenRequest, Envelope>, Wish>

const said = (...parts: readonly Part[]): Wish => ({
  asked: { ...plain, turns: [{ role: 'user', parts: [hello, ...parts] }] },
})

/** The part with more members beside the part without them, in a turn of the user. */
const partWith = (part: Part, more: object): Wish => ({
  without: said(part).asked,
  asked: said({ ...part, ...more }).asked,
})

const signature: Signature = { dialect: 'anthropic-messages', value: 'c2ln' }
const citation: Citation = { url: 'https://river.example', title: 'River' }
const picture: Part = {
  type: 'media',
  media: 'image',
  source: { at: 'base64', mimeType: 'image/png', data: 'AAAA' },
}
const paper: Part = {
  type: 'media',
  media: 'document',
  source: { at: 'base64', mimeType: 'application/pdf', data: 'AAAA' },
}
const call: Part = { type: 'tool-call', callId: 'c1', name: 'look_up', arguments: '{"city":"Bern"}' }
const result: Part = { type: 'tool-result', callId: 'c1', content: [{ type: 'text', text: 'Rain' }] }

/** A conversation in which the model has spoken, and a tool has answered. */
const round = (answer: Part, returned: Part): GenRequest => ({
  ...withTools,
  turns: [...plain.turns, { role: 'assistant', parts: [answer] }, { role: 'tool', parts: [returned] }],
})
const history = (...parts: readonly Part[]): GenRequest => ({
  ...plain,
  turns: [...plain.turns, { role: 'assistant', parts: [hello, ...parts] }, ...plain.turns],
})

export const wishesOfParts: Readonly<Record<string, Wish>> = {
  'system turn': {
    asked: {
      ...plain,
      turns: [{ role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] }, ...plain.turns],
    },
  },
  'name of a turn': { asked: { ...plain, turns: [{ role: 'user', name: 'ada', parts: [hello] }] } },
  'cache of a text': partWith({ type: 'text', text: 'long' }, { cache: {} }),
  image: said(picture),
  'image by address': said({
    type: 'media',
    media: 'image',
    source: { at: 'url', url: 'https://a.example/a.png' },
  }),
  'image in a file store': said({ type: 'media', media: 'image', source: { at: 'file', id: 'file-7' } }),
  'detail of an image': partWith(picture, { detail: 'low' }),
  'cache of an image': partWith(picture, { cache: {} }),
  audio: said({
    type: 'media',
    media: 'audio',
    source: { at: 'base64', mimeType: 'audio/wav', data: 'AAAA' },
  }),
  video: said({
    type: 'media',
    media: 'video',
    source: { at: 'base64', mimeType: 'video/mp4', data: 'AAAA' },
  }),
  document: said(paper),
  'document of text': said({ type: 'media', media: 'document', source: { at: 'text', text: 'Of rivers.' } }),
  'name of a file': partWith(paper, { filename: 'river.pdf' }),
  'title of a document': partWith(paper, { title: 'Rivers' }),
  'citations of a text': {
    without: history({ type: 'text', text: 'It rains.' }),
    asked: history({ type: 'text', text: 'It rains.', citations: [citation] }),
  },
  reasoning_text: { without: history(), asked: history({ type: 'reasoning', text: 'Hm.', signature }) },
  refusal: { without: history(), asked: history({ type: 'refusal', text: 'No.' }) },
  'native part of another dialect': {
    without: history(),
    asked: history({ type: 'native', dialect: 'gemini', value: { executableCode: { code: '1' } } }),
  },
  'error of a tool': { without: round(call, result), asked: round(call, { ...result, isError: true }) },
  'picture from a tool': {
    without: round(call, result),
    asked: round(call, { ...result, content: [...result.content, picture] }),
  },
  'cache of a result': { without: round(call, result), asked: round(call, { ...result, cache: {} }) },
  'schema of a tool': {
    without: { ...plain, tools: [{ type: 'function', name: 'look_up' }] },
    asked: { ...plain, tools: [{ type: 'function', name: 'look_up', schema }] },
  },
  'strict tool': {
    without: { ...plain, tools: [tool] },
    asked: { ...plain, tools: [{ ...tool, strict: true }] },
  },
  'cache of a tool': {
    without: { ...plain, tools: [tool] },
    asked: { ...plain, tools: [{ ...tool, cache: {} }] },
  },
  'native tool of another dialect': ask({
    tools: [{ type: 'native', dialect: 'gemini', value: { googleSearch: {} } }],
  }),
  'one named tool': askWithTools({ toolChoice: { type: 'tool', name: 'look_up' } }),
  'allowed tools': askWithTools({ toolChoice: { type: 'allowed', mode: 'auto', names: ['look_up'] } }),
  'no tool': askWithTools({ toolChoice: { type: 'none' } }),
  'plain JSON': ask({ format: { type: 'json' } }),
  'budget of reasoning': ask({ reasoning: { budgetTokens: 3000 } }),
  'own fields of another dialect': ask({ native: { dialect: 'gemini', fields: { safetySettings: [{}] } } }),
}

/** What the gateway sees to itself, so that a target without a member for it loses nothing. */
export const gatewayFields: Readonly<Record<string, string>> = {
  session: 'the gateway itself keeps a conversation at one target; to a provider it is a hint for its cache',
  store: 'the gateway answers for what is kept, and refuses to continue what it cannot',
}
