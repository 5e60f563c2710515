/** Says a thing once, and again only when something else was said in between. */
export function unrepeated(say: (line: string) => void): (line: string) => void {
  let last: string | undefined
  return (line) => {
    if (line !== last) say(line)
    last = line
  }
}
