/** The words of the parser that quote nothing: those that do have a colon, quotation marks or brackets around what they quote. */
const QUOTELESS = /^[A-Za-z\d ,()'%-]{1,120}$/;

/**
 * Why a text is no YAML, for behind “not YAML”: what is wrong, where the words for it quote nothing, and where. What manifests and
 * kubeconfigs hold is told nobody.
 *
 * @param error what the parser (js-yaml) threw.
 */
export function whyNotYaml(error: unknown): string {
  const { reason, message, mark } = error as Record<'reason' | 'message' | 'mark', unknown>;
  const [line = ''] = String(reason ?? message).split('\n');
  const words = QUOTELESS.test(line) ? `: ${line}` : '';
  const { line: row, column } = (mark ?? {}) as { line?: unknown; column?: unknown };
  const place =
    typeof row === 'number' && typeof column === 'number' ? ` (line ${row + 1}, column ${column + 1})` : '';
  return `${words}${place}`;
}
