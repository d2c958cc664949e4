/** Members that come and go with each request. */

/**
 * A `Set` for what lives as long as one request, by the place of each member. A `Set` itself must not be used there:
 * V8 replaces its table each time that it is full, and each old table points to the next. One table that has grown
 * old before it was replaced keeps all later ones from being collected young, and with them everything about every
 * request since (docs/adr/0010).
 */
export class Roster<Member extends object> {
  readonly #members: (Member | undefined)[] = []
  readonly #freePlaces: number[] = []

  get size(): number {
    return this.#members.length - this.#freePlaces.length
  }

  /** Gives the member's place. */
  add(member: Member): number {
    const place = this.#freePlaces.pop() ?? this.#members.length
    this.#members[place] = member
    return place
  }

  /** The member that has this place now. */
  at(place: number): Member | undefined {
    return this.#members[place]
  }

  /** `place` is the member's, and is given up: it is called once for each `add`. */
  remove(place: number): void {
    this.#members[place] = undefined
    this.#freePlaces.push(place)
  }

  /** Members may come and go meanwhile. */
  *[Symbol.iterator](): Generator<Member, void, void> {
    for (const member of this.#members) if (member !== undefined) yield member
  }
}
