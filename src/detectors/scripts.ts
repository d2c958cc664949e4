/** Which scripts are written without spaces between words: Thai, Chinese, Japanese and their neighbours. */

/** All before it put spaces between words; of those behind it, some do not. */
export const firstWithoutSpaces = 0x0e00

/** May a word end behind this unit, whatever follows? Asked for each unit of a text: no loop. */
export function endsAnywhere(code: number): boolean {
  if (code < firstWithoutSpaces) return false
  if (code < 0x2e80) return code <= 0x109f || (code >= 0x1780 && code <= 0x17ff) // Thai to Burmese; Khmer
  if (code <= 0x9fff) return true // radicals, kana, punctuation, ideographs
  if (code < 0xf900) return false
  return code <= 0xfaff || (code >= 0xff00 && code <= 0xff65 && !isWideAlphanumeric(code))
}

/** Full-width digits and letters, which others write too. */
function isWideAlphanumeric(code: number): boolean {
  const plain = code - 0xfee0
  return (plain >= 48 && plain <= 57) || (plain >= 65 && plain <= 90) || (plain >= 97 && plain <= 122)
}
