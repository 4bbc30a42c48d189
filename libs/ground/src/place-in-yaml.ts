/**
 * Where a text is no YAML, as the rest of a sentence. What is wrong there is not told: the parser's words quote the text, and with it what
 * manifests and kubeconfigs hold.
 */
export function placeInYaml(error: unknown): string {
  const { line, column } = (error as { mark?: { line?: unknown; column?: unknown } }).mark ?? {};
  return typeof line === 'number' && typeof column === 'number'
    ? ` from line ${line + 1}, column ${column + 1} on`
    : '';
}
