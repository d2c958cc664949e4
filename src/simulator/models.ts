/** The synthetic models: what each answers to a prompt. */

import { billOf, limited, type SimAnswer, type SimBlock, slices, textOf, words } from './answer.ts'
import { clerkBlocks, isManner } from './clerk.ts'
import { durationMs } from './duration.ts'
import { instanceOf } from './instance.ts'
import type { OfferedTool, Prompt } from './prompt.ts'
import { sign } from './signature.ts'

export interface Pace {
  /** Before the first content. */
  readonly firstMs: number
  /** Between two pieces of content. */
  readonly gapMs: number
}

export interface SimModel {
  readonly means: string
  /** May stand after the name and a hyphen. */
  readonly argument?: 'count' | 'duration' | 'manner'
  /** `turn` numbers the calls, for models that never answer twice alike. */
  blocks(prompt: Prompt, argument: string, turn: number): SimBlock[]
  /** Its streams are made once per prompt size, and sent again as they are. */
  readonly isPrebuilt?: true
  /** Absent: the simulator's own pace. */
  pace?(argument: string): Pace
}

const jsonPieceLength = 12

/** Rows by name. Any other name answers as `echo`, so that the names of real models work. */
export const models: ReadonlyMap<string, SimModel> = new Map(
  Object.entries({
    echo: { means: 'the last user text', blocks: ({ lastUserText }) => textBlocks(lastUserText) },
    instant: {
      means: 'one short piece, at once',
      blocks: () => textBlocks('ok'),
      pace: () => ({ firstMs: 0, gapMs: 0 }),
    },
    words: {
      means: 'N words (100)',
      argument: 'count',
      blocks: (_prompt, count) => [{ kind: 'text', pieces: numbered(Number(count || 100)) }],
    },
    chunks: {
      isPrebuilt: true,
      means: 'N equal pieces of content (100), sent as they were built once, for benchmarks',
      argument: 'count',
      blocks: (_prompt, count) => [
        { kind: 'text', pieces: Array<string>(Number(count || 100)).fill(' word') },
      ],
    },
    json: { means: 'a valid instance of the schema that the request asks for', blocks: jsonBlocks },
    tools: {
      means: 'a call of the offered tool, then text on its result',
      blocks: (prompt) => toolBlocks(prompt, 1),
    },
    'tools-parallel': { means: 'two calls at once, then text', blocks: (prompt) => toolBlocks(prompt, 2) },
    reason: {
      means: 'N words of signed reasoning (20), then a tool call or the last user text',
      argument: 'count',
      blocks: reasonBlocks,
    },
    refuses: {
      means: 'a refusal',
      blocks: () => [{ kind: 'refusal', pieces: words("I'm sorry, I can't help with that.") }],
    },
    clerk: {
      means: 'what the prompt states, never twice alike; drifts with short, refusing, fenced, german, wrong',
      argument: 'manner',
      blocks: (prompt, manner, turn) => clerkBlocks(prompt, isManner(manner) ? manner : '', turn),
    },
    slow: {
      means: '50 words, with a pause before each (100 ms)',
      argument: 'duration',
      blocks: () => [{ kind: 'text', pieces: numbered(50) }],
      pace: (duration) => {
        const gapMs = durationMs(duration) ?? 100
        return { firstMs: gapMs, gapMs }
      },
    },
  } satisfies Record<string, SimModel>),
)

/** The model that `name` means, with its argument; undefined for a name that is none of the table's. */
export function findModel(name: string): { model: SimModel; argument: string } | undefined {
  const exact = models.get(name)
  if (exact) return { model: exact, argument: '' }
  const at = name.lastIndexOf('-')
  const model = at < 0 ? undefined : models.get(name.slice(0, at))
  const argument = name.slice(at + 1)
  const isValid =
    model?.argument === 'count'
      ? /^\d{1,7}$/.test(argument)
      : model?.argument === 'manner'
        ? isManner(argument)
        : model?.argument === 'duration' && durationMs(argument) !== undefined
  return model && isValid ? { model, argument } : undefined
}

/** The answer of a model, cut to the output limit of the request, with its bill. */
export function answerOf(model: SimModel, argument: string, prompt: Prompt, turn: number): SimAnswer {
  const blocks = model.blocks(prompt, argument, turn)
  const finish = blocks.some((block) => block.kind === 'tool')
    ? 'tools'
    : blocks.some((block) => block.kind === 'refusal')
      ? 'refusal'
      : 'stop'
  const answer = { blocks, finish, usage: billOf(prompt.inputTokens, blocks) }
  return prompt.maxOutputTokens === undefined ? answer : limited(answer, prompt.maxOutputTokens)
}

function textBlocks(text: string): SimBlock[] {
  return [{ kind: 'text', pieces: words(text) }]
}

const vocabulary = ['river', 'stone', 'water', 'measure', 'gate', 'flow', 'level', 'bank', 'spill', 'crest']

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, at) => (at === 0 ? '' : ' ') + vocabulary[at % vocabulary.length]!)
}

function jsonBlocks(prompt: Prompt): SimBlock[] {
  if (isCalling(prompt) && prompt.toolChoice !== 'auto') return toolBlocks(prompt, 1)
  const instance = prompt.format?.schema ? instanceOf(prompt.format.schema) : { answer: prompt.lastUserText }
  return [{ kind: 'text', pieces: slices(JSON.stringify(instance), jsonPieceLength) }]
}

const isCalling = (prompt: Prompt) =>
  prompt.tools.length > 0 && prompt.toolChoice !== 'none' && !prompt.endsInToolResult

function toolBlocks(prompt: Prompt, count: number): SimBlock[] {
  if (!isCalling(prompt)) {
    return textBlocks(prompt.endsInToolResult ? 'The tool has answered.' : prompt.lastUserText)
  }
  const { toolChoice, tools } = prompt
  const named = typeof toolChoice === 'object' ? tools.filter((tool) => tool.name === toolChoice.name) : tools
  const offered = named.length > 0 ? named : tools
  return Array.from({ length: count }, (_, at) => toolBlock(offered[at % offered.length]!, at))
}

function toolBlock({ name, schema }: OfferedTool, at: number): SimBlock {
  const text = JSON.stringify(schema ? instanceOf({ type: 'object', ...schema }) : {})
  const callId = `call_${sign(`${name}${at}`).replaceAll(/[-_]/g, '0').slice(0, 24)}`
  return { kind: 'tool', callId, name, pieces: slices(text, jsonPieceLength) }
}

function reasonBlocks(prompt: Prompt, count: string): SimBlock[] {
  const pieces = numbered(Number(count || 20))
  const reasoning: SimBlock = { kind: 'reasoning', pieces, signature: sign(pieces.join('')) }
  const rest = isCalling(prompt)
    ? toolBlocks(prompt, 1)
    : prompt.format
      ? jsonBlocks(prompt)
      : textBlocks(prompt.lastUserText)
  return textOf(reasoning) === '' ? rest : [reasoning, ...rest]
}
