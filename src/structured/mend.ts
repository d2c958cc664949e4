/** What is mended in how an answer is written. `absent`: a null for an optional member is taken for the member's absence. */

export type Mend =
  | 'around'
  | 'comma'
  | 'quotes'
  | 'literal'
  | 'control'
  | 'comment'
  | 'scalar'
  | 'extra'
  | 'absent'
  | 'cut'
  | 'nesting'
