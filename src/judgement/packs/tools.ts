/** The pack of tool choice: the right tool with the right arguments, several, none, the one that is demanded, and what comes of a result. */

import type { Random } from '../statistics/random.ts'
import type { AssertionSettings, CaseSettings, ParamSettings } from '../suite/settings.ts'

type ToolSettings = NonNullable<ParamSettings['tools']>[number]

const tool = (name: string, description: string, properties: object): ToolSettings => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: {
      type: 'object',
      properties: properties as never,
      required: Object.keys(properties),
      additionalProperties: false,
    },
  },
})

const text = { type: 'string' }
const whole = { type: 'integer' }

/** What every case offers: near relations, so that a name alone does not decide. */
export const offeredTools: readonly ToolSettings[] = [
  tool('find_order', 'Finds an order by its number and tells its state.', { order: whole }),
  tool('cancel_order', 'Cancels an order for good.', { order: whole }),
  tool('find_train', 'Finds the next train between two towns.', { from: text, to: text }),
  tool('weather', 'Tells the weather of today in a town.', { town: text }),
  tool('convert', 'Converts an amount from one currency to another, both as three letters.', {
    amount: { type: 'number' },
    from: text,
    to: text,
  }),
  tool('set_alarm', 'Sets an alarm of the device, hour from 0 to 23.', { hour: whole, minute: whole }),
]

const towns = ['Ashford', 'Dunmore', 'Fairwater', 'Glenside', 'Highbarn']
const currencies = ['EUR', 'USD', 'CHF', 'GBP']
const orderOf = (random: Random): number => 10_000 + random.below(90_000)
const twoOf = (random: Random, list: readonly string[]): [string, string] =>
  random.shuffle(list).slice(0, 2) as [string, string]

interface Call {
  readonly name: string
  readonly args: Readonly<Record<string, string | number>>
}

/** Requests for one tool each, with the call that serves them. */
const errands: readonly ((random: Random) => { readonly ask: string; readonly call: Call })[] = [
  (random) => {
    const order = orderOf(random)
    return { ask: `Where is my order ${order}?`, call: { name: 'find_order', args: { order } } }
  },
  (random) => {
    const order = orderOf(random)
    return {
      ask: `I do not want order ${order} any more. Stop it, please.`,
      call: { name: 'cancel_order', args: { order } },
    }
  },
  (random) => {
    const [from, to] = twoOf(random, towns)
    return {
      ask: `When does the next train leave from ${from} to ${to}?`,
      call: { name: 'find_train', args: { from, to } },
    }
  },
  (random) => {
    const [town] = twoOf(random, towns)
    return {
      ask: `Do I need an umbrella in ${town} today?`,
      call: { name: 'weather', args: { town } },
    }
  },
  (random) => {
    const [from, to] = twoOf(random, currencies)
    const amount = 10 * (1 + random.below(90))
    return {
      ask: `How much is ${amount} ${from} in ${to}?`,
      call: { name: 'convert', args: { amount, from, to } },
    }
  },
  (random) => {
    const [hour, minute] = [5 + random.below(5), 5 * random.below(12)]
    return {
      ask: `Wake me at ${hour}:${String(minute).padStart(2, '0')} in the morning.`,
      call: { name: 'set_alarm', args: { hour, minute } },
    }
  },
]

/** Nothing to do with any of the tools. */
const chat = [
  'What is a weir?',
  'Thank you, that was kind of you.',
  'Which is longer, a mile or a kilometre? One word.',
  'Say something friendly in one sentence.',
  'How many legs do two spiders have together?',
  'Spell the word "harbour" backwards.',
]

const valid: AssertionSettings = { type: 'is-valid-openai-tools-call', metric: 'valid' }
const called = (...calls: readonly Call[]): AssertionSettings => ({
  type: 'tool-call-f1',
  value: calls as never,
  config: { mode: 'args' },
  metric: 'calls',
})

interface Drawn {
  readonly turns: NonNullable<CaseSettings['turns']>
  readonly assert?: AssertionSettings[]
  readonly params?: ParamSettings
}

type Kind = (random: Random, n: number) => Drawn

const errand = (random: Random, n: number) => errands[n % errands.length]!(random)

export const toolKinds: Readonly<Record<string, Kind>> = {
  /** One of six. */
  single(random, n) {
    const { ask, call } = errand(random, n)
    return { turns: [{ user: ask }], assert: [valid, called(call)] }
  },
  /** Two that do not depend on each other, in one reply. */
  several(random, n) {
    const [one, other] = [errand(random, n), errand(random, n + 1 + random.below(4))]
    return {
      turns: [{ user: `Two things, do both at once. ${one.ask} And: ${other.ask}` }],
      assert: [valid, called(one.call, other.call)],
    }
  },
  /** Tools are offered, and none is of use. */
  none(_, n) {
    return {
      turns: [{ user: chat[n % chat.length]! }],
      assert: [
        { type: 'tool-call-f1', value: [] as never, metric: 'calls' },
        { type: 'regex', value: '\\S', metric: 'answers' },
      ],
    }
  },
  /** The request itself rules tools out. */
  forbidden(random, n) {
    const { ask } = errand(random, n)
    return {
      turns: [{ user: ask }],
      params: { tool_choice: 'none' },
      assert: [{ type: 'tool-call-f1', value: [] as never, metric: 'calls' }],
    }
  },
  /** The request itself demands one tool, whatever the words would suggest. */
  forced(random, n) {
    const { ask, call } = errand(random, n)
    return {
      turns: [{ user: `${ask} If you need a tool, take the right one.` }],
      params: { tool_choice: { type: 'function', function: { name: call.name } } },
      assert: [valid, called(call)],
    }
  },
  /** What the tool said is what the user is told. */
  result(random) {
    const [order, days] = [orderOf(random), 3 + random.below(20)]
    return {
      turns: [
        { user: `Where is my order ${order}?` },
        { assistant: { assert: [valid, called({ name: 'find_order', args: { order } })] } },
        {
          tool: {
            name: 'find_order',
            result: `{"order":${order},"state":"sent","days_until_arrival":${days}}`,
          },
        },
        {
          assistant: {
            assert: [
              { type: 'needle', value: { expect: [days] } as never, metric: 'result' },
              { type: 'tool-call-f1', value: [] as never, metric: 'calls' },
            ],
          },
        },
      ],
    }
  },
}

const casesPerKind = 6

/** 6 kinds x 6 requests: 36 cases. */
export function toolCases(random: Random): CaseSettings[] {
  return Object.entries(toolKinds).flatMap(([kind, draw], group) =>
    Array.from({ length: casesPerKind }, (_, n): CaseSettings => {
      const { turns, assert, params } = draw(random, n)
      const id = `tools-${kind}-${String(group * casesPerKind + n + 1).padStart(3, '0')}`
      return {
        id,
        tags: ['tools-pack', `tools:${kind}`],
        metadata: { pack: 'tools', kind, cluster: id },
        params: { tools: [...offeredTools], ...params },
        turns,
        ...(assert && { assert }),
      }
    }),
  )
}
