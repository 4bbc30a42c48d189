/** Text that is HTML already, so that it is not escaped again. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Html[];

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template tag: everything put into it is escaped, except Html itself. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const shown = (part: Part): string => {
    if (part instanceof Html) return part.text;
    if (typeof part === 'object') return part.map(shown).join('');
    return String(part).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
  };
  return new Html(
    literals.map((literal, i) => literal + (i < parts.length ? shown(parts[i]!) : '')).join(''),
  );
}
