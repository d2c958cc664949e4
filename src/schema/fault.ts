/** What is wrong with a schema: where, as a JSON Pointer, and why. */

export class SchemaFault extends Error {
  override readonly name = 'SchemaFault'
  /** A JSON Pointer into the schema; empty for its root. */
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.pointer = pointer
  }
}
