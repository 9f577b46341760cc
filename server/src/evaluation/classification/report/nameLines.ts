/** Names in figures, where no browser breaks lines. */

/**
 * @param letters of a line; a longer word stands on a line alone
 * @param most lines; what does not fit into them is left out, and dots say so
 */
export function linesOf(name: string, letters: number, most = Infinity): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of name.split(' '))
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1]!.slice(0, letters - 1)}…`];
}
