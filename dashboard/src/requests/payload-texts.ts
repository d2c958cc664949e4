/** A recorded request and answer as turns of plain text. Pure; what has an unknown form is shown as JSON. */

export interface Said {
  /** The role, and what is peculiar. */
  readonly who: string
  readonly text: string
}

type Thing = Readonly<Record<string, unknown>>

export function promptTexts(request: Thing): Said[] {
  return listOf(request['turns']).map((turn) => ({
    who: [turn['role'], turn['name']].filter((part) => typeof part === 'string').join(' '),
    text: listOf(turn['parts']).map(partText).join('\n'),
  }))
}

/** One for each choice. */
export function answerTexts(answer: Thing): Said[] {
  const blocks = listOf(answer['blocks'])
  const choices = [...new Set(blocks.map(({ choice }) => Number(choice)))]
  return choices.map((choice) => ({
    who: choices.length === 1 ? 'answer' : `answer ${choice + 1}`,
    text: blocks
      .filter((block) => Number(block['choice']) === choice)
      .map(blockText)
      .join('\n'),
  }))
}

function partText(part: Thing): string {
  switch (part['type']) {
    case 'text':
      return textOf(part)
    case 'reasoning':
    case 'refusal':
      return `[${part['type']}] ${textOf(part)}`
    case 'media':
      return `[${String(part['media'])}${typeof part['filename'] === 'string' ? ` ${part['filename']}` : ''}]`
    case 'tool-call':
      return `[calls ${String(part['name'])}] ${String(part['arguments'])}`
    case 'tool-result':
      return `[result of ${String(part['name'] ?? part['callId'])}] ${listOf(part['content']).map(partText).join('\n')}`
    default:
      return JSON.stringify(part)
  }
}

function blockText(block: Thing): string {
  const { kind, name } = block
  if (kind === 'text') return textOf(block)
  return `[${kind === 'tool' ? `calls ${String(name)}` : String(kind)}] ${textOf(block)}`
}

function textOf({ text }: Thing): string {
  return typeof text === 'string' ? text : ''
}

function listOf(value: unknown): Thing[] {
  return Array.isArray(value)
    ? value.filter((thing): thing is Thing => typeof thing === 'object' && thing !== null)
    : []
}
