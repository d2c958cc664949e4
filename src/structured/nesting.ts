/** Where in growing JSON a reader stands: the objects and arrays that are open, and what is written before their next value. */

import { Place } from './shape.ts'

export type ContainerKind = 'object' | 'array'

interface Container {
  readonly kind: ContainerKind
  readonly place: Place
  /** Of the members that were written. */
  readonly names: Set<string>
  /** The member that is being read, or was read last. */
  name: string | undefined
  /** Members or elements that were written. */
  written: number
  /** Elements that were read, those included that were left out. */
  read: number
  /** A comma has come, and nothing after it yet; with the white space behind it. */
  comma: string | undefined
}

export class Nesting {
  readonly #root: Place
  readonly #containers: Container[] = []
  /** The name of the member that is being read, as it is written, and what stands behind it. */
  #lead = ''
  /** How many containers are open around a value that is left out; 0 where none is. */
  #mutedDepth = 0

  constructor(root: Place) {
    this.#root = root
  }

  /** What the reader stands in, if anything. */
  get innermost(): ContainerKind | undefined {
    return this.#containers.at(-1)?.kind
  }

  /** What is read now is left out. */
  get isMuted(): boolean {
    return this.#mutedDepth > 0
  }

  /** A comma has come, and no value behind it. */
  get endsInComma(): boolean {
    return this.#containers.at(-1)?.comma !== undefined
  }

  // -- what stands before a value

  beginMember(name: string, written: string): void {
    this.#containers.at(-1)!.name = name
    this.#lead = written
  }

  /** May the member that has begun stand where it does? */
  allowsMember(): boolean {
    const { place, name } = this.#containers.at(-1)!
    return this.isMuted || place.allowsMember(name!)
  }

  /** May the member that is being read be left out? */
  mayBeAbsent(): boolean {
    const container = this.#containers.at(-1)
    return container?.kind === 'object' && !container.place.requires(container.name!)
  }

  addColon(): void {
    this.#lead += ':'
  }

  addComma(): void {
    this.#containers.at(-1)!.comma = ''
  }

  /** White space before a value waits with what it stands behind. False where nothing waits. */
  holdsSpace(character: string): boolean {
    const container = this.#containers.at(-1)
    if (this.#lead !== '') this.#lead += character
    else if (container?.comma !== undefined) container.comma += character
    else return false
    return true
  }

  /** The comma that is no longer waited behind; gives the white space that followed it. */
  dropComma(): string {
    const container = this.#containers.at(-1)!
    const space = container.comma ?? ''
    container.comma = undefined
    return space
  }

  /** The member that has begun is left out, whatever its value. */
  mute(): void {
    this.#mutedDepth = this.#containers.length
  }

  /** The value is left out, with all that stands before it. */
  leaveOut(): void {
    this.#lead = ''
    const container = this.#containers.at(-1)
    if (container) container.comma = undefined
  }

  /** The comma and the member's name that are written before the value; from now on it counts as written. */
  takeLead(): string {
    const container = this.#containers.at(-1)
    const lead = this.#lead
    this.#lead = ''
    if (container === undefined || this.isMuted) return lead
    const comma = container.written > 0 ? ',' : ''
    const space = container.comma ?? ''
    container.comma = undefined
    container.written++
    if (container.kind === 'object') container.names.add(container.name!)
    return comma + space + lead
  }

  // -- values

  /** The place of the value that begins now. */
  beginValue(): Place {
    const container = this.#containers.at(-1)
    if (container === undefined) return this.#root
    if (this.isMuted) {
      container.comma = undefined
      return Place.anything()
    }
    const { kind, place, name, read } = container
    return kind === 'object' ? place.member(name!) : place.element(read)
  }

  open(kind: ContainerKind, place: Place): void {
    this.#containers.push({
      kind,
      place,
      names: new Set(),
      name: undefined,
      written: 0,
      read: 0,
      comma: undefined,
    })
  }

  /** The name of a member without which the innermost object cannot end. */
  missingMember(): string | undefined {
    const container = this.#containers.at(-1)
    if (container?.kind !== 'object' || this.isMuted) return undefined
    return container.place.missing(container.names)
  }

  close(): void {
    this.#containers.pop()
  }

  endValue(): void {
    const container = this.#containers.at(-1)
    if (container === undefined) return
    if (this.#mutedDepth === this.#containers.length) {
      this.#mutedDepth = 0
      this.leaveOut()
    }
    container.read++
  }

  /** The text ends here: what is being read is left out, and no longer waited for. */
  cut(): void {
    if (this.#mutedDepth === this.#containers.length) this.#mutedDepth = 0
    this.leaveOut()
  }

  // -- for what is told of a fault

  /** A JSON Pointer to the value that is being read. */
  pathOfValue(): string {
    return this.#pathTo(this.#containers.length)
  }

  /** A JSON Pointer to what the reader stands in. */
  pathOfContainer(): string {
    return this.#pathTo(this.#containers.length - 1)
  }

  #pathTo(depth: number): string {
    const steps = this.#containers
      .slice(0, depth)
      .map(({ kind, read, name }) => (kind === 'array' ? `/${read}` : name === undefined ? '' : `/${name}`))
    return steps.join('') || '/'
  }
}
