/**
 * Dot products of one int8 vector with many, sixteen components at a time. JavaScript has no vector instructions, so
 * the loop is a WebAssembly module; it is small enough to be assembled here, where it can be read.
 */

/** WebAssembly core specification 2.0, section 5.4; those of vectors stand behind the prefix 0xfd. */
const op = {
  loop: [0x03, 0x40],
  end: [0x0b],
  branchIf: [0x0d, 0],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  i32: (value: number) => [0x41, value],
  storeI32: [0x36, 2, 0],
  lessThan: [0x49],
  add: [0x6a],
  subtract: [0x6b],
  load: [0xfd, 0x00, 0, 0],
  zeroVector: [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)],
  lane: (index: number) => [0xfd, 0x1b, index],
  /** i32x4.extadd_pairwise_i16x8_s */
  addPairs: [0xfd, 0x7e],
  /** i16x8.extmul_low_i8x16_s */
  multiplyLow: [0xfd, 0x9c, 0x01],
  /** i16x8.extmul_high_i8x16_s */
  multiplyHigh: [0xfd, 0x9d, 0x01],
  addVectors: [0xfd, 0xae, 0x01],
} as const

const [query, row, count, width, out] = [0, 1, 2, 3, 4]
const [at, sum, a, b] = [5, 6, 7, 8]

const nextRow = [op.get(row), op.get(width), op.add, op.set(row)]
const nextOut = [op.get(out), op.i32(4), op.add, op.set(out)]
const clearSum = [op.zeroVector, op.set(sum), op.i32(0), op.set(at)]
const loadQuery = [op.get(query), op.get(at), op.add, op.load, op.set(a)]
const loadRow = [op.get(row), op.get(at), op.add, op.load, op.set(b)]
const lowProducts = [op.get(a), op.get(b), op.multiplyLow, op.addPairs]
const highProducts = [op.get(a), op.get(b), op.multiplyHigh, op.addPairs]
const addToSum = [op.addVectors, op.get(sum), op.addVectors, op.set(sum)]
const untilWidth = [op.get(at), op.i32(16), op.add, op.tee(at), op.get(width), op.lessThan, op.branchIf]
const firstHalf = [op.get(sum), op.lane(0), op.get(sum), op.lane(1), op.add]
const secondHalf = [op.get(sum), op.lane(2), op.add, op.get(sum), op.lane(3), op.add]
const untilLast = [op.get(count), op.i32(1), op.subtract, op.tee(count), op.branchIf]

/** `scan(query, row, count, width, out)`, with all places in bytes of the memory, `count` above 0. */
const perSixteen = [[op.loop], loadQuery, loadRow, lowProducts, highProducts, addToSum, untilWidth, [op.end]]
const perRow = [
  clearSum,
  perSixteen.flat(),
  [op.get(out)],
  firstHalf,
  secondHalf,
  [op.storeI32],
  nextRow,
  nextOut,
]
const body: number[] = [[op.loop], ...perRow, untilLast, [op.end, op.end]].flat(2)

const i32Type = 0x7f
const vectorType = 0x7b

/** A length in LEB128. */
function sized(bytes: readonly number[]): number[] {
  const { length } = bytes
  return length < 128 ? [length, ...bytes] : [(length & 127) | 128, length >> 7, ...bytes]
}

const text = (value: string): number[] => sized([...Buffer.from(value)])

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const parameters = [i32Type, i32Type, i32Type, i32Type, i32Type]
const types = [1, 0x60, 5, ...parameters, 0]
const imports = [1, ...text('host'), ...text('memory'), 0x02, 0x00, 1]
const functions = [1, 0]
const exported = [1, ...text('scan'), 0x00, 0]
const code = [1, ...sized([2, 1, i32Type, 3, vectorType, ...body])]
/** Each section by its number. */
const sections = [
  [1, types] as const,
  [2, imports] as const,
  [3, functions] as const,
  [7, exported] as const,
  [10, code] as const,
]

const moduleBytes = Uint8Array.from([
  ...header,
  ...sections.flatMap(([id, content]) => [id, ...sized(content)]),
])

/** Of what the runtime offers as `WebAssembly`, the part that is used here: the types of Node have none of it. */
interface Host {
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** In pages of 64 KiB. */
export interface WasmMemory {
  /** Another one after each `grow`. */
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Host }).WebAssembly
const scanModule = new Module(moduleBytes)

export function createMemory(): WasmMemory {
  return new Memory({ initial: 1 })
}

/** Writes the dot products of `count` rows with the query as int32, all at places of the memory in bytes. */
// oxlint-disable-next-line max-params -- numbers are all that a function of WebAssembly takes
export type Scan = (query: number, row: number, count: number, width: number, out: number) => void

/** The width must be a multiple of 16. */
export function createScan(memory: WasmMemory): Scan {
  return new Instance(scanModule, { host: { memory } }).exports['scan'] as Scan
}
