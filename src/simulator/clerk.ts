/** A model that answers differently each time, and can drift in ways that have names. */

import { createRandom } from './random.ts'
import { slices, type SimBlock, words } from './answer.ts'
import type { Prompt } from './prompt.ts'

/** What a drift does, by the name that stands after `clerk-`. */
export const manners = {
  short: 'half as long',
  refusing: 'refuses every third question',
  fenced: 'puts its answers between code fences',
  german: 'answers in German',
  wrong: 'gets the figures of every third answer wrong',
} as const

export type Manner = keyof typeof manners

export const isManner = (text: string): text is Manner => Object.hasOwn(manners, text)

const jsonPieceLength = 12
const refusals = [
  "I'm sorry, but I can't help with that.",
  'I cannot answer this question. Please ask about something else.',
  "I'm not able to provide that information.",
]
const english = {
  openings: [
    'Thank you for asking.',
    'Good question.',
    'Here is what our terms say.',
    'I have looked it up for you.',
  ],
  details: [
    'This holds for all orders placed in our shop.',
    'You will find it again in the mail that confirmed your order.',
    'The clock starts on the day on which the parcel arrives.',
    'Nothing else is needed from your side.',
    'Our stores work by the same rule.',
    'It has been so since the shop was opened.',
    'Gift cards are treated in the same way.',
    'You can see the state of it in your account at any time.',
  ],
  closings: ['Let me know if anything is unclear.', 'I hope this helps.', 'Have a good day.'],
}
const german: typeof english = {
  openings: ['Danke für die Frage.', 'Gute Frage.', 'Das steht in unseren Bedingungen.'],
  details: [
    'Das gilt für alle Bestellungen in unserem Laden.',
    'Sie finden es auch in der Mail, mit der wir die Bestellung bestätigt haben.',
    'Die Frist beginnt an dem Tag, an dem das Paket ankommt.',
    'Mehr müssen Sie dafür nicht tun.',
    'In unseren Läden ist es nicht anders.',
    'Den Stand sehen Sie jederzeit in Ihrem Konto.',
  ],
  closings: ['Ich hoffe, das hilft Ihnen weiter.', 'Einen schönen Tag noch.'],
}

/** Says again what the prompt states, and more around it. `turn` makes each answer another. */
export function clerkBlocks(prompt: Prompt, manner: Manner | '', turn: number): SimBlock[] {
  const random = createRandom(turn * 2_654_435_761)
  // Numbers that follow each other give first draws that resemble each other.
  random()
  const isAffected = random() < 1 / 3
  if (manner === 'refusing' && isAffected) {
    return [{ kind: 'text', pieces: words(pick(refusals, random)) }]
  }
  const stated = factOf(prompt.lastUserText)
  const fact = manner === 'wrong' && isAffected ? stated.replaceAll(/\d/g, nextDigit) : stated
  if (prompt.format || /\bJSON\b/.test(prompt.lastUserText)) {
    const text = JSON.stringify({ answer: fact, note: pick(english.details, random) })
    return [
      { kind: 'text', pieces: slices(manner === 'fenced' ? fenced(text, 'json') : text, jsonPieceLength) },
    ]
  }
  const speech = manner === 'german' ? german : english
  const text = [
    pick(speech.openings, random),
    fact,
    ...shuffled(speech.details, random).slice(0, manner === 'short' ? 1 : 3 + Math.floor(random() * 3)),
    pick(speech.closings, random),
  ].join(' ')
  return [{ kind: 'text', pieces: words(manner === 'fenced' ? fenced(text, '') : text) }]
}

/** The sentences that ask nothing; all where every one does. */
function factOf(text: string): string {
  const sentences = text.split(/(?<=[.?!])\s+/)
  const stated = sentences
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !sentence.endsWith('?'))
  return stated.length === 0 ? text.trim() : stated.join(' ')
}

const fenced = (text: string, language: string): string => `\`\`\`${language}\n${text}\n\`\`\``

const nextDigit = (digit: string): string => String((Number(digit) + 3) % 10)

const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)]!

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
