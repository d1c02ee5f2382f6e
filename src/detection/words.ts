/** For each letter, those that follow it in most of English: of all neighbours in words they are 93 %, of random ones 36 %. */
const followers = (
  "abcdefgiklmnprstuvy baceilorsu cacdehiklorstu dadefilorsu eabcdefgilmnopqrstvwxy faefiloru gaehinorsu haeiort " +
  "iabcdefglmnoprstvz js keis ladeilostuy mabeimopsu nacdefginostuv oabcdfgiklmnoprstuvw paehiloprstu qu " +
  "racdegikmnorstuvy sacehiklopstu tacehilorstuy uabcdegilmnprst vaei waehio xpt yp ze"
).split(" ");

/** 1 for each usual pair, by the last five bits of the first letter's code and of the second's. */
const usualPairs = new Uint8Array(1024);
for (const [first = "", ...others] of followers)
  for (const other of others) usualPairs[pairOf(first.charCodeAt(0), other.charCodeAt(0))] = 1;

function pairOf(first: number, second: number): number {
  return ((first & 31) << 5) | (second & 31);
}

function isUpper(unit: number): boolean {
  return unit >= 65 && unit <= 90;
}

function isLower(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

/**
 * Whether the letters of a value follow one another as in English words and names made of them. Fewer than three pairs tell
 * nothing, and count as words.
 */
export function readsLikeWords(value: string): boolean {
  let pairs = 0;
  let usual = 0;
  let before = 0;
  /** Of a run of capitals none begins a word that goes on in small letters. */
  let inCapitals = false;
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    const isCapital = isUpper(unit);
    const isSameWord = isCapital
      ? isUpper(before)
      : isLower(unit) && (isLower(before) || (isUpper(before) && !inCapitals));
    if (isSameWord) {
      pairs++;
      usual += usualPairs[pairOf(before, unit)] as number;
    }
    inCapitals = isCapital && isUpper(before);
    before = unit;
  }
  return pairs < 3 || usual / pairs >= 0.66;
}
