/** For each letter, those that follow it in most of English: of all neighbours in words they are 93 %, of random ones 36 %. */
const followers: ReadonlyMap<string, string> = new Map(
  (
    "abcdefgiklmnprstuvy baceilorsu cacdehiklorstu dadefilorsu eabcdefgilmnopqrstvwxy faefiloru gaehinorsu haeiort " +
    "iabcdefglmnoprstvz js keis ladeilostuy mabeimopsu nacdefginostuv oabcdfgiklmnoprstuvw paehiloprstu qu " +
    "racdegikmnorstuvy sacehiklopstu tacehilorstuy uabcdegilmnprst vaei waehio xpt yp ze"
  )
    .split(" ")
    .map((group) => [group[0] ?? "", group.slice(1)]),
);

/**
 * Whether the letters of a value follow one another as in English words and names made of them. Fewer than three pairs tell
 * nothing, and count as words.
 */
export function readsLikeWords(value: string): boolean {
  let pairs = 0;
  let usual = 0;
  for (const word of value.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [])
    for (let at = 1; at < word.length; at++) {
      pairs++;
      if (followers.get(word[at - 1]?.toLowerCase() ?? "")?.includes(word[at]?.toLowerCase() ?? ""))
        usual++;
    }
  return pairs < 3 || usual / pairs >= 0.66;
}
