/** The pack of structured answers: facts of a note as JSON of a given form, asked for by schema, by JSON mode and in words. */

import type { Json, JsonObject } from '../../core/json.ts'
import type { Random } from '../statistics/random.ts'
import type { AssertionSettings, CaseSettings, ParamSettings } from '../suite/settings.ts'

/** A note with what it says, as an instance of the form's schema. */
export interface Note {
  readonly text: string
  readonly facts: JsonObject
}

export interface Form {
  readonly name: string
  readonly schema: JsonObject
  readonly draw: (random: Random) => Note
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!
const some = <T>(random: Random, list: readonly T[], count: number): T[] =>
  random.shuffle(list).slice(0, count)

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})

const people = ['Ada Marsh', 'Bela Novak', 'Carla Reyes', 'Dan Okafor', 'Elif Kaya', 'Finn Berg']
const goods = ['lamp', 'kettle', 'chair', 'rope', 'bucket', 'ladder', 'clock']
const towns = ['Ashford', 'Dunmore', 'Fairwater', 'Glenside']

export const forms: readonly Form[] = [
  {
    name: 'flat',
    schema: object({ name: { type: 'string' }, age: { type: 'integer' }, member: { type: 'boolean' } }),
    draw(random) {
      const [name, age, member] = [pick(random, people), 20 + random.below(60), random.below(2) === 1]
      return {
        text: `${name} is ${age} years old and is ${member ? 'a' : 'not a'} member of the club.`,
        facts: { name, age, member },
      }
    },
  },
  {
    name: 'choice',
    schema: object({
      item: { type: 'string' },
      state: { enum: ['new', 'used', 'broken'] },
      urgency: { enum: ['low', 'high'] },
    }),
    draw(random) {
      const [item, state] = [pick(random, goods), pick(random, ['new', 'used', 'broken'])]
      const urgency = pick(random, ['low', 'high'])
      return {
        text: `One ${item} has come in. Its state: ${state}. Urgency of the matter: ${urgency}.`,
        facts: { item, state, urgency },
      }
    },
  },
  {
    name: 'list',
    schema: object({
      order: { type: 'integer' },
      lines: {
        type: 'array',
        minItems: 1,
        items: object({ item: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } }),
      },
    }),
    draw(random) {
      const order = 1_000 + random.below(9_000)
      const lines = some(random, goods, 3).map((item) => ({ item, quantity: 2 + random.below(8) }))
      return {
        text: `Order ${order}: ${lines.map(({ item, quantity }) => `${quantity} of the article "${item}"`).join(', ')}.`,
        facts: { order, lines },
      }
    },
  },
  {
    name: 'nested',
    schema: object({
      sender: object({ name: { type: 'string' }, town: { type: 'string' } }),
      receiver: object({ name: { type: 'string' }, town: { type: 'string' } }),
      weightKg: { type: 'number' },
    }),
    draw(random) {
      const [from, to] = some(random, people, 2)
      const [here, there] = some(random, towns, 2)
      const weightKg = 1 + random.below(40) / 2
      return {
        text: `${from!} of ${here!} sends a parcel of ${weightKg} kg to ${to!} of ${there!}.`,
        facts: { sender: { name: from!, town: here! }, receiver: { name: to!, town: there! }, weightKg },
      }
    },
  },
  {
    name: 'missing',
    schema: object({
      name: { type: 'string' },
      telephone: { type: ['string', 'null'] },
      town: { type: ['string', 'null'] },
    }),
    draw(random) {
      const [name, town] = [pick(random, people), pick(random, towns)]
      return {
        text: `${name} lives in ${town}. A telephone number is not known; write null for it.`,
        facts: { name, telephone: null, town },
      }
    },
  },
  {
    name: 'bounded',
    schema: object({
      code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]{4}$' },
      share: { type: 'number', minimum: 0, maximum: 1 },
    }),
    draw(random) {
      const code = `${pick(random, ['AB', 'KX', 'QT'])}-${1_000 + random.below(9_000)}`
      const percent = 5 * (1 + random.below(18))
      return {
        text: `The share of position ${code} is ${percent} percent. Give it as a number from 0 to 1.`,
        facts: { code, share: percent / 100 },
      }
    },
  },
  {
    name: 'either',
    schema: object({
      payment: {
        anyOf: [
          object({ kind: { const: 'card' }, lastDigits: { type: 'string', pattern: '^[0-9]{4}$' } }),
          object({ kind: { const: 'invoice' }, days: { type: 'integer' } }),
        ],
      },
    }),
    draw(random) {
      if (random.below(2) === 0) {
        const lastDigits = String(1_000 + random.below(9_000))
        return {
          text: `It was paid by card; the last digits are ${lastDigits}.`,
          facts: { payment: { kind: 'card', lastDigits } },
        }
      }
      const days = 7 * (1 + random.below(6))
      return {
        text: `It will be paid by invoice within ${days} days.`,
        facts: { payment: { kind: 'invoice', days } },
      }
    },
  },
  {
    name: 'tree',
    schema: {
      ...object({ root: { $ref: '#/$defs/part' } }),
      $defs: {
        part: object({
          name: { type: 'string' },
          parts: { type: 'array', items: { $ref: '#/$defs/part' } },
        }),
      },
    },
    draw(random) {
      const [whole, left, right, inner] = some(random, goods, 4)
      return {
        text: `A ${whole!} consists of a ${left!} and a ${right!}, in this order; the ${right!} consists of a ${inner!}. Nothing else has parts: give an empty list there.`,
        facts: {
          root: {
            name: whole!,
            parts: [
              { name: left!, parts: [] },
              { name: right!, parts: [{ name: inner!, parts: [] }] },
            ],
          },
        },
      }
    },
  },
]

/** How the form is asked for: by the API's schema, by its JSON mode, or by words alone. */
const ways: Readonly<Record<string, (schema: JsonObject) => { demand: string; params?: ParamSettings }>> = {
  schema: (schema) => ({
    demand: 'Give the facts of this note as JSON.',
    params: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'facts', schema: schema as never, strict: true },
      },
    },
  }),
  'json-mode': (schema) => ({
    demand: `Give the facts of this note as a JSON object that satisfies this JSON Schema: ${JSON.stringify(schema)}`,
    params: { response_format: { type: 'json_object' } },
  }),
  words: (schema) => ({
    demand: `Answer with a JSON object alone, without a fence or any other word. It must satisfy this JSON Schema: ${JSON.stringify(schema)} Give the facts of this note.`,
  }),
}

const notesPerWay = 2

/** 8 forms x 3 ways to ask x 2 notes: 48 cases. */
export function structuredCases(random: Random): CaseSettings[] {
  const cases: CaseSettings[] = []
  for (const { name, schema, draw } of forms) {
    for (const [way, ask] of Object.entries(ways)) {
      const { demand, params } = ask(schema)
      for (let note = 0; note < notesPerWay; note++) {
        const { text, facts } = draw(random)
        cases.push({
          id: `structured-${name}-${String(cases.length + 1).padStart(3, '0')}`,
          tags: ['structured-pack', `structured:${name}`, `asked-by:${way}`],
          metadata: { pack: 'structured', kind: name, way, cluster: `structured-${name}-${way}` },
          turns: [{ user: `${demand}\n\nNote: ${text}` }],
          ...(params && { params }),
          assert: [{ type: 'is-json', value: schema as never, metric: 'valid' }, ...factsOf(facts)],
        })
      }
    }
  }
  return cases
}

/** One for each member of the answer. */
function factsOf(facts: JsonObject): AssertionSettings[] {
  return Object.entries(facts).map(([name, value]) => ({
    type: 'json-field',
    value: { path: `/${name}`, op: 'eq', value: value as Json } as never,
    metric: 'facts',
  }))
}
