/** Kills a gateway under load again and again, and holds its ledger against what the provider received. */

import { setTimeout as delay } from 'node:timers/promises'
import { type CrashPoint, crashPoints } from '../../src/config/crash-point.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { EndedAtStart, type GatewayProcess, serveProcess } from '../support/process.ts'
import { seededRandom } from '../support/random.ts'
import type { Lifetime } from '../support/stack.ts'
import { until } from '../support/until.ts'

export interface CrashReport {
  /** As many as were asked for, or as there was time for. */
  readonly kills: number
  /** Calls that the provider received. */
  readonly receipts: number
  /** Lines of attempts that were sent. */
  readonly lines: number
  /** Settled at a start, because a kill had left them open. */
  readonly recovered: number
  /** Of those, the calls that the provider never received: they were about to be sent. */
  readonly unsent: number
  /** Answers that came to their end at the client. */
  readonly completed: number
  /** From the command to the address that it listens on: half of the starts, and the slowest. */
  readonly startMedianMs: number
  readonly startSlowestMs: number
  /** Calls that the provider received more often than the ledger has lines of them: 0 is the promise. */
  readonly lost: number
  /** Calls with more lines than receipts that no kill explains: 0 is the promise. */
  readonly doubled: number
  /** Receipts without a line, lines without a receipt that no kill explains, counts that differ. Empty is the proof. */
  readonly faults: readonly string[]
  readonly verification: JsonObject
}

export interface CrashOptions {
  readonly kills: number
  readonly seed: string
  readonly folder: string
  readonly durability?: 'process' | 'power'
  /** The URL of a PostgreSQL that the lines are shipped to. */
  readonly database?: string
  /** Ends earlier where this is over. */
  readonly forMs?: number
  onKill?(n: number): void
}

const testKey = 'test-key-of-16-characters'
const adminToken = 'admin-token-of-16-characters'
const callers = 12
const maxLifeMs = 600

/** The even runs end at a random moment, the odd ones at a named point. */
export async function crashAgainAndAgain(t: Lifetime, options: CrashOptions): Promise<CrashReport> {
  const { seed, folder, database, forMs = Number.POSITIVE_INFINITY, onKill } = options
  const endMs = performance.now() + forMs
  const random = seededRandom(seed)
  const simulator = createSimulator({ receiptLimit })
  const { url: simulatorUrl } = await simulator.listen(0)
  t.after(() => simulator.close())

  const serve = (crashAt: string | undefined) =>
    serveProcess(
      t,
      folder,
      {
        ...configOf(simulatorUrl, options.durability ?? 'process'),
        ...(database !== undefined && { store: 'env:DATABASE_URL' }),
      },
      {
        WEIR_TEST_KEY: testKey,
        WEIR_ADMIN_TOKEN: adminToken,
        PROVIDER_KEY: 'provider-key-canary-0123456789',
        ...(database !== undefined && { DATABASE_URL: database }),
        ...(crashAt !== undefined && { WEIR_CRASH_AT: crashAt }),
      },
    )
  const points = crashPoints.filter((point) => database !== undefined || point !== 'during_ship')
  const load = new Load(random)
  const running = Array.from({ length: callers }, () => load.run())
  const received = new Received()
  let kills = 0
  const startsMs: number[] = []
  try {
    while (kills < options.kills && performance.now() < endMs) {
      const kill = ++kills
      const point = points[Math.floor(random() * points.length)]!
      const isNamed = kill % 2 === 1
      const crashAt = isNamed ? `${point}:${1 + Math.floor(random() * timesOf(point))}` : undefined
      const fromMs = performance.now()
      const gateway = await unlessKilled(serve(crashAt))
      if (gateway) {
        startsMs.push(Math.round(performance.now() - fromMs))
        load.url = gateway.url
        await Promise.race([
          gateway.exited,
          delay(isNamed ? 5_000 : random() * maxLifeMs, undefined, { ref: false }),
        ])
        gateway.child.kill('SIGKILL')
        await gateway.exited
      }
      received.take(simulator)
      onKill?.(kill)
    }
  } finally {
    load.stop()
  }
  await Promise.all(running)
  const last = await serve(undefined)
  await until('the end of all calls', () => {
    received.take(simulator)
    return received.hasOpen ? undefined : true
  })
  // It also ships what is left.
  const verification = (await admin(last, '/ledger/verify')) as JsonObject
  const lines = await allLines(last)
  received.take(simulator)
  startsMs.sort((one, other) => one - other)
  return {
    kills,
    startMedianMs: startsMs[startsMs.length >> 1]!,
    startSlowestMs: startsMs.at(-1)!,
    ...compare(received.all(), lines, load.completed),
    verification,
  }
}

/** What an earlier life has left is shipped before a gateway listens, so that it may reach its point there. */
async function unlessKilled(starting: Promise<GatewayProcess>): Promise<GatewayProcess | undefined> {
  try {
    return await starting
  } catch (error) {
    if (error instanceof EndedAtStart && error.how === 'SIGKILL') return undefined
    throw error
  }
}

/** Calls come by often, shipments twice a second. */
function timesOf(point: CrashPoint['at']): number {
  return point === 'during_ship' ? 4 : 60
}

function configOf(simulatorUrl: string, durability: string): JsonObject {
  const provider = (type: string, path: string): JsonObject => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: simulatorUrl + path,
    allowPrivateNetwork: true,
  })
  return {
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    log: { level: 'warn' },
    ledger: { durability },
    budgets: [
      { scope: 'provider', subject: 'openai', usd: 100_000, period: 'month', cap: 'hard' },
      { scope: 'user', usd: 1, period: 'hour', window: 'rolling' },
    ],
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    models: {
      'openai/*': { price: { input: 1, output: 4 } },
      'claude/*': { price: { input: 3, output: 15 } },
    },
    providers: {
      openai: provider('openai', '/openai/v1'),
      claude: provider('anthropic', '/anthropic/v1'),
      google: provider('gemini', '/gemini/v1beta'),
    },
  }
}

/** Callers that ask as fast as they are answered, and go on when the gateway is back. */
class Load {
  url: string | undefined
  /** The calls whose answers came to their end at the client. */
  readonly completed = new Set<string>()
  readonly #random: () => number
  #asked = 0
  #isOver = false

  constructor(random: () => number) {
    this.#random = random
  }

  stop(): void {
    this.#isOver = true
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const { url } = this
      if (url === undefined || !(await this.#ask(url))) await delay(10)
    }
  }

  async #ask(url: string): Promise<boolean> {
    const user = `call-${++this.#asked}`
    const model = models[Math.floor(this.#random() * models.length)]!
    const stream = this.#random() < 0.5
    try {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${testKey}`,
          'content-type': 'application/json',
          'x-weir-user': user,
        },
        body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: `${user} asks` }] }),
      })
      const body = await response.text()
      if (response.ok && (!stream || body.includes('[DONE]'))) this.completed.add(user)
      return true
    } catch {
      return false
    }
  }
}

const models = [
  'openai/echo',
  'openai/words-300',
  'openai/slow-2ms',
  'claude/echo',
  'claude/slow-2ms',
  'google/echo',
]

async function admin(gateway: GatewayProcess, path: string): Promise<unknown> {
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  return response.json()
}

async function allLines(gateway: GatewayProcess): Promise<JsonObject[]> {
  const lines: JsonObject[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = asObject((await admin(gateway, `/ledger?limit=1000${cursor}`)) as JsonObject)!
    lines.push(...asArray(page['data']).map((line) => asObject(line)!))
    const next = asString(page['next_cursor'])
    cursor = next === undefined ? undefined : `&cursor=${next}`
  }
  return lines
}

/** What a receipt is compared by. */
interface Bill {
  readonly call: string
  readonly billed: Receipt['billed']
}

/** The receipts of one life of the gateway are far fewer. */
const receiptLimit = 20_000

/** Receipts without their bodies, so that many thousand kills fit into memory. */
class Received {
  readonly #bills: Bill[] = []
  #open: readonly Receipt[] = []
  #last = 0

  /** Takes the new ones; those that have not ended are looked at again. */
  take(simulator: Simulator): void {
    const fresh = simulator.receipts(this.#last)
    this.#last = fresh.at(-1)?.n ?? this.#last
    const receipts = [...this.#open, ...fresh]
    this.#open = receipts.filter(({ ended }) => ended === 'open')
    for (const receipt of receipts) {
      if (receipt.ended !== 'open') this.#bills.push({ call: callOf(receipt), billed: receipt.billed })
    }
  }

  get hasOpen(): boolean {
    return this.#open.some(({ ended }) => ended === 'open')
  }

  all(): readonly Bill[] {
    return this.#bills
  }
}

const callOf = ({ body }: Receipt): string => /call-\d+/.exec(JSON.stringify(body))?.[0] ?? 'no call'

function compare(
  receipts: readonly Bill[],
  lines: readonly JsonObject[],
  completed: ReadonlySet<string>,
): Omit<CrashReport, 'kills' | 'startMedianMs' | 'startSlowestMs' | 'verification'> {
  const faults: string[] = []
  const sent = lines.filter((line) => line['kind'] === 'settle')
  const received = Map.groupBy(receipts, ({ call }) => call)
  const booked = Map.groupBy(sent, (line) => asString(line['user']) ?? 'no user')
  const isRecovered = (line: JsonObject) => asArray(line['flags']).includes('recovered')
  let [unsent, lost, doubled] = [0, 0, 0]
  for (const call of new Set([...received.keys(), ...booked.keys()])) {
    const bills = received.get(call) ?? []
    const entries = booked.get(call) ?? []
    if (entries.length < bills.length) {
      lost += bills.length - entries.length
      faults.push(`${call}: ${bills.length} received, ${entries.length} lines`)
    }
    const surplus = entries.length - bills.length
    if (surplus > entries.filter(isRecovered).length) {
      doubled++
      faults.push(`${call}: a line that nothing was received for`)
    }
    if (surplus > 0) unsent += surplus
    // The settlement is in the journal before the client sees the end.
    if (completed.has(call) && entries.every(isRecovered))
      faults.push(`${call}: the client has it, the journal had not`)
    const [bill] = bills
    const [entry] = entries
    if (bills.length !== 1 || entries.length !== 1 || entry!['usage_source'] !== 'provider') continue
    const counts = [entry!['input_tokens'], entry!['output_tokens']]
    const billed = [bill!.billed?.inputTokens, bill!.billed?.outputTokens]
    if (String(counts) !== String(billed))
      faults.push(`${call}: ${String(counts)} booked, ${String(billed)} billed`)
  }
  return {
    receipts: receipts.length,
    lines: sent.length,
    completed: completed.size,
    recovered: sent.filter(isRecovered).length,
    unsent,
    lost,
    doubled,
    faults,
  }
}
