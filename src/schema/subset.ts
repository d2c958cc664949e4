/** The part of JSON Schema that constrained decoding takes somewhere, as data. */

export interface SchemaSubset {
  /** Keywords that may stand in the schema, beside those that every subset has. Absent: all. */
  readonly keywords?: ReadonlySet<string>
  /** Values of `format` that are known; with others the request is refused. Absent: all. */
  readonly formats?: ReadonlySet<string>
  /** Objects must say `additionalProperties: false`. */
  readonly closesObjects?: true
  /** Every member must be required: an optional one is told as one that may be null. */
  readonly requiresAll?: true
  /** The root must be an object, and no union. */
  readonly wantsObject?: true
  /** A schema may refer to itself. */
  readonly takesRecursion?: true
  /** What does not fit may still be sent as it is, where nothing then holds the model to it. */
  readonly takesLoose?: true
}

/** Said of every value in every subset. */
export const commonKeywords: ReadonlySet<string> = new Set(
  (
    'type properties required items enum description title anyOf $ref $defs definitions ' +
    'additionalProperties'
  ).split(' '),
)
